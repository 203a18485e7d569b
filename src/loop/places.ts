/**
 * The places where measurements run, one at a time in each: which are free, and which experiments are being handled.
 * With one place everything happens in turn.
 */
import type { GpuShare } from '../base/gpus.ts';
import type { Bench } from './process-specs.ts';

/** One measurement's share of the machine. */
export interface Place {
  /** Counted from 0. */
  readonly slot: number;
  readonly cores: Bench['cores'];
  /** The GPUs that only it uses; absent: all of them, for the one place there is. */
  readonly gpuShare?: GpuShare;
}

export class Places {
  readonly #all: readonly Place[];
  readonly #free: Place[];
  readonly #handled = new Map<number, number>();
  readonly #jobs = new Set<Promise<void>>();
  #failure: { readonly thrown: unknown } | undefined;

  constructor(places: readonly Place[]) {
    this.#all = places;
    this.#free = [...places];
  }

  /** How many there are. */
  get count(): number {
    return this.#all.length;
  }

  /** Jobs beside the loop that hold a place each. */
  get jobs(): number {
    return this.#jobs.size;
  }

  /** The first that is free; the first of all where a caller of the library measures more at once than it asked for. */
  take(): Place {
    return this.#free.shift() ?? this.#all[0]!;
  }

  giveBack(place: Place): void {
    if (this.#free.includes(place)) return;
    this.#free.push(place);
    this.#free.sort((left, right) => left.slot - right.slot);
  }

  /** Experiment `n` is being handled; it may be, several times at once. */
  hold(n: number): void {
    this.#handled.set(n, (this.#handled.get(n) ?? 0) + 1);
  }

  release(n: number): void {
    const left = (this.#handled.get(n) ?? 0) - 1;
    if (left > 0) this.#handled.set(n, left);
    else this.#handled.delete(n);
  }

  has(n: number): boolean {
    return this.#handled.has(n);
  }

  /**
   * Do what takes a place and is no measurement. With one place it is waited for; else it goes on beside the loop, and
   * what it throws is thrown by `throwFailure`.
   */
  async run(job: (place: Place) => Promise<void>): Promise<void> {
    const place = this.take();
    const done = job(place).finally(() => this.giveBack(place));
    if (this.count === 1) return done;
    const settled = done
      .catch((thrown: unknown) => {
        this.#failure ??= { thrown };
      })
      .finally(() => this.#jobs.delete(settled));
    this.#jobs.add(settled);
  }

  /** Throws what a job beside the loop threw. */
  throwFailure(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) throw failure.thrown;
  }

  /** Resolves when no job beside the loop is left. */
  async settle(): Promise<void> {
    while (this.#jobs.size > 0) await Promise.all(this.#jobs);
  }

  /** Resolves when one of the jobs beside the loop ends. Never, where there is none. */
  async waitForJob(): Promise<void> {
    await (this.#jobs.size > 0 ? Promise.race(this.#jobs) : new Promise<void>(() => {}));
  }
}
