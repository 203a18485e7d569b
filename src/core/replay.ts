/**
 * Events → the state of a lab: one fold, constant time per event. An event that cannot follow is named
 * (`E_LEDGER_MOVE`), never repaired. Knows nothing about files, hashes or clocks.
 */
import type { LedgerEvent } from './event.ts';
import {
  addProposal,
  advanceIncumbent,
  recordConfirmation,
  recordDecision,
  recordSnapshot,
  refuseExperiment,
  reopenForRepair,
} from './fold/experiments.ts';
import {
  finishMeasurement,
  loseMeasurement,
  recordHoldout,
  recordNoise,
  startMeasurement,
} from './fold/measurements.ts';
import { recordGuards } from './fold/guards.ts';
import { applySteering } from './fold/requests.ts';
import { recordTry } from './fold/tries.ts';
import { endSession, openLab, recordCall, recordStage, startSession } from './fold/sessions.ts';
import { payloadOf, rejectEvent, type WorkingState } from './fold/working-state.ts';
import { createItemReader, ITEM_READER } from './items.ts';
import type { LabState } from './state.ts';
import { NO_STEERING } from './steering.ts';

/**
 * The empty lab, and the function that takes the next event. Throws E_LEDGER_MOVE and changes nothing when the event
 * cannot follow. `readBlob` gives the rules the stored items; without it no verdict by items can be derived.
 */
export function createFold(readBlob?: (blobHash: string) => Uint8Array | undefined): {
  readonly state: LabState;
  readonly apply: (event: LedgerEvent) => void;
} {
  const working: WorkingState = {
    seq: 0,
    lastAt: '',
    sessions: [],
    stages: new Map(),
    experiments: [],
    measurements: [],
    guardRuns: [],
    guardRunsOf: new Map(),
    unfinished: new Set(),
    running: new Set(),
    noise: new Map(),
    farOut: new Set(),
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
    carryOvers: new Map(),
    ablations: new Map(),
    holdoutOutcomes: new Map(),
    notes: [],
    experimentNotes: new Map(),
    stars: new Set(),
    tailsSetAside: 0,
    calls: [],
    tries: [],
    advice: [],
    steering: NO_STEERING,
    requests: new Map(),
    refusedRequests: new Map(),
  };
  if (readBlob) Object.defineProperty(working, ITEM_READER, { value: createItemReader(readBlob) });
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

/** One case for each kind of event. A case that refuses changes nothing before. */
function applyEvent(state: WorkingState, event: LedgerEvent): void {
  if (event.type !== 'lab.opened' && state.lab === undefined) rejectEvent(event, 'The lab has not been opened yet.');
  switch (event.type) {
    case 'lab.opened':
      return openLab(state, event);
    case 'session.started':
      return startSession(state, event);
    case 'session.ended':
    case 'session.died':
      return endSession(state, event);
    case 'tail.set_aside':
      return void state.tailsSetAside++;
    case 'stage.started':
    case 'stage.finished':
    case 'stage.failed':
      return recordStage(state, event);
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
    case 'guarding':
    case 'guarded':
      return recordGuards(state, event);
    case 'calibrated':
      return recordNoise(state, event);
    case 'decided':
      return recordDecision(state, event);
    case 'advanced':
      return advanceIncumbent(state, event);
    case 'confirmation':
      return recordConfirmation(state, event);
    case 'held':
      return recordHoldout(state, event);
    case 'finalized':
      return void (state.finalComparison = payloadOf(event));
    case 'note':
      return void state.notes.push({ at: event.t, from: event.from, text: event.text });
    case 'calling':
    case 'called':
    case 'advised':
      return recordCall(state, event);
    case 'try.asked':
    case 'try.ended':
      return recordTry(state, event);
    case 'steered':
      return applySteering(state, event);
    default:
      return rejectUnknown(event);
  }
}

const rejectUnknown = (event: never): void =>
  rejectEvent(event, `No Overnight up to this one writes "${String((event as LedgerEvent).type)}".`);
