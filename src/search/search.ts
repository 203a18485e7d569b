/**
 * Ask and tell: the face of the library. Holds the trials, refuses what is known already, learns what cannot be
 * measured, and lets a sampler propose. Its state is a function of its log: replaying the log gives the same search,
 * and the same next question.
 */
import { createRandom, seedOf } from '../base/random.ts';
import { createSampler, type SamplerChoice, type SamplerName, type SamplerOptions } from './auto.ts';
import { SearchError } from './error.ts';
import { type Labelled, learnFeasibility } from './feasibility.ts';
import { Memory } from './memory.ts';
import type { Param } from './param.ts';
import { randomPoint } from './model-free.ts';
import { createSpace, type Point, type Space, type SpaceSpec, type Values } from './space.ts';
import { compareTold, type History, type Outcome, type Sampler, type Told, type Trial } from './trial.ts';

/**
 * A bound on a metric that is told beside the value: a trial that breaks it is measured, but ranks behind every trial
 * that does not.
 */
export interface Limit {
  readonly metric: string;
  readonly max?: number;
  readonly min?: number;
}

export interface SearchOptions extends SamplerOptions {
  readonly space: SpaceSpec | readonly Param[] | Space;
  /** Default `auto`. A function makes a sampler of your own on the history and the seed. */
  readonly sampler?: SamplerName | ((history: History, seed: number) => Sampler);
  /** All chance comes from it. Default 1. */
  readonly seed?: number;
  readonly direction?: 'minimize' | 'maximize';
  /** Trials there will be in all, if known: `auto` looks at it. */
  readonly budget?: number;
  /** Trials that run at the same time. Default 1. */
  readonly parallel?: number;
  /** Standard deviation of one measurement of the same configuration, if known. */
  readonly noise?: number;
  /** First trial = the space's default. Default true. */
  readonly startAtDefault?: boolean;
  readonly limits?: readonly Limit[];
}

/** One line of the record of a search. */
export type LogEntry =
  | {
      readonly type: 'trial';
      readonly id: number;
      readonly values: Values;
      readonly source: string;
      readonly why: string;
    }
  | { readonly type: 'told'; readonly id: number; readonly outcome: Outcome }
  | { readonly type: 'replicate'; readonly id: number; readonly value: number }
  | { readonly type: 'forgotten'; readonly id: number };

/** Whether a configuration is worth a trial: `earlier` is the trial that has it already. */
export type Admission =
  { readonly ok: true } | { readonly ok: false; readonly reason: string; readonly earlier?: number };

/** Proposals a sampler may make before the search takes what it has. */
const MAX_ATTEMPTS = 64;
/** Probability of success that a proposal should have; after 24 attempts the most promising one is taken. */
const MIN_FEASIBILITY = 0.6;
const MAX_FEASIBLE_ATTEMPTS = 24;
/**
 * Coordinates closer than this on every knob make two running trials near-copies (less when the sampler's own steps are
 * smaller).
 */
const NEAR_DISTANCE = 0.02;

export class Search {
  readonly space: Space;
  /** The sampler in use and, in a sentence, why. */
  readonly sampler: SamplerChoice;
  readonly #memory: Memory;
  readonly #engine: Sampler;
  readonly #seed: number;
  readonly #startAtDefault: boolean;
  readonly #parallel: number;
  readonly #log: LogEntry[] = [];
  #feasibilityModel: { readonly outcomeCount: number; readonly feasible: (point: Point) => number } | undefined;

  constructor(options: SearchOptions) {
    const {
      space,
      seed = 1,
      direction = 'minimize',
      budget,
      parallel = 1,
      noise,
      limits = [],
      startAtDefault = true,
    } = options;
    checkOptions(options);
    this.space = 'decode' in space ? space : createSpace(space);
    this.#seed = seed;
    this.#startAtDefault = startAtDefault;
    this.#parallel = parallel;
    this.#memory = new Memory(this.space, { sign: direction === 'maximize' ? -1 : 1, noise, budget, limits });
    const created = createSampler(options.sampler ?? 'auto', this.#memory, seed, {
      ...options,
      parallel: this.#parallel,
    });
    this.#engine = created.sampler;
    this.sampler = created.choice;
  }

  /** Everything that happened, in order: `createSearch(options, log)` goes on from it. */
  get log(): readonly LogEntry[] {
    return this.#log;
  }

  get history(): History {
    return this.#memory;
  }

  /**
   * The best trial: within the limits, smallest (largest) mean, means of few measurements pulled to the average when
   * the noise is known.
   */
  get best(): Told | undefined {
    return this.#memory.told.reduce<Told | undefined>(
      (best, result) => (best && compareTold(best, result) <= 0 ? best : result),
      undefined,
    );
  }

  /** Probability that a configuration can be measured, as learned from failures. */
  feasible(values: Values): number {
    return this.#feasibilityAt(this.space.encode(this.space.snap(values)));
  }

  /**
   * What speaks against trying this configuration; asks nothing and changes nothing. Throws E_VALUE for one that is not
   * of the space.
   */
  admit(values: Values): Admission {
    const snapped = this.space.snap(values);
    const earlier = this.#memory.byKey.get(this.space.key(snapped));
    if (earlier !== undefined) return { ok: false, reason: `it is the configuration of trial ${earlier}`, earlier };
    const brokenConstraint = this.space.broken(snapped);
    return brokenConstraint === undefined
      ? { ok: true }
      : { ok: false, reason: `it breaks the constraint "${brokenConstraint}"` };
  }

  /**
   * Up to k new trials, none of them a configuration that was asked or given before, no two of them near-copies. Fewer,
   * possibly none, when every configuration of a finite space has been asked. Throws E_OPTIONS when k is not a positive
   * whole number.
   */
  ask(count = 1): Trial[] {
    if (!Number.isInteger(count) || count < 1)
      throw new SearchError('E_OPTIONS', 'These trials cannot be asked for.', `k is ${count}.`, 'Ask for one or more.');
    const trials: Trial[] = [];
    while (trials.length < count) {
      const id = this.#memory.trials.length;
      const proposal = this.#proposeTrial(id);
      if (!proposal) break;
      trials.push(this.#recordTrial(proposal.values, proposal.source, proposal.why));
    }
    return trials;
  }

  /**
   * The result of a trial that was asked for. Throws E_TELL when it was never asked, is told already, or is not a
   * finite number.
   */
  tell(id: number, outcome: number | Outcome): void {
    const result = this.#memory.recordOutcome(id, typeof outcome === 'number' ? { value: outcome } : outcome);
    this.#log.push({ type: 'told', id, outcome: typeof outcome === 'number' ? { value: outcome } : outcome });
    if (result) this.#engine.tell?.(result);
  }

  /**
   * A configuration from outside (a person, a model, an earlier search), with its outcome when there is one. Throws
   * E_VALUE on a duplicate.
   */
  add(values: Values, outcome?: number | Outcome, source = 'given'): Trial {
    const snapped = this.space.snap(values);
    const earlier = this.#memory.byKey.get(this.space.key(snapped));
    if (earlier !== undefined)
      throw new SearchError(
        'E_VALUE',
        'This configuration is known already.',
        `It is trial ${earlier}.`,
        'Use `replicate` to measure it again.',
      );
    const trial = this.#recordTrial(snapped, source, 'given from outside');
    if (outcome !== undefined) this.tell(trial.id, outcome);
    return trial;
  }

  /**
   * One more measurement of a trial that has a number: never a proposal, it only makes the mean better known. Throws
   * E_TELL.
   */
  replicate(id: number, value: number): void {
    this.#memory.addReplicate(id, value);
    this.#log.push({ type: 'replicate', id, value });
  }

  /**
   * A trial that will not be told: it was lost, or not wanted. Its configuration may be asked again. Throws E_TELL when
   * it is told already.
   */
  forget(id: number): void {
    this.#memory.forgetTrial(id);
    this.#log.push({ type: 'forgotten', id });
  }

  /** Put one line of an earlier log behind this one. Throws what the line would have thrown. */
  replay(entry: LogEntry): void {
    switch (entry.type) {
      case 'trial':
        this.#recordTrial(this.space.snap(entry.values), entry.source, entry.why);
        return;
      case 'told':
        return this.tell(entry.id, entry.outcome);
      case 'replicate':
        return this.replicate(entry.id, entry.value);
      case 'forgotten':
        return this.forget(entry.id);
      default:
        return entry satisfies never;
    }
  }

  #recordTrial(values: Values, source: string, why: string): Trial {
    const trial = this.#memory.addTrial(values, source, why);
    this.#log.push({ type: 'trial', id: trial.id, values, source, why });
    return trial;
  }

  #feasibilityAt(point: Point): number {
    const { told, failed } = this.#memory;
    const outcomeCount = told.length + failed.length;
    if (this.#feasibilityModel?.outcomeCount !== outcomeCount) {
      const observations: Labelled[] = [
        ...told.map((result) => ({ trial: result.trial, ok: result.over <= 0 })),
        ...failed.filter((failure) => failure.blame).map((failure) => ({ trial: failure.trial, ok: false })),
      ]
        .sort((left, right) => left.trial.id - right.trial.id)
        .map(({ trial, ok }) => ({ point: trial.point, ok }));
      this.#feasibilityModel = { outcomeCount, feasible: learnFeasibility(this.space, observations) };
    }
    return this.#feasibilityModel.feasible(point);
  }

  #proposeTrial(id: number): { readonly values: Values; readonly source: string; readonly why: string } | undefined {
    if (this.#startAtDefault && this.admit(this.space.start).ok)
      return { values: this.space.start, source: 'default', why: 'the known-good default, to compare with' };
    const source = this.#engine.name;
    const feasibilityAt = (point: Point): number => this.#feasibilityAt(point);
    let fallback: { values: Values; why: string; chance: number } | undefined;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const chance = createRandom(seedOf(`ask/${this.#seed}/${id}/${attempt}`));
      const { point, why } = this.#engine.propose({ id, attempt, chance, feasible: feasibilityAt });
      const values = this.space.decode(point);
      if (!this.admit(values).ok) continue;
      const snappedPoint = this.space.encode(values);
      if (attempt < MAX_ATTEMPTS / 2 && this.#isNearPending(snappedPoint)) continue;
      const feasibility = feasibilityAt(snappedPoint);
      if (feasibility >= MIN_FEASIBILITY) return { values, source, why };
      if (!fallback || feasibility > fallback.chance) fallback = { values, why, chance: feasibility };
      if (attempt >= MAX_FEASIBLE_ATTEMPTS) break;
    }
    if (fallback)
      return {
        values: fallback.values,
        source,
        why: `${fallback.why}; ${Math.round(100 * fallback.chance)} % likely to be measurable`,
      };
    return this.#proposeAnything(id);
  }

  /** The sampler has nothing new: random points, then whatever a finite space still has. */
  #proposeAnything(id: number): { readonly values: Values; readonly source: string; readonly why: string } | undefined {
    const chance = createRandom(seedOf(`anything/${this.#seed}/${id}`));
    for (let attempt = 0; attempt < 4 * MAX_ATTEMPTS; attempt++) {
      const values = this.space.decode(randomPoint(this.space, chance));
      if (this.admit(values).ok)
        return { values, source: 'random', why: 'the sampler had nothing new: a random configuration' };
    }
    if (this.space.size > 20_000) return undefined;
    for (const values of everyConfiguration(this.space)) {
      if (this.admit(values).ok) return { values, source: 'last', why: 'one of the last configurations that are left' };
    }
    return undefined;
  }

  #isNearPending(point: Point): boolean {
    const limit = Math.min(NEAR_DISTANCE, 0.25 * (this.#engine.spread ?? 1));
    return this.#memory.pending.some((trial) => isNearCopy(this.space, trial.point, point, limit));
  }
}

/** A new search; with a log, the search that wrote it. Throws SearchError E_SPACE or E_OPTIONS. */
export function createSearch(options: SearchOptions, log: readonly LogEntry[] = []): Search {
  const search = new Search(options);
  for (const entry of log) search.replay(entry);
  return search;
}

function checkOptions({ seed, budget, parallel, noise }: SearchOptions): void {
  const requireWhole = (optionName: string, value: number | undefined, minimum: number): void => {
    if (value !== undefined && !(Number.isInteger(value) && value >= minimum))
      throw new SearchError(
        'E_OPTIONS',
        'The search cannot be set up.',
        `\`${optionName}\` is ${value}.`,
        `It must be a whole number, at least ${minimum}.`,
      );
  };
  requireWhole('seed', seed, 0);
  requireWhole('budget', budget, 1);
  requireWhole('parallel', parallel, 1);
  if (noise !== undefined && !(Number.isFinite(noise) && noise >= 0))
    throw new SearchError(
      'E_OPTIONS',
      'The search cannot be set up.',
      `\`noise\` is ${noise}.`,
      'It must be a standard deviation: 0 or more.',
    );
}

/** Are two points the same but for less than `limit` on continuous knobs? */
function isNearCopy(space: Space, left: Point, right: Point, limit: number): boolean {
  return space.dims.every((dimension, knob) => {
    const [leftValue, rightValue] = [left[knob]!, right[knob]!];
    if (Number.isNaN(leftValue) || Number.isNaN(rightValue))
      return Number.isNaN(leftValue) === Number.isNaN(rightValue);
    return dimension.levels === Number.POSITIVE_INFINITY
      ? Math.abs(leftValue - rightValue) < limit
      : leftValue === rightValue;
  });
}

/** Every configuration of a finite space, in order; inactive knobs make repeats. */
function* everyConfiguration(space: Space): Generator<Values> {
  const total = space.size;
  for (let ordinal = 0; ordinal < total; ordinal++) {
    let remainder = ordinal;
    const point = space.dims.map((dimension) => {
      const level = remainder % dimension.levels;
      remainder = Math.floor(remainder / dimension.levels);
      return dimension.kind === 'category' ? level : coordinateOfLevel(dimension, level);
    });
    yield space.decode(point);
  }
}

/** Coordinate inside the interval of the index-th value of a discrete knob. */
function coordinateOfLevel(dimension: Space['dims'][number], level: number): number {
  let coordinate = 0;
  for (let i = 0; i < level; i++) coordinate = dimension.edges(coordinate + 1e-12)[1] + 1e-9;
  return Math.min(1, coordinate + 1e-9);
}
