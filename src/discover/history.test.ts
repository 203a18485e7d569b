/** Logs of other loops are read by their headers and keys; what they measured becomes words, not numbers of the lab. */
import { describe, expect, it } from 'vitest';
import { historyNotes, parseHistory } from './history.ts';

const TABLE = [
  'commit\tval_bpb\tmemory_gb\tstatus\tdescription',
  'a1b2c3d\t0.997900\t44.0\tkeep\tbaseline',
  'b2c3d4e\t0.993200\t44.2\tkeep\tincrease LR to 0.04',
  'c3d4e5f\t1.005000\t44.0\tdiscard\tswitch to GeLU',
  'd4e5f6a\t0.000000\t0.0\tcrash\tdouble model width (OOM)',
].join('\n');

describe('an earlier history', () => {
  it('of karpathy/autoresearch', () => {
    expect(parseHistory(TABLE)).toEqual([
      { outcome: 'kept', description: 'baseline', value: 0.9979, commit: 'a1b2c3d' },
      { outcome: 'kept', description: 'increase LR to 0.04', value: 0.9932, commit: 'b2c3d4e' },
      { outcome: 'dropped', description: 'switch to GeLU', value: 1.005, commit: 'c3d4e5f' },
      { outcome: 'crashed', description: 'double model width (OOM)', commit: 'd4e5f6a' },
    ]);
  });

  it('of pi-autoresearch, whatever stands between the records', () => {
    const lines = [
      '{"type":"session"}',
      '{"status":"keep","description":"cache the lookups","metric":12.5,"commit":"0123456789"}',
      'not json',
      '{"kept":false,"hypothesis":"inline it","metric":{"ms":13}}',
      '{"status":"crashed","description":"threads"}',
    ];
    expect(parseHistory(lines.join('\n'))).toEqual([
      { outcome: 'kept', description: 'cache the lookups', value: 12.5, commit: '0123456789' },
      { outcome: 'dropped', description: 'inline it', value: 13 },
      { outcome: 'crashed', description: 'threads' },
    ]);
  });

  it('of nobody: prose, an empty file, a table without a status', () => {
    expect(parseHistory('hello\nworld')).toBeUndefined();
    expect(parseHistory('')).toBeUndefined();
    expect(parseHistory('a\tb\n1\t2')).toBeUndefined();
  });

  it('becomes at most three notes that say that nothing is comparable', () => {
    const notes = historyNotes(parseHistory(TABLE)!, 'results.tsv');
    expect(notes).toEqual([
      'Measured elsewhere (results.tsv), not comparable; kept, 2: increase LR to 0.04 (0.9932); baseline (0.9979)',
      'Measured elsewhere (results.tsv), not comparable; did not help, 1: switch to GeLU (1.005)',
      'Measured elsewhere (results.tsv), not comparable; crashed, 1: double model width (OOM)',
    ]);
  });

  it('of thousands of rows stays within a note, and says how many are left out', () => {
    const many = Array.from({ length: 3000 }, (_, i) => ({ outcome: 'dropped' as const, description: `idea ${i}` }));
    const [note] = historyNotes(many, 'x');
    expect(note!.length).toBeLessThan(4000);
    expect(note).toMatch(/idea 2999; .*… \d+ more$/);
  });
});
