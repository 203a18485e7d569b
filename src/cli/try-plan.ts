/** What `overnight try` does with a shipped arena: how many ideas, how long, shorter runs on a busy machine. Pure. */
import { defined } from '../base/defined.ts';
import type { Arena } from '../core/arena.ts';
import { clockWords } from '../core/clock-words.ts';

export interface TryPlan {
  readonly experiments: number;
  readonly minutes: number;
  /** Seconds on the training clock, instead of the manifest's. */
  readonly seconds?: number;
  /** Repeats of the baseline, instead of the manifest's. */
  readonly calibrate?: number;
  /** What is smaller than usual, and why, for people. */
  readonly remark?: string;
}

/** `--quick`: enough to see every part at work, not enough for a result. `seconds` on each core. */
const QUICK = { experiments: 6, minutes: 2.2, seconds: 4, calibrate: 3 };
/** Runs may take this many times as long as on a quiet machine before they are made shorter. */
const TOLERATED_SLOWDOWN = 2;
/** However busy it is, runs keep this share of their processor time. */
const MIN_SHARE = 0.3;
const BUSY_CALIBRATE = 3;

/** `load` is how many programs want a processor now, `cores` how many there are. */
export function planTry(
  arena: Pick<Arena, 'budget' | 'resources' | 'evaluate' | 'try'>,
  { isQuick, load, cores }: { readonly isQuick: boolean; readonly load: number; readonly cores: number },
): TryPlan {
  const { budget, resources } = arena;
  // Where candidate and evaluator are joined by a pipe, the budget bounds the answers; there is no work to shorten.
  const isShortened = isQuick && arena.evaluate?.join !== 'pipe';
  const quickS = QUICK.seconds * (budget.clock === 'cpu' ? resources.cpus : 1);
  const wantedS = isShortened ? quickS : arena.try.seconds;
  const { experiments, minutes } = isQuick ? QUICK : arena.try;
  const seconds = wantedS === undefined ? undefined : Math.min(wantedS, budget.seconds);
  const plan = { experiments, minutes, ...defined({ seconds, calibrate: isQuick ? QUICK.calibrate : undefined }) };
  const slowdown = (load + resources.cpus) / cores;
  if (budget.clock !== 'cpu' || isQuick || slowdown <= TOLERATED_SLOWDOWN) return plan;
  const usualS = seconds ?? budget.seconds;
  const busyS = Math.ceil(usualS * Math.max(MIN_SHARE, TOLERATED_SLOWDOWN / slowdown));
  return {
    ...plan,
    seconds: busyS,
    calibrate: BUSY_CALIBRATE,
    remark: `This machine is busy (load ${load.toFixed(0)} on ${cores} cores): a run gets ${busyS} s${clockWords(budget)} instead of ${usualS}, so that the try ends in time.`,
  };
}
