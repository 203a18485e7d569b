/** Events of guards: which commit they run on, and what they say. */
import { defined } from '../../base/defined.ts';
import { type EventOf, rejectEvent, requireExperiment, type WorkingState } from './working-state.ts';

export const recordGuards = (state: WorkingState, event: EventOf<'guarding'> | EventOf<'guarded'>): void =>
  event.type === 'guarding' ? startGuards(state, event) : endGuards(state, event);

function startGuards(state: WorkingState, event: EventOf<'guarding'>): void {
  const { g, n, commit, when, guards, session } = event;
  if (g !== state.guardRuns.length)
    rejectEvent(event, `It says guard run ${g}; the next one is ${state.guardRuns.length}.`);
  requireExperiment(state, event, n, 'open', 'decided');
  state.guardRuns.push({ state: 'running', g, n, commit, when, guards, session, startedAt: event.t });
  state.guardRunsOf.set(n, [...(state.guardRunsOf.get(n) ?? []), g]);
}

function endGuards(state: WorkingState, event: EventOf<'guarded'>): void {
  const run = state.guardRuns[event.g];
  if (run?.state !== 'running') rejectEvent(event, `Guard run ${event.g} is ${run?.state ?? 'unknown'}, not running.`);
  const { outcomes, failure, lost, log } = event;
  state.guardRuns[event.g] =
    lost === undefined
      ? { ...run, state: 'finished', at: event.t, outcomes, ...defined({ failure, log }) }
      : { ...run, state: 'lost', reason: lost };
}
