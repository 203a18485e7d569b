/** Guards and scratch tries: they take a place for a while, as a measurement does, and give no number. */
import type { GuardPhase } from '../core/guard-run.ts';
import { DAMAGE_CLASSES } from './blame.ts';
import type { CurrentBench } from './current-bench.ts';
import type { Guarding } from './guarding.ts';
import type { LabDeps } from './lab-deps.ts';
import type { Places } from './places.ts';
import { runTryOut } from './try-out.ts';

interface SideJobParts {
  readonly deps: LabDeps;
  readonly bench: CurrentBench;
  readonly places: Places;
  readonly guarding: Guarding;
  readonly onTick: () => void;
}

export class SideJobs {
  readonly #parts: SideJobParts;
  #killTry: (() => void) | undefined;
  /** A scratch try is running. */
  isTrying = false;

  constructor(parts: SideJobParts) {
    this.#parts = parts;
  }

  /** End what runs. */
  kill(): void {
    this.#killTry?.();
    this.#parts.guarding.kill();
  }

  /** What guards say is in the record when they have ended. */
  async runGuards(n: number, when: GuardPhase): Promise<void> {
    const { bench, places, guarding } = this.#parts;
    places.hold(n);
    return places.run(async (place) => {
      try {
        await bench.replaceIfDamaged();
        const failure = await guarding.run({ ...bench.now, ...place }, n, when);
        if (failure) bench.mark(DAMAGE_CLASSES.has(failure.class));
      } finally {
        places.release(n);
      }
    });
  }

  async runTry(index: number): Promise<void> {
    const { deps, bench, places, onTick } = this.#parts;
    this.isTrying = true;
    return places.run(async (place) => {
      try {
        await bench.replaceIfDamaged();
        const onStart = (killRun: () => void): void => void (this.#killTry = killRun);
        await runTryOut(deps, { ...bench.now, ...place }, index, { onTick, onStart });
        // Where no sandbox kept it from what all runs share, that is made again.
        bench.mark(bench.now.sandbox.info.level !== 'bubblewrap');
      } finally {
        this.#killTry = undefined;
        this.isTrying = false;
      }
    });
  }
}
