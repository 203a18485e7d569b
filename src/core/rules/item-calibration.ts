/** What the items of a lab can show, before the first idea: how many there are, and the smallest gain they prove. */
import { detectableGain } from '../../base/item-stats.ts';
import { standardDeviationOf } from '../../base/stats.ts';
import type { ItemCalibration } from '../item-record.ts';
import { type MeasuredItems, scoreOf } from '../items.ts';
import type { LabState } from '../state.ts';
import { lordAlpha, spendEvenly } from './error-budget.ts';
import { itemRunsOf, splitOf } from './item-comparison.ts';
import { STEERING_LEVEL } from './items.ts';

/** Correlations of candidate and incumbent over the items, for which the smallest gain is said. */
const CORRELATIONS = [0.5, 0.9, 0.99] as const;

/** Undefined where the baseline has no items on this device. */
export function calibrateItems(state: LabState, deviceClass: string): ItemCalibration | undefined {
  const runs = itemRunsOf(state, 0, deviceClass);
  const newest = runs.at(-1);
  if (!newest) return undefined;
  const split = splitOf(state, newest);
  const [steering, reserve] = [split.steering.length, split.reserve.length];
  const units = [...split.steering, ...split.reserve];
  const deviation = unitDeviation(newest, units);
  const runDeviation = standardDeviationOf(runs.map((run) => scoreOf(run, units)));
  return {
    n: newest.table.ids.length,
    units: units.length,
    steering,
    reserve,
    detectable: CORRELATIONS.map((correlation) => ({
      correlation,
      gain: detectableDifference(deviation * Math.sqrt(2 * (1 - correlation)), runDeviation, steering, reserve),
    })),
  };
}

/** The smallest gain that passes both tests, for units whose differences have this deviation. */
export function detectableDifference(
  deviation: number,
  runDeviation: number,
  steering: number,
  reserve: number,
): number {
  const errorOf = (units: number): number => Math.sqrt(deviation ** 2 / units + 2 * runDeviation ** 2);
  return detectableGain([
    [errorOf(steering), STEERING_LEVEL],
    [errorOf(reserve), lordAlpha(1, [], spendEvenly)],
  ]);
}

/** Spread of what single units add to the score. */
function unitDeviation(scores: MeasuredItems, units: readonly (readonly number[])[]): number {
  const score = scoreOf(scores, units);
  const weightOf = (position: number): number => (scores.weights ? scores.weights[position]! : 1);
  const meanWeight =
    units.reduce((total, unit) => total + unit.reduce((sum, position) => sum + weightOf(position), 0), 0) /
    units.length;
  return standardDeviationOf(
    units.map((unit) =>
      unit.reduce((sum, position) => sum + (scores.values[position]! - score * weightOf(position)) / meanWeight, 0),
    ),
  );
}
