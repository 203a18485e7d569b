/**
 * Believable labs without running anything: the real planner and the real rules, measurements drawn from seeded chance,
 * a clock that is moved by hand. What it makes is a ledger like any other: `replay` accepts it and an audit finds
 * nothing.
 */
import { sha256 } from '../base/hash.ts';
import { type Random, random, seedOf } from '../base/random.ts';
import { type Arena, arenaSchema } from '../core/arena.ts';
import { confirm } from '../core/rules/claims.ts';
import { judge } from '../core/rules/judge.ts';
import type { Draft, FailureClass, Kind, LedgerEvent, Outcome, RunLimits, StopReason } from '../core/event.ts';
import { plan, type Step } from '../core/plan/plan.ts';
import type { Ledger } from '../core/ports.ts';
import { codeOf, type LabState, values } from '../core/state.ts';
import { noiseOf } from '../base/stats.ts';
import { memoryLedger } from '../ledger/memory.ts';
import { SITUATION } from './script.ts';

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
  /** Version of the rules; the first unless given. */
  readonly rules?: 1 | 2 | 3;
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

const REASONS = {
  sealed: 'a separate evaluator process, which the candidate cannot reach, makes the number',
  guarded: 'the candidate prints the number itself, sandboxed, with bounds on what is plausible',
  reported: 'without a sandbox the candidate can reach the evaluator and its data',
};
const DEVICE = 'cpu:synthetic';
const SOURCE = 'x';
/** Seconds that a session lies down between two others. */
const NIGHT_OFF_S = 3 * 3600;

/** Make one. Same options, same bytes. */
export function syntheticLab(options: SyntheticOptions = {}): SyntheticLab {
  const maker = new Maker(options);
  maker.run();
  const { ledger } = maker;
  return { ledger, state: ledger.state, events: ledger.events, tip: ledger.tip, now: maker.now, truth: maker.truth };
}

class Halted extends Error {}

const KNOBS: Readonly<Record<string, readonly [number, number]>> = {
  LEARNING_RATE: [0.0001, 0.01],
  DEPTH: [2, 12],
  BATCH: [8, 256],
  WARMUP: [0, 0.2],
  WEIGHT_DECAY: [0, 0.2],
};

class Maker {
  readonly ledger: Ledger & { readonly events: readonly LedgerEvent[] };
  readonly #o: SyntheticOptions;
  readonly #chance: Random;
  readonly #arena: Arena;
  /** True value of each experiment. */
  readonly truth: number[] = [];
  readonly #knobs: Record<string, number>[] = [];
  #at: number;
  #session = 0;

  constructor(options: SyntheticOptions) {
    this.#o = options;
    this.#chance = random(options.seed ?? 1);
    this.#arena = syntheticArena(options);
    this.#at = Date.parse(options.startedAt ?? '2026-03-07T21:04:00.000Z');
    this.ledger = memoryLedger(() => this.now);
  }

  get now(): string {
    return new Date(this.#at).toISOString();
  }

  run(): void {
    try {
      this.#open();
      const sessions = this.#o.sessions ?? 1;
      const all = this.#o.n ?? 20;
      for (let k = 0; k < sessions; k++) {
        const last = k === sessions - 1;
        this.#startSession(all);
        const stop = this.#work(Math.round((all * (k + 1)) / sessions));
        if (last) this.#endSession(this.#o.stop?.reason ?? stop.reason, this.#o.stop?.detail ?? stop.detail);
        else if (k % 2 === 0) this.#endSession('interrupted', 'stopped at once, as asked');
        this.#wait(last ? 0 : NIGHT_OFF_S);
        if (!last && k % 2 === 1)
          this.#record({ type: 'session.died', session: k, detail: 'the process is gone', processes: 0 });
        this.#session++;
      }
    } catch (thrown) {
      if (!(thrown instanceof Halted)) throw thrown;
    }
  }

  #wait(seconds: number): void {
    this.#at += Math.round(seconds * 1000);
  }

  #record(draft: Draft): void {
    this.ledger.append(draft);
    this.#wait(0.005);
    if (this.#o.until?.(this.ledger.state)) throw new Halted();
  }

  #open(): void {
    const { start = 1, seed = 1 } = this.#o;
    const lab = `synthetic-${sha256(String(seed)).slice(0, 6)}`;
    const files = { editable: sha256(SOURCE), frozen: sha256('frozen') };
    const source = { commit: sha256('commit').slice(0, 40), dirty: false };
    this.#record({ type: 'lab.opened', lab, tag: 'mar7', arena: this.#arena, files, source, seed: seedOf(lab) });
    this.truth.push(start);
    this.#knobs.push(Object.fromEntries(Object.entries(KNOBS).map(([name, [low, high]]) => [name, (low + high) / 4])));
    this.#propose('baseline', 'the code as it was found');
    this.#snapshot(0, 0, 0);
  }

  #startSession(experiments: number): void {
    const limits: RunLimits = { experiments };
    this.#record({
      type: 'session.started',
      session: this.#session,
      pid: 4242 + this.#session,
      processStart: String(1000 + this.#session),
      host: 'night',
      command: `overnight run --experiments ${experiments}`,
      versions: { overnight: '0.1.0', node: '22.0.0', git: '2.39.5' },
      deviceClass: DEVICE,
      device: 'a synthetic processor, 2 cores',
      sandbox: { level: 'bubblewrap', reason: 'found on PATH, probe passed', limits: 'cgroup' },
      grade: this.#o.grade ?? 'sealed',
      gradeReason: REASONS[this.#o.grade ?? 'sealed'],
      proposer: 'knobs',
      proposerReason: 'the manifest declares knobs and no model is configured',
      limits,
    });
  }

  #endSession(reason: StopReason, detail: string): void {
    this.#record({ type: 'session.ended', session: this.#session, reason, detail });
  }

  /** Follow the planner until it stops. */
  #work(experiments: number): Extract<Step, { do: 'stop' }> {
    for (;;) {
      const step = plan(this.#planned(), { ...SITUATION, deviceClass: DEVICE, experiments });
      switch (step.do) {
        case 'stop':
          return step;
        case 'measure':
          this.#measure(step);
          break;
        case 'decide':
          this.#decide(step.n);
          break;
        case 'calibrate':
          this.#calibrate();
          break;
        case 'confirm': {
          const result = confirm(this.ledger.state, step.n, step.against, DEVICE);
          if (result) this.#record({ type: 'confirmation', n: step.n, against: step.against, ...result });
          break;
        }
        case 'advance':
          this.#record({ type: 'advanced', n: step.n, commit: codeOf(this.ledger.state, step.n)!.commit });
          break;
        case 'control':
          this.truth.push(this.truth[this.ledger.state.incumbent]!);
          this.#knobs.push(this.#knobs[this.ledger.state.incumbent]!);
          this.#propose('control', 'A/A control: the incumbent, unchanged');
          break;
        case 'propose':
          this.#idea();
          break;
        case 'admit':
          this.#admit(step.n);
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
  #planned(): LabState {
    const { state } = this.ledger;
    if (this.#o.confirmations !== false) return state;
    const n = state.incumbent;
    const done = { n, against: 0, passed: false, effect: 0, probability: 0, rule: '', reason: '' };
    return { ...state, confirmations: [{ ...done, interval: [0, 0] }] };
  }

  #propose(kind: Kind, hypothesis: string): void {
    const { state } = this.ledger;
    const n = state.experiments.length;
    const knobs = this.#knobs[n]!;
    const edits = kind === 'baseline' ? {} : { 'train.ts': sha256(`train ${n}`) };
    const proposer = kind === 'baseline' ? 'person' : 'knobs';
    const why = kind === 'baseline' ? {} : { why: 'a knob not tried yet' };
    this.#record({ type: 'proposed', n, kind, parent: state.incumbent, proposer, hypothesis, edits, knobs, ...why });
  }

  /** One idea: one knob moved, truly better with the wished share, by less and less as perfection comes nearer. */
  #idea(): void {
    const { best = 0.75, goodRate = 0.15, noise = 0.004, hypothesis } = this.#o;
    const { state } = this.ledger;
    const n = state.experiments.length;
    const before = this.#knobs[state.incumbent]!;
    const names = Object.keys(KNOBS);
    const name = names[this.#chance.below(names.length)]!;
    const [low, high] = KNOBS[name]!;
    const value = Number((low + (high - low) * this.#chance.uniform()).toPrecision(3));
    const gap = best - this.truth[state.incumbent]!;
    const good = this.#chance.uniform() < goodRate;
    const size = this.#chance.uniform() ** 2;
    const change = good ? gap * 0.4 * size : -Math.sign(gap) * (noise * 6 * size + Math.abs(gap) * 0.3 * size ** 3);
    this.truth.push(this.truth[state.incumbent]! + change);
    this.#knobs.push({ ...before, [name]: value });
    this.#wait(0.05 + this.#chance.uniform() * 0.2);
    this.#propose('idea', hypothesis?.(n) ?? `${name} ${Number(before[name]!.toPrecision(3))} → ${value}`);
  }

  #admit(n: number): void {
    if (this.#chance.uniform() < (this.#o.refuseRate ?? 0.03)) {
      const earlier = this.#chance.below(n);
      const reason = `the same files as #${earlier}, which was tried before`;
      this.#record({ type: 'refused', n, code: 'duplicate', reason, earlier });
      return;
    }
    const lines = 1 + this.#chance.below(3);
    this.#snapshot(n, lines, this.#chance.below(lines + 1));
  }

  #snapshot(n: number, added: number, deleted: number): void {
    const id = (what: string): string => sha256(`${what} ${this.#o.seed ?? 1} ${n}`);
    const commit = id('commit').slice(0, 40);
    const tree = id('tree').slice(0, 40);
    const editable = n === 0 ? sha256(SOURCE) : id('editable');
    this.#record({ type: 'snapshot', n, commit, tree, editable, added, deleted });
  }

  #measure(step: Extract<Step, { do: 'measure' }>): void {
    const { n, purpose, seed, claim } = step;
    const m = this.ledger.state.measurements.length;
    const judgeSeed = 1 + this.#chance.below(2 ** 31 - 2);
    const where = { session: this.#session, deviceClass: DEVICE, cores: [1] };
    this.#record({
      type: 'measuring',
      m,
      n,
      purpose,
      seed,
      judgeSeed,
      ...where,
      ...(claim !== undefined && { claim }),
    });
    const outcome = this.#outcome(n, purpose === 'idea');
    const seconds = this.#o.secondsPerMeasurement ?? 300;
    const wallS = outcome.kind === 'crashed' ? seconds * this.#chance.uniform() * 0.2 : seconds * 1.02;
    const evaluateS = outcome.kind === 'measured' ? seconds * 0.08 : 0;
    this.#wait(wallS + evaluateS + 0.1);
    this.#record({
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
        ...this.#o.artefacts,
      },
    });
  }

  #outcome(n: number, first: boolean): Outcome {
    const { crashRate = 0.06, timeoutRate = 0.02, noise = 0.004 } = this.#o;
    const fate = this.#chance.uniform();
    if (first && n > 0 && fate < crashRate) {
      const classes: FailureClass[] = ['out-of-memory', 'exit', 'nan'];
      const kind = classes[this.#chance.below(classes.length)]!;
      return { kind: 'crashed', class: kind, message: MESSAGES[kind] ?? 'failed' };
    }
    if (first && n > 0 && fate < crashRate + timeoutRate)
      return { kind: 'timed out', class: 'timeout', message: 'the candidate ran longer than its hard limit' };
    const value = Number((this.truth[n]! + noise * this.#chance.normal()).toPrecision(9));
    return { kind: 'measured', value, metrics: { memory_mb: 400 } };
  }

  #decide(n: number): void {
    const judgement = judge(this.ledger.state, n, DEVICE);
    if (judgement.again) throw new Error('the planner asked for a decision that cannot be made');
    this.#record({ type: 'decided', n, decision: judgement.decision });
  }

  #calibrate(): void {
    const noise = noiseOf(values(this.ledger.state, 0, DEVICE));
    this.#record({ type: 'calibrated', deviceClass: DEVICE, noise });
  }
}

const MESSAGES: Partial<Record<FailureClass, string>> = {
  'out-of-memory': 'the candidate needed more than its 2048 MB of memory',
  exit: 'the candidate ended with status 1: TypeError: x is not a function',
  nan: 'the loss is not a number at step 3',
};

function syntheticArena(o: SyntheticOptions): Arena {
  const seconds = o.secondsPerMeasurement ?? 300;
  return arenaSchema.parse({
    overnight: 1,
    name: 'synthetic',
    description: 'Made up, for tests and benchmarks.',
    metric: { name: 'val_bpb', direction: o.direction ?? 'minimize', unit: o.unit ?? '' },
    editable: ['train.ts'],
    run: { command: 'node train.ts' },
    evaluate: { command: 'node evaluate.ts' },
    budget: { seconds, wall_s: seconds * 1.5 },
    calibrate: { replicates: o.calibrate ?? 5 },
    decide: { rules: o.rules ?? 1 },
    knobs: Object.entries(KNOBS).map(([name, range]) => ({ name, file: 'train.ts', kind: 'float', range })),
  });
}
