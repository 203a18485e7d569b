/**
 * What a synthetic lab measures: made-up ideas with known true values, outcomes drawn from seeded chance. Knows nothing
 * about ledgers.
 */
import { type Random, createRandom } from '../base/random.ts';
import { type Arena, arenaSchema } from '../core/arena.ts';
import type { Conditions, FailureClass, Outcome } from '../core/outcome.ts';
import type { StopReason } from '../core/session.ts';
import type { LabState } from '../core/state.ts';

export interface SyntheticOptions {
  /** Ideas to try; 20. */
  readonly n?: number;
  readonly seed?: number;
  readonly direction?: 'minimize' | 'maximize';
  readonly unit?: string;
  /** True value of the baseline. */
  readonly start?: number;
  /** The best true value that there is. */
  readonly best?: number;
  /** Standard deviation of one measurement. */
  readonly noise?: number;
  /** Share of ideas that crash. */
  readonly crashRate?: number;
  /** Share of ideas that time out. */
  readonly timeoutRate?: number;
  /** Share of ideas that are refused. */
  readonly refuseRate?: number;
  /** Share of ideas that are truly better. */
  readonly goodRate?: number;
  /** False: claims are never tested. */
  readonly confirmations?: boolean;
  /** Sessions the work is spread over; each but the last is interrupted, every second one dies. */
  readonly sessions?: number;
  readonly secondsPerMeasurement?: number;
  readonly calibrate?: number;
  /** Changes of `decide` in the manifest. */
  readonly decide?: Readonly<Record<string, unknown>>;
  /** Stop writing as soon as this holds: leaves the lab as a killed harness would. */
  readonly until?: (state: LabState) => boolean;
  /** End the last session by this; absent = as planned. */
  readonly stop?: { readonly reason: StopReason; readonly detail: string };
  readonly hypothesis?: (n: number) => string;
  readonly startedAt?: string;
  readonly grade?: 'sealed' | 'guarded' | 'reported';
  /** Blobs that every measurement is said to have left. */
  readonly artefacts?: { readonly log?: string; readonly curve?: string };
}

/** Seconds of a measurement unless the options say otherwise. */
const DEFAULT_SECONDS = 300;
/** Lowest and highest value of each knob. */
const KNOB_RANGES: Readonly<Record<string, readonly [number, number]>> = {
  LEARNING_RATE: [0.0001, 0.01],
  DEPTH: [2, 12],
  BATCH: [8, 256],
  WARMUP: [0, 0.2],
  WEIGHT_DECAY: [0, 0.2],
};

const FAILURE_MESSAGES: Partial<Record<FailureClass, string>> = {
  'out-of-memory': 'the candidate needed more than its 2048 MB of memory',
  exit: 'the candidate ended with status 1: TypeError: x is not a function',
  nan: 'the loss is not a number at step 3',
};

/** The ideas of a lab and what they are really worth. Every draw moves one stream of chance, so its order counts. */
export class SyntheticWorld {
  /** True value of each experiment. */
  readonly truth: number[] = [];
  /** Knobs of each experiment. */
  readonly knobs: Record<string, number>[] = [];
  readonly #options: SyntheticOptions;
  readonly #chance: Random;

  constructor(options: SyntheticOptions) {
    this.#options = options;
    this.#chance = createRandom(options.seed ?? 1);
  }

  addBaseline(): void {
    this.truth.push(this.#options.start ?? 1);
    this.knobs.push(
      Object.fromEntries(
        Object.entries(KNOB_RANGES).map(([knobName, [lowest, highest]]) => [knobName, (lowest + highest) / 4]),
      ),
    );
  }

  addControl(incumbent: number): void {
    this.truth.push(this.truth[incumbent]!);
    this.knobs.push(this.knobs[incumbent]!);
  }

  /**
   * One knob of the incumbent moved; truly better in the wanted share of cases, by less the nearer the best value is.
   * Returns what it tries, and the seconds that thinking took.
   */
  addIdea(n: number, incumbent: number): { readonly hypothesis: string; readonly seconds: number } {
    const { best = 0.75, goodRate = 0.15, noise = 0.004, hypothesis } = this.#options;
    const incumbentKnobs = this.knobs[incumbent]!;
    const knobNames = Object.keys(KNOB_RANGES);
    const knobName = knobNames[this.#chance.below(knobNames.length)]!;
    const [lowest, highest] = KNOB_RANGES[knobName]!;
    const value = Number((lowest + (highest - lowest) * this.#chance.uniform()).toPrecision(3));
    const gap = best - this.truth[incumbent]!;
    const isBetter = this.#chance.uniform() < goodRate;
    const magnitude = this.#chance.uniform() ** 2;
    const change = isBetter
      ? gap * 0.4 * magnitude
      : -Math.sign(gap) * (noise * 6 * magnitude + Math.abs(gap) * 0.3 * magnitude ** 3);
    this.truth.push(this.truth[incumbent]! + change);
    this.knobs.push({ ...incumbentKnobs, [knobName]: value });
    const seconds = 0.05 + this.#chance.uniform() * 0.2;
    const text = `${knobName} ${Number(incumbentKnobs[knobName]!.toPrecision(3))} → ${value}`;
    return { hypothesis: hypothesis?.(n) ?? text, seconds };
  }

  /** The earlier experiment that idea `n` repeats, when it is refused. */
  drawRefusal(n: number): number | undefined {
    return this.#chance.uniform() < (this.#options.refuseRate ?? 0.03) ? this.#chance.below(n) : undefined;
  }

  drawLineCounts(): { readonly added: number; readonly deleted: number } {
    const added = 1 + this.#chance.below(3);
    return { added, deleted: this.#chance.below(added + 1) };
  }

  drawJudgeSeed(): number {
    return 1 + this.#chance.below(2 ** 31 - 2);
  }

  /** Only the first measurement of an idea can fail. */
  drawOutcome(n: number, isFirst: boolean): Outcome {
    const { crashRate = 0.06, timeoutRate = 0.02, noise = 0.004 } = this.#options;
    const chanceDraw = this.#chance.uniform();
    if (isFirst && n > 0 && chanceDraw < crashRate) {
      const failureClasses: FailureClass[] = ['out-of-memory', 'exit', 'nan'];
      const failureClass = failureClasses[this.#chance.below(failureClasses.length)]!;
      return { kind: 'crashed', class: failureClass, message: FAILURE_MESSAGES[failureClass] ?? 'failed' };
    }
    if (isFirst && n > 0 && chanceDraw < crashRate + timeoutRate)
      return { kind: 'timed out', class: 'timeout', message: 'the candidate ran longer than its hard limit' };
    const value = Number((this.truth[n]! + noise * this.#chance.normal()).toPrecision(9));
    return { kind: 'measured', value, metrics: { memory_mb: 400 } };
  }

  drawConditions(outcome: Outcome): Conditions {
    const seconds = this.#options.secondsPerMeasurement ?? DEFAULT_SECONDS;
    const wallS = outcome.kind === 'crashed' ? seconds * this.#chance.uniform() * 0.2 : seconds * 1.02;
    return {
      startupS: Math.min(wallS, seconds * 0.02),
      budgetedS: Math.max(0, wallS - seconds * 0.02),
      wallS,
      cpuS: wallS * 1.9,
      evaluateS: outcome.kind === 'measured' ? seconds * 0.08 : 0,
      memoryMb: 400 + this.#chance.below(100),
      accounting: 'cgroup',
      cut: outcome.kind === 'measured',
      load: 1.2,
      ...this.#options.artefacts,
    };
  }
}

export function syntheticArena(options: SyntheticOptions): Arena {
  const seconds = options.secondsPerMeasurement ?? DEFAULT_SECONDS;
  return arenaSchema.parse({
    overnight: 1,
    name: 'synthetic',
    description: 'Made up, for tests and benchmarks.',
    metric: { name: 'val_bpb', direction: options.direction ?? 'minimize', unit: options.unit ?? '' },
    editable: ['train.ts'],
    run: { command: 'node train.ts' },
    evaluate: { command: 'node evaluate.ts' },
    budget: { seconds, wall_s: seconds * 1.5 },
    calibrate: { replicates: options.calibrate ?? 5 },
    ...(options.decide && { decide: options.decide }),
    knobs: Object.entries(KNOB_RANGES).map(([knobName, range]) => ({
      name: knobName,
      file: 'train.ts',
      kind: 'float',
      range,
    })),
  });
}
