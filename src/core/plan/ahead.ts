/**
 * Ideas that are asked for ahead of need, so that no slot waits for a proposer. An idea that waits may be built on code
 * that is the incumbent no more when its turn comes; bases/1 compares it with that code then, and carries it over.
 */
import type { LabState } from '../state.ts';
import { typicalMeasurementS } from './pace.ts';
import type { PlanContext } from './step.ts';

/** Proposers that answer sooner are asked when a slot is free. */
const PROMPT_IDEA_S = 1;

/** Another call of a proposer may be started. */
export const mayCall = ({ isThinking, callsUnderWay = isThinking ? 1 : 0, maxCalls = 1 }: PlanContext): boolean =>
  callsUnderWay < maxCalls;

/** Ideas that nobody has begun to measure. */
const waitingIdeas = (state: LabState, context: PlanContext): number =>
  [...state.unfinished].filter((n) => {
    const experiment = state.experiments[n]!;
    if (n === 0 || context.busyExperiments.has(n)) return false;
    return experiment.state === 'proposed' || (experiment.state === 'open' && experiment.measurements.length === 0);
  }).length;

/**
 * Measurements that end while a proposer thinks once: so many ideas should be waiting or under way, and one more,
 * because neither takes the same time each time. At most one for each slot.
 */
export function ideasAhead(ideaS: number, measurementS: number, slots: number): number {
  if (ideaS < PROMPT_IDEA_S) return 0;
  return Math.min(slots, Math.ceil((ideaS * slots) / Math.max(measurementS, 1e-3)) + 1);
}

/** Is another idea asked for while every slot is busy? With one slot never: its order is that of asking in turn. */
export function proposeAheadIsDue(state: LabState, context: PlanContext): boolean {
  if (context.slots === 1 || context.ideaS === undefined || !mayCall(context)) return false;
  const wanted = ideasAhead(context.ideaS, typicalMeasurementS(state), context.slots);
  return waitingIdeas(state, context) + (context.callsUnderWay ?? 0) < wanted;
}
