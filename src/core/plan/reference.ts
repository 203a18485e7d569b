/**
 * What every candidate is compared with, measured on this device class: the baseline's calibration and the incumbent.
 */
import { wantsBaselineGuards } from '../rules/guards.ts';
import { arenaOf, type LabState, measurementsOf, values } from '../state.ts';
import { nextSeed } from './seed.ts';
import { freeSlots, mustStopNow, type PlanContext, type Step } from './step.ts';
import { stopStep } from './stop-rules.ts';

/** The incumbent is measured again each time it has stood for so many experiments: one lucky number must not stay. */
const RECHECK_EVERY = 25;

/** The next measurement of the reference, if one is missing. When the session must stop, the next session makes it. */
export function ensureReference(state: LabState, context: PlanContext): Step | undefined {
  const step =
    guardBaseline(state, context) ??
    ensureCalibration(state, context) ??
    measureIncumbent(state, context, mustStopNow(context)) ??
    measureRequested(state, context);
  const takesTime = step?.do === 'measure' || step?.do === 'guard';
  return takesTime && mustStopNow(context) ? stopStep(state, context) : step;
}

/** A guard that fails on the unchanged code would fail on every idea: that is found out before the first one. */
function guardBaseline(state: LabState, context: PlanContext): Step | undefined {
  if (state.experiments.length === 0 || !wantsBaselineGuards(state)) return undefined;
  return context.busyExperiments.has(0) ? { do: 'wait' } : { do: 'guard', n: 0, when: 'baseline' };
}

/** Repeats of the baseline on this device class, before the first idea. */
function ensureCalibration(state: LabState, context: PlanContext): Step | undefined {
  if (state.noise.get(context.deviceClass)?.calibrated || state.experiments.length === 0) return undefined;
  const measuredCount = values(state, 0, context.deviceClass).length;
  const runningCount = measurementsOf(state, 0).filter((measurement) => measurement.state === 'running').length;
  // All slots are busy meanwhile, as they will be in the session: neighbours change numbers and noise.
  const wantedCount = Math.max(arenaOf(state).calibrate.replicates, context.slots);
  if (measuredCount >= wantedCount) return { do: 'calibrate' };
  if (measuredCount + runningCount >= wantedCount || freeSlots(state, context) <= 0) return { do: 'wait' };
  return { do: 'measure', n: 0, purpose: 'calibrate', seed: nextSeed(state) };
}

/** A decided experiment that somebody asked to measure once more. A session that must stop leaves it to the next. */
function measureRequested(state: LabState, context: PlanContext): Step | undefined {
  const n = state.steering.replicated[0];
  if (n === undefined || context.busyExperiments.has(n) || mustStopNow(context)) return undefined;
  return { do: 'measure', n, purpose: 'replicate', seed: nextSeed(state) };
}

/**
 * The incumbent has a number from this device class, and one more for every `RECHECK_EVERY` experiments that it stood.
 * One number is enough at first: the margin allows for the luck in it, and a claim never uses it.
 */
function measureIncumbent(state: LabState, context: PlanContext, isEnding: boolean): Step | undefined {
  const n = state.incumbent;
  const replicate: Step = { do: 'measure', n, purpose: 'replicate', seed: nextSeed(state) };
  if (state.steering.replicates > 0 && !context.busyExperiments.has(n)) return replicate;
  if (n === 0) return undefined;
  const measuredCount = measurementsOf(state, n).filter(
    (measurement) => measurement.deviceClass === context.deviceClass && measurement.state !== 'lost',
  ).length;
  const neededCount = isEnding ? 1 : 1 + Math.floor((state.experiments.length - n) / RECHECK_EVERY);
  return measuredCount < neededCount ? replicate : undefined;
}
