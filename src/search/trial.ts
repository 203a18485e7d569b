/**
 * What a search knows: trials, their outcomes, and the interface that samplers implement. A failure is an outcome of
 * its own, never a number. Knows nothing about any sampler.
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
  /** How it was chosen, in one line for people. */
  readonly why: string;
}

/**
 * A bound on a metric that is told beside the value. A trial that breaks it is measured, but ranks behind every trial
 * that keeps it.
 */
export interface Limit {
  readonly metric: string;
  readonly max?: number;
  readonly min?: number;
}

/** The outcome of a trial. */
export type TrialOutcome =
  | {
      /** The measured value, or the mean of several measurements. */
      readonly value: number;
      /** Number of measurements. Default 1. */
      readonly n?: number;
      /** Standard deviation of one measurement. */
      readonly sd?: number;
      /** Other metrics, for limits and Pareto fronts. */
      readonly metrics?: Readonly<Record<string, number>>;
    }
  | {
      /** Why it failed. */
      readonly failed: string;
      /** False when the failure says nothing about the configuration: the feasibility model does not learn from it. */
      readonly blame?: boolean;
    };

/** A trial with a number. */
export interface Told {
  readonly trial: Trial;
  /** Mean of its measurements, as told. */
  readonly value: number;
  /** The same with the sign changed when larger values are better: smaller is better. */
  readonly mean: number;
  /** `mean`, shrunken to the average of all when the noise is known and the numbers of measurements differ. */
  readonly loss: number;
  /** Number of measurements. */
  readonly n: number;
  /** By how much it exceeds the limits, as a sum of fractions; 0 within the limits. */
  readonly over: number;
  readonly metrics: Readonly<Record<string, number>>;
}

export interface Failed {
  readonly trial: Trial;
  readonly reason: string;
  readonly blame: boolean;
}

/** Everything that was told so far, in that order. A live view: it changes with the search. */
export interface History {
  readonly space: Space;
  /** Trials with a number, oldest first. A replicate updates its trial in place. */
  readonly told: readonly Told[];
  readonly failed: readonly Failed[];
  /** Trials that were asked for and not told yet. */
  readonly pending: readonly Trial[];
  /** Standard deviation of one measurement; 0 when there is no noise, undefined when it is not known. */
  readonly noise: number | undefined;
  /** Number of trials in all, when known. */
  readonly budget: number | undefined;
}

/** What a sampler gets for one proposal. */
export interface Ask {
  /** The trial that is asked for. */
  readonly id: number;
  /** 0 at first, then 1, 2, … after each proposal that was a duplicate, broke a constraint or would probably fail. */
  readonly attempt: number;
  /** The only source of random numbers: it is derived from the seed, the trial and the attempt. */
  readonly chance: Random;
  /** Probability that a point can be measured, by the feasibility model; 1 while nothing failed. */
  readonly feasible: (point: Point) => number;
}

export interface Proposed {
  readonly point: Point;
  readonly why: string;
}

/**
 * A source of points. Its state must be a function of the outcomes in their order: replaying the same trials and
 * outcomes gives the same proposals.
 */
export interface Sampler {
  readonly name: string;
  /** A point for one trial. Must not change the sampler's state. */
  propose(ask: Ask): Proposed;
  /** A trial got its number. The sampler is not told about failures. */
  tell?(result: Told): void;
  /**
   * Typical distance between proposals per numeric knob, in coordinates. Points that are much closer are near-copies.
   */
  readonly spread?: number;
}

/**
 * Order of trials, best first: those within the limits by loss, then the others by how far they exceed the limits.
 * Equal ones by age.
 */
export function compareTold(left: Told, right: Told): number {
  return left.over - right.over || left.loss - right.loss || left.trial.id - right.trial.id;
}
