/**
 * What makes a number steadier that hangs on time: the metric is a timing, or the candidate works until a clock ends
 * it. From repeats of the unchanged code and the load that there was. Pure.
 */
import { mean, medianOf, standardDeviationOf } from '../base/stats.ts';
import type { Arena } from '../core/arena.ts';
import type { Conditions } from '../core/outcome.ts';
import type { ManifestChange } from './manifest-changes.ts';

/** One repeat of the unchanged code. */
export interface TimedRun {
  readonly value: number;
  readonly conditions: Pick<Conditions, 'wallS' | 'cpuS' | 'budgetedS' | 'load'>;
}

export interface TimingAdvice {
  /** What was seen. */
  readonly detail: string;
  /** What to do, where no change of the manifest does it. */
  readonly fix?: string;
  readonly change?: ManifestChange;
}

const TIME_UNIT =
  /^(?:n|u|µ|m)?s(?:ec(?:onds?)?)?$|^min(?:utes?)?$|\/s(?:ec)?$|per second|^(?:ops|qps|rps|tps|fps|hz)$/i;
const TIME_NAME =
  /(?:^|_)(?:time|times|seconds|secs?|ms|us|ns|latency|duration|elapsed|throughput|wall|p\d\d|ops|qps|rps)(?:_|$)|_per_s(?:ec(?:ond)?)?$/i;
/** A run that used this share of its clock works until the clock ends it. */
const FULL_SHARE = 0.8;
/** Below this share of the wall a program mostly waits, and its processor time says little. */
const MIN_COMPUTING = 0.6;
/** Processor time is advised where it repeats this many times better. */
const MIN_STEADIER = 2;
/** Load above the cores that is not called busy: the measurement itself and a little. */
export const FREE_LOAD = 0.5;
/** A timing whose repeats spread more than this share hides most improvements. */
export const MAX_TIMING_SPREAD = 0.05;

const spreadOf = (values: readonly number[]): number =>
  values.length < 2 ? 0 : standardDeviationOf(values) / Math.abs(mean(values) || 1);

export const isTiming = ({ metric }: Pick<Arena, 'metric'>): boolean =>
  metric.read === 'wall_s' || metric.read === 'cpu_s' || TIME_UNIT.test(metric.unit) || TIME_NAME.test(metric.name);

/** Undefined where time plays no part, or where nothing disturbs it. */
export function adviseOnTiming(arena: Arena, runs: readonly TimedRun[], cores: number): TimingAdvice | undefined {
  if (runs.length < 2) return undefined;
  const load = medianOf(runs.map(({ conditions }) => conditions.load));
  const isBusy = load > cores + FREE_LOAD;
  const wallSpread = spreadOf(runs.map(({ conditions }) => conditions.wallS));
  const cpuSpread = spreadOf(runs.map(({ conditions }) => conditions.cpuS));
  const computing = medianOf(runs.map(({ conditions }) => conditions.cpuS / Math.max(1e-9, conditions.wallS)));
  const machineText = isBusy ? `the machine is busy (load ${load.toFixed(1)} on ${cores} cores)` : '';
  const computes = computing >= (isBusy ? MIN_COMPUTING / (1 + load / cores) : MIN_COMPUTING);
  if (arena.metric.read === 'wall_s' && computes && (isBusy || wallSpread > MIN_STEADIER * cpuSpread))
    return {
      detail: joined(
        machineText,
        `wall time spreads by ${percent(wallSpread)}, processor time by ${percent(cpuSpread)}`,
      ),
      change: { key: 'metric.read', value: 'cpu_s' },
    };
  const usedShare = medianOf(runs.map(({ conditions }) => conditions.budgetedS)) / arena.budget.seconds;
  const canCount = arena.budget.clock !== 'cpu' && arena.resources.gpus === 0;
  if (isBusy && canCount && usedShare >= FULL_SHARE && computes)
    return {
      detail: joined(machineText, 'the candidate works until its clock ends it, so it does less work beside others'),
      change: { key: 'budget.clock', value: 'cpu' },
    };
  return isTiming(arena) ? adviseOnSpread(arena, runs, machineText) : undefined;
}

/** A timing that processor time does not help: pairs, and where there are pairs already, another way to measure. */
function adviseOnSpread(arena: Arena, runs: readonly TimedRun[], machineText: string): TimingAdvice | undefined {
  const isCpuTime = arena.metric.read === 'cpu_s';
  const spread = spreadOf(runs.map(({ value }) => value));
  const isSpread = spread > MAX_TIMING_SPREAD;
  if (!isSpread && (machineText === '' || isCpuTime)) return undefined;
  const spreadText = isSpread ? `${arena.metric.name} of the same code spreads by ${percent(spread)}` : '';
  const hasPairs = arena.decide.rule === 'paired' || arena.decide.rule === 'sequential';
  if (!hasPairs && arena.decide.rule !== 'items')
    return {
      detail: joined(
        machineText,
        spreadText,
        `${arena.metric.name} is a timing, and timings of different minutes do not compare`,
      ),
      change: { key: 'decide.rule', value: 'paired' },
    };
  if (!isSpread) return undefined;
  return {
    detail: joined(machineText, spreadText),
    fix: 'take the time beside that of reference work and report the ratio, many short requests and a low quantile, or processor time: docs/arena.md, "Timings on a machine that is not quiet"',
  };
}

const joined = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join('; ');
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
