/** Events of experiments: from the proposal to the branch that moves to them. */
import { defined } from '../../base/defined.ts';
import { type Code, type Idea, valueOf } from '../experiment.ts';
import { measurementsOf } from '../state.ts';
import { withoutBuild, withoutClaim, withoutPin } from '../steering.ts';
import { dropAnsweredClaim } from './requests.ts';
import { type WorkingState, rejectEvent, type EventOf, payloadOf, requireExperiment } from './working-state.ts';

export function addProposal(state: WorkingState, event: EventOf<'proposed'>): void {
  if (event.n !== state.experiments.length)
    rejectEvent(event, `It says experiment ${event.n}; the next one is ${state.experiments.length}.`);
  if (event.n > 0 && !state.experiments[event.parent]) rejectEvent(event, `Its parent ${event.parent} is unknown.`);
  const { n, kind } = event;
  const carried = event.carries === undefined ? [] : [event.carries, ...(event.carriesToo ?? [])];
  for (const member of carried)
    if (!state.carryOvers.has(member))
      rejectEvent(event, `It carries #${member} over, which was not better than an older base.`);
  const idea: Idea = { ...payloadOf(event), at: event.t };
  state.experiments.push({ state: 'proposed', idea });
  if (kind === 'control') state.controls.all.push(n);
  for (const bundledIdea of event.bundles ?? []) state.bundled.set(bundledIdea, n);
  for (const member of carried) state.carryOvers.set(member, [...state.carryOvers.get(member)!, n]);
  if (event.ablates !== undefined) state.ablations.set(event.ablates, n);
  if (event.request !== undefined) {
    state.requests.set(event.request, n);
    state.steering = withoutBuild(state.steering, event.request);
  }
  if (event.retries !== undefined) state.steering = withoutPin(state.steering, event.retries);
  state.unfinished.add(n);
}

export function refuseExperiment(state: WorkingState, event: EventOf<'refused'>): void {
  const { idea } = requireExperiment(state, event, event.n, 'proposed');
  state.experiments[event.n] = {
    state: 'refused',
    idea,
    code: event.code,
    reason: event.reason,
    ...defined({ earlier: event.earlier, conflict: event.conflict }),
  };
  state.unfinished.delete(event.n);
  state.counts.refused++;
  state.refusals[event.code] = (state.refusals[event.code] ?? 0) + 1;
}

export function recordSnapshot(state: WorkingState, event: EventOf<'snapshot'>): void {
  const { idea } = requireExperiment(state, event, event.n, 'proposed');
  const { commit, tree, editable, added, deleted, dependencies } = event;
  const code: Code = { commit, tree, editable, added, deleted, ...(dependencies !== undefined && { dependencies }) };
  state.experiments[event.n] = { state: 'open', idea, snapshot: code, measurements: [] };
  if (idea.kind !== 'idea' && idea.kind !== 'baseline') return;
  state.byEditable.set(editable, [...(state.byEditable.get(editable) ?? []), event.n]);
  if (event.normal !== undefined)
    state.byNormal.set(event.normal, [...(state.byNormal.get(event.normal) ?? []), event.n]);
}

/** The experiment has no code again. What crashed is kept as an attempt, and its measurements count for nothing. */
export function reopenForRepair(state: WorkingState, event: EventOf<'repaired'>): void {
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
  // It keeps its place among the screened ideas: which of them are checks must not change afterwards.
  if (state.screenRuns.has(event.n)) state.screenRuns.set(event.n, []);
}

export function recordDecision(state: WorkingState, event: EventOf<'decided'>): void {
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
  if (kind === 'carried') state.carryOvers.set(event.n, []);
  const isNearMiss = verdict === 'inconclusive' || (verdict === 'discarded' && kind === 'within noise');
  if (experiment.idea.kind === 'idea' && isNearMiss && kind !== 'carried' && !experiment.idea.bundles)
    state.marginal.push(event.n);
  else if (event.decision.wouldKeep !== undefined) {
    state.controls.decided++;
    if (event.decision.wouldKeep) state.controls.wouldKeep++;
  }
  if (event.decision.verdict !== 'kept') state.unfinished.delete(event.n);
}

export function advanceIncumbent(state: WorkingState, event: EventOf<'advanced'>): void {
  const experiment = requireExperiment(state, event, event.n, 'decided');
  if (experiment.decision.verdict !== 'kept' || experiment.advanced)
    rejectEvent(
      event,
      `Experiment ${event.n} is ${experiment.advanced ? 'advanced already' : experiment.decision.verdict}.`,
    );
  state.experiments[event.n] = { ...experiment, advanced: true };
  state.incumbent = event.n;
  dropAnsweredClaim(state);
  state.unfinished.delete(event.n);
}

export function recordConfirmation(state: WorkingState, event: EventOf<'confirmation'>): void {
  requireExperiment(state, event, event.n, 'decided');
  state.confirmations.push({ ...payloadOf(event), judgedAfter: state.measurements.length });
  if (event.passed) state.champion = event.n;
  if (state.steering.claim === event.n) state.steering = withoutClaim(state.steering);
  dropAnsweredClaim(state);
}
