import { describe, expect, it } from 'vitest';
import { comparePairs } from '../../base/stats.ts';
import { decisionOf, draftProposal, draftSnapshot } from '../../testing/drafts.ts';
import { arenaWith, IDLE_CONTEXT, SCRIPT_DEVICE, Script } from '../../testing/script.ts';
import { pairKnowledgeIn } from '../state.ts';
import { finalResult, finalStep } from './finalize.ts';
import type { Step } from './step.ts';

const quiet = [5, 5.1, 4.9] as const;
/** A stack of kept steps with these probabilities. */
const stack = (...probabilities: (number | undefined)[]): Script => {
  const script = new Script(arenaWith({ decide: { controls: 0, drift: 0 } })).addCalibration(quiet);
  for (const [i, probability] of probabilities.entries())
    script
      .addIdea()
      .addEvent({
        type: 'decided',
        n: i + 1,
        decision: decisionOf({ verdict: 'kept', against: i, ...(probability !== undefined && { probability }) }),
      })
      .advance(i + 1);
  return script;
};
const next = (script: Script, change: object = {}): Step => finalStep(script.state, { ...IDLE_CONTEXT, ...change }, 77);
const addAblation = (script: Script, step: number, kept = false): Script => {
  const n = script.state.experiments.length;
  script.addEvent(draftProposal(n, { kind: 'ablation', ablates: step, parent: script.state.incumbent }));
  script.addEvent(draftSnapshot(n));
  script.addEvent({
    type: 'decided',
    n,
    decision: decisionOf({ verdict: kept ? 'kept' : 'discarded', kind: 'ablation', against: script.state.incumbent }),
  });
  return kept ? script.advance(n) : script;
};
const addFinal = (script: Script, n: number, value: number | 'exit', seed = 1, device = SCRIPT_DEVICE): Script =>
  script.measure(n, value, { purpose: 'final', seed, device });

describe('the end of a lab', () => {
  it('is reached at once where nothing was kept, and where a person asks to stop', () => {
    expect(next(stack())).toMatchObject({ do: 'stop', reason: 'finalized' });
    expect(next(stack(0.9), { stopRequested: true })).toMatchObject({ do: 'stop', reason: 'asked' });
    expect(next(stack(0.9).startMeasurement(1))).toEqual({ do: 'wait' });
  });

  it('leaves out each step of a stack once, the least sure first; a single step is none to leave out', () => {
    expect(next(stack(0.9))).toMatchObject({ do: 'measure' });
    const script = stack(0.9, 0.6, 0.95);
    expect(next(script)).toEqual({ do: 'ablate', n: 2 });
    expect(next(addAblation(script, 2))).toEqual({ do: 'ablate', n: 1 });
    expect(next(addAblation(script, 1))).toEqual({ do: 'ablate', n: 3 });
    expect(next(addAblation(script, 3))).toMatchObject({ do: 'measure' });
    expect(next(stack(0.9, undefined))).toEqual({ do: 'ablate', n: 2 });
    expect(next(addAblation(stack(0.9, 0.6, 0.95), 2, true)), 'what was left out is no step itself').toEqual({
      do: 'ablate',
      n: 1,
    });
  });

  it('measures what is left and the baseline in turn, A B B A, each two under the same seeds', () => {
    const script = stack(0.9);
    const turns: number[] = [];
    for (let step = next(script); step.do === 'measure'; step = next(script)) {
      turns.push(step.n);
      const isSecond = turns.length % 2 === 0;
      expect(step).toMatchObject({ purpose: 'final', ...(isSecond && { seed: 100 + turns.length - 1 }) });
      expect(step.like).toBe(isSecond ? script.state.measurements.length - 1 : undefined);
      if (!isSecond) expect(step.seed).toBe(77);
      addFinal(script, step.n, step.n === 0 ? 5 : 4, isSecond ? step.seed : 100 + turns.length);
    }
    expect(turns).toEqual([1, 0, 0, 1, 1, 0, 0, 1, 1, 0]);
    expect(next(script)).toEqual({ do: 'finalize' });
  });

  it('gives up after three failures of a side, and names it', () => {
    const failed = (side: number, times: number): Step => {
      const script = addFinal(stack(0.9), 1, 4);
      for (let i = 0; i < times; i++) addFinal(script, side, 'exit');
      return next(script);
    };
    expect([failed(0, 2), failed(1, 2)].map((step) => step.do)).toEqual(['measure', 'measure']);
    expect(failed(0, 3)).toMatchObject({ do: 'stop', reason: 'stuck', detail: expect.stringMatching(/^#0 /) });
    expect(failed(1, 3)).toMatchObject({ do: 'stop', reason: 'stuck', detail: expect.stringMatching(/^#1 /) });
  });

  it('takes a lost measurement for no failure', () => {
    const script = stack(0.9);
    for (let i = 0; i < 3; i++) {
      script.startMeasurement(1, { purpose: 'final' });
      script.addEvent({ type: 'lost', m: script.state.measurements.length - 1, reason: 'r' });
    }
    expect(next(script)).toMatchObject({ do: 'measure', n: 1 });
  });

  it('is over once the last comparison of this incumbent is written down', () => {
    const final = {
      against: 0,
      pairs: 5,
      effect: 1,
      interval: [0, 2],
      probability: 1,
      rule: 'r',
      dropped: [],
    } as const;
    const script = stack(0.9);
    expect(next(script.addEvent({ type: 'finalized', n: 0, ...final }))).toMatchObject({ do: 'measure' });
    expect(next(script.addEvent({ type: 'finalized', n: 1, ...final }))).toMatchObject({ reason: 'finalized' });
  });
});

describe('the last comparison', () => {
  const differences = [1, 0.8, 1.2, 0.9, 1.1];
  const compared = (script: Script, n = 1): Script => {
    for (const [i, difference] of differences.entries()) addFinal(addFinal(script, n, 5 - difference, i), 0, 5, i);
    return script;
  };

  it('is made of pairs in their order, and there is none before the fifth', () => {
    const script = compared(stack(0.9));
    const expected = comparePairs(differences, { ...pairKnowledgeIn(script.state, SCRIPT_DEVICE), dof: 0 });
    const found = finalResult(script.state, SCRIPT_DEVICE)!;
    expect(found).toMatchObject({ n: 1, against: 0, pairs: 5, dropped: [] });
    expect(found.effect).toBeCloseTo(1, 12);
    expect(found.interval[0]).toBeCloseTo(expected.interval[0], 9);
    expect(found.probability).toBeCloseTo(expected.probability, 9);
    expect(found).not.toHaveProperty('holdout');
    expect(finalResult(addFinal(addFinal(stack(0.9), 1, 4), 0, 5).state, SCRIPT_DEVICE)).toBeUndefined();
    expect(finalResult(compared(stack(), 0).state, SCRIPT_DEVICE)).toBeUndefined();
  });

  it('takes no failure, nothing of another device, and no baseline from before the stack was as it is', () => {
    const script = stack(0.9);
    addFinal(script, 0, 99);
    addFinal(addFinal(script, 1, 50, 9, 'device-b'), 0, 70, 9, 'device-b');
    addFinal(addFinal(compared(script), 1, 'exit'), 0, 'exit');
    expect(finalResult(script.state, SCRIPT_DEVICE)).toMatchObject({ pairs: 5, effect: expect.closeTo(1, 9) });
  });

  it('is made of measurements that were made for it', () => {
    const script = stack(0.9).measure(1, 30);
    for (const [i, difference] of differences.entries()) {
      addFinal(script, 1, 5 - difference, i);
      script.measure(0, 90, { purpose: 'drift' });
      addFinal(addFinal(script, 0, 70, i, 'device-b'), 0, 5, i);
    }
    expect(finalResult(script.state, SCRIPT_DEVICE)).toMatchObject({ pairs: 5, effect: expect.closeTo(1, 9) });
  });

  it('needs both sides of each pair', () => {
    const script = stack(0.9);
    for (let i = 0; i < 5; i++) addFinal(script, 1, 4, i);
    for (let i = 0; i < 4; i++) addFinal(script, 0, 5, i);
    expect(finalResult(script.state, SCRIPT_DEVICE)).toBeUndefined();
    addFinal(addFinal(script, 0, 5, 4), 1, 99);
    expect(finalResult(script.state, SCRIPT_DEVICE)).toMatchObject({ pairs: 5, effect: expect.closeTo(1, 9) });
  });

  it('names the steps that were left out for good', () => {
    const script = addAblation(stack(0.9, 0.6, 0.95), 2, true);
    addAblation(script, 1);
    expect(finalResult(compared(script, 4).state, SCRIPT_DEVICE)).toMatchObject({ n: 4, dropped: [2] });
  });

  it('says of the holdout what it knows, where the arena has one', () => {
    const arena = arenaWith({ evaluate: { command: 'judge' }, holdout: { command: 'judge', data: ['hidden'] } });
    const script = new Script(arena).addCalibration(quiet).addKeptIdea(4);
    compared(script);
    expect(finalResult(script.state, SCRIPT_DEVICE)).toMatchObject({ holdout: { problem: expect.any(String) } });
    expect(next(script)).toMatchObject({ do: 'measure', n: 0, purpose: 'holdout', seed: 77 });
  });
});
