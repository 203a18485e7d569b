/**
 * Events → the state of a lab: one fold, constant time per event. An event that cannot follow is named (`E_LEDGER_MOVE`), never
 * repaired. Knows nothing about files, hashes or clocks.
 */
import { LabError } from '../base/error.ts';
import type { Arena } from './arena.ts';
import type { EventType, LedgerEvent, Payload, RefusalCode, StopReason } from './event.ts';
import {
  type Code,
  type Confirmation,
  type Experiment,
  type Idea,
  type Measurement,
  type Verdict,
  valueOf,
} from './experiment.ts';
import { addToPool, emptyPool, type Noise, type Pool } from './stats.ts';

export interface SessionRecord {
  readonly start: Payload<'session.started'>;
  readonly startedAt: string;
  readonly end?: { readonly at: string; readonly reason: StopReason | 'died'; readonly detail: string };
}

export interface StageRecord {
  readonly key: string;
  readonly output?: string;
  readonly wallS?: number;
  readonly failed?: string;
}

/** Everything that is known on one device class. */
export interface ClassNoise {
  /** From the baseline's repeats, once calibrated. */
  readonly calibrated?: Noise;
  /** From the repeats of every commit, kept up to date. */
  readonly pool: Pool;
}

/** Everything the ledger says. A live view: the fold updates it in place, readers must not keep parts across appends. */
export interface LabState {
  readonly seq: number;
  readonly lastAt: string;
  readonly lab?: Payload<'lab.opened'> & { readonly at: string };
  readonly sessions: readonly SessionRecord[];
  readonly stages: ReadonlyMap<string, StageRecord>;
  readonly experiments: readonly Experiment[];
  readonly measurements: readonly Measurement[];
  /** Numbers of experiments that are not decided yet, and of kept ones whose branch is not advanced. */
  readonly unfinished: ReadonlySet<number>;
  /** Running measurements. */
  readonly running: ReadonlySet<number>;
  readonly noise: ReadonlyMap<string, ClassNoise>;
  /** Tip of the lab's branch. */
  readonly incumbent: number;
  /** Newest kept experiment that a confirmation passed; the baseline until then. */
  readonly champion: number;
  readonly confirmations: readonly Confirmation[];
  /** Experiments by the hash of their editable files, newest last. */
  readonly byEditable: ReadonlyMap<string, readonly number[]>;
  /** Confirm measurements by the experiment whose claim they serve. */
  readonly claims: ReadonlyMap<number, readonly number[]>;
  /** Measurements made in pairs, by the experiment whose comparison they serve. */
  readonly pairs: ReadonlyMap<number, readonly number[]>;
  readonly counts: Readonly<Record<Verdict, number>>;
  readonly refusals: Readonly<Partial<Record<RefusalCode, number>>>;
  /** A/A controls: their numbers, and how many of the decided ones would have been kept. */
  readonly controls: { readonly all: readonly number[]; readonly decided: number; readonly wouldKeep: number };
  readonly notes: readonly { readonly at: string; readonly from: string; readonly text: string }[];
  readonly tailsSetAside: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface Working
  extends Omit<
    Mutable<LabState>,
    | 'sessions'
    | 'stages'
    | 'experiments'
    | 'measurements'
    | 'unfinished'
    | 'running'
    | 'noise'
    | 'confirmations'
    | 'byEditable'
    | 'claims'
    | 'pairs'
    | 'counts'
    | 'refusals'
    | 'controls'
    | 'notes'
  > {
  sessions: SessionRecord[];
  stages: Map<string, StageRecord>;
  experiments: Experiment[];
  measurements: Measurement[];
  unfinished: Set<number>;
  running: Set<number>;
  noise: Map<string, ClassNoise>;
  confirmations: Confirmation[];
  byEditable: Map<string, number[]>;
  claims: Map<number, number[]>;
  pairs: Map<number, number[]>;
  counts: Record<Verdict, number>;
  refusals: Partial<Record<RefusalCode, number>>;
  controls: { all: number[]; decided: number; wouldKeep: number };
  notes: { at: string; from: string; text: string }[];
}

/** The empty lab, and the function that takes the next event. Throws E_LEDGER_MOVE and changes nothing when the event cannot follow. */
export function fold(): { readonly state: LabState; readonly apply: (event: LedgerEvent) => void } {
  const s: Working = {
    seq: 0,
    lastAt: '',
    sessions: [],
    stages: new Map(),
    experiments: [],
    measurements: [],
    unfinished: new Set(),
    running: new Set(),
    noise: new Map(),
    incumbent: 0,
    champion: 0,
    confirmations: [],
    byEditable: new Map(),
    claims: new Map(),
    pairs: new Map(),
    counts: { kept: 0, discarded: 0, inconclusive: 0, crashed: 0, 'timed out': 0, refused: 0 },
    refusals: {},
    controls: { all: [], decided: 0, wouldKeep: 0 },
    notes: [],
    tailsSetAside: 0,
  };
  return {
    state: s,
    apply: (event) => {
      step(s, event);
      s.seq = event.seq;
      s.lastAt = event.t;
    },
  };
}

/** State of a finished list of events. */
export function replay(events: Iterable<LedgerEvent>): LabState {
  const { state, apply } = fold();
  for (const event of events) apply(event);
  return state;
}

function impossible(event: LedgerEvent, why: string): never {
  throw new LabError('E_LEDGER_MOVE', {
    what: `Event ${event.seq} (${event.type}) cannot stand where it stands.`,
    why,
    next: 'The ledger was edited or written by a faulty program: run `overnight audit`, and go on from a copy.',
  });
}

function step(s: Working, e: LedgerEvent): void {
  if (e.type !== 'lab.opened' && s.lab === undefined) impossible(e, 'The lab has not been opened yet.');
  switch (e.type) {
    case 'lab.opened':
      if (s.lab) impossible(e, 'The lab is open already.');
      s.lab = { ...e, at: e.t };
      return;
    case 'session.started':
      if (e.session !== s.sessions.length)
        impossible(e, `It says session ${e.session}; the next one is ${s.sessions.length}.`);
      s.sessions.push({ start: e, startedAt: e.t });
      return;
    case 'session.ended':
    case 'session.died':
      return endSession(s, e);
    case 'tail.set_aside':
      s.tailsSetAside++;
      return;
    case 'stage.started':
      s.stages.set(e.stage, { key: e.key });
      return;
    case 'stage.finished':
      s.stages.set(e.stage, { key: e.key, output: e.output, wallS: e.wallS });
      return;
    case 'stage.failed':
      s.stages.set(e.stage, { key: e.key, failed: e.message });
      return;
    case 'proposed':
      return propose(s, e);
    case 'refused':
      return refuse(s, e);
    case 'snapshot':
      return snapshot(s, e);
    case 'measuring':
      return startMeasurement(s, e);
    case 'measured':
      return finishMeasurement(s, e);
    case 'lost':
      return loseMeasurement(s, e);
    case 'calibrated':
      s.noise.set(e.deviceClass, { pool: emptyPool, ...s.noise.get(e.deviceClass), calibrated: e.noise });
      return;
    case 'decided':
      return decided(s, e);
    case 'advanced':
      return advance(s, e);
    case 'confirmation':
      return confirm(s, e);
    case 'note':
      s.notes.push({ at: e.t, from: e.from, text: e.text });
      return;
    default:
      e satisfies never;
      return impossible(e, `No version of Overnight up to this one writes "${String((e as LedgerEvent).type)}".`);
  }
}

type Of<T extends EventType> = Extract<LedgerEvent, { type: T }>;

function endSession(s: Working, e: Of<'session.ended'> | Of<'session.died'>): void {
  const session = s.sessions[e.session];
  if (!session || session.end) impossible(e, `Session ${e.session} is ${session ? 'ended already' : 'unknown'}.`);
  const reason = e.type === 'session.died' ? 'died' : e.reason;
  s.sessions[e.session] = { ...session, end: { at: e.t, reason, detail: e.detail } };
}

function propose(s: Working, e: Of<'proposed'>): void {
  if (e.n !== s.experiments.length)
    impossible(e, `It says experiment ${e.n}; the next one is ${s.experiments.length}.`);
  if (e.n > 0 && !s.experiments[e.parent]) impossible(e, `Its parent ${e.parent} is unknown.`);
  const { n, kind, parent, proposer, hypothesis, edits, knobs, why } = e;
  const idea: Idea = {
    n,
    kind,
    parent,
    proposer,
    hypothesis,
    edits,
    at: e.t,
    ...(knobs && { knobs }),
    ...(why && { why }),
  };
  s.experiments.push({ state: 'proposed', idea });
  if (kind === 'control') s.controls.all.push(n);
  s.unfinished.add(n);
}

function get<S extends Experiment['state']>(
  s: Working,
  e: LedgerEvent,
  n: number,
  ...states: S[]
): Extract<Experiment, { state: S }> {
  const x = s.experiments[n];
  if (!x || !(states as string[]).includes(x.state))
    impossible(e, `Experiment ${n} is ${x ? x.state : 'unknown'}, not ${states.join(' or ')}.`);
  return x as Extract<Experiment, { state: S }>;
}

function refuse(s: Working, e: Of<'refused'>): void {
  const { idea } = get(s, e, e.n, 'proposed');
  s.experiments[e.n] = {
    state: 'refused',
    idea,
    code: e.code,
    reason: e.reason,
    ...(e.earlier !== undefined && { earlier: e.earlier }),
  };
  s.unfinished.delete(e.n);
  s.counts.refused++;
  s.refusals[e.code] = (s.refusals[e.code] ?? 0) + 1;
}

function snapshot(s: Working, e: Of<'snapshot'>): void {
  const { idea } = get(s, e, e.n, 'proposed');
  const { commit, tree, editable, added, deleted } = e;
  const code: Code = { commit, tree, editable, added, deleted };
  s.experiments[e.n] = { state: 'open', idea, snapshot: code, measurements: [] };
  if (idea.kind !== 'control') s.byEditable.set(editable, [...(s.byEditable.get(editable) ?? []), e.n]);
}

function startMeasurement(s: Working, e: Of<'measuring'>): void {
  if (e.m !== s.measurements.length)
    impossible(e, `It says measurement ${e.m}; the next one is ${s.measurements.length}.`);
  const x = get(s, e, e.n, 'open', 'decided');
  const { m, n, purpose, seed, judgeSeed, session, deviceClass, claim, pair } = e;
  s.measurements.push({
    state: 'running',
    m,
    n,
    purpose,
    seed,
    session,
    deviceClass,
    startedAt: e.t,
    judgeSeed,
    ...(claim !== undefined && { claim }),
    ...(pair !== undefined && { pair }),
  });
  if (pair !== undefined) s.pairs.set(pair, [...(s.pairs.get(pair) ?? []), m]);
  s.running.add(m);
  s.experiments[n] = { ...x, measurements: [...x.measurements, m] };
  if (claim !== undefined) s.claims.set(claim, [...(s.claims.get(claim) ?? []), m]);
}

function finishMeasurement(s: Working, e: Of<'measured'>): void {
  const at = s.measurements[e.m];
  if (at?.state !== 'running') impossible(e, `Measurement ${e.m} is ${at?.state ?? 'unknown'}, not running.`);
  s.running.delete(e.m);
  if (e.outcome.kind === 'measured') {
    const noise = s.noise.get(at.deviceClass) ?? { pool: emptyPool };
    const earlier = values(s, at.n, at.deviceClass);
    s.noise.set(at.deviceClass, { ...noise, pool: addToPool(noise.pool, earlier, e.outcome.value) });
  }
  s.measurements[e.m] = { ...at, state: 'finished', outcome: e.outcome, conditions: e.conditions, at: e.t };
}

function loseMeasurement(s: Working, e: Of<'lost'>): void {
  const at = s.measurements[e.m];
  if (at?.state !== 'running') impossible(e, `Measurement ${e.m} is ${at?.state ?? 'unknown'}, not running.`);
  s.running.delete(e.m);
  s.measurements[e.m] = { ...at, state: 'lost', reason: e.reason };
}

function decided(s: Working, e: Of<'decided'>): void {
  const x = get(s, e, e.n, 'open');
  s.experiments[e.n] = { ...x, state: 'decided', decision: e.decision, at: e.t, advanced: false };
  if (x.idea.kind !== 'control') s.counts[e.decision.verdict]++;
  else if (e.decision.wouldKeep !== undefined) {
    s.controls.decided++;
    if (e.decision.wouldKeep) s.controls.wouldKeep++;
  }
  if (e.decision.verdict !== 'kept') s.unfinished.delete(e.n);
}

function advance(s: Working, e: Of<'advanced'>): void {
  const x = get(s, e, e.n, 'decided');
  if (x.decision.verdict !== 'kept' || x.advanced)
    impossible(e, `Experiment ${e.n} is ${x.advanced ? 'advanced already' : x.decision.verdict}.`);
  s.experiments[e.n] = { ...x, advanced: true };
  s.incumbent = e.n;
  s.unfinished.delete(e.n);
}

function confirm(s: Working, e: Of<'confirmation'>): void {
  get(s, e, e.n, 'decided');
  const { n, against, passed, effect, interval, probability, rule, reason, alpha, numbers } = e;
  const second = { ...(alpha !== undefined && { alpha }), ...(numbers && { numbers }) };
  s.confirmations.push({ n, against, passed, effect, interval, probability, rule, reason, ...second });
  if (passed) s.champion = n;
}

// ------------------------------------------------------------------------------------------------ questions

type Readable = Pick<LabState, 'experiments' | 'measurements'>;

/** All measurements of an experiment, oldest first. */
export function measurementsOf(s: Readable, n: number): Measurement[] {
  const x = s.experiments[n];
  return x && (x.state === 'open' || x.state === 'decided') ? x.measurements.map((m) => s.measurements[m]!) : [];
}

/** The numbers that measurements of an experiment gave on one device class, oldest first. */
export function values(s: Readable, n: number, deviceClass: string): number[] {
  return measurementsOf(s, n)
    .filter((m) => m.deviceClass === deviceClass)
    .map(valueOf)
    .filter((v) => v !== undefined);
}

/** The arena of an open lab. Throws on an empty ledger. */
export function arenaOf(s: LabState): Arena {
  if (!s.lab)
    throw new LabError('E_NO_LAB', {
      what: 'This ledger is empty.',
      why: 'No lab was opened in it.',
      next: 'Start one with `overnight run`.',
    });
  return s.lab.arena;
}

/** Version of the rules in force; labs opened before there was a second have none written down. */
export const rulesOf = (s: LabState): 1 | 2 => arenaOf(s).decide.rules ?? 1;

/** The experiment's code, once it is in git. */
export function codeOf(s: Readable, n: number): Code | undefined {
  const x = s.experiments[n];
  return x && (x.state === 'open' || x.state === 'decided') ? x.snapshot : undefined;
}

/** Kept experiments from the baseline to `n`, oldest first, the baseline included. */
export function lineage(s: Readable, n: number): number[] {
  const chain = [n];
  for (let at = n; at > 0; ) {
    at = s.experiments[at]!.idea.parent;
    chain.push(at);
  }
  return chain.reverse();
}
