/** Events of measurements: started, finished, lost; and the noise that their numbers add up to. */
import { defined } from '../../base/defined.ts';
import { values } from '../state.ts';
import { addToPool, emptyPool } from '../../base/stats.ts';
import { withoutReplicate } from '../steering.ts';
import { type WorkingState, rejectEvent, type EventOf, requireExperiment } from './working-state.ts';

export function startMeasurement(state: WorkingState, event: EventOf<'measuring'>): void {
  if (event.m !== state.measurements.length)
    rejectEvent(event, `It says measurement ${event.m}; the next one is ${state.measurements.length}.`);
  const experiment = requireExperiment(state, event, event.n, 'open', 'decided');
  const { m, n, purpose, seed, judgeSeed, session, deviceClass, claim, pair } = event;
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
  });
  if (purpose === 'replicate' && n === state.incumbent) state.steering = withoutReplicate(state.steering);
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
  if (event.outcome.kind === 'measured' && measurement.purpose !== 'screen') {
    const noise = state.noise.get(measurement.deviceClass) ?? { pool: emptyPool };
    const earlierValues = values(state, measurement.n, measurement.deviceClass);
    state.noise.set(measurement.deviceClass, {
      ...noise,
      pool: addToPool(noise.pool, earlierValues, event.outcome.value),
    });
  }
  state.measurements[event.m] = {
    ...measurement,
    state: 'finished',
    outcome: event.outcome,
    conditions: event.conditions,
    at: event.t,
  };
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
  const n = state.measurements[event.m]?.n;
  if (n === undefined) rejectEvent(event, `Measurement ${event.m} is unknown.`);
  state.holdoutOutcomes.set(n, [...(state.holdoutOutcomes.get(n) ?? []), event.outcome]);
}
