/**
 * What one simulated session came to, against the known truth; and the textbook's end of a session beside it. Effects
 * are in standard deviations of one measurement.
 */
import { createRandom } from '../../src/base/random.ts';
import { tQuantile } from '../../src/base/distributions.ts';
import { mean, varianceOf } from '../../src/base/stats.ts';
import { verdictOf } from '../../src/core/experiment.ts';
import { confirmedSteps } from '../../src/core/rules/clear-steps.ts';
import { lineage } from '../../src/core/state.ts';
import { DEVICE, simulateNight, type Night } from '../night.ts';
import type { Effects, Machine } from './worlds.ts';

/** Sums over the sessions of a cell are made of these. */
export interface Figures {
  /** True gain of the incumbent, and of the champion. */
  readonly gain: number;
  readonly confirmedGain: number;
  /** 1 where something was confirmed; 1 where something confirmed is not better. */
  readonly confirmed: number;
  readonly falselyConfirmed: number;
  /** 1 where the incumbent is truly better than the baseline. */
  readonly inStack: number;
  readonly claims: number;
  readonly passed: number;
  readonly falsePassed: number;
  /** Claimed minus true over the claims that passed, and how many intervals of claims hold the truth. */
  readonly inflation: number;
  /** Sum of the effects that are claimed. */
  readonly claimed: number;
  readonly covered: number;
  readonly kept: number;
  readonly falseKept: number;
  /** Steps of the champion that are called confirmed by themselves. */
  readonly steps: number;
  readonly falseSteps: number;
  readonly stepGain: number;
  readonly ideas: number;
  readonly used: number;
}

export interface World {
  readonly effects: Effects;
  readonly machine: Machine;
  readonly decide?: Readonly<Record<string, unknown>>;
  readonly calibrate?: number;
  /** Ends after so many measurements, or after so many ideas. */
  readonly evaluations?: number;
  readonly ideas?: number;
}

/** Two streams of chance, so that a change of the rules does not change the ideas. */
const streamsOf = (seed: number) => ({
  ideas: createRandom(seed ^ 0x2c1b3c6d),
  machine: createRandom(seed ^ 0x297a2d39),
});

export function playSession(world: World, seed: number): Figures {
  const streams = streamsOf(seed);
  const effectOf = world.effects(streams.ideas);
  const expected = world.evaluations ?? 1.2 * world.ideas!;
  const { decide, calibrate, evaluations, ideas } = world;
  const night = simulateNight({
    seed,
    sigma: 1,
    effect: (_chance, _base, n) => effectOf(streams.ideas, n),
    measure: world.machine(streams.machine, expected),
    ...(decide && { decide }),
    ...(calibrate !== undefined && { calibrate }),
    ...(evaluations !== undefined && { evaluations }),
    ...(ideas !== undefined && { ideas }),
  });
  return figuresOf(night);
}

/** Better by less than this is rounding. */
const ROUNDING = 1e-9;

function figuresOf({ state, truth, usedMeasurements }: Night): Figures {
  const ownGain = (n: number): number => truth[n]! - truth[state.experiments[n]!.idea.parent]!;
  const isFalse = (gain: number): boolean => gain <= ROUNDING;
  const gainOf = ({ n, against }: { readonly n: number; readonly against: number }): number =>
    truth[n]! - truth[against]!;
  const passed = state.confirmations.filter((confirmation) => confirmation.passed);
  const judged = state.confirmations.filter(({ numbers }) => numbers !== undefined && numbers[0] > 0);
  const kept = state.experiments.flatMap((experiment) =>
    experiment.idea.kind === 'idea' && verdictOf(experiment) === 'kept' ? [experiment.idea.n] : [],
  );
  const onTheWay = new Set(lineage(state, state.champion));
  const steps = confirmedSteps(state, DEVICE).filter((n) => onTheWay.has(n));
  const falsePassed = passed.filter((claim) => isFalse(gainOf(claim))).length;
  return {
    gain: truth[state.incumbent]!,
    confirmedGain: truth[state.champion]!,
    confirmed: Number(passed.length > 0),
    falselyConfirmed: Number(falsePassed > 0),
    inStack: Number(!isFalse(truth[state.incumbent]!)),
    claims: judged.length,
    passed: passed.length,
    falsePassed,
    inflation: passed.reduce((sum, claim) => sum + claim.effect - gainOf(claim), 0),
    claimed: passed.reduce((total, claim) => total + claim.effect, 0),
    covered: judged.filter((claim) => claim.interval[0] <= gainOf(claim) && gainOf(claim) <= claim.interval[1]).length,
    kept: kept.length,
    falseKept: kept.filter((n) => isFalse(ownGain(n))).length,
    steps: steps.length,
    falseSteps: steps.filter((n) => isFalse(ownGain(n))).length,
    stepGain: steps.reduce((sum, n) => sum + ownGain(n), 0),
    ideas: state.experiments.length - 1 - state.controls.all.length,
    used: usedMeasurements,
  };
}

/** What the textbook's session came to. */
export interface TextbookFigures {
  readonly gain: number;
  readonly kept: number;
  readonly falseKept: number;
  readonly confirmed: number;
  readonly falselyConfirmed: number;
  readonly confirmedGain: number;
  /** Its best number minus its first: what a plain loop reports. */
  readonly reported: number;
}

const TEXTBOOK_EACH = 5;
/** One-sided, as the promise of Overnight. */
const TEXTBOOK_LEVEL = 0.025;

/**
 * The simplest honest end of a session: better numbers are kept, then the last ten measurements are five of the best
 * and five of the baseline in turn, and Student's t for two samples decides.
 */
export function playTextbook({ effects, machine }: World, seed: number, measurements: number): TextbookFigures {
  const streams = streamsOf(seed);
  const effectOf = effects(streams.ideas);
  const measure = machine(streams.machine, measurements);
  let index = 0;
  const read = (n: number, parent: number, truth: number): number =>
    measure({ truth, index: index++, n, parent, seed: index });
  const first = read(0, -1, 0);
  let best = { n: 0, number: first, truth: 0 };
  let [kept, falseKept] = [0, 0];
  for (let n = 1; n < measurements - 2 * TEXTBOOK_EACH; n++) {
    const truth = best.truth + effectOf(streams.ideas, n);
    const number = read(n, best.n, truth);
    if (number <= best.number) continue;
    kept++;
    if (truth - best.truth <= ROUNDING) falseKept++;
    best = { n, number, truth };
  }
  const [own, baseline]: [number[], number[]] = [[], []];
  for (let i = 0; i < TEXTBOOK_EACH && best.n > 0; i++) {
    own.push(read(best.n, -1, best.truth));
    baseline.push(read(0, -1, 0));
  }
  const pooled = (varianceOf(own) + varianceOf(baseline)) / 2;
  const isShown =
    best.n > 0 &&
    mean(own) - mean(baseline) >
      tQuantile(1 - TEXTBOOK_LEVEL, 2 * (TEXTBOOK_EACH - 1)) * Math.sqrt((2 * pooled) / TEXTBOOK_EACH);
  return {
    gain: best.truth,
    kept,
    falseKept,
    confirmed: Number(isShown),
    falselyConfirmed: Number(isShown && best.truth <= ROUNDING),
    confirmedGain: isShown ? best.truth : 0,
    reported: best.number - first,
  };
}
