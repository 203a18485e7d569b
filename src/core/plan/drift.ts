/** Looks for drift: has the machine changed since the first measurements? */
import { arenaOf, type LabState, measurementsOf } from '../state.ts';
import { ideasTried } from './pace.ts';
import { nextSeed } from './seed.ts';
import type { PlanContext, Step } from './step.ts';

/** Every `decide.drift` ideas the baseline and then the champion are measured again. */
export function checkDrift(state: LabState, context: PlanContext): Step | undefined {
  const interval = arenaOf(state).decide.drift;
  if (interval === 0) return undefined;
  const driftMeasurements = (n: number): number[] =>
    measurementsOf(state, n).flatMap((measurement) =>
      measurement.purpose === 'drift' && measurement.deviceClass === context.deviceClass && measurement.state !== 'lost'
        ? [measurement.m]
        : [],
    );
  const dueLooks = Math.floor(ideasTried(state) / interval);
  if (dueLooks === 0) return undefined;
  const [baselineLooks, championLooks] = [driftMeasurements(0), driftMeasurements(state.champion)];
  const measureDrift = (n: number): Step => ({ do: 'measure', n, purpose: 'drift', seed: nextSeed(state) });
  if (baselineLooks.length < dueLooks) return measureDrift(0);
  return (championLooks.at(-1) ?? -1) < baselineLooks.at(-1)! ? measureDrift(state.champion) : undefined;
}
