/** Ticks of the staircase's x axis: round experiments, times and sums of money. Pure. */
import { formatDollars, formatDuration, formatFixed, wholeUnitOf } from '../format.ts';
import { roundTicks } from './scale.ts';

export type XAxis = 'experiment' | 'clock' | 'device' | 'money';

export interface AxisTick {
  readonly at: number;
  readonly text: string;
}

/** Round numbers on the x axis: experiments, times or dollars. */
export function xTicks([lowest, highest]: readonly [number, number], axis: XAxis): AxisTick[] {
  if (axis === 'clock' || axis === 'device') return timeTicks(lowest, highest);
  const positions = roundTicks(lowest, highest, 6);
  if (axis === 'money')
    return positions.map((position) => ({ at: position, text: position === 0 ? '0' : formatDollars(position) }));
  return positions.filter(Number.isInteger).map((position) => ({ at: position, text: formatFixed(position, 0) }));
}

const TIME_STEPS_S = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 432_000,
];
const MAX_TIME_TICKS = 8;

/** Round times between two ends in hours, all in the largest unit in which their distance is whole. */
function timeTicks(lowest: number, highest: number): AxisTick[] {
  const stepS = TIME_STEPS_S.find((seconds) => (highest - lowest) * 3600 <= seconds * MAX_TIME_TICKS);
  if (stepS === undefined || !(highest > lowest))
    return roundTicks(lowest, highest, 6).map((position) => ({
      at: position,
      text: position === 0 ? '0' : formatDuration(position * 3600),
    }));
  const unit = wholeUnitOf(stepS);
  const firstTick = Math.ceil((lowest * 3600) / stepS - 1e-9);
  const tickCount = Math.floor((highest * 3600) / stepS + 1e-9) - firstTick + 1;
  return Array.from({ length: Math.max(0, tickCount) }, (_, index) => ({
    at: ((firstTick + index) * stepS) / 3600,
    text: firstTick + index === 0 ? '0' : formatDuration((firstTick + index) * stepS, unit),
  }));
}
