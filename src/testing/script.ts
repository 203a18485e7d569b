/**
 * A lab written by hand, event by event, in few words: for tests of everything that is derived from a ledger. Real
 * fold, real chain, made-up measurements. Knows no test runner.
 */
import { sha256Hex } from '../base/hash.ts';
import { type Arena, arenaSchema } from '../core/arena.ts';
import type { GuardPhase } from '../core/guard-run.ts';
import { guardsIn } from '../core/rules/guards.ts';
import { judge } from '../core/rules/judge.ts';
import type { Conditions, FailureClass, Outcome, Purpose } from '../core/outcome.ts';
import type { EventDraft, LedgerEvent, Payload } from '../core/event.ts';
import { verdictOf } from '../core/experiment.ts';
import type { PlanContext } from '../core/plan/step.ts';
import type { Brief, Ledger } from '../core/ports.ts';
import { arenaOf, codeOf, type LabState } from '../core/state.ts';
import { noiseOf } from '../base/stats.ts';
import { memoryLedger } from '../ledger/memory.ts';

export const SCRIPT_DEVICE = 'device-a';

export const SCRIPT_CONDITIONS: Conditions = {
  startupS: 0.1,
  budgetedS: 1,
  wallS: 1,
  cpuS: 1,
  evaluateS: 0,
  memoryMb: 10,
  accounting: 'sampled',
  cut: false,
  load: 0,
};

/** The smallest manifest that validates. */
export const MINIMAL_MANIFEST = {
  overnight: 1,
  name: 'scripted',
  metric: { name: 'loss', direction: 'minimize' },
  editable: ['x.ts'],
  run: { command: 'true' },
  budget: { seconds: 1, wall_s: 2 },
} as const;

/** It as an arena, with changes. */
export const arenaWith = (overrides: Readonly<Record<string, unknown>> = {}): Arena =>
  arenaSchema.parse({ ...MINIMAL_MANIFEST, calibrate: { replicates: 3 }, ...overrides });

/** One place to measure, nothing running elsewhere, nobody in a hurry. */
export const IDLE_CONTEXT: PlanContext = {
  deviceClass: SCRIPT_DEVICE,
  stopRequested: false,
  slots: 1,
  busyExperiments: new Set(),
  isThinking: false,
  hasSpareCores: false,
};

/** What a proposer is given for the next experiment of a state; calls that it journals are forgotten. */
export function briefOf(state: LabState, files: ReadonlyMap<string, string>): Brief {
  const journal = {
    calling: () => 0,
    called: () => {},
    advised: () => {},
    putBlob: sha256Hex,
    getBlob: () => undefined,
  };
  return {
    arena: arenaOf(state),
    state,
    files,
    n: state.experiments.length,
    commit: codeOf(state, state.incumbent)?.commit ?? '',
    signal: new AbortController().signal,
    journal,
  };
}

/** So that a test of a plan that never ends fails instead of hanging. */
const MAX_SCRIPT_MEASUREMENTS = 500;

interface MeasureOptions {
  readonly purpose?: Purpose;
  readonly device?: string;
  readonly claim?: number;
  readonly pair?: number;
  readonly seed?: number;
  readonly metrics?: Readonly<Record<string, number>>;
  readonly conditions?: Partial<Conditions>;
}

export class Script {
  readonly ledger: Ledger & { readonly events: readonly LedgerEvent[] };

  constructor(arena: Arena = arenaWith()) {
    let clockMs = Date.parse('2026-03-07T20:00:00Z');
    this.ledger = memoryLedger(() => {
      clockMs += 1000;
      return new Date(clockMs).toISOString();
    });
    const fileHashes = { editable: sha256Hex('x'), frozen: sha256Hex('y') };
    this.addEvent({
      type: 'lab.opened',
      lab: 'ab12',
      tag: 'mar7',
      arena,
      files: fileHashes,
      source: { dirty: false },
      seed: 7,
    });
    this.startSession();
  }

  get state(): LabState {
    return this.ledger.state;
  }

  addEvent(draft: EventDraft): this {
    this.ledger.append(draft);
    return this;
  }

  startSession(deviceClass = SCRIPT_DEVICE): this {
    return this.addEvent({
      type: 'session.started',
      session: this.state.sessions.length,
      pid: 1,
      processStart: '1',
      host: 'here',
      command: 'run',
      versions: {},
      deviceClass,
      device: deviceClass,
      sandbox: { level: 'process', reason: 'test', limits: 'watched' },
      grade: 'reported',
      gradeReason: 'test',
      proposer: 'test',
      proposerReason: 'test',
      limits: {},
    });
  }

  /** The baseline in git, repeated, and its noise written down. */
  addCalibration(measuredValues: readonly number[], device = SCRIPT_DEVICE): this {
    if (this.state.experiments.length === 0) this.propose('baseline').addSnapshot(0);
    for (const value of measuredValues) this.measure(0, value, { purpose: 'calibrate', device });
    return this.addEvent({ type: 'calibrated', deviceClass: device, noise: noiseOf(measuredValues) });
  }

  /** A new idea on top of the incumbent, without code yet. */
  propose(hypothesis = 'an idea', fields: Partial<Payload<'proposed'>> = {}): this {
    const n = this.state.experiments.length;
    const kind = n === 0 ? 'baseline' : 'idea';
    return this.addEvent({
      type: 'proposed',
      n,
      kind,
      parent: this.state.incumbent,
      proposer: 'test',
      hypothesis,
      edits: {},
      ...fields,
    });
  }

  addSnapshot(
    n = this.state.experiments.length - 1,
    lineCounts: { added: number; deleted: number } = { added: 1, deleted: 1 },
  ): this {
    const commit = sha256Hex(`commit ${n}`).slice(0, 40);
    const tree = sha256Hex(`tree ${n}`).slice(0, 40);
    return this.addEvent({
      type: 'snapshot',
      n,
      commit,
      tree,
      editable: sha256Hex(n === 0 ? 'x' : `code ${n}`),
      ...lineCounts,
    });
  }

  addIdea(lineCounts?: { added: number; deleted: number }): this {
    return this.propose().addSnapshot(this.state.experiments.length - 1, lineCounts);
  }

  startMeasurement(
    n: number,
    { purpose = 'idea', device = SCRIPT_DEVICE, claim, pair, seed }: MeasureOptions = {},
  ): this {
    const m = this.state.measurements.length;
    if (m >= MAX_SCRIPT_MEASUREMENTS) throw new RangeError('the plan measures for ever');
    const sessionNumber = this.state.sessions.length - 1;
    const launch = { seed: seed ?? m + 1, judgeSeed: m + 2, session: sessionNumber, deviceClass: device, cores: [] };
    const purposeDetails = { ...(claim !== undefined && { claim }), ...(pair !== undefined && { pair }) };
    return this.addEvent({ type: 'measuring', m, n, purpose, ...launch, ...purposeDetails });
  }

  /** One finished measurement: a value, or the class of a failure. */
  measure(n: number, result: number | FailureClass, options: MeasureOptions = {}): this {
    return this.startMeasurement(n, options).finishMeasurement(result, options);
  }

  /** The outcome of the measurement that was started last, or of measurement `m`. */
  finishMeasurement(
    result: number | FailureClass,
    options: MeasureOptions = {},
    m = this.state.measurements.length - 1,
  ): this {
    const outcome: Outcome =
      typeof result === 'number'
        ? { kind: 'measured', value: result, metrics: options.metrics ?? {} }
        : { kind: result === 'timeout' ? 'timed out' : 'crashed', class: result, message: `it failed: ${result}` };
    return this.addEvent({ type: 'measured', m, outcome, conditions: { ...SCRIPT_CONDITIONS, ...options.conditions } });
  }

  /** Guards on the present code of an experiment: those of a phase pass, or the last of them fails. */
  guard(n: number, when: GuardPhase, failure?: string): this {
    const names = guardsIn(arenaOf(this.state), when).map(({ name }) => name);
    const outcomes = names.map((name, index) => {
      const passed = failure === undefined || index < names.length - 1;
      return { name, passed, wallS: 2, lines: passed ? '40 tests passed' : failure };
    });
    return this.startGuards(n, when).addEvent({
      type: 'guarded',
      g: this.state.guardRuns.length - 1,
      outcomes,
      ...(failure !== undefined && {
        failure: { class: 'guard', message: `guard ${names.at(-1)} failed: ${failure}` },
      }),
    });
  }

  startGuards(n: number, when: GuardPhase): this {
    const g = this.state.guardRuns.length;
    const guards = guardsIn(arenaOf(this.state), when).map(({ name }) => name);
    const session = this.state.sessions.length - 1;
    return this.addEvent({ type: 'guarding', g, n, commit: codeOf(this.state, n)!.commit, when, guards, session });
  }

  /** Write down what the rule says; an experiment that is in doubt throws. */
  decide(n: number, device = SCRIPT_DEVICE): this {
    const judgement = judge(this.state, n, device);
    if (judgement.again) throw new Error(`#${n} is in doubt: ${judgement.reason}`);
    return this.addEvent({ type: 'decided', n, decision: judgement.decision });
  }

  advance(n: number): this {
    return this.addEvent({ type: 'advanced', n, commit: sha256Hex(`commit ${n}`).slice(0, 40) });
  }

  /** A whole idea: measured until the rule has enough numbers, decided, and advanced when it is kept. */
  tryIdea(value: number, fields: Partial<Payload<'proposed'>> = {}): this {
    const n = this.state.experiments.length;
    this.propose(`idea ${n}`, fields).addSnapshot().measure(n, value);
    while (judge(this.state, n, SCRIPT_DEVICE).again) this.measure(n, value, { purpose: 'replicate' });
    this.decide(n);
    return verdictOf(this.state.experiments[n]!) === 'kept' ? this.advance(n) : this;
  }

  /** A whole kept idea: measured until the rule has enough numbers, decided, advanced. */
  addKeptIdea(value: number): this {
    const n = this.state.experiments.length;
    this.addIdea().measure(n, value);
    while (judge(this.state, n, SCRIPT_DEVICE).again) this.measure(n, value, { purpose: 'replicate' });
    return this.decide(n).advance(n);
  }
}
