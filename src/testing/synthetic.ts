/**
 * Believable labs without running anything: the real planner and the real rules, measurements drawn from seeded chance,
 * a clock that is moved by hand. What it makes is a ledger like any other: `replay` accepts it and an audit finds
 * nothing.
 */
import { sha256Hex } from '../base/hash.ts';
import { type Random, createRandom, seedOf } from '../base/random.ts';
import { type Arena, arenaSchema } from '../core/arena.ts';
import { judgeClaim } from '../core/rules/claims.ts';
import { judge } from '../core/rules/judge.ts';
import type {
  EventDraft,
  FailureClass,
  ExperimentKind,
  LedgerEvent,
  Outcome,
  RunLimits,
  StopReason,
} from '../core/event.ts';
import { plan, type Step } from '../core/plan/plan.ts';
import type { Ledger } from '../core/ports.ts';
import { codeOf, type LabState, values } from '../core/state.ts';
import { noiseOf } from '../base/stats.ts';
import { memoryLedger } from '../ledger/memory.ts';
import { IDLE_CONTEXT } from './script.ts';

export interface SyntheticOptions {
  /** Ideas to try. */
  readonly n?: number;
  readonly seed?: number;
  readonly direction?: 'minimize' | 'maximize';
  readonly unit?: string;
  /** True value of the baseline, and what perfection would be. */
  readonly start?: number;
  readonly best?: number;
  /** Standard deviation of one measurement. */
  readonly noise?: number;
  /** Shares of ideas that crash, time out, are refused, and are truly better. */
  readonly crashRate?: number;
  readonly timeoutRate?: number;
  readonly refuseRate?: number;
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

export interface SyntheticLab {
  readonly ledger: Ledger & { readonly events: readonly LedgerEvent[] };
  readonly state: LabState;
  readonly events: readonly LedgerEvent[];
  readonly tip: string;
  /** The moment of the last event. */
  readonly now: string;
  /** What each experiment is really worth: what a report can be checked against. */
  readonly truth: readonly number[];
}

const GRADE_REASONS = {
  sealed: 'a separate evaluator process, which the candidate cannot reach, makes the number',
  guarded: 'the candidate prints the number itself, sandboxed, with bounds on what is plausible',
  reported: 'without a sandbox the candidate can reach the evaluator and its data',
};
const SYNTHETIC_DEVICE = 'cpu:synthetic';
const SOURCE_TEXT = 'x';
/** Seconds that a session lies down between two others. */
const SESSION_PAUSE_S = 3 * 3600;

/** Make one. Same options, same bytes. */
export function syntheticLab(options: SyntheticOptions = {}): SyntheticLab {
  const labMaker = new LabMaker(options);
  labMaker.run();
  const { ledger } = labMaker;
  return {
    ledger,
    state: ledger.state,
    events: ledger.events,
    tip: ledger.tip,
    now: labMaker.currentTime,
    truth: labMaker.truth,
  };
}

class Halted extends Error {}

const KNOB_RANGES: Readonly<Record<string, readonly [number, number]>> = {
  LEARNING_RATE: [0.0001, 0.01],
  DEPTH: [2, 12],
  BATCH: [8, 256],
  WARMUP: [0, 0.2],
  WEIGHT_DECAY: [0, 0.2],
};

class LabMaker {
  readonly ledger: Ledger & { readonly events: readonly LedgerEvent[] };
  readonly #options: SyntheticOptions;
  readonly #chance: Random;
  readonly #arena: Arena;
  /** True value of each experiment. */
  readonly truth: number[] = [];
  readonly #knobs: Record<string, number>[] = [];
  #clockMs: number;
  #session = 0;

  constructor(options: SyntheticOptions) {
    this.#options = options;
    this.#chance = createRandom(options.seed ?? 1);
    this.#arena = syntheticArena(options);
    this.#clockMs = Date.parse(options.startedAt ?? '2026-03-07T21:04:00.000Z');
    this.ledger = memoryLedger(() => this.currentTime);
  }

  get currentTime(): string {
    return new Date(this.#clockMs).toISOString();
  }

  run(): void {
    try {
      this.#openLab();
      const sessionCount = this.#options.sessions ?? 1;
      const ideaCount = this.#options.n ?? 20;
      for (let sessionIndex = 0; sessionIndex < sessionCount; sessionIndex++) {
        const isLast = sessionIndex === sessionCount - 1;
        this.#startSession(ideaCount);
        const stop = this.#followPlanner(Math.round((ideaCount * (sessionIndex + 1)) / sessionCount));
        if (isLast)
          this.#endSession(this.#options.stop?.reason ?? stop.reason, this.#options.stop?.detail ?? stop.detail);
        else if (sessionIndex % 2 === 0) this.#endSession('interrupted', 'stopped at once, as asked');
        this.#advanceClock(isLast ? 0 : SESSION_PAUSE_S);
        if (!isLast && sessionIndex % 2 === 1)
          this.#recordEvent({
            type: 'session.died',
            session: sessionIndex,
            detail: 'the process is gone',
            processes: 0,
          });
        this.#session++;
      }
    } catch (thrown) {
      if (!(thrown instanceof Halted)) throw thrown;
    }
  }

  #advanceClock(seconds: number): void {
    this.#clockMs += Math.round(seconds * 1000);
  }

  #recordEvent(draft: EventDraft): void {
    this.ledger.append(draft);
    this.#advanceClock(0.005);
    if (this.#options.until?.(this.ledger.state)) throw new Halted();
  }

  #openLab(): void {
    const { start: startValue = 1, seed = 1 } = this.#options;
    const labId = `synthetic-${sha256Hex(String(seed)).slice(0, 6)}`;
    const fileHashes = { editable: sha256Hex(SOURCE_TEXT), frozen: sha256Hex('frozen') };
    const source = { commit: sha256Hex('commit').slice(0, 40), dirty: false };
    this.#recordEvent({
      type: 'lab.opened',
      lab: labId,
      tag: 'mar7',
      arena: this.#arena,
      files: fileHashes,
      source,
      seed: seedOf(labId),
    });
    this.truth.push(startValue);
    this.#knobs.push(
      Object.fromEntries(
        Object.entries(KNOB_RANGES).map(([knobName, [lowest, highest]]) => [knobName, (lowest + highest) / 4]),
      ),
    );
    this.#proposeChange('baseline', 'the code as it was found');
    this.#takeSnapshot(0, 0, 0);
  }

  #startSession(experiments: number): void {
    const limits: RunLimits = { experiments };
    this.#recordEvent({
      type: 'session.started',
      session: this.#session,
      pid: 4242 + this.#session,
      processStart: String(1000 + this.#session),
      host: 'night',
      command: `overnight run --experiments ${experiments}`,
      versions: { overnight: '0.1.0', node: '22.0.0', git: '2.39.5' },
      deviceClass: SYNTHETIC_DEVICE,
      device: 'a synthetic processor, 2 cores',
      sandbox: { level: 'bubblewrap', reason: 'found on PATH, probe passed', limits: 'cgroup' },
      grade: this.#options.grade ?? 'sealed',
      gradeReason: GRADE_REASONS[this.#options.grade ?? 'sealed'],
      proposer: 'knobs',
      proposerReason: 'the manifest declares knobs and no model is configured',
      limits,
    });
  }

  #endSession(reason: StopReason, detail: string): void {
    this.#recordEvent({ type: 'session.ended', session: this.#session, reason, detail });
  }

  /** Follow the planner until it stops. */
  #followPlanner(experiments: number): Extract<Step, { do: 'stop' }> {
    for (;;) {
      const step = plan(this.#plannedState(), { ...IDLE_CONTEXT, deviceClass: SYNTHETIC_DEVICE, experiments });
      switch (step.do) {
        case 'stop':
          return step;
        case 'measure':
          this.#measureStep(step);
          break;
        case 'decide':
          this.#decideExperiment(step.n);
          break;
        case 'calibrate':
          this.#recordNoise();
          break;
        case 'confirm': {
          const confirmation = judgeClaim(this.ledger.state, step.n, step.against, SYNTHETIC_DEVICE);
          if (confirmation)
            this.#recordEvent({ type: 'confirmation', n: step.n, against: step.against, ...confirmation });
          break;
        }
        case 'advance':
          this.#recordEvent({ type: 'advanced', n: step.n, commit: codeOf(this.ledger.state, step.n)!.commit });
          break;
        case 'control':
          this.truth.push(this.truth[this.ledger.state.incumbent]!);
          this.#knobs.push(this.#knobs[this.ledger.state.incumbent]!);
          this.#proposeChange('control', 'A/A control: the incumbent, unchanged');
          break;
        case 'propose':
          this.#makeIdea();
          break;
        case 'admit':
          this.#admitIdea(step.n);
          break;
        case 'wait':
        case 'retry':
        case 'bundle':
        case 'ablate':
        case 'finalize':
        case 'abandon':
        case 'repair':
          throw new Error('a synthetic lab has nobody to wait for');
        default:
          step satisfies never;
      }
    }
  }

  /** What the planner sees: with claims switched off, each counts as tested already. */
  #plannedState(): LabState {
    const { state } = this.ledger;
    if (this.#options.confirmations !== false) return state;
    const n = state.incumbent;
    const testedClaim = { n, against: 0, passed: false, effect: 0, probability: 0, rule: '', reason: '' };
    return { ...state, confirmations: [{ ...testedClaim, interval: [0, 0] }] };
  }

  #proposeChange(kind: ExperimentKind, hypothesis: string): void {
    const { state } = this.ledger;
    const n = state.experiments.length;
    const knobs = this.#knobs[n]!;
    const edits = kind === 'baseline' ? {} : { 'train.ts': sha256Hex(`train ${n}`) };
    const proposer = kind === 'baseline' ? 'person' : 'knobs';
    const reasonField = kind === 'baseline' ? {} : { why: 'a knob not tried yet' };
    this.#recordEvent({
      type: 'proposed',
      n,
      kind,
      parent: state.incumbent,
      proposer,
      hypothesis,
      edits,
      knobs,
      ...reasonField,
    });
  }

  /** One idea: one knob moved, truly better with the wished share, by less and less as perfection comes nearer. */
  #makeIdea(): void {
    const { best: bestValue = 0.75, goodRate = 0.15, noise = 0.004, hypothesis: hypothesisFor } = this.#options;
    const { state } = this.ledger;
    const n = state.experiments.length;
    const incumbentKnobs = this.#knobs[state.incumbent]!;
    const knobNames = Object.keys(KNOB_RANGES);
    const knobName = knobNames[this.#chance.below(knobNames.length)]!;
    const [lowest, highest] = KNOB_RANGES[knobName]!;
    const value = Number((lowest + (highest - lowest) * this.#chance.uniform()).toPrecision(3));
    const gap = bestValue - this.truth[state.incumbent]!;
    const isBetter = this.#chance.uniform() < goodRate;
    const magnitude = this.#chance.uniform() ** 2;
    const change = isBetter
      ? gap * 0.4 * magnitude
      : -Math.sign(gap) * (noise * 6 * magnitude + Math.abs(gap) * 0.3 * magnitude ** 3);
    this.truth.push(this.truth[state.incumbent]! + change);
    this.#knobs.push({ ...incumbentKnobs, [knobName]: value });
    this.#advanceClock(0.05 + this.#chance.uniform() * 0.2);
    this.#proposeChange(
      'idea',
      hypothesisFor?.(n) ?? `${knobName} ${Number(incumbentKnobs[knobName]!.toPrecision(3))} → ${value}`,
    );
  }

  #admitIdea(n: number): void {
    if (this.#chance.uniform() < (this.#options.refuseRate ?? 0.03)) {
      const earlier = this.#chance.below(n);
      const reason = `the same files as #${earlier}, which was tried before`;
      this.#recordEvent({ type: 'refused', n, code: 'duplicate', reason, earlier });
      return;
    }
    const lineCount = 1 + this.#chance.below(3);
    this.#takeSnapshot(n, lineCount, this.#chance.below(lineCount + 1));
  }

  #takeSnapshot(n: number, added: number, deleted: number): void {
    const hashOf = (subject: string): string => sha256Hex(`${subject} ${this.#options.seed ?? 1} ${n}`);
    const commit = hashOf('commit').slice(0, 40);
    const tree = hashOf('tree').slice(0, 40);
    const editable = n === 0 ? sha256Hex(SOURCE_TEXT) : hashOf('editable');
    this.#recordEvent({ type: 'snapshot', n, commit, tree, editable, added, deleted });
  }

  #measureStep(step: Extract<Step, { do: 'measure' }>): void {
    const { n, purpose, seed, claim } = step;
    const m = this.ledger.state.measurements.length;
    const judgeSeed = 1 + this.#chance.below(2 ** 31 - 2);
    const launch = { session: this.#session, deviceClass: SYNTHETIC_DEVICE, cores: [1] };
    this.#recordEvent({
      type: 'measuring',
      m,
      n,
      purpose,
      seed,
      judgeSeed,
      ...launch,
      ...(claim !== undefined && { claim }),
    });
    const outcome = this.#drawOutcome(n, purpose === 'idea');
    const seconds = this.#options.secondsPerMeasurement ?? 300;
    const wallS = outcome.kind === 'crashed' ? seconds * this.#chance.uniform() * 0.2 : seconds * 1.02;
    const evaluateS = outcome.kind === 'measured' ? seconds * 0.08 : 0;
    this.#advanceClock(wallS + evaluateS + 0.1);
    this.#recordEvent({
      type: 'measured',
      m,
      outcome,
      conditions: {
        startupS: Math.min(wallS, seconds * 0.02),
        budgetedS: Math.max(0, wallS - seconds * 0.02),
        wallS,
        cpuS: wallS * 1.9,
        evaluateS,
        memoryMb: 400 + this.#chance.below(100),
        accounting: 'cgroup',
        cut: outcome.kind === 'measured',
        load: 1.2,
        ...this.#options.artefacts,
      },
    });
  }

  #drawOutcome(n: number, isFirst: boolean): Outcome {
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

  #decideExperiment(n: number): void {
    const judgement = judge(this.ledger.state, n, SYNTHETIC_DEVICE);
    if (judgement.again) throw new Error('the planner asked for a decision that cannot be made');
    this.#recordEvent({ type: 'decided', n, decision: judgement.decision });
  }

  #recordNoise(): void {
    const noise = noiseOf(values(this.ledger.state, 0, SYNTHETIC_DEVICE));
    this.#recordEvent({ type: 'calibrated', deviceClass: SYNTHETIC_DEVICE, noise });
  }
}

const FAILURE_MESSAGES: Partial<Record<FailureClass, string>> = {
  'out-of-memory': 'the candidate needed more than its 2048 MB of memory',
  exit: 'the candidate ended with status 1: TypeError: x is not a function',
  nan: 'the loss is not a number at step 3',
};

function syntheticArena(options: SyntheticOptions): Arena {
  const seconds = options.secondsPerMeasurement ?? 300;
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
