/** The night in the README is what its ledger says: derived again, verdict by verdict. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { auditLab } from '../../src/audit/audit.ts';
import { readLedger } from '../../src/ledger/jsonl.ts';
import { unpackNight } from '../fixtures/archive.ts';
import { overnight } from '../fixtures/cli.ts';

const NIGHT = path.resolve(import.meta.dirname, '../../docs/nights/nano-llm');

describe('the night that the README shows', () => {
  it('is consistent: chain, verdicts, noise, confirmations and blobs', async () => {
    const result = await auditLab(unpackNight(NIGHT).lab, undefined);
    expect(result.checks.filter((check) => !check.ok)).toEqual([]);
    expect(result.ok).toBe(true);
  });

  it('has the picture that `overnight report` makes of its ledger, to the byte', async () => {
    const { folder } = unpackNight(NIGHT);
    const out = path.join(folder, 'out');
    expect((await overnight(['report', '--out', out], { cwd: folder })).status).toBe(0);
    expect(fs.readFileSync(path.join(out, 'progress.svg'), 'utf8')).toBe(
      fs.readFileSync(path.join(NIGHT, 'progress.svg'), 'utf8'),
    );
    expect(fs.readFileSync(path.resolve(NIGHT, '../../../README.md'), 'utf8')).toContain(
      '(docs/nights/nano-llm/progress.svg)',
    );
  });

  it('has a champion that fresh measurements confirmed, on a sealed metric', () => {
    const { state } = readLedger(NIGHT);
    expect(state.champion).toBeGreaterThan(0);
    expect(state.sessions.at(-1)?.start.grade).toBe('sealed');
    const claim = state.confirmations.filter((c) => c.passed).at(-1);
    expect(claim?.n).toBe(state.champion);
    expect(claim!.interval[0]).toBeGreaterThan(0);
  });
});
