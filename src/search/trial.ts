/**
 * What a search knows: trials, their outcomes, and the interface that samplers implement on top. A failure is an
 * outcome of its own, never a number. Knows nothing about any sampler.
 */
import type { Random } from '../base/random.ts';
import type { Point, Space, Values } from './space.ts';

/** One configuration that was asked for or given from outside. */
export interface Trial {
  readonly id: number;
  readonly values: Values;
  readonly point: Point;
  readonly key: string;
  /** Which sampler proposed it, or who gave it: "tpe", "cma-es", "default", "adviser". */
  readonly source: string;
  /** One line for people: how it was chosen. */
  readonly why: string;
}

/** What became of a trial. `n` measurements with this mean; `sd` of one of them. `metrics` for limits and fronts. */
export type Outcome =
  | {
      readonly value: number;
      readonly n?: number;
      readonly sd?: number;
      readonly metrics?: Readonly<Record<string, number>>;
    }
  /**
   * `blame: false`: the failure says nothing about the configuration, so the feasibility model does not learn from it.
   */
  | { readonly failed: string; readonly blame?: boolean };

/**
 * A trial with a number. `mean` and `loss` are smaller-is-better whatever the direction; `loss` is pulled to the
 * average of all where the noise is known and the numbers of measurements differ. `over` > 0 says by how much the trial
 * breaks the limits.
 */
export interface Told {
  readonly trial: Trial;
  readonly value: number;
  readonly mean: number;
  readonly loss: number;
  readonly n: number;
  readonly over: number;
  readonly metrics: Readonly<Record<string, number>>;
}

export interface Failed {
  readonly trial: Trial;
  readonly reason: string;
  readonly blame: boolean;
}

/** Everything told so far, in the order in which it was told. A live view. */
export interface History {
  readonly space: Space;
  /** Trials with a number, oldest first. Replicates update the mean in place. */
  readonly told: readonly Told[];
  readonly failed: readonly Failed[];
  /** Asked and not told. */
  readonly pending: readonly Trial[];
  /** Standard deviation of one measurement, when known; 0 = none, undefined = not known. */
  readonly noise: number | undefined;
  /** Trials expected in all, when known. */
  readonly budget: number | undefined;
}

/**
 * What a sampler gets for one proposal. All chance must come from `chance`: it is derived from the seed, the trial and
 * the attempt.
 */
export interface Ask {
  readonly id: number;
  /**
   * 0 for the first try, then 1, 2, … after a proposal that was a duplicate, broke a constraint or would probably fail.
   */
  readonly attempt: number;
  readonly chance: Random;
  /** Probability that a point can be measured at all, from the feasibility model; 1 while nothing failed. */
  readonly feasible: (point: Point) => number;
}

export interface Proposed {
  readonly point: Point;
  readonly why: string;
}

/**
 * A source of points. Its state must be a function of what it was told, in order: replaying the same trials and
 * outcomes gives the same proposals. `propose` must not change it.
 */
export interface Sampler {
  readonly name: string;
  propose(ask: Ask): Proposed;
  /** A trial got its number. Failures are not told. */
  tell?(result: Told): void;
  /**
   * A typical distance between proposals per numeric knob, in coordinates: how close two of them may be before one is a
   * near-copy.
   */
  readonly spread?: number;
}

/** Sort key: trials within limits by loss, then the others by how far they are over. */
export function compareTold(left: Told, right: Told): number {
  if (left.over > 0 || right.over > 0)
    return left.over - right.over || left.loss - right.loss || left.trial.id - right.trial.id;
  return left.loss - right.loss || left.trial.id - right.trial.id;
}
