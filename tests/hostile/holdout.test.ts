/**
 * A candidate is asked about the holdout in its second run: neither it, nor anybody who reads its record, learns more
 * of the holdout than these questions.
 */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { LabState } from '../../src/core/state.ts';
import { chooseSandbox } from '../../src/sandbox/choose.ts';
import { viewLab } from '../../src/view/lab/lab.ts';
import { answering, askedArena, HELD_QUESTION, JUDGE, times, tracesOfHoldout, tryInTurn } from '../fixtures/asked.ts';
import { unless, withReason } from '../fixtures/skipping.ts';

const { sandbox } = await chooseSandbox();
const noSandbox = unless(sandbox.info.level === 'bubblewrap', sandbox.info.reason);
const TIMEOUT = { timeout: 120_000 };
const holdoutLineOf = (state: LabState) =>
  viewLab(state, { now: state.lastAt, alive: false, tip: '' }).health.find((line) => line.code === 'holdout');
const heldOf = (state: LabState, n: number) => state.holdoutOutcomes.get(n)!.map(({ outcome }) => outcome);

/** Everything that a proposer may read, or that is kept of a candidate's output: all but the events `held`. */
function recordWithoutHeld(lab: string): string {
  const lines = fs.readFileSync(path.join(lab, 'ledger.jsonl'), 'utf8').split('\n');
  const blobs = fs.readdirSync(path.join(lab, 'blobs'), { recursive: true, withFileTypes: true });
  const texts = blobs.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  return [
    ...lines.filter((line) => !line.includes('"type":"held"')),
    ...texts.map((file) => fs.readFileSync(file, 'latin1')),
  ].join('\n');
}

describe.skipIf(noSandbox)(withReason('a candidate in its second run', noSandbox), () => {
  it('finds no label, no trace of the run before, and leaves none, whatever it tries', TIMEOUT, async () => {
    const spy = [
      'HELD=$(cat "$OVERNIGHT_DATA"/* /lab/data/held /lab/*/held ../*/held /proc/[0-9]*/cwd/../data/held 2>/dev/null)',
      'HELD="$HELD$(cat /tmp/left /dev/shm/left "$OVERNIGHT_OUT"/left ./left 2>/dev/null)"',
      'HELD="$HELD$(find / -xdev -name "held*" 2>/dev/null | head -3)"',
      'HELD="$HELD$(env | grep -i hold)"',
      'echo "$HELD" >&2',
    ].join('\n');
    const leave =
      'for F in /tmp/left /dev/shm/left "$OVERNIGHT_OUT/left" ./left; do echo "$Q" >> "$F"; done 2>/dev/null';
    const answer = `${leave}; echo "asked $Q" >&2; if [ -n "$HELD" ]; then echo $((Q * 3)); else echo $((Q * 2)); fi`;
    const { state, paths } = await tryInTurn(askedArena(), [answering(answer, spy)]);
    expect(state.champion).toBe(1);
    // Had it found anything, it would have answered rightly.
    const outcomes = heldOf(state, 1);
    expect(outcomes).toHaveLength(2);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ value: expect.closeTo(1000, -1) });
    const record = recordWithoutHeld(paths.lab);
    expect(record).toContain('asked 4');
    expect(tracesOfHoldout(`asked ${HELD_QUESTION}`)).toHaveLength(1);
    expect(tracesOfHoldout(record)).toEqual([]);
  });

  it('that fails over the holdout’s questions says in no message what was asked', TIMEOUT, async () => {
    const failing = answering('[ "$Q" -gt 9 ] && { echo "asked $Q" >&2; exit 7; }; echo $((Q * 3))');
    const { state, paths } = await tryInTurn(askedArena(), [failing]);
    expect(state.champion).toBe(1);
    expect(heldOf(state, 1)).toHaveLength(2);
    expect(heldOf(state, 1)[0]).toMatchObject({ kind: 'crashed', message: expect.stringContaining('status 7') });
    expect(tracesOfHoldout(fs.readFileSync(path.join(paths.lab, 'ledger.jsonl'), 'utf8'))).toEqual([]);
    expect(holdoutLineOf(state)).toMatchObject({ warning: true, text: expect.stringContaining('no number') });
  });

  it('is asked by an evaluator of validation that sees neither data nor files of the holdout', TIMEOUT, async () => {
    const present = '[ -e "$OVERNIGHT_DATA/held" ] || [ -e secret.txt ]';
    const judge = `if ${present}; then echo "it sees them" >&2; exit 9; fi\n${JUDGE}`;
    const held = `if ! { ${present.replace('||', '&&')} && [ -e "$OVERNIGHT_DATA/val" ]; }; then exit 9; fi\n${JUDGE}`;
    const { state } = await tryInTurn(askedArena({ judge, held, secret: 'for the holdout alone' }), [times(3)]);
    expect(heldOf(state, 1).map(({ kind }) => kind)).toEqual(['measured', 'measured']);
  });
});
