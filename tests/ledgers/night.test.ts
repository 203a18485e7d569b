/** The night in the README is what its ledger says: derived again, verdict by verdict. */
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { audit } from '../../src/audit/audit.ts';
import { readLedger } from '../../src/ledger/jsonl.ts';

const NIGHT = path.resolve(import.meta.dirname, '../../docs/nights/nano-llm');

describe('the night that the README shows', () => {
  it('is consistent: chain, verdicts, noise, confirmations and blobs', async () => {
    const result = await audit(NIGHT, undefined);
    expect(result.checks.filter((check) => !check.ok)).toEqual([]);
    expect(result.ok).toBe(true);
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
