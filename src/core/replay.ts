/**
 * Events → the state of a lab: one fold, constant time per event. An event that cannot follow is named
 * (`E_LEDGER_MOVE`), never repaired. Knows nothing about files, hashes or clocks.
 */
import { defined } from '../base/defined.ts';
import { LabError } from '../base/error.ts';
import type { EventType, LedgerEvent, Payload } from './event.ts';
import { type Code, type Experiment, type Idea, valueOf } from './experiment.ts';
import { type LabState, lineage, measurementsOf, values } from './state.ts';
import { addToPool, emptyPool } from '../base/stats.ts';
import { whyRefused, withoutReplicate, applyToSteering, withoutPin, NO_STEERING } from './steering.ts';

/** The state as the fold sees it: containers and counters can be changed, what they hold is replaced whole. */
type MutableContainer<T> = T extends readonly (infer E)[]
  ? E[]
  : T extends ReadonlyMap<infer K, infer V>
    ? Map<K, V>
    : T extends ReadonlySet<infer E>
      ? Set<E>
      : T;
type MutableProps<T> = { -readonly [K in keyof T]: MutableContainer<T[K]> };
type WorkingState = Omit<MutableProps<LabState>, 'counts' | 'refusals' | 'controls'> & {
  counts: MutableProps<LabState['counts']>;
  refusals: MutableProps<LabState['refusals']>;
  controls: MutableProps<LabState['controls']>;
};

/**
 * The empty lab, and the function that takes the next event. Throws E_LEDGER_MOVE and changes nothing when the event
 * cannot follow.
 */
export function createFold(): { readonly state: LabState; readonly apply: (event: LedgerEvent) => void } {
  const working: WorkingState = {
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
    screenRuns: new Map(),
    claims: new Map(),
    pairs: new Map(),
    counts: { kept: 0, discarded: 0, inconclusive: 0, crashed: 0, 'timed out': 0, refused: 0 },
    refusals: {},
    controls: { all: [], decided: 0, wouldKeep: 0 },
    marginal: [],
    bundled: new Map(),
    ablations: new Map(),
    holdoutOutcomes: new Map(),
    notes: [],
    tailsSetAside: 0,
    calls: [],
    steering: NO_STEERING,
    requests: new Map(),
    refusedRequests: new Map(),
  };
  return {
    state: working,
    apply: (event) => {
      applyEvent(working, event);
      working.seq = event.seq;
      working.lastAt = event.t;
    },
  };
}

/** State of a finished list of events. */
export function replayEvents(events: Iterable<LedgerEvent>): LabState {
  const { state, apply } = createFold();
  for (const event of events) apply(event);
  return state;
}

function rejectEvent(event: LedgerEvent, reason: string): never {
  throw new LabError('E_LEDGER_MOVE', {
    what: `Event ${event.seq} (${event.type}) cannot stand where it stands.`,
    why: reason,
    next: 'The ledger was edited or written by a faulty program: run `overnight audit`, and go on from a copy.',
  });
}

function applyEvent(state: WorkingState, event: LedgerEvent): void {
  if (event.type !== 'lab.opened' && state.lab === undefined) rejectEvent(event, 'The lab has not been opened yet.');
  switch (event.type) {
    case 'lab.opened':
      if (state.lab) rejectEvent(event, 'The lab is open already.');
      state.lab = { ...event, at: event.t };
      return;
    case 'session.started':
      if (event.session !== state.sessions.length)
        rejectEvent(event, `It says session ${event.session}; the next one is ${state.sessions.length}.`);
      state.sessions.push({ start: event, startedAt: event.t });
      return;
    case 'session.ended':
    case 'session.died':
      return endSession(state, event);
    case 'tail.set_aside':
      state.tailsSetAside++;
      return;
    case 'stage.started':
      state.stages.set(event.stage, { key: event.key });
      return;
    case 'stage.finished':
      state.stages.set(event.stage, { key: event.key, output: event.output, wallS: event.wallS });
      return;
    case 'stage.failed':
      state.stages.set(event.stage, { key: event.key, failed: event.message });
      return;
    case 'proposed':
      return addProposal(state, event);
    case 'refused':
      return refuseExperiment(state, event);
    case 'snapshot':
      return recordSnapshot(state, event);
    case 'repaired':
      return reopenForRepair(state, event);
    case 'measuring':
      return startMeasurement(state, event);
    case 'measured':
      return finishMeasurement(state, event);
    case 'lost':
      return loseMeasurement(state, event);
    case 'calibrated':
      state.noise.set(event.deviceClass, {
        pool: emptyPool,
        ...state.noise.get(event.deviceClass),
        calibrated: event.noise,
      });
      return;
    case 'decided':
      return recordDecision(state, event);
    case 'advanced':
      return advanceIncumbent(state, event);
    case 'confirmation':
      return recordConfirmation(state, event);
    case 'held': {
      const n = state.measurements[event.m]?.n;
      if (n === undefined) rejectEvent(event, `Measurement ${event.m} is unknown.`);
      state.holdoutOutcomes.set(n, [...(state.holdoutOutcomes.get(n) ?? []), event.outcome]);
      return;
    }
    case 'finalized': {
      const { n, against, pairs, effect, interval, probability, rule, dropped, holdout } = event;
      state.finalComparison = {
        n,
        against,
        pairs,
        effect,
        interval,
        probability,
        rule,
        dropped,
        ...(holdout && { holdout }),
      };
      return;
    }
    case 'note':
      state.notes.push({ at: event.t, from: event.from, text: event.text });
      return;
    case 'calling':
      if (event.call !== state.calls.length)
        rejectEvent(event, `It says call ${event.call}; the next one is ${state.calls.length}.`);
      state.calls.push({ start: event, at: event.t });
      return;
    case 'called':
      return endCall(state, event);
    case 'steered':
      return applySteering(state, event);
    default:
      event satisfies never;
      return rejectEvent(
        event,
        `No version of Overnight up to this one writes "${String((event as LedgerEvent).type)}".`,
      );
  }
}

type EventOf<T extends EventType> = Extract<LedgerEvent, { type: T }>;

/** An event without its envelope. */
function payloadOf<T extends EventType>(event: EventOf<T>): Payload<T> {
  const { type, seq, v: version, prev, t: time, ...payload } = event;
  return payload as unknown as Payload<T>;
}

function endSession(state: WorkingState, event: EventOf<'session.ended'> | EventOf<'session.died'>): void {
  const session = state.sessions[event.session];
  if (!session || session.end)
    rejectEvent(event, `Session ${event.session} is ${session ? 'ended already' : 'unknown'}.`);
  const reason = event.type === 'session.died' ? 'died' : event.reason;
  state.sessions[event.session] = { ...session, end: { at: event.t, reason, detail: event.detail } };
}

function addProposal(state: WorkingState, event: EventOf<'proposed'>): void {
  if (event.n !== state.experiments.length)
    rejectEvent(event, `It says experiment ${event.n}; the next one is ${state.experiments.length}.`);
  if (event.n > 0 && !state.experiments[event.parent]) rejectEvent(event, `Its parent ${event.parent} is unknown.`);
  const { n, kind } = event;
  const idea: Idea = { ...payloadOf(event), at: event.t };
  state.experiments.push({ state: 'proposed', idea });
  if (kind === 'control') state.controls.all.push(n);
  for (const bundledIdea of event.bundles ?? []) state.bundled.set(bundledIdea, n);
  if (event.ablates !== undefined) state.ablations.set(event.ablates, n);
  if (event.request !== undefined) state.requests.set(event.request, n);
  if (event.retries !== undefined) state.steering = withoutPin(state.steering, event.retries);
  state.unfinished.add(n);
}

function requireExperiment<S extends Experiment['state']>(
  state: WorkingState,
  event: LedgerEvent,
  n: number,
  ...states: S[]
): Extract<Experiment, { state: S }> {
  const experiment = state.experiments[n];
  if (!experiment || !(states as string[]).includes(experiment.state))
    rejectEvent(event, `Experiment ${n} is ${experiment ? experiment.state : 'unknown'}, not ${states.join(' or ')}.`);
  return experiment as Extract<Experiment, { state: S }>;
}

function refuseExperiment(state: WorkingState, event: EventOf<'refused'>): void {
  const { idea } = requireExperiment(state, event, event.n, 'proposed');
  state.experiments[event.n] = {
    state: 'refused',
    idea,
    code: event.code,
    reason: event.reason,
    ...(event.earlier !== undefined && { earlier: event.earlier }),
  };
  state.unfinished.delete(event.n);
  state.counts.refused++;
  state.refusals[event.code] = (state.refusals[event.code] ?? 0) + 1;
}

function recordSnapshot(state: WorkingState, event: EventOf<'snapshot'>): void {
  const { idea } = requireExperiment(state, event, event.n, 'proposed');
  const { commit, tree, editable, added, deleted, dependencies } = event;
  const code: Code = { commit, tree, editable, added, deleted, ...(dependencies !== undefined && { dependencies }) };
  state.experiments[event.n] = { state: 'open', idea, snapshot: code, measurements: [] };
  if (idea.kind !== 'idea' && idea.kind !== 'baseline') return;
  state.byEditable.set(editable, [...(state.byEditable.get(editable) ?? []), event.n]);
  if (event.normal !== undefined)
    state.byNormal.set(event.normal, [...(state.byNormal.get(event.normal) ?? []), event.n]);
}

/** Back to where it has no code: what it was measured with is kept as an attempt and counts for nothing. */
function reopenForRepair(state: WorkingState, event: EventOf<'repaired'>): void {
  const { idea, snapshot: code, measurements } = requireExperiment(state, event, event.n, 'open');
  const attempts = idea.attempts ?? [];
  if (event.attempt !== attempts.length + 1)
    rejectEvent(event, `It says repair ${event.attempt}; the next one is ${attempts.length + 1}.`);
  if ([...state.running].some((m) => state.measurements[m]!.n === event.n))
    rejectEvent(event, `Experiment ${event.n} is being measured.`);
  const edits = { ...idea.edits, ...event.edits };
  state.experiments[event.n] = {
    state: 'proposed',
    idea: { ...idea, edits, attempts: [...attempts, { snapshot: code, measurements }] },
  };
  state.pairs.delete(event.n);
  // It keeps its place: which ideas are checks must not change afterwards.
  if (state.screenRuns.has(event.n)) state.screenRuns.set(event.n, []);
}

function startMeasurement(state: WorkingState, event: EventOf<'measuring'>): void {
  if (event.m !== state.measurements.length)
    rejectEvent(event, `It says measurement ${event.m}; the next one is ${state.measurements.length}.`);
  const experiment = requireExperiment(state, event, event.n, 'open', 'decided');
  const { m, n, purpose, seed, judgeSeed, session, deviceClass, claim, pair } = event;
  state.measurements.push({
    state: 'running',
    m,
    n,
    purpose,
    seed,
    session,
    deviceClass,
    startedAt: event.t,
    judgeSeed,
    ...(claim !== undefined && { claim }),
    ...(pair !== undefined && { pair }),
  });
  if (purpose === 'replicate' && n === state.incumbent) state.steering = withoutReplicate(state.steering);
  if (pair !== undefined) state.pairs.set(pair, [...(state.pairs.get(pair) ?? []), m]);
  state.running.add(m);
  if (purpose === 'screen') return void state.screenRuns.set(n, [...(state.screenRuns.get(n) ?? []), m]);
  state.experiments[n] = { ...experiment, measurements: [...experiment.measurements, m] };
  if (claim !== undefined) state.claims.set(claim, [...(state.claims.get(claim) ?? []), m]);
}

function finishMeasurement(state: WorkingState, event: EventOf<'measured'>): void {
  const measurement = state.measurements[event.m];
  if (measurement?.state !== 'running')
    rejectEvent(event, `Measurement ${event.m} is ${measurement?.state ?? 'unknown'}, not running.`);
  state.running.delete(event.m);
  if (event.outcome.kind === 'measured' && measurement.purpose !== 'screen') {
    const noise = state.noise.get(measurement.deviceClass) ?? { pool: emptyPool };
    const earlierValues = values(state, measurement.n, measurement.deviceClass);
    state.noise.set(measurement.deviceClass, {
      ...noise,
      pool: addToPool(noise.pool, earlierValues, event.outcome.value),
    });
  }
  state.measurements[event.m] = {
    ...measurement,
    state: 'finished',
    outcome: event.outcome,
    conditions: event.conditions,
    at: event.t,
  };
}

function loseMeasurement(state: WorkingState, event: EventOf<'lost'>): void {
  const measurement = state.measurements[event.m];
  if (measurement?.state !== 'running')
    rejectEvent(event, `Measurement ${event.m} is ${measurement?.state ?? 'unknown'}, not running.`);
  state.running.delete(event.m);
  state.measurements[event.m] = { ...measurement, state: 'lost', reason: event.reason };
}

function recordDecision(state: WorkingState, event: EventOf<'decided'>): void {
  const experiment = requireExperiment(state, event, event.n, 'open');
  const newestNumber = measurementsOf(state, event.n).findLast((measurement) => valueOf(measurement) !== undefined);
  state.experiments[event.n] = {
    ...experiment,
    state: 'decided',
    decision: event.decision,
    ...defined({ deviceClass: newestNumber?.deviceClass }),
    at: event.t,
    advanced: false,
  };
  if (experiment.idea.kind === 'idea' || experiment.idea.kind === 'baseline') state.counts[event.decision.verdict]++;
  const { verdict, kind } = event.decision;
  const isNearMiss = verdict === 'inconclusive' || (verdict === 'discarded' && kind === 'within noise');
  if (experiment.idea.kind === 'idea' && isNearMiss && !experiment.idea.bundles) state.marginal.push(event.n);
  else if (event.decision.wouldKeep !== undefined) {
    state.controls.decided++;
    if (event.decision.wouldKeep) state.controls.wouldKeep++;
  }
  if (event.decision.verdict !== 'kept') state.unfinished.delete(event.n);
}

function advanceIncumbent(state: WorkingState, event: EventOf<'advanced'>): void {
  const experiment = requireExperiment(state, event, event.n, 'decided');
  if (experiment.decision.verdict !== 'kept' || experiment.advanced)
    rejectEvent(
      event,
      `Experiment ${event.n} is ${experiment.advanced ? 'advanced already' : experiment.decision.verdict}.`,
    );
  state.experiments[event.n] = { ...experiment, advanced: true };
  state.incumbent = event.n;
  state.unfinished.delete(event.n);
}

function recordConfirmation(state: WorkingState, event: EventOf<'confirmation'>): void {
  requireExperiment(state, event, event.n, 'decided');
  state.confirmations.push(payloadOf(event));
  if (event.passed) state.champion = event.n;
}

function endCall(state: WorkingState, event: EventOf<'called'>): void {
  const call = state.calls[event.call];
  if (!call || call.end) rejectEvent(event, `Call ${event.call} is ${call ? 'ended already' : 'unknown'}.`);
  state.calls[event.call] = { ...call, end: event };
}

function applySteering(state: WorkingState, event: EventOf<'steered'>): void {
  const objection = event.refused === undefined ? whyRefused(state, event.wish) : undefined;
  if (objection) rejectEvent(event, `It cannot be obeyed: ${objection}.`);
  state.requests.set(event.id, undefined);
  if (event.refused !== undefined) return void state.refusedRequests.set(event.id, event.refused);
  state.steering = applyToSteering(state.steering, event.wish, event);
  if (event.wish.verb === 'note') state.notes.push({ at: event.t, from: event.from, text: event.wish.text });
  if (event.wish.verb === 'veto') applyVeto(state, event.wish.n);
}

/** What was built on a vetoed idea goes with it: the incumbent is again what stood before. */
function applyVeto(state: WorkingState, n: number): void {
  if (lineage(state, state.incumbent).includes(n)) state.incumbent = incumbentBefore(state, n);
  const remainingLine = lineage(state, state.incumbent);
  if (hasBranches(state) ? lineage(state, state.champion).includes(n) : !remainingLine.includes(state.champion))
    state.champion =
      state.confirmations.findLast((confirmation) => confirmation.passed && remainingLine.includes(confirmation.n))
        ?.n ?? 0;
  for (const openNumber of state.unfinished) if (lineage(state, openNumber).includes(n)) giveUp(state, openNumber);
}

const hasBranches = (state: WorkingState): boolean => (state.lab?.arena.search?.branches ?? 1) > 1;

/** The incumbent that stood before `n`: its parent, or, where a branch took over, what that beat. */
function incumbentBefore(state: WorkingState, n: number): number {
  const { parent } = state.experiments[n]!.idea;
  if (!hasBranches(state)) return parent;
  const firstAdvance = state.experiments.find(
    (candidate) => candidate.state === 'decided' && candidate.advanced && lineage(state, candidate.idea.n).includes(n),
  );
  const beaten = firstAdvance?.state === 'decided' ? firstAdvance.decision.against : 0;
  if (firstAdvance?.idea.n === n && lineage(state, beaten).includes(parent)) return parent;
  return lineage(state, beaten).some((ancestor) => state.steering.vetoed.has(ancestor)) ? 0 : beaten;
}

/** An open idea gets its verdict from the plan; a kept one whose branch never moved stays where it is. */
function giveUp(state: WorkingState, n: number): void {
  if (state.experiments[n]!.state === 'decided') state.unfinished.delete(n);
  else state.steering = { ...state.steering, skipped: new Set([...state.steering.skipped, n]) };
}
