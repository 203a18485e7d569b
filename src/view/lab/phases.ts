/** Where the time of an experiment's measurements went. Pure. */
import { mean } from '../../base/stats.ts';
import { type LabState, measurementsOf } from '../../core/state.ts';
import { formatDuration } from '../format.ts';
import type { PhaseView } from '../detail-types.ts';

/** Parts of the finished measurements of `n`, on average, in their order; empty where there is none. */
export function phasesOf(state: LabState, n: number, deviceClass: string): PhaseView[] {
  const finished = measurementsOf(state, n).flatMap((measurement) =>
    measurement.state === 'finished' && measurement.deviceClass === deviceClass ? [measurement.conditions] : [],
  );
  if (finished.length === 0) return [];
  const meanOf = (secondsOf: (conditions: (typeof finished)[number]) => number): number =>
    mean(finished.map(secondsOf));
  // A training clock that counts processor time counts the start-up so, too; the rest of the wall time is not known.
  const countsWall = state.lab?.arena.budget.clock !== 'cpu';
  const phases = [
    { name: 'start-up', seconds: meanOf(({ startupS }) => (countsWall ? startupS : 0)) },
    { name: 'run', seconds: meanOf(({ startupS, wallS }) => Math.max(0, wallS - (countsWall ? startupS : 0))) },
    { name: 'evaluation', seconds: meanOf(({ evaluateS }) => evaluateS) },
  ];
  return phases.filter(({ seconds }) => seconds > 0);
}

/** `start-up 0.4 s, run 2.1 s, evaluation 1.1 s`. */
export const phasesText = (phases: readonly PhaseView[]): string =>
  phases.map(({ name, seconds }) => `${name} ${formatDuration(seconds)}`).join(', ');
