/**
 * Kept ledgers replay for ever, to the same state. `v1` is the version of the format: a ledger of earlier decision
 * rules can be read, viewed and reported. One of the present rules, where there is one, is also derived again, verdict
 * by verdict. Files are added here, never changed.
 */
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { auditLab } from '../../src/audit/audit.ts';
import { RULES_VERSION } from '../../src/core/arena.ts';
import { replayEvents } from '../../src/core/replay.ts';
import { decodeLedger } from '../../src/ledger/chain.ts';
import { readLedger } from '../../src/ledger/jsonl.ts';
import { expectError, freshFolder, overnight, smallArena } from '../fixtures/cli.ts';

const KEPT = {
  'v1-three-sessions.jsonl': {
    rules: 1,
    events: 239,
    tip: '210cbb250f30ad81b6d1819ddbb65574f82e92e672db2f373f607d9a6de55290',
    incumbent: 13,
    champion: 13,
    confirmations: 1,
    counts: { kept: 4, discarded: 28, inconclusive: 0, crashed: 2, 'timed out': 2, refused: 4 },
  },
  // 21 minutes of nano-llm on two cores.
  'v1-night-of-nano-llm.jsonl': {
    rules: 1,
    events: 343,
    tip: '9d2e760f8ed65f2eb7ae1a710de3ec1937c9ca9de1a1f24ca44a8f7d71907f4d',
    incumbent: 23,
    champion: 23,
    confirmations: 2,
    counts: { kept: 5, discarded: 35, inconclusive: 8, crashed: 0, 'timed out': 0, refused: 0 },
  },
  // A synthetic lab with a control, looks for drift and a claim that failed.
  'rules-3-three-sessions.jsonl': {
    rules: 3,
    events: 387,
    tip: '9ff95ca9846d63219dd5cee0644ab5092609bc4288827faa0c7b25f3e82d18fb',
    incumbent: 65,
    champion: 65,
    confirmations: 3,
    counts: { kept: 8, discarded: 51, inconclusive: 0, crashed: 5, 'timed out': 1, refused: 1 },
  },
  // A synthetic lab with a control and a claim that passed.
  'rules-4-one-session.jsonl': {
    rules: 4,
    events: 373,
    tip: 'a4ab5bfcf0afeaa162049de3f894c3af5896287d6d53f19220faa1febd5cc323',
    incumbent: 65,
    champion: 65,
    confirmations: 1,
    counts: { kept: 13, discarded: 48, inconclusive: 0, crashed: 3, 'timed out': 1, refused: 1 },
  },
} as const;
type Kept = (typeof KEPT)[keyof typeof KEPT];
const withRules = (isCurrent: boolean): [string, Kept][] =>
  Object.entries(KEPT).filter(([, { rules }]: [string, { rules: number }]) => (rules === RULES_VERSION) === isCurrent);
const fileOf = (name: string): string => join(import.meta.dirname, name);

/** A folder with this ledger as the lab `kept`. */
function folderWith(name: string): { readonly folder: string; readonly lab: string } {
  const folder = freshFolder();
  const lab = join(folder, '.overnight', 'labs', 'kept');
  cpSync(fileOf(name), join(lab, 'ledger.jsonl'));
  return { folder, lab };
}

describe.each(Object.entries(KEPT))('the ledger %s', (name, kept) => {
  it('has the events and the hash that it had', () => {
    const read = decodeLedger(readFileSync(fileOf(name)), () => {});
    expect(read).toMatchObject({ events: kept.events, tip: kept.tip, tornBytes: 0 });
  });

  it('replays to the state that it had', () => {
    const { state } = readLedger(folderWith(name).lab);
    const { incumbent, champion, counts } = state;
    expect({ incumbent, champion, counts, confirmations: state.confirmations.length }).toEqual({
      incumbent: kept.incumbent,
      champion: kept.champion,
      counts: kept.counts,
      confirmations: kept.confirmations,
    });
  });

  it('can be viewed and reported', { timeout: 30_000 }, async () => {
    const { folder } = folderWith(name);
    const status = await overnight(['status'], { cwd: folder });
    expect(status.stdout).toMatch(/confirmed, better by 1\d\.\d+ % \[sealed\]/);
    expect((await overnight(['report', '--out', join(folder, 'out')], { cwd: folder })).status).toBe(0);
    expect(readFileSync(join(folder, 'out', 'report.md'), 'utf8')).toContain(`#${kept.champion}`);
  });
});

it.each(withRules(true))('every verdict of %s follows again', async (name, { confirmations }) => {
  const { checks } = await auditLab(folderWith(name).lab, undefined);
  const verdicts = readFileSync(fileOf(name), 'utf8').split('"type":"decided"').length - 1;
  expect(checks.find((check) => check.name === 'decisions')).toEqual({
    name: 'decisions',
    ok: true,
    detail: expect.stringMatching(
      new RegExp(`^${verdicts} verdicts, 1 noise floor, ${confirmations} confirmations? derived again$`),
    ),
  });
});

describe.each(withRules(false))('%s, of earlier rules', (name, { rules }) => {
  it('is audited but for its verdicts, and the audit says so', { timeout: 30_000 }, async () => {
    const { folder, lab } = folderWith(name);
    const { ok, checks } = await auditLab(lab, undefined);
    expect(checks.map((check) => [check.name, check.ok, check.skipped ?? false])).toEqual([
      ['hash chain', true, false],
      ['noise', true, false],
      ['decisions', true, true],
      ['blobs', ok, false],
      ['commits', true, true],
      ['tip', true, true],
    ]);
    const { stdout } = await overnight(['audit'], { cwd: folder });
    expect(stdout).toContain(
      `– decisions: not checked: version ${rules} of the decision rules made them, and this Overnight has version ${RULES_VERSION} only\n`,
    );
  });

  it('is not continued: its ledger stays as it is', { timeout: 60_000 }, async () => {
    const folder = smallArena();
    const ledger = join(folder, '.overnight', 'labs', 'kept', 'ledger.jsonl');
    cpSync(fileOf(name), ledger);
    for (const command of [['run', '--experiments', '1'], ['finalize']])
      expectError(
        await overnight([...command, '--tag', 'kept', '--json'], { cwd: folder }),
        'E_RULES_OLD',
        4,
        new RegExp(
          `opened under version ${rules} of the decision rules; this Overnight has version ${RULES_VERSION} only`,
        ),
      );
    expect(readFileSync(ledger)).toEqual(readFileSync(fileOf(name)));
  });
});

it('an empty list of events is an empty lab', () => {
  expect(replayEvents([])).toMatchObject({ seq: 0, experiments: [], incumbent: 0 });
});
