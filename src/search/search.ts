/**
 * Ask and tell: the main class of the library. It keeps the trials, refuses configurations that are known already,
 * learns which ones cannot be measured, and lets a sampler propose. Its state is a function of its log: replaying the
 * log gives the same search, and the same next trial.
 */
import { createRandom, seedOf } from '../base/random.ts';
import { createSampler, type SamplerChoice, type SamplerName, type SamplerOptions } from './auto.ts';
import { SearchError } from './error.ts';
import { type Labelled, learnFeasibility } from './feasibility.ts';
import { Memory } from './memory.ts';
import type { Param } from './param.ts';
import { randomPoint } from './model-free.ts';
import { createSpace, type Point, type Space, type SpaceSpec, type Values } from './space.ts';
import {
  compareTold,
  type History,
  type Limit,
  type TrialOutcome,
  type Sampler,
  type Told,
  type Trial,
} from './trial.ts';

export interface SearchOptions extends SamplerOptions {
  readonly space: SpaceSpec | readonly Param[] | Space;
  /** Default `auto`. A function returns a sampler of your own for the history and the seed. */
  readonly sampler?: SamplerName | ((history: History, seed: number) => Sampler);
  /** All random numbers come from it. Default 1. */
  readonly seed?: number;
  readonly direction?: 'minimize' | 'maximize';
  /** Number of trials in all, if known: `auto` uses it. */
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
  | { readonly type: 'told'; readonly id: number; readonly outcome: TrialOutcome }
  | { readonly type: 'replicate'; readonly id: number; readonly value: number }
  | { readonly type: 'forgotten'; readonly id: number };

/** Whether a configuration may be a trial. `earlier` is the trial that has it already. */
export type Admission =
  { readonly ok: true } | { readonly ok: false; readonly reason: string; readonly earlier?: number };

/** Proposals that a sampler may make for one trial. */
const MAX_ATTEMPTS = 64;
/** Probability of success that a proposal should have. */
const MIN_FEASIBILITY = 0.6;
/** After so many attempts the proposal with the highest probability is taken. */
const MAX_FEASIBLE_ATTEMPTS = 24;
/**
 * Two running trials whose coordinates are closer than this on every knob are near-copies. The distance is smaller when
 * the sampler's own steps are small.
 */
const NEAR_DISTANCE = 0.02;

export class Search {
  readonly space: Space;
  /** The sampler in use, with the reason in a sentence. */
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

  /** Everything that happened, in order: `createSearch(options, log)` continues from it. */
  get log(): readonly LogEntry[] {
    return this.#log;
  }

  get history(): History {
    return this.#memory;
  }

  /**
   * The best trial: within the limits, with the smallest (largest) mean. When the noise is known, means of few
   * measurements are shrunken to the average first.
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
   * Whether this configuration may be a trial. Changes nothing. Throws E_VALUE for a configuration that is not of the
   * space.
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
   * Up to `count` new trials. None has a configuration that was asked or given before, and no two are near-copies.
   * Fewer, possibly none, when every configuration of a finite space was asked. Throws E_OPTIONS when `count` is not a
   * positive whole number.
   */
  ask(count = 1): Trial[] {
    if (!Number.isInteger(count) || count < 1)
      throw new SearchError(
        'E_OPTIONS',
        'These trials cannot be asked for.',
        `count is ${count}.`,
        'Ask for one or more.',
      );
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
   * The result of a trial. Throws E_TELL when there is no such trial, when it was told already, or when the value is
   * not a finite number.
   */
  tell(id: number, outcome: number | TrialOutcome): void {
    const result = this.#memory.recordOutcome(id, typeof outcome === 'number' ? { value: outcome } : outcome);
    this.#log.push({ type: 'told', id, outcome: typeof outcome === 'number' ? { value: outcome } : outcome });
    if (result) this.#engine.tell?.(result);
  }

  /**
   * Add a configuration from outside (from a person, a model, an earlier search), with its outcome when there is one.
   * Throws E_VALUE for a duplicate.
   */
  add(values: Values, outcome?: number | TrialOutcome, source = 'given'): Trial {
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

  /** One more measurement of a trial that has a number: it makes the mean more precise. Throws E_TELL. */
  replicate(id: number, value: number): void {
    this.#memory.addReplicate(id, value);
    this.#log.push({ type: 'replicate', id, value });
  }

  /**
   * Forget a trial that will not be told, because it was lost or is not wanted. Its configuration may be asked again.
   * Throws E_TELL when it was told already.
   */
  forget(id: number): void {
    this.#memory.forgetTrial(id);
    this.#log.push({ type: 'forgotten', id });
  }

  /** Apply one line of an earlier log. Throws what the call in that line would throw. */
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

  /** The sampler proposes nothing new: try random points, then every configuration of a small finite space. */
  #proposeAnything(id: number): { readonly values: Values; readonly source: string; readonly why: string } | undefined {
    const chance = createRandom(seedOf(`anything/${this.#seed}/${id}`));
    for (let attempt = 0; attempt < 4 * MAX_ATTEMPTS; attempt++) {
      const values = this.space.decode(randomPoint(this.space, chance));
      if (this.admit(values).ok)
        return { values, source: 'random', why: 'the sampler had nothing new: a random configuration' };
    }
    if (this.space.size > 20_000) return undefined;
    for (const values of everyConfiguration(this.space)) {
      if (this.admit(values).ok) return { values, source: 'last', why: 'one of the last untried configurations' };
    }
    return undefined;
  }

  #isNearPending(point: Point): boolean {
    const limit = Math.min(NEAR_DISTANCE, 0.25 * (this.#engine.spread ?? 1));
    return this.#memory.pending.some((trial) => isNearCopy(this.space, trial.point, point, limit));
  }
}

/** A new search; with a log, the search that wrote the log. Throws SearchError E_SPACE or E_OPTIONS. */
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

/** True when two points are equal, up to less than `limit` on each continuous knob. */
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

/** Every configuration of a finite space, in order. With conditional knobs some are repeated. */
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

/** A coordinate inside the interval of value number `level` of a discrete knob. */
function coordinateOfLevel(dimension: Space['dims'][number], level: number): number {
  let coordinate = 0;
  for (let i = 0; i < level; i++) coordinate = dimension.edges(coordinate + 1e-12)[1] + 1e-9;
  return Math.min(1, coordinate + 1e-9);
}
