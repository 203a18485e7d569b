/**
 * Believable labs without running anything: the real planner and the real rules, made-up measurements, a clock that is
 * moved by hand. The ledger is like any other: `replay` accepts it and an audit finds nothing.
 */
import { sha256Hex } from '../base/hash.ts';
import { seedOf } from '../base/random.ts';
import type { Arena } from '../core/arena.ts';
import { judgeClaim } from '../core/rules/claims.ts';
import { judge } from '../core/rules/judge.ts';
import type { EventDraft, ExperimentKind, LedgerEvent } from '../core/event.ts';
import type { RunLimits, StopReason } from '../core/session.ts';
import { plan } from '../core/plan/plan.ts';
import type { Step, StopStep } from '../core/plan/step.ts';
import type { Ledger } from '../core/ports.ts';
import { codeOf, type LabState, values } from '../core/state.ts';
import { noiseOf } from '../base/stats.ts';
import { memoryLedger } from '../ledger/memory.ts';
import { IDLE_CONTEXT } from './script.ts';
import { syntheticArena, type SyntheticOptions, SyntheticWorld } from './synthetic-world.ts';

export type { SyntheticOptions } from './synthetic-world.ts';

export interface SyntheticLab {
  readonly ledger: Ledger & { readonly events: readonly LedgerEvent[] };
  readonly state: LabState;
  readonly events: readonly LedgerEvent[];
  readonly tip: string;
  /** The moment of the last event. */
  readonly now: string;
  /** True value of each experiment. */
  readonly truth: readonly number[];
}

const GRADE_REASONS = {
  sealed: 'a separate evaluator process, which the candidate cannot reach, makes the number',
  guarded: 'the candidate prints the number itself, sandboxed, with bounds on what is plausible',
  reported: 'without a sandbox the candidate can reach the evaluator and its data',
};
const SYNTHETIC_DEVICE = 'cpu:synthetic';
const SOURCE_TEXT = 'x';
/** Seconds between two sessions. */
const SESSION_PAUSE_S = 3 * 3600;

/** The same options give the same bytes. */
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
    truth: labMaker.world.truth,
  };
}

/** Thrown where `until` holds. */
class Halted extends Error {}

class LabMaker {
  readonly ledger: Ledger & { readonly events: readonly LedgerEvent[] };
  readonly #options: SyntheticOptions;
  readonly #arena: Arena;
  readonly world: SyntheticWorld;
  #clockMs: number;
  #session = 0;

  constructor(options: SyntheticOptions) {
    this.#options = options;
    this.world = new SyntheticWorld(options);
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
    const { seed = 1 } = this.#options;
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
    this.world.addBaseline();
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
  #followPlanner(experiments: number): StopStep {
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
          this.world.addControl(this.ledger.state.incumbent);
          this.#proposeChange('control', 'A/A control: the incumbent, unchanged');
          break;
        case 'propose':
          this.#makeIdea();
          break;
        case 'admit':
          this.#admitIdea(step.n);
          break;
        case 'guard':
        case 'wait':
        case 'retry':
        case 'try-out':
        case 'build':
        case 'bundle':
        case 'carry':
        case 'ablate':
        case 'finalize':
        case 'abandon':
        case 'repair':
        case 'profile':
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
    const testedClaim = {
      n,
      against: 0,
      passed: false,
      effect: 0,
      probability: 0,
      rule: '',
      reason: '',
      judgedAfter: 0,
    };
    return { ...state, confirmations: [{ ...testedClaim, interval: [0, 0] }] };
  }

  #proposeChange(kind: ExperimentKind, hypothesis: string): void {
    const { state } = this.ledger;
    const n = state.experiments.length;
    const knobs = this.world.knobs[n]!;
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

  #makeIdea(): void {
    const { state } = this.ledger;
    const { hypothesis, seconds } = this.world.addIdea(state.experiments.length, state.incumbent);
    this.#advanceClock(seconds);
    this.#proposeChange('idea', hypothesis);
  }

  #admitIdea(n: number): void {
    const earlier = this.world.drawRefusal(n);
    if (earlier !== undefined) {
      const reason = `the same files as #${earlier}, which was tried before`;
      this.#recordEvent({ type: 'refused', n, code: 'duplicate', reason, earlier });
      return;
    }
    const { added, deleted } = this.world.drawLineCounts();
    this.#takeSnapshot(n, added, deleted);
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
    const judgeSeed = this.world.drawJudgeSeed();
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
    const outcome = this.world.drawOutcome(n, purpose === 'idea');
    const conditions = this.world.drawConditions(outcome);
    this.#advanceClock(conditions.wallS + conditions.evaluateS + 0.1);
    this.#recordEvent({ type: 'measured', m, outcome, conditions });
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
