/**
 * Ledgers of every version that was ever released replay for ever, to the same state and the same verdicts. Files are
 * added here, never changed; a rule that would judge one of them otherwise is a new rule beside the old one.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { auditLab } from '../../src/audit/audit.ts';
import { replayEvents } from '../../src/core/replay.ts';
import { decodeLedger } from '../../src/ledger/chain.ts';
import { readLedger } from '../../src/ledger/jsonl.ts';

const KNOWN = {
  'v1-three-sessions.jsonl': {
    events: 239,
    tip: '210cbb250f30ad81b6d1819ddbb65574f82e92e672db2f373f607d9a6de55290',
    incumbent: 13,
    champion: 13,
    confirmations: 1,
    counts: { kept: 4, discarded: 28, inconclusive: 0, crashed: 2, 'timed out': 2, refused: 4 },
  },
  // 21 minutes of nano-llm on two cores, decided by the first rules.
  'v1-night-of-nano-llm.jsonl': {
    events: 343,
    tip: '9d2e760f8ed65f2eb7ae1a710de3ec1937c9ca9de1a1f24ca44a8f7d71907f4d',
    incumbent: 23,
    champion: 23,
    confirmations: 2,
    counts: { kept: 5, discarded: 35, inconclusive: 8, crashed: 0, 'timed out': 0, refused: 0 },
  },
} as const;

describe.each(Object.entries(KNOWN))('the ledger %s', (name, known) => {
  const file = join(import.meta.dirname, name);

  it('has the events and the hash that it had', () => {
    const read = decodeLedger(readFileSync(file), () => {});
    expect(read).toMatchObject({ events: known.events, tip: known.tip, tornBytes: 0 });
  });

  it('replays to the state that it had, and every verdict follows again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'overnight-old-'));
    try {
      cpSync(file, join(folder, 'ledger.jsonl'));
      const { state } = readLedger(folder);
      const { incumbent, champion, counts } = state;
      expect({ incumbent, champion, counts, confirmations: state.confirmations.length }).toEqual({
        incumbent: known.incumbent,
        champion: known.champion,
        counts: known.counts,
        confirmations: known.confirmations,
      });
      const { checks } = await auditLab(folder, undefined);
      expect(checks.find((check) => check.name === 'decisions')).toMatchObject({ ok: true });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

it('an empty list of events is an empty lab', () => {
  expect(replayEvents([])).toMatchObject({ seq: 0, experiments: [], incumbent: 0 });
});
