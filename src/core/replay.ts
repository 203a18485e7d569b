/**
 * Events → the state of a lab: one fold, constant time per event. An event that cannot follow is named
 * (`E_LEDGER_MOVE`), never repaired. Knows nothing about files, hashes or clocks.
 */
import { LabError } from '../base/error.ts';
import type { EventType, LedgerEvent, Payload } from './event.ts';
import type { Code, Experiment, Idea } from './experiment.ts';
import { type LabState, lineage, values } from './state.ts';
import { addToPool, emptyPool } from '../base/stats.ts';
import { objection, replicated, steered, unpinned, unsteered } from './steering.ts';

/** The state as the fold sees it: containers and counters can be changed, what they hold is replaced whole. */
type Mutable<T> = T extends readonly (infer E)[]
  ? E[]
  : T extends ReadonlyMap<infer K, infer V>
    ? Map<K, V>
    : T extends ReadonlySet<infer E>
      ? Set<E>
      : T;
type Loose<T> = { -readonly [K in keyof T]: Mutable<T[K]> };
type Working = Omit<Loose<LabState>, 'counts' | 'refusals' | 'controls'> & {
  counts: Loose<LabState['counts']>;
  refusals: Loose<LabState['refusals']>;
  controls: Loose<LabState['controls']>;
};

/**
 * The empty lab, and the function that takes the next event. Throws E_LEDGER_MOVE and changes nothing when the event
 * cannot follow.
 */
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
    byNormal: new Map(),
    shorts: new Map(),
    claims: new Map(),
    pairs: new Map(),
    counts: { kept: 0, discarded: 0, inconclusive: 0, crashed: 0, 'timed out': 0, refused: 0 },
    refusals: {},
    controls: { all: [], decided: 0, wouldKeep: 0 },
    marginal: [],
    bundled: new Map(),
    ablations: new Map(),
    held: new Map(),
    notes: [],
    tailsSetAside: 0,
    calls: [],
    steering: unsteered,
    requests: new Map(),
    refused: new Map(),
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
    case 'repaired':
      return repair(s, e);
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
    case 'held': {
      const n = s.measurements[e.m]?.n;
      if (n === undefined) impossible(e, `Measurement ${e.m} is unknown.`);
      s.held.set(n, [...(s.held.get(n) ?? []), e.outcome]);
      return;
    }
    case 'finalized': {
      const { n, against, pairs, effect, interval, probability, rule, dropped, holdout } = e;
      s.final = { n, against, pairs, effect, interval, probability, rule, dropped, ...(holdout && { holdout }) };
      return;
    }
    case 'note':
      s.notes.push({ at: e.t, from: e.from, text: e.text });
      return;
    case 'calling':
      if (e.call !== s.calls.length) impossible(e, `It says call ${e.call}; the next one is ${s.calls.length}.`);
      s.calls.push({ start: e, at: e.t });
      return;
    case 'called':
      return endCall(s, e);
    case 'steered':
      return steer(s, e);
    default:
      e satisfies never;
      return impossible(e, `No version of Overnight up to this one writes "${String((e as LedgerEvent).type)}".`);
  }
}

type Of<T extends EventType> = Extract<LedgerEvent, { type: T }>;

/** An event without its envelope. */
function said<T extends EventType>(e: Of<T>): Payload<T> {
  const { type, seq, v, prev, t, ...rest } = e;
  return rest as unknown as Payload<T>;
}

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
  const { n, kind } = e;
  const idea: Idea = { ...said(e), at: e.t };
  s.experiments.push({ state: 'proposed', idea });
  if (kind === 'control') s.controls.all.push(n);
  for (const part of e.bundles ?? []) s.bundled.set(part, n);
  if (e.ablates !== undefined) s.ablations.set(e.ablates, n);
  if (e.request !== undefined) s.requests.set(e.request, n);
  if (e.retries !== undefined) s.steering = unpinned(s.steering, e.retries);
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
  const { commit, tree, editable, added, deleted, dependencies } = e;
  const code: Code = { commit, tree, editable, added, deleted, ...(dependencies !== undefined && { dependencies }) };
  s.experiments[e.n] = { state: 'open', idea, snapshot: code, measurements: [] };
  if (idea.kind !== 'idea' && idea.kind !== 'baseline') return;
  s.byEditable.set(editable, [...(s.byEditable.get(editable) ?? []), e.n]);
  if (e.normal !== undefined) s.byNormal.set(e.normal, [...(s.byNormal.get(e.normal) ?? []), e.n]);
}

/** Back to where it has no code: what it was measured with is kept as an attempt and counts for nothing. */
function repair(s: Working, e: Of<'repaired'>): void {
  const { idea, snapshot: code, measurements } = get(s, e, e.n, 'open');
  const attempts = idea.attempts ?? [];
  if (e.attempt !== attempts.length + 1)
    impossible(e, `It says repair ${e.attempt}; the next one is ${attempts.length + 1}.`);
  if ([...s.running].some((m) => s.measurements[m]!.n === e.n)) impossible(e, `Experiment ${e.n} is being measured.`);
  const edits = { ...idea.edits, ...e.edits };
  s.experiments[e.n] = {
    state: 'proposed',
    idea: { ...idea, edits, attempts: [...attempts, { snapshot: code, measurements }] },
  };
  s.pairs.delete(e.n);
  // It keeps its place: which ideas are checks must not change afterwards.
  if (s.shorts.has(e.n)) s.shorts.set(e.n, []);
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
  if (purpose === 'replicate' && n === s.incumbent) s.steering = replicated(s.steering);
  if (pair !== undefined) s.pairs.set(pair, [...(s.pairs.get(pair) ?? []), m]);
  s.running.add(m);
  if (purpose === 'screen') return void s.shorts.set(n, [...(s.shorts.get(n) ?? []), m]);
  s.experiments[n] = { ...x, measurements: [...x.measurements, m] };
  if (claim !== undefined) s.claims.set(claim, [...(s.claims.get(claim) ?? []), m]);
}

function finishMeasurement(s: Working, e: Of<'measured'>): void {
  const at = s.measurements[e.m];
  if (at?.state !== 'running') impossible(e, `Measurement ${e.m} is ${at?.state ?? 'unknown'}, not running.`);
  s.running.delete(e.m);
  if (e.outcome.kind === 'measured' && at.purpose !== 'screen') {
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
  if (x.idea.kind === 'idea' || x.idea.kind === 'baseline') s.counts[e.decision.verdict]++;
  const { verdict, kind } = e.decision;
  const near = verdict === 'inconclusive' || (verdict === 'discarded' && kind === 'within noise');
  if (x.idea.kind === 'idea' && near && !x.idea.bundles) s.marginal.push(e.n);
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
  s.confirmations.push(said(e));
  if (e.passed) s.champion = e.n;
}

function endCall(s: Working, e: Of<'called'>): void {
  const call = s.calls[e.call];
  if (!call || call.end) impossible(e, `Call ${e.call} is ${call ? 'ended already' : 'unknown'}.`);
  s.calls[e.call] = { ...call, end: e };
}

function steer(s: Working, e: Of<'steered'>): void {
  s.requests.set(e.id, undefined);
  if (e.refused !== undefined) return void s.refused.set(e.id, e.refused);
  const against = objection(s, e.wish);
  if (against) impossible(e, `It cannot be obeyed: ${against}.`);
  s.steering = steered(s.steering, e.wish, e);
  if (e.wish.verb === 'note') s.notes.push({ at: e.t, from: e.from, text: e.wish.text });
  if (e.wish.verb === 'veto') veto(s, e.wish.n);
}

/** What was built on a vetoed idea goes with it: the incumbent is again what stood before. */
function veto(s: Working, n: number): void {
  if (lineage(s, s.incumbent).includes(n)) s.incumbent = before(s, n);
  const left = lineage(s, s.incumbent);
  if (hasBranches(s) ? lineage(s, s.champion).includes(n) : !left.includes(s.champion))
    s.champion = s.confirmations.findLast((c) => c.passed && left.includes(c.n))?.n ?? 0;
  for (const k of s.unfinished) if (lineage(s, k).includes(n)) giveUp(s, k);
}

const hasBranches = (s: Working): boolean => (s.lab?.arena.search?.branches ?? 1) > 1;

/** The incumbent that stood before `n`: its parent, or, where a branch took over, what that beat. */
function before(s: Working, n: number): number {
  const { parent } = s.experiments[n]!.idea;
  if (!hasBranches(s)) return parent;
  const first = s.experiments.find((y) => y.state === 'decided' && y.advanced && lineage(s, y.idea.n).includes(n));
  const beaten = first?.state === 'decided' ? first.decision.against : 0;
  if (first?.idea.n === n && lineage(s, beaten).includes(parent)) return parent;
  return lineage(s, beaten).some((k) => s.steering.vetoed.has(k)) ? 0 : beaten;
}

/** An open idea gets its verdict from the plan; a kept one whose branch never moved stays where it is. */
function giveUp(s: Working, k: number): void {
  if (s.experiments[k]!.state === 'decided') s.unfinished.delete(k);
  else s.steering = { ...s.steering, skipped: new Set([...s.steering.skipped, k]) };
}
