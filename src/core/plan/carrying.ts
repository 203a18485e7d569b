/** When ideas are carried over to the incumbent, and what must be measured or decided before. */
import { nextCarryOver } from '../bases/carry-overs.ts';
import { undecidedBase } from '../bases/comparison-base.ts';
import { judge } from '../rules/judge.ts';
import { inPairs, type LabState, values } from '../state.ts';
import { mustStopNow, type PlanContext, type Step } from './step.ts';

/** An idea that is better than older code becomes an experiment on the incumbent. A merge, and no measurement. */
export function carryOver(state: LabState, context: PlanContext): Step | undefined {
  if (context.finalize || context.confirm || mustStopNow(context)) return undefined;
  const [n, ...others] = nextCarryOver(state, context.slots);
  if (n === undefined || (context.slots > 1 && hasVerdictInWaiting(state, context))) return undefined;
  return { do: 'carry', n, others };
}

/** An idea whose verdict waited for what was carried over last: it comes before the next one. */
const hasVerdictInWaiting = (state: LabState, context: PlanContext): boolean =>
  [...state.unfinished].some((n) => {
    const experiment = state.experiments[n]!;
    const isMeasured = experiment.state === 'open' && experiment.measurements.length > 0 && n > 0;
    if (!isMeasured || context.busyExperiments.has(n)) return false;
    if ([...state.running].some((m) => state.measurements[m]!.n === n)) return false;
    return undecidedBase(state, n) === undefined && !judge(state, n, context.deviceClass).again;
  });

/**
 * With several slots the incumbent was the best of many at once, so the one number that it was chosen by is too good:
 * it gets a second one before anything is carried over to it.
 */
export const wantsSecondLook = (state: LabState, { slots, busyExperiments, deviceClass }: PlanContext): boolean =>
  slots > 1 &&
  !inPairs(state) &&
  !busyExperiments.has(state.incumbent) &&
  values(state, state.incumbent, deviceClass).length < 2;
