/**
 * The trials of a search and what became of them. Checks every tell; keeps means of replicates. Knows nothing about
 * samplers.
 */
import { SearchError } from './error.ts';
import type { Limit } from './search.ts';
import type { Space, Values } from './space.ts';
import type { Failed, History, Outcome, Told, Trial } from './trial.ts';

interface Settings {
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
  readonly #settings: Settings;
  readonly #states: ('pending' | 'told' | 'failed' | 'forgotten')[] = [];
  readonly #toldById = new Map<number, Writable<Told>>();
  #pending: Trial[] = [];
  #uneven = false;

  constructor(space: Space, settings: Settings) {
    this.space = space;
    this.#settings = settings;
    this.noise = settings.noise;
    this.budget = settings.budget;
  }

  get pending(): readonly Trial[] {
    return this.#pending;
  }

  add(values: Values, source: string, why: string): Trial {
    const key = this.space.key(values);
    const trial: Trial = { id: this.trials.length, values, point: this.space.encode(values), key, source, why };
    this.trials.push(trial);
    this.#states.push('pending');
    this.#pending.push(trial);
    this.byKey.set(key, trial.id);
    return trial;
  }

  /** The trial with its number, or undefined when it failed. Throws E_TELL. */
  tell(id: number, outcome: Outcome): Told | undefined {
    const trial = this.#waiting(id);
    if ('failed' in outcome) {
      this.#settle(trial, 'failed');
      this.failed.push({ trial, reason: outcome.failed, blame: outcome.blame !== false });
      return undefined;
    }
    const { value, n = 1, metrics = {} } = outcome;
    if (typeof value !== 'number' || !Number.isFinite(value))
      refuse(id, `Its value is ${value}.`, 'Tell a finite number, or { failed: reason } when there is none.');
    if (!(Number.isInteger(n) && n >= 1)) refuse(id, `Its number of measurements is ${n}.`, 'Tell n as 1 or more.');
    const told: Writable<Told> = {
      trial,
      value,
      mean: this.#settings.sign * value,
      loss: this.#settings.sign * value,
      n,
      over: this.#over(metrics),
      metrics,
    };
    this.#settle(trial, 'told');
    this.told.push(told);
    this.#toldById.set(id, told);
    if (n > 1) this.#uneven = true;
    this.#shrink();
    return told;
  }

  replicate(id: number, value: number): void {
    const told = this.#toldById.get(id);
    if (!told) refuse(id, 'It has no number yet.', 'Tell it first; replicates come after.');
    if (!Number.isFinite(value)) refuse(id, `The replicate's value is ${value}.`, 'Tell a finite number.');
    told.value += (value - told.value) / (told.n + 1);
    told.n++;
    this.#uneven = true;
    told.mean = told.loss = this.#settings.sign * told.value;
    this.#shrink();
  }

  forget(id: number): void {
    const trial = this.#waiting(id);
    this.#settle(trial, 'forgotten');
    if (this.byKey.get(trial.key) === id) this.byKey.delete(trial.key);
  }

  #waiting(id: number): Trial {
    const trial = this.trials[id];
    if (!trial)
      refuse(
        id,
        'It was never asked for.',
        `The last trial is ${this.trials.length - 1}; use \`add\` for one from outside.`,
      );
    const state = this.#states[id]!;
    if (state !== 'pending') refuse(id, `It is ${state} already.`, 'Use `replicate` for a further measurement.');
    return trial;
  }

  #settle(trial: Trial, state: 'told' | 'failed' | 'forgotten'): void {
    this.#states[trial.id] = state;
    this.#pending = this.#pending.filter((other) => other !== trial);
  }

  /** By how much the limits are broken, as fractions of them, summed. A metric that is missing breaks nothing. */
  #over(metrics: Readonly<Record<string, number>>): number {
    let sum = 0;
    for (const { metric, max, min } of this.#settings.limits) {
      const x = metrics[metric];
      if (x === undefined) continue;
      if (max !== undefined && x > max) sum += (x - max) / Math.max(Math.abs(max), 1e-12);
      if (min !== undefined && x < min) sum += (min - x) / Math.max(Math.abs(min), 1e-12);
    }
    return sum;
  }

  /**
   * With known noise and unequal numbers of measurements, a loss is the mean pulled towards the average of all as a
   * normal prior would: a lucky single measurement does not outrank a mean of ten. With equal numbers the order is the
   * same, so nothing is done.
   */
  #shrink(): void {
    const { sign, noise } = this.#settings;
    if (!noise || !this.#uneven || this.told.length < 3) return;
    const average = this.told.reduce((sum, t) => sum + sign * t.value, 0) / this.told.length;
    const spread = this.told.reduce((sum, t) => sum + (sign * t.value - average) ** 2, 0) / (this.told.length - 1);
    const between = Math.max(spread - noise ** 2, 0.1 * spread, 1e-300);
    for (const t of this.told) t.loss = average + ((sign * t.value - average) * between) / (between + noise ** 2 / t.n);
  }
}

function refuse(id: number, why: string, next: string): never {
  throw new SearchError('E_TELL', `Trial ${id} cannot be told.`, why, next);
}
