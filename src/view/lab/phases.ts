/** Where the time of an experiment's measurements went. Pure. */
import { mean } from '../../base/stats.ts';
import { secondsOfGuards } from '../../core/guard-run.ts';
import { type LabState, measurementsOf } from '../../core/state.ts';
import { formatDuration } from '../format.ts';
import type { PhaseView } from '../detail-types.ts';

/**
 * Parts of the finished measurements of `n`, on average, in their order, and the guards, which run once; empty where
 * there is no measurement.
 */
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
    { name: 'guards', seconds: guardSecondsOf(state, n) },
  ];
  return phases.filter(({ seconds }) => seconds > 0);
}

/** Seconds of the newest run of each kind of guards. */
function guardSecondsOf(state: LabState, n: number): number {
  const runs = (state.guardRunsOf.get(n) ?? []).map((g) => state.guardRuns[g]!);
  const newest = new Map(runs.map((run) => [run.when, secondsOfGuards(run)]));
  return [...newest.values()].reduce((total, seconds) => total + seconds, 0);
}

/** `start-up 0.4 s, run 2.1 s, evaluation 1.1 s`. */
export const phasesText = (phases: readonly PhaseView[]): string =>
  phases.map(({ name, seconds }) => `${name} ${formatDuration(seconds)}`).join(', ');
