/**
 * The holdout of an arena whose candidate must run to be scored, with real processes: it runs a second time, joined
 * with the holdout's evaluator. tests/hostile/holdout.test.ts has those that try to learn from it.
 */
import { describe, expect, it } from 'vitest';
import { auditLab } from '../../src/audit/audit.ts';
import type { LabState } from '../../src/core/state.ts';
import { viewLab } from '../../src/view/lab/lab.ts';
import { answering, askedArena, HELD_QUESTION, times, tryInTurn } from '../fixtures/asked.ts';

const TIMEOUT = { timeout: 120_000 };
const viewOf = (state: LabState) => viewLab(state, { now: state.lastAt, alive: false, tip: '' });
const holdoutLineOf = (state: LabState) => viewOf(state).health.find((line) => line.code === 'holdout');
const heldOf = (state: LabState, n: number) => state.holdoutOutcomes.get(n)!.map(({ outcome }) => outcome);

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

  it('whose holdout does not answer backs nothing', TIMEOUT, async () => {
    const { state } = await tryInTurn(askedArena({ held: `echo ${HELD_QUESTION}; exit 5\n` }), [times(3)]);
    expect(heldOf(state, 0)[0]).toMatchObject({ kind: 'crashed', message: expect.stringContaining('status 5') });
    expect(holdoutLineOf(state)).toMatchObject({ warning: true, text: expect.stringContaining('no number') });
  });
});
