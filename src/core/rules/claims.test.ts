import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arenaWith, SCRIPT_DEVICE, Script, IDLE_CONTEXT } from '../../testing/script.ts';
import { lordAlpha } from './error-budget.ts';
import { judgeClaim, isClearStep, sidesOf } from './claims.ts';
import { type Decision, judge } from './judge.ts';
import { plan, type Step } from '../plan/plan.ts';

const quiet = [5, 5.1, 4.9, 5.05, 4.95] as const;
const second = { decide: { rules: 2 } };
const baseline = (values: readonly number[] = quiet, change: object = second): Script =>
  new Script(arenaWith(change as Record<string, unknown>)).addCalibration(values);
const next = (script: Script, experiments = 1): Step => plan(script.state, { ...IDLE_CONTEXT, experiments });
const judged = (script: Script, value: number, lines = { added: 1, deleted: 1 }): Decision => {
  const n = script.state.experiments.length;
  const judgement = judge(script.addIdea(lines).measure(n, value).state, n, SCRIPT_DEVICE);
  if (judgement.again) throw new Error(judgement.reason);
  return judgement.decision;
};
/** One kept idea under the second rules: measured once. */
const kept = (script: Script, value: number): Script => {
  const n = script.state.experiments.length;
  return script.addIdea().measure(n, value).decide(n).advance(n);
};

describe('the second margin', () => {
  it('steers by one measurement and says when it cannot tell', () => {
    expect(judged(baseline(), 4.9)).toMatchObject({ verdict: 'kept', rule: 'margin/2', n: 1 });
    expect(judged(baseline(), 5.01)).toMatchObject({ verdict: 'discarded', kind: 'within noise' });
    expect(judged(baseline(), 6)).toMatchObject({ verdict: 'discarded', kind: 'refuted' });
    expect(judged(baseline(), 4.999)).toMatchObject({ verdict: 'inconclusive' });
  });

  it('lets deletions through for an equal result and makes long additions pay double', () => {
    expect(judged(baseline([5, 5, 5]), 5, { added: 0, deleted: 4 }).verdict).toBe('kept');
    expect(judged(baseline([5, 5, 5]), 5).verdict).toBe('discarded');
    const value = 5 - 0.15 * 0.08 * Math.sqrt(1.2);
    expect(judged(baseline(), value).verdict).toBe('kept');
    expect(judged(baseline(), value, { added: 21, deleted: 0 }).verdict).toBe('inconclusive');
  });

  it('does not measure a new incumbent again before it is claimed', () => {
    expect(next(kept(baseline(), 3), 9)).toEqual({ do: 'propose' });
  });
});

describe('the second confirmation', () => {
  const claimOf = (script: Script, mine: readonly number[], theirs: readonly number[]): Script => {
    for (const value of mine) script.measure(1, value, { purpose: 'confirm', claim: 1 });
    for (const value of theirs) script.measure(0, value, { purpose: 'confirm', claim: 1 });
    return script;
  };
  const verdict = (script: Script) => judgeClaim(script.state, 1, 0, SCRIPT_DEVICE);

  it('takes three fresh numbers of its own and one of the other side, whose calibration was not chosen by its value', () => {
    const script = kept(baseline(), 3);
    const sides: number[] = [];
    for (let step = next(script); step.do === 'measure'; step = next(script)) {
      sides.push(step.n);
      script.measure(step.n, step.n === 1 ? 3 : 5, { purpose: step.purpose, claim: 1 });
    }
    expect(sides).toEqual([1, 0, 1, 1]);
    expect(next(script)).toEqual({ do: 'confirm', n: 1, against: 0 });
    expect(verdict(script)).toMatchObject({ passed: true, rule: 'confirm/2', numbers: [3, 6] });
  });

  it('drops the earlier numbers when the fresh one says that the machine moved', () => {
    const script = claimOf(kept(baseline(), 3), [3, 3, 3], [4.5]);
    expect(sidesOf(script.state, 1, 0, SCRIPT_DEVICE)).toMatchObject({ championValues: [-4.5], missing: [0, 2] });
    expect(verdict(claimOf(script, [], [4.55, 4.45]))).toMatchObject({ numbers: [3, 3], passed: true });
  });

  it('never counts a number that helped to choose', () => {
    const script = claimOf(kept(baseline(), 3), [], []);
    script.measure(1, 3, { purpose: 'replicate' }).measure(1, 3, { purpose: 'replicate' });
    expect(sidesOf(script.state, 1, 0, SCRIPT_DEVICE)).toMatchObject({ candidateValues: [], missing: [3, 1] });
  });

  it('spends less on each further claim, and gets it back by a true one', () => {
    const levels = Array.from({ length: 50 }, (_, i) => lordAlpha(i + 1, []));
    expect(levels.every((level, i) => i === 0 || level <= levels[i - 1]!)).toBe(true);
    expect(lordAlpha(2, [1])).toBeGreaterThan(2 * lordAlpha(2, []));
    // Figure to repeat by hand: 0.0772 · ln 2 · 0.025.
    expect(lordAlpha(1, [])).toBeCloseTo(0.001338, 6);
  });

  it('spends at most half of the error rate in a lab where nothing is ever found', () => {
    let spent = 0;
    for (let t = 1; t <= 100_000; t++) spent += lordAlpha(t, []);
    expect(spent).toBeLessThan(0.025);
  });

  it('a failed fresh measurement ends the claim, whatever else was measured', () => {
    const script = claimOf(kept(baseline(), 3), [3], []).measure(1, 'nan', { purpose: 'confirm', claim: 1 });
    expect(verdict(script)).toMatchObject({ passed: false });
  });
});

describe('labs of the first rules', () => {
  it('are judged as they were, with or without the version written down', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 4, max: 6, noNaN: true }), { minLength: 1, maxLength: 3 }), (values) => {
        const write = (change: object): unknown => {
          const arena = arenaWith();
          const { rules: _, ...old } = arena.decide;
          const script = new Script({ ...arena, decide: { ...old, ...change } as typeof arena.decide });
          script.addCalibration(quiet).addIdea();
          for (const value of values) script.measure(1, value);
          return judge(script.state, 1, SCRIPT_DEVICE);
        };
        expect(write({})).toEqual(write({ rules: 1 }));
      }),
      { numRuns: 40 },
    );
  });
});

describe('a step inside a confirmed stack', () => {
  it('is clear by itself only where its own numbers say so', () => {
    const script = kept(kept(baseline(), 3), 2.97);
    expect([1, 2].map((n) => isClearStep(script.state, n, SCRIPT_DEVICE))).toEqual([true, false]);
    expect(isClearStep(script.state, 0, SCRIPT_DEVICE)).toBe(false);
  });
});

describe('A/A controls', () => {
  const often = { decide: { rules: 2, controls: 0.5 } };
  const control = (script: Script): Script => {
    const n = script.state.experiments.length;
    const hypothesis = 'unchanged';
    const about = { n, parent: script.state.incumbent, proposer: 'harness', hypothesis, edits: {} };
    return script.addEvent({ type: 'proposed', kind: 'control', ...about }).addSnapshot(n);
  };

  it('are due at the rate that the manifest says, and none under the first rules or in a short try', () => {
    expect(next(baseline(quiet, often), 9)).toEqual({ do: 'propose' });
    expect(next(kept(baseline(quiet, often), 3), 9)).toEqual({ do: 'control' });
    expect(
      next(
        control(kept(baseline(quiet, often), 3))
          .measure(2, 3)
          .decide(2),
        9,
      ),
    ).toEqual({ do: 'propose' });
    expect(next(kept(baseline(), 3), 9)).toEqual({ do: 'propose' });
  });

  it('are judged like an idea, counted apart, and never kept', () => {
    const script = control(kept(baseline(quiet, often), 3))
      .measure(2, 2.5)
      .decide(2);
    expect(script.state.experiments[2]).toMatchObject({
      decision: { verdict: 'discarded', kind: 'control', wouldKeep: true },
    });
    expect(script.state).toMatchObject({ incumbent: 1, controls: { all: [2], decided: 1, wouldKeep: 1 } });
    expect(script.state.counts).toMatchObject({ kept: 1, discarded: 0 });
    expect(control(script).measure(3, 9).decide(3).state.controls).toMatchObject({ decided: 2, wouldKeep: 1 });
  });
});

describe('what cannot be an improvement', () => {
  it('the same artefact from other code is a no-op, unless the code only became shorter', () => {
    const script = new Script(arenaWith(second)).propose('baseline').addSnapshot();
    const same = { conditions: { artefact: 'a1' } };
    for (const value of quiet) script.measure(0, value, { purpose: 'calibrate', ...same });
    script.addCalibration([]).addIdea().measure(1, 4, same).decide(1);
    expect(script.state.experiments[1]).toMatchObject({ decision: { verdict: 'discarded', kind: 'no-op' } });
    script.addIdea({ added: 0, deleted: 3 }).measure(2, 4.9, same).decide(2);
    expect(script.state.experiments[2]).toMatchObject({ decision: { verdict: 'kept' } });
    script
      .addIdea()
      .measure(3, 4, { conditions: { artefact: 'a2' } })
      .decide(3);
    expect(script.state.experiments[3]).toMatchObject({ decision: { verdict: 'kept' } });
  });

  it('a gain far above the usual ones is measured again before it is kept', () => {
    const script = baseline();
    for (const value of [4.8, 4.6, 4.4, 4.2, 4]) kept(script, value);
    script.addIdea().measure(6, 3);
    expect(judge(script.state, 6, SCRIPT_DEVICE)).toMatchObject({
      again: true,
      reason: expect.stringMatching(/^quarantined/),
    });
    expect(next(script, 9)).toMatchObject({ do: 'measure', n: 6, purpose: 'replicate' });
    script.measure(6, 5.8, { purpose: 'replicate' });
    expect(judge(script.state, 6, SCRIPT_DEVICE)).toMatchObject({ again: false, decision: { n: 2 } });
  });
});
