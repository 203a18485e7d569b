/**
 * The holdout of an arena whose candidate must run to be scored, with real processes: it runs a second time, joined
 * with the holdout's evaluator, and neither it nor anybody who reads its record learns what was asked.
 */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { auditLab } from '../../src/audit/audit.ts';
import type { LabState } from '../../src/core/state.ts';
import { viewLab } from '../../src/view/lab/lab.ts';
import { answering, askedArena, HELD_QUESTION, times, tracesOfHoldout, tryInTurn } from '../fixtures/asked.ts';

const TIMEOUT = { timeout: 120_000 };
const viewOf = (state: LabState) => viewLab(state, { now: state.lastAt, alive: false, tip: '' });
const holdoutLineOf = (state: LabState) => viewOf(state).health.find((line) => line.code === 'holdout');
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

describe('a candidate that answers over a pipe', () => {
  it('is run a second time with the holdout’s questions, under other seeds', TIMEOUT, async () => {
    const folder = askedArena();
    const { state, paths } = await tryInTurn(folder, [times(2), times(3)]);
    expect(state.champion).toBe(2);
    const reads = state.measurements.filter(({ purpose }) => purpose === 'holdout');
    expect(reads.map(({ n }) => n)).toEqual([0, 1, 0, 1, 2, 2]);
    for (const outcome of heldOf(state, 0)) expect(outcome).toMatchObject({ value: expect.closeTo(2000, -1) });
    for (const outcome of heldOf(state, 2)) expect(outcome).toMatchObject({ value: expect.closeTo(0, -1) });
    expect(holdoutLineOf(state)).toMatchObject({ warning: false });
    expect((await auditLab(paths.lab, paths.store)).checks.filter((check) => !check.ok)).toEqual([]);
  });

  it('that learned the questions of validation by heart is not confirmed by it', TIMEOUT, async () => {
    const table = answering('case $Q in 1) echo 3;; 2) echo 6;; 3) echo 9;; 4) echo 12;; *) echo 0;; esac');
    const { state } = await tryInTurn(askedArena(), [table]);
    expect(state.champion).toBe(1);
    for (const outcome of heldOf(state, 1)) expect(outcome).toMatchObject({ value: expect.closeTo(3000, -1) });
    expect(holdoutLineOf(state)).toMatchObject({ warning: true });
  });

  it('finds no label, no trace of the run before, and leaves none, whatever it tries', TIMEOUT, async () => {
    const spy = [
      'HELD=$(cat "$OVERNIGHT_DATA"/* /lab/data/held /lab/*/held ../*/held /proc/*/root/lab/data/held 2>/dev/null)',
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

  it('whose holdout does not answer backs nothing', TIMEOUT, async () => {
    const { state } = await tryInTurn(askedArena({ held: `echo ${HELD_QUESTION}; exit 5\n` }), [times(3)]);
    expect(heldOf(state, 0)[0]).toMatchObject({ kind: 'crashed', message: expect.stringContaining('status 5') });
    expect(holdoutLineOf(state)).toMatchObject({ warning: true, text: expect.stringContaining('no number') });
  });
});
