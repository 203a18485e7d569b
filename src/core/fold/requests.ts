/** Requests of people as they come into force; a veto moves the incumbent back. */
import { defined } from '../../base/defined.ts';
import { isRuledOut, lineage, type Note } from '../state.ts';
import type { LabRequest } from '../requests.ts';
import { applyToSteering, withoutClaim } from '../steering.ts';
import { whyRefused } from '../request-check.ts';
import { type WorkingState, rejectEvent, type EventOf } from './working-state.ts';

export function applySteering(state: WorkingState, event: EventOf<'steered'>): void {
  const objection = event.refused === undefined ? whyRefused(state, event.wish) : undefined;
  if (objection) rejectEvent(event, `It cannot be applied: ${objection}.`);
  state.requests.set(event.id, undefined);
  if (event.refused !== undefined) return void state.refusedRequests.set(event.id, event.refused);
  state.steering = applyToSteering(state.steering, withNumber(state, event.wish), event);
  annotate(state, event);
  if (event.wish.verb === 'veto') applyVeto(state, event.wish.n);
}

/** A claim that is asked for without a number is that of the incumbent; so is a measurement. */
function withNumber(state: WorkingState, request: LabRequest): LabRequest {
  if (request.verb === 'confirm') return { ...request, n: request.n ?? state.incumbent };
  // A further measurement of the incumbent is one of whichever is the incumbent when its turn comes.
  return request.verb === 'replicate' && request.n === state.incumbent ? { verb: 'replicate' } : request;
}

/** Notes and stars: they are read by views alone. */
function annotate(state: WorkingState, { wish, t: at, from }: EventOf<'steered'>): void {
  if (wish.verb === 'star') state.stars.add(wish.n);
  if (wish.verb === 'unstar') state.stars.delete(wish.n);
  if (wish.verb !== 'note') return;
  const note: Note = { at, from, text: wish.text, ...(wish.learned && { learned: defined(wish.learned) }) };
  if (wish.n === undefined) state.notes.push(note);
  else state.experimentNotes.set(wish.n, [...(state.experimentNotes.get(wish.n) ?? []), note]);
}

/** What was built on a vetoed idea is given up with it: the incumbent is again the one before. */
function applyVeto(state: WorkingState, n: number): void {
  if (lineage(state, state.incumbent).includes(n)) state.incumbent = incumbentBefore(state, n);
  const remainingLine = lineage(state, state.incumbent);
  if (hasBranches(state) ? lineage(state, state.champion).includes(n) : !remainingLine.includes(state.champion))
    state.champion =
      state.confirmations.findLast((confirmation) => confirmation.passed && remainingLine.includes(confirmation.n))
        ?.n ?? 0;
  dropAnsweredClaim(state);
  for (const openNumber of state.unfinished) if (lineage(state, openNumber).includes(n)) giveUp(state, openNumber);
}

/** A request for a claim is over when its step is confirmed, or is no part of the incumbent any more. */
export function dropAnsweredClaim(state: WorkingState): void {
  const { claim } = state.steering;
  if (claim === undefined) return;
  if (!lineage(state, state.incumbent).includes(claim) || lineage(state, state.champion).includes(claim))
    state.steering = withoutClaim(state.steering);
}

const hasBranches = (state: WorkingState): boolean => (state.lab?.arena.search?.branches ?? 1) > 1;

/** The incumbent before `n`: the step that it stands on, or the incumbent that its branch beat. */
function incumbentBefore(state: WorkingState, n: number): number {
  const { parent } = state.experiments[n]!.idea;
  if (!hasBranches(state)) return nearestStep(state, parent);
  const firstAdvance = state.experiments.find(
    (candidate) => candidate.state === 'decided' && candidate.advanced && lineage(state, candidate.idea.n).includes(n),
  );
  const beaten = firstAdvance?.state === 'decided' ? firstAdvance.decision.against : 0;
  if (firstAdvance?.idea.n === n && lineage(state, beaten).includes(parent)) return parent;
  return lineage(state, beaten).some((ancestor) => state.steering.vetoed.has(ancestor)) ? 0 : beaten;
}

/** An idea may be built on one that was never a step, because that one crashed. */
function nearestStep(state: WorkingState, n: number): number {
  const isStep = (ancestor: number): boolean => {
    const experiment = state.experiments[ancestor]!;
    return experiment.state === 'decided' && experiment.advanced && !isRuledOut(state, ancestor);
  };
  return lineage(state, n).findLast((ancestor) => isStep(ancestor)) ?? 0;
}

/** An open idea gets its verdict by the plan; a kept one that the branch never moved to is left as it is. */
function giveUp(state: WorkingState, n: number): void {
  if (state.experiments[n]!.state === 'decided') state.unfinished.delete(n);
  else state.steering = { ...state.steering, skipped: new Set([...state.steering.skipped, n]) };
}
