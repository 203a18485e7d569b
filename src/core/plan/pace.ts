/** How far a lab is, and how long one of its measurements takes. */
import { medianOf } from '../../base/stats.ts';
import { carriedCount } from '../bases/carry-overs.ts';
import type { Arena } from '../arena.ts';
import { arenaOf, type LabState } from '../state.ts';

/** The newest measurements that say how long one takes. */
const MAX_RECENT = 9;
/** Wall time of a measurement before one was made, as a multiple of the training clock: start, evaluation, git. */
const FIRST_GUESS_FACTOR = 1.3;
/** And seconds on top, for budgets of less than a second. */
const FIRST_GUESS_ADDED_S = 1;

/** Ideas worked on so far: every experiment but the baseline, controls, ablations and what was carried over. */
export const ideasTried = (state: LabState): number =>
  Math.max(0, state.experiments.length - 1 - state.controls.all.length - state.ablations.size - carriedCount(state));

/** Seconds that one measurement takes here: the median of the newest ones; a guess before there are any. */
export function typicalMeasurementS(state: LabState): number {
  const recentSeconds: number[] = [];
  for (let m = state.measurements.length - 1; m >= 0 && recentSeconds.length < MAX_RECENT; m--) {
    const measurement = state.measurements[m]!;
    if (measurement.state === 'finished' && measurement.purpose !== 'screen')
      recentSeconds.push(measurement.conditions.wallS + measurement.conditions.evaluateS);
  }
  return recentSeconds.length > 0
    ? medianOf(recentSeconds)
    : idleSeconds(arenaOf(state)) * FIRST_GUESS_FACTOR + FIRST_GUESS_ADDED_S;
}

/** The training clock on the wall, on cores that are free and all busy. */
const idleSeconds = ({ budget, resources }: Arena): number =>
  budget.clock === 'cpu' ? budget.seconds / resources.cpus : budget.seconds;
