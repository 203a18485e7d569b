/** Events of measurements: started, finished, lost; and the noise that their numbers add up to. */
import { defined } from '../../base/defined.ts';
import { addToStep } from '../../base/value-step.ts';
import type { Measurement } from '../experiment.ts';
import { type ClassNoise, values } from '../state.ts';
import { addResidual, updateFarOut } from './far-out.ts';
import { addToPool, emptyPool, poolWith, poolWithout } from '../../base/stats.ts';
import { differencesOf, pairedSoFar } from '../rules/evidence.ts';
import { withoutReplicate, withoutReplicated } from '../steering.ts';
import { type WorkingState, rejectEvent, type EventOf, requireExperiment } from './working-state.ts';

export function startMeasurement(state: WorkingState, event: EventOf<'measuring'>): void {
  if (event.m !== state.measurements.length)
    rejectEvent(event, `It says measurement ${event.m}; the next one is ${state.measurements.length}.`);
  const experiment = requireExperiment(state, event, event.n, 'open', 'decided');
  const { m, n, purpose, seed, judgeSeed, session, deviceClass, claim, pair, slot } = event;
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
    ...(slot !== undefined && { slot }),
  });
  if (purpose === 'replicate' && n === state.incumbent) state.steering = withoutReplicate(state.steering);
  if (purpose === 'replicate') state.steering = withoutReplicated(state.steering, n);
  if (pair !== undefined) state.pairs.set(pair, [...(state.pairs.get(pair) ?? []), m]);
  state.running.add(m);
  if (purpose === 'screen') return void state.screenRuns.set(n, [...(state.screenRuns.get(n) ?? []), m]);
  state.experiments[n] = { ...experiment, measurements: [...experiment.measurements, m] };
  if (claim !== undefined) state.claims.set(claim, [...(state.claims.get(claim) ?? []), m]);
}

export function finishMeasurement(state: WorkingState, event: EventOf<'measured'>): void {
  const measurement = state.measurements[event.m];
  if (measurement?.state !== 'running')
    rejectEvent(event, `Measurement ${event.m} is ${measurement?.state ?? 'unknown'}, not running.`);
  state.running.delete(event.m);
  const earlierValues = values(state, measurement.n, measurement.deviceClass);
  state.measurements[event.m] = {
    ...measurement,
    state: 'finished',
    outcome: event.outcome,
    conditions: event.conditions,
    at: event.t,
  };
  if (event.outcome.kind !== 'measured' || measurement.purpose === 'screen') return;
  addToNoise(state, measurement, earlierValues, event.outcome.value);
  if (measurement.pair !== undefined) addPairToNoise(state, measurement.pair, measurement.deviceClass);
}

/** One more number tells how far repeats lie apart, and which of them lie far out. */
function addToNoise(
  state: WorkingState,
  { n, deviceClass }: Measurement,
  earlierValues: readonly number[],
  value: number,
): void {
  const noise: ClassNoise = state.noise.get(deviceClass) ?? { pool: emptyPool };
  const residuals = addResidual(noise.residuals, n, earlierValues, value);
  const valueStep = addToStep(noise.valueStep, value);
  updateFarOut(state, n, deviceClass, { ...noise, residuals });
  const laterValues = values(state, n, deviceClass);
  const isOneMore =
    laterValues.length === earlierValues.length + 1 && earlierValues.every((earlier, i) => earlier === laterValues[i]);
  const pool = isOneMore
    ? addToPool(noise.pool, earlierValues, value)
    : poolWith(poolWithout(noise.pool, earlierValues), laterValues);
  state.noise.set(deviceClass, { ...noise, pool, residuals, valueStep });
}

/** A pair that was just finished tells how far pairs of one comparison lie apart. */
function addPairToNoise(state: WorkingState, candidate: number, deviceClass: string): void {
  const pairedRuns = pairedSoFar(state, candidate, deviceClass);
  const sides = pairedRuns.slice(-2).map((run) => run.n);
  const against = sides.find((n) => n !== candidate);
  if (pairedRuns.length % 2 !== 0 || against === undefined || !sides.includes(candidate)) return;
  const differences = differencesOf(state, candidate, against, deviceClass);
  const noise = state.noise.get(deviceClass)!;
  const pairs = addToPool(noise.pairs ?? emptyPool, differences.slice(0, -1), differences.at(-1)!);
  state.noise.set(deviceClass, { ...noise, pairs });
}

export function loseMeasurement(state: WorkingState, event: EventOf<'lost'>): void {
  const measurement = state.measurements[event.m];
  if (measurement?.state !== 'running')
    rejectEvent(event, `Measurement ${event.m} is ${measurement?.state ?? 'unknown'}, not running.`);
  state.running.delete(event.m);
  state.measurements[event.m] = { ...measurement, state: 'lost', reason: event.reason };
}

export function recordNoise(state: WorkingState, event: EventOf<'calibrated'>): void {
  const earlierNoise = state.noise.get(event.deviceClass);
  state.noise.set(event.deviceClass, {
    pool: emptyPool,
    ...earlierNoise,
    calibrated: event.noise,
    ...defined({ items: event.items }),
  });
}

export function recordHoldout(state: WorkingState, event: EventOf<'held'>): void {
  const measurement = state.measurements[event.m];
  if (measurement === undefined) rejectEvent(event, `Measurement ${event.m} is unknown.`);
  const { n, deviceClass } = measurement;
  const read = { m: event.m, deviceClass, outcome: event.outcome };
  state.holdoutOutcomes.set(n, [...(state.holdoutOutcomes.get(n) ?? []), read]);
}
