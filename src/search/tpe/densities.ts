/**
 * The densities of TPE: which trials of a history are good, and the Parzen mixtures of the good, the other and the
 * running trials. They are estimated once and kept until the history changes. Knows nothing about how a point is
 * chosen.
 */
import { Parzen } from './parzen.ts';
import type { Point } from '../space.ts';
import { compareTold, type History, type Told } from '../trial.ts';

/** Indices into `history.told` of the good trials and of the others, each oldest first. */
export function splitTrials(
  history: History,
  goodCount: (trialCount: number) => number,
): { readonly below: number[]; readonly above: number[] } {
  const { told } = history;
  const count = Math.min(told.length, Math.max(1, goodCount(told.length)));
  const compareAge = (left: number, right: number): number => told[left]!.trial.id - told[right]!.trial.id;
  const chosen = new Set(bestOf(told, count));
  const above: number[] = [];
  for (let index = 0; index < told.length; index++) if (!chosen.has(index)) above.push(index);
  // Told in the order of asking, they are in order already; in any other order the sort is needed.
  return { below: [...chosen].sort(compareAge), above: above.sort(compareAge) };
}

/** Indices of the best few: one pass, because nearly every trial of a long search is worse than all of them. */
function bestOf(told: readonly Told[], count: number): number[] {
  const bestIndices: number[] = [];
  for (let index = 0; index < told.length; index++) {
    const result = told[index]!;
    let position = bestIndices.length;
    while (position > 0 && compareTold(result, told[bestIndices[position - 1]!]!) < 0) position--;
    if (position >= count) continue;
    bestIndices.splice(position, 0, index);
    if (bestIndices.length > count) bestIndices.pop();
  }
  return bestIndices;
}

/** Densities over some knobs: all of them together, or one. */
export interface DensityPart {
  readonly knobs: readonly number[];
  readonly good: Parzen;
  readonly bad: Parzen;
}

interface Densities {
  /** State of the history that they were made from. */
  readonly key: string;
  readonly goodTrials: number;
  readonly otherTrials: number;
  readonly parts: readonly DensityPart[];
}

interface DensityOptions {
  /** One density over all knobs together, or one per knob. */
  readonly isMultivariate: boolean;
  readonly goodCount: (trialCount: number) => number;
  /** Count running trials as bad. */
  readonly countsRunning: boolean;
}

export class DensityModel {
  readonly #history: History;
  readonly #options: DensityOptions;
  /** The knobs of each part. */
  readonly #knobGroups: readonly (readonly number[])[];
  #densities: Densities | undefined;
  #running: { readonly key: string; readonly parts: readonly Parzen[] } | undefined;

  constructor(history: History, options: DensityOptions) {
    this.#history = history;
    this.#options = options;
    const allKnobs = history.space.dims.map((_, knob) => knob);
    this.#knobGroups = options.isMultivariate ? [allKnobs] : allKnobs.map((knob) => [knob]);
  }

  /** The densities of the trials that were told or failed. */
  currentDensities(): Densities {
    const { told, failed } = this.#history;
    const key = `${told.length}/${failed.length}/${told.reduce((count, result) => count + result.n, 0)}`;
    if (this.#densities?.key === key) return this.#densities;
    const { below, above } = splitTrials(this.#history, this.#options.goodCount);
    const goodPoints = this.#pointsOf(below);
    // Failed trials are not good either. A density needs no number of theirs.
    const failedPoints = failed.filter((failure) => failure.blame).map((failure) => failure.trial.point);
    const badPoints = [...failedPoints, ...this.#pointsOf(above)];
    const parts = this.#knobGroups.map((knobs) => ({
      knobs,
      good: this.#estimateDensity(knobs, goodPoints),
      bad: this.#estimateDensity(knobs, badPoints, goodPoints[0]),
    }));
    this.#densities = { key, goodTrials: below.length, otherTrials: above.length, parts };
    return this.#densities;
  }

  /** The densities of the running trials, part by part; undefined when none runs or they do not count. */
  runningDensities(): readonly Parzen[] | undefined {
    const { pending, told, failed } = this.#history;
    if (!this.#options.countsRunning || pending.length === 0) return undefined;
    const key = `${pending.length}/${pending.at(-1)!.id}/${told.length}/${failed.length}`;
    if (this.#running?.key !== key) {
      const points = pending.map((trial) => trial.point);
      this.#running = { key, parts: this.#knobGroups.map((knobs) => this.#estimateDensity(knobs, points)) };
    }
    return this.#running.parts;
  }

  #pointsOf(indices: readonly number[]): Point[] {
    return indices.map((index) => this.#history.told[index]!.trial.point);
  }

  #estimateDensity(knobs: readonly number[], points: readonly Point[], near?: Point): Parzen {
    const { space } = this.#history;
    const { isMultivariate } = this.#options;
    // Alone, a knob is described by the trials in which it was active. Together with the others, a trial in which it
    // was not active has the prior's kernel on it.
    const firstKnob = knobs[0]!;
    const isAlwaysActive = isMultivariate || space.conditions[firstKnob] === undefined;
    return new Parzen(
      knobs.map((knob) => space.dims[knob]!),
      isAlwaysActive ? points : points.filter((point) => !Number.isNaN(point[firstKnob]!)),
      isMultivariate,
      { knobs, near },
    );
  }
}
