/** The bench of a session, made again after a run that changed what all runs share. */
import type { Bench } from './process-specs.ts';

export class CurrentBench {
  #bench: Bench;
  readonly #refresh: (() => Promise<Bench>) | undefined;
  #isDamaged = false;

  constructor(bench: Bench, refresh: (() => Promise<Bench>) | undefined) {
    this.#bench = bench;
    this.#refresh = refresh;
  }

  get now(): Bench {
    return this.#bench;
  }

  get isDamaged(): boolean {
    return this.#isDamaged;
  }

  /** It is made again before the next run, where `isDamaged`. */
  mark(isDamaged: boolean): void {
    this.#isDamaged ||= isDamaged;
  }

  /** Only while nothing runs: what is made again is in use then. */
  async replaceIfDamaged(): Promise<void> {
    if (!this.#isDamaged) return;
    this.#bench = (await this.#refresh?.()) ?? this.#bench;
    this.#isDamaged = false;
  }
}
