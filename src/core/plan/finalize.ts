/**
 * The finish line, as a pure function of the state: leave each kept step out once and drop it where that is no worse,
 * then measure the baseline and what is left side by side, and let the holdout see both. Knows nothing about how a step
 * is done.
 */
import { noiseIn, signOf } from '../rules/judge.ts';
import type { Finalized } from '../event.ts';
import { type Measurement, valueOf } from '../experiment.ts';
import { holdoutStep, heldEffect } from './holdout.ts';
import type { Situation, Step } from './plan.ts';
import { arenaOf, type LabState, lineage, measurementsOf } from '../state.ts';
import { comparePairs } from '../../base/stats.ts';

/** Interleaved pairs of the last comparison. */
export const FINAL_PAIRS = 5;
/** Times that a side may fail in it before it is given up. */
const MOST_FAILURES = 3;

/** What is still to be done; the ablations that are open are measured by the plan like any experiment. */
export function finalStep(state: LabState, now: Situation, seed: number): Step {
  const n = state.incumbent;
  const stop = (detail: string): Step => ({ do: 'stop', reason: 'finalized', detail });
  if (now.asked) return { do: 'stop', reason: 'asked', detail: 'stopped after the current measurement, as asked' };
  if (n === 0) return stop('nothing was kept, so there is nothing to finalize');
  if (state.final?.n === n) return stop(`#${n} is measured against the baseline`);
  if (state.running.size > 0) return { do: 'wait' };
  const step = nextAblation(state);
  if (step !== undefined) return { do: 'ablate', n: step };
  const sides = finalSides(state, now.deviceClass);
  const failed = [sides.failures(n), sides.failures(0)];
  if (Math.max(...failed) >= MOST_FAILURES)
    return {
      do: 'stop',
      reason: 'stuck',
      detail: `#${failed[0]! > failed[1]! ? n : 0} failed ${MOST_FAILURES} times in the last comparison`,
    };
  const { mine, theirs } = sides;
  if (mine.length < FINAL_PAIRS || theirs.length < FINAL_PAIRS) {
    // A B B A: each pair under the same seeds.
    const turn = mine.length === theirs.length ? (mine.length % 2 === 0 ? n : 0) : mine.length < theirs.length ? n : 0;
    const partner = (turn === n ? theirs : mine)[turn === n ? mine.length : theirs.length];
    return {
      do: 'measure',
      n: turn,
      purpose: 'final',
      seed: partner?.seed ?? seed,
      ...(partner && { like: partner.m }),
    };
  }
  return holdoutStep(state, [0, n], seed) ?? { do: 'finalize' };
}

/** The kept step to leave out next, the least sure first. A single step is tested by the last comparison itself. */
function nextAblation(state: LabState): number | undefined {
  const steps = lineage(state, state.incumbent).filter((n) => n > 0 && state.experiments[n]!.idea.kind === 'idea');
  if (steps.length < 2) return undefined;
  const sure = (n: number): number => {
    const x = state.experiments[n]!;
    return x.state === 'decided' ? (x.decision.probability ?? 0) : 0;
  };
  return steps.filter((n) => !state.ablations.has(n)).sort((a, b) => sure(a) - sure(b))[0];
}

interface Sides {
  readonly mine: readonly Measurement[];
  readonly theirs: readonly Measurement[];
  readonly failures: (n: number) => number;
}

/** Measurements of the last comparison that count: those made since the stack is as it is. */
function finalSides(state: LabState, deviceClass: string): Sides {
  const n = state.incumbent;
  const own = measurementsOf(state, n).filter((m) => m.purpose === 'final' && m.deviceClass === deviceClass);
  const since = own[0]?.m ?? state.measurements.length;
  const all = (k: number): Measurement[] =>
    k === n
      ? own
      : measurementsOf(state, 0).filter((m) => m.purpose === 'final' && m.deviceClass === deviceClass && m.m > since);
  const good = (k: number): Measurement[] => all(k).filter((m) => valueOf(m) !== undefined);
  return {
    mine: good(n),
    theirs: good(0),
    failures: (k) => all(k).filter((m) => m.state === 'finished' && valueOf(m) === undefined).length,
  };
}

/** The last comparison; undefined until all its pairs are there. */
export function finalResult(state: LabState, deviceClass: string): Finalized | undefined {
  const n = state.incumbent;
  const { mine, theirs } = finalSides(state, deviceClass);
  const pairs = Math.min(mine.length, theirs.length);
  if (n === 0 || pairs < FINAL_PAIRS) return undefined;
  const sign = signOf(arenaOf(state));
  const differences = mine.slice(0, pairs).map((m, i) => (valueOf(m)! - valueOf(theirs[i]!)!) * sign);
  const { sigma, dof } = noiseIn(state, deviceClass);
  const { difference: effect, interval, probability } = comparePairs(differences, sigma, dof);
  const path = new Set(lineage(state, n));
  const dropped = [...state.ablations].filter(([, ablation]) => path.has(ablation)).map(([step]) => step);
  const holdout = arenaOf(state).holdout && heldEffect(state, n);
  return { n, against: 0, pairs, effect, interval, probability, rule: 'final/1', dropped, ...(holdout && { holdout }) };
}
