/**
 * The trials of a search and their outcomes. Checks every outcome, and keeps the means of replicates. Knows nothing
 * about samplers.
 */
import { SearchError } from './error.ts';
import type { Space, Values } from './space.ts';
import type { Failed, History, Limit, TrialOutcome, Told, Trial } from './trial.ts';

interface MemorySettings {
  /** +1 when smaller is better. */
  readonly sign: 1 | -1;
  readonly noise: number | undefined;
  readonly budget: number | undefined;
  readonly limits: readonly Limit[];
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export class Memory implements History {
  readonly space: Space;
  readonly trials: Trial[] = [];
  readonly told: Writable<Told>[] = [];
  readonly failed: Failed[] = [];
  /** Trial by configuration. Forgotten trials are not in it. */
  readonly byKey = new Map<string, number>();
  readonly noise: number | undefined;
  readonly budget: number | undefined;
  readonly #settings: MemorySettings;
  readonly #states: ('pending' | 'told' | 'failed' | 'forgotten')[] = [];
  readonly #toldById = new Map<number, Writable<Told>>();
  #pending: Trial[] = [];
  #hasUnevenCounts = false;

  constructor(space: Space, settings: MemorySettings) {
    this.space = space;
    this.#settings = settings;
    this.noise = settings.noise;
    this.budget = settings.budget;
  }

  get pending(): readonly Trial[] {
    return this.#pending;
  }

  addTrial(values: Values, source: string, why: string): Trial {
    const key = this.space.key(values);
    const trial: Trial = { id: this.trials.length, values, point: this.space.encode(values), key, source, why };
    this.trials.push(trial);
    this.#states.push('pending');
    this.#pending.push(trial);
    this.byKey.set(key, trial.id);
    return trial;
  }

  /** The trial with its number, or undefined when it failed. Throws E_TELL. */
  recordOutcome(id: number, outcome: TrialOutcome): Told | undefined {
    const trial = this.#requirePending(id);
    if ('failed' in outcome) {
      this.#settleTrial(trial, 'failed');
      this.failed.push({ trial, reason: outcome.failed, blame: outcome.blame !== false });
      return undefined;
    }
    const { value, n = 1, metrics = {} } = outcome;
    if (!Number.isFinite(value))
      refuseTell(id, `Its value is ${value}.`, 'Tell a finite number, or { failed: reason } when there is none.');
    if (!(Number.isInteger(n) && n >= 1)) refuseTell(id, `Its number of measurements is ${n}.`, 'Tell n as 1 or more.');
    const result: Writable<Told> = {
      trial,
      value,
      mean: this.#settings.sign * value,
      loss: this.#settings.sign * value,
      n,
      over: this.#limitExcess(metrics),
      metrics,
    };
    this.#settleTrial(trial, 'told');
    this.told.push(result);
    this.#toldById.set(id, result);
    if (n > 1) this.#hasUnevenCounts = true;
    this.#shrinkLosses();
    return result;
  }

  addReplicate(id: number, value: number): void {
    const result = this.#toldById.get(id);
    if (!result) refuseTell(id, 'It has no number yet.', 'Tell it first; replicates come after.');
    if (!Number.isFinite(value)) refuseTell(id, `The replicate's value is ${value}.`, 'Tell a finite number.');
    result.value += (value - result.value) / (result.n + 1);
    result.n++;
    this.#hasUnevenCounts = true;
    result.mean = result.loss = this.#settings.sign * result.value;
    this.#shrinkLosses();
  }

  forgetTrial(id: number): void {
    const trial = this.#requirePending(id);
    this.#settleTrial(trial, 'forgotten');
    if (this.byKey.get(trial.key) === id) this.byKey.delete(trial.key);
  }

  #requirePending(id: number): Trial {
    const trial = this.trials[id];
    if (!trial)
      refuseTell(
        id,
        'It was never asked for.',
        `The last trial is ${this.trials.length - 1}; use \`add\` for one from outside.`,
      );
    const state = this.#states[id]!;
    if (state !== 'pending') refuseTell(id, `It is ${state} already.`, 'Use `replicate` for a further measurement.');
    return trial;
  }

  #settleTrial(trial: Trial, state: 'told' | 'failed' | 'forgotten'): void {
    this.#states[trial.id] = state;
    this.#pending = this.#pending.filter((other) => other !== trial);
  }

  /** By how much the limits are exceeded, as a sum of fractions. A metric that is missing exceeds nothing. */
  #limitExcess(metrics: Readonly<Record<string, number>>): number {
    let excess = 0;
    for (const { metric, max, min } of this.#settings.limits) {
      const measured = metrics[metric];
      if (measured === undefined) continue;
      if (max !== undefined && measured > max) excess += (measured - max) / Math.max(Math.abs(max), 1e-12);
      if (min !== undefined && measured < min) excess += (min - measured) / Math.max(Math.abs(min), 1e-12);
    }
    return excess;
  }

  /**
   * With known noise and different numbers of measurements, each loss is the mean shrunken towards the average of all,
   * as by a normal prior: then a good single measurement does not outrank a mean of ten by chance. With equal numbers
   * the order would not change, so nothing is done.
   */
  #shrinkLosses(): void {
    const { sign, noise } = this.#settings;
    if (!noise || !this.#hasUnevenCounts || this.told.length < 3) return;
    const average = this.told.reduce((sum, result) => sum + sign * result.value, 0) / this.told.length;
    const totalVariance =
      this.told.reduce((sum, result) => sum + (sign * result.value - average) ** 2, 0) / (this.told.length - 1);
    const betweenVariance = Math.max(totalVariance - noise ** 2, 0.1 * totalVariance, 1e-300);
    for (const result of this.told)
      result.loss =
        average + ((sign * result.value - average) * betweenVariance) / (betweenVariance + noise ** 2 / result.n);
  }
}

function refuseTell(id: number, reason: string, nextStep: string): never {
  throw new SearchError('E_TELL', `Trial ${id} cannot be told.`, reason, nextStep);
}
