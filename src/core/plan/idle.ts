/** What is measured while a proposer works on the next idea. */
import { arenaOf, type LabState, values } from '../state.ts';
import { ideasTried } from './pace.ts';
import { nextSeed } from './seed.ts';
import type { PlanContext, Step } from './step.ts';

/** Numbers of the incumbent beyond which more of them change no verdict. */
const MAX_INCUMBENT_VALUES = 5;
/** Numbers of the baseline beyond which more of them change no percentage. */
const MAX_BASELINE_VALUES = 10;
/** Controls for each idea, while waiting costs nothing. */
const IDLE_CONTROL_SHARE = 0.05;

/**
 * The most useful first: the incumbent, which every candidate is compared with; the baseline, which the report's
 * percentage rests on and drift shows in; then A/A controls, up to one in twenty ideas.
 */
export function measureWhileWaiting(state: LabState, context: PlanContext): Step | undefined {
  const measureAgain = (n: number): Step => ({ do: 'measure', n, purpose: 'replicate', seed: nextSeed(state) });
  const mayUse = (n: number, most: number): boolean =>
    !context.busyExperiments.has(n) && values(state, n, context.deviceClass).length < most;
  if (mayUse(state.incumbent, MAX_INCUMBENT_VALUES)) return measureAgain(state.incumbent);
  if (mayUse(0, MAX_BASELINE_VALUES)) return measureAgain(0);
  const wantedControls = arenaOf(state).decide.controls > 0 ? IDLE_CONTROL_SHARE * ideasTried(state) : 0;
  return state.controls.all.length < wantedControls ? { do: 'control' } : undefined;
}
