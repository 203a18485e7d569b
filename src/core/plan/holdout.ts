/**
 * The holdout: a second evaluator on a data split that is hidden from proposers. It is asked about the baseline and
 * confirmed champions alone, a limited number of times, each side more than once where there are reads for it. Where it
 * gave no number, the reason stands in its place.
 */
import { compareSamples, emptyPool, poolWith, poolSigma } from '../../base/stats.ts';
import { signOf } from '../arena.ts';
import type { HoldoutEffect } from '../decision.ts';
import type { HoldoutRead } from '../experiment.ts';
import type { Step } from './step.ts';
import { arenaOf, type LabState, noiseIn } from '../state.ts';

/** Times that it was asked; answers that failed or were lost count. */
export const holdoutReads = (state: LabState): number =>
  state.measurements.filter((measurement) => measurement.purpose === 'holdout').length;

/** Reads of one side, at most: so that `holdout.reads` lasts for two champions, three with many reads. */
export const readsOfSide = (reads: number): 1 | 2 | 3 => (reads >= 12 ? 3 : reads >= 6 ? 2 : 1);

const readsOn = (state: LabState, n: number, deviceClass: string): readonly HoldoutRead[] =>
  (state.holdoutOutcomes.get(n) ?? []).filter((read) => read.deviceClass === deviceClass);

const valuesOf = (reads: readonly HoldoutRead[]): number[] =>
  reads.flatMap(({ outcome }) => (outcome.kind === 'measured' ? [outcome.value] : []));

/**
 * The next question: about the one of `candidates` that it was asked about least, the first of them where that is
 * equal, while reads are left.
 */
export function holdoutStep(
  state: LabState,
  candidates: readonly number[],
  seed: number,
  deviceClass: string,
): Step | undefined {
  const { holdout } = arenaOf(state);
  const isAsking = [...state.running].some((m) => state.measurements[m]!.purpose === 'holdout');
  if (!holdout || isAsking || holdoutReads(state) >= holdout.reads) return undefined;
  const countOf = (n: number): number => readsOn(state, n, deviceClass).length;
  const [n] = [...candidates].sort((left, right) => countOf(left) - countOf(right));
  if (n === undefined || countOf(n) >= readsOfSide(holdout.reads)) return undefined;
  return { do: 'measure', n, purpose: 'holdout', seed };
}

/** Improvement of `n` over the baseline on the holdout, positive = better; or why it is not known. */
export function holdoutEffect(state: LabState, n: number, deviceClass: string): HoldoutEffect {
  const [ownReads, baselineReads] = [readsOn(state, n, deviceClass), readsOn(state, 0, deviceClass)];
  const problem = missingReason(ownReads, `#${n}`) ?? missingReason(baselineReads, 'the baseline');
  if (problem !== undefined) return { problem };
  const sign = signOf(arenaOf(state));
  const [own, baseline] = [ownReads, baselineReads].map((reads) => valuesOf(reads).map((value) => value * sign));
  const noise = holdoutNoise(state, deviceClass);
  const { difference: effect, interval } = compareSamples(own!, baseline!, noise.sigma, noise.dof);
  return { effect, interval, reads: [own!.length, baseline!.length], noise: noise.from };
}

/** A side has a number where most of its reads gave one. */
function missingReason(reads: readonly HoldoutRead[], sideName: string): string | undefined {
  const lastFailure = reads.findLast(({ outcome }) => outcome.kind !== 'measured')?.outcome;
  if (reads.length === 0) return `it was not asked about ${sideName}`;
  const failures = reads.length - valuesOf(reads).length;
  if (lastFailure === undefined || lastFailure.kind === 'measured' || 2 * failures < reads.length) return undefined;
  const howOften = failures === reads.length ? '' : ` in ${failures} of ${reads.length} reads`;
  return `it gave no number for ${sideName}${howOften}: ${lastFailure.message}`;
}

/** Freedom below which the spread of the reads says too little. */
const MIN_READ_FREEDOM = 2;

/** The spread of repeated reads of the same code; validation’s where too few were repeated, or none of them varied. */
function holdoutNoise(
  state: LabState,
  deviceClass: string,
): { sigma: number; dof: number; from: 'holdout' | 'validation' } {
  let pool = emptyPool;
  for (const n of state.holdoutOutcomes.keys()) pool = poolWith(pool, valuesOf(readsOn(state, n, deviceClass)));
  if (pool.dof >= MIN_READ_FREEDOM && pool.ss > 0) return { sigma: poolSigma(pool), dof: pool.dof, from: 'holdout' };
  return { ...noiseIn(state, deviceClass), from: 'validation' };
}

/** What validation claims. */
export interface ValidationEffect {
  readonly effect: number;
  readonly interval?: readonly [number, number];
}

/** How much better validation says it is than the holdout does. Positive = validation promises more. */
export interface HoldoutGap {
  readonly effect: number;
  /** Its 95 % interval: the half-widths of both effects, as independent errors. Absent where one is not known. */
  readonly interval?: readonly [number, number];
}

const halfOf = (interval: readonly [number, number]): number => (interval[1] - interval[0]) / 2;

export function gapOf(validation: ValidationEffect, holdout: ValidationEffect): HoldoutGap {
  const effect = validation.effect - holdout.effect;
  if (!validation.interval || !holdout.interval) return { effect };
  const half = Math.hypot(halfOf(validation.interval), halfOf(holdout.interval));
  return { effect, interval: [effect - half, effect + half] };
}

/**
 * Does the holdout agree with what validation claims? `not at all`: on it there is no improvement, or it is sure that
 * less is gained and not sure that anything is. `in part`: something is gained for sure, and for sure less than
 * claimed. Where nothing varies, less than half of the claim is less.
 */
export function holdoutAgrees(
  validation: ValidationEffect,
  holdout: ValidationEffect,
): 'yes' | 'in part' | 'not at all' {
  if (holdout.effect <= 0) return 'not at all';
  const gap = gapOf(validation, holdout);
  const isExact = !gap.interval || gap.interval[0] === gap.interval[1];
  const isLess = isExact ? holdout.effect < validation.effect / 2 : gap.interval[0] > 0;
  if (!isLess) return 'yes';
  return holdout.interval && holdout.interval[0] > 0 ? 'in part' : 'not at all';
}
