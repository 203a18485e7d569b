/** The number of a candidate that makes it itself, from what it printed, what it left and how it ended. */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { MetricRead } from '../core/arena.ts';
import type { Outcome } from '../core/outcome.ts';
import type { RunResult } from '../core/ports.ts';
import { arenaWith } from '../testing/script.ts';
import { readPrinted } from './printed.ts';

const out = mkdtempSync(join(tmpdir(), 'overnight-printed-'));
afterAll(() => rmSync(out, { recursive: true, force: true }));

function outcomeOf(stdout: string, ending: RunResult['ending'], read?: MetricRead): Outcome {
  const metric = { name: 'val_bpb', direction: 'minimize' as const, unit: '', ...(read && { read }) };
  const arena = arenaWith({ metric, budget: { seconds: 6, grace_s: 5, wall_s: 12 } });
  const text = (value: string): RunResult['stdout'] => ({
    text: value,
    bytes: Buffer.byteLength(value),
  });
  const result = { ending, stdout: text(stdout), stderr: text(''), wallS: 11, cpuS: 4, peakMemoryMb: 50 };
  return readPrinted(arena, result as RunResult, out);
}

// Case setup-02-cut-before-the-number.
describe('a candidate that the clock ended', () => {
  it('before it printed its number is out of time, with the clock and how far it had come', () => {
    expect(outcomeOf('step 10 | loss 3.2\nstep 20 | loss 3.1\n', 'cut')).toEqual({
      kind: 'timed out',
      class: 'timeout',
      message:
        'the clock (6 s + 5 s of start-up) ended it before it printed val_bpb: its last line is "step 20 | loss 3.1". Raise budget.seconds if that is too early',
    });
    expect(outcomeOf('', 'cut')).toMatchObject({
      class: 'timeout',
      message: expect.stringContaining('printed nothing'),
    });
  });

  it('after it printed its number has one', () => {
    expect(outcomeOf('val_bpb: 0.99\nsaving …\n', 'cut')).toMatchObject({ kind: 'measured', value: 0.99 });
  });

  it('is not out of time where the number is wrong, and one that ended by itself has none', () => {
    expect(outcomeOf('val_bpb: nan\n', 'cut')).toMatchObject({ kind: 'crashed', class: 'metric-nan' });
    expect(outcomeOf('step 10\n', 'exited')).toMatchObject({ kind: 'crashed', class: 'metric-missing' });
  });
});

it('what a candidate left is read where it is a file; a link counts nothing', () => {
  writeFileSync(join(out, 'r.json'), '{"a": 7}');
  writeFileSync(join(out, 'model.bin'), 'x'.repeat(2048));
  symlinkSync('/etc/passwd', join(out, 'link.bin'));
  symlinkSync('r.json', join(out, 'link.json'));
  expect(outcomeOf('', 'exited', { json: 'a', from: 'r.json', take: 'only' })).toMatchObject({ value: 7 });
  expect(outcomeOf('', 'exited', { json: 'a', from: 'link.json', take: 'only' })).toMatchObject({
    class: 'metric-missing',
  });
  expect(outcomeOf('', 'exited', { size: ['*.bin'] })).toMatchObject({ value: 2048 });
  expect(outcomeOf('', 'exited', 'cpu_s')).toMatchObject({ value: 4 });
});
