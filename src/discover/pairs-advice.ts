/** Should a new arena compare side by side? What `overnight new` sees in its two runs decides it. Pure. */
import { FREE_LOAD, isTiming } from './timing-advice.ts';
import type { Arena } from '../core/arena.ts';

/** Two runs of one program that differ by more than this share did not repeat. */
const MAX_DIFFERENCE = 0.1;

export interface SeenRuns {
  /** One-minute load of the machine. */
  readonly load: number;
  readonly cores: number;
  /** The number of the unchanged code, once outside and once inside the sandbox; absent where nothing was run. */
  readonly values?: readonly [number, number];
}

/** Why pairs, in words; undefined where nothing speaks for them. Processor time needs none for the load alone. */
export function whyPairs(metric: Pick<Arena['metric'], 'name' | 'unit' | 'read'>, seen: SeenRuns): string | undefined {
  if (!isTiming({ metric: { direction: 'minimize', ...metric } }) || metric.read === 'cpu_s') return undefined;
  const { load, cores, values } = seen;
  if (load > cores + FREE_LOAD)
    return `the machine is busy (load ${load.toFixed(1)} on ${cores} cores), and timings of different minutes do not compare`;
  if (!values) return undefined;
  const [outside, inside] = values;
  const difference = Math.abs(outside - inside) / Math.max(Math.abs(outside), Math.abs(inside), 1e-300);
  return difference > MAX_DIFFERENCE
    ? `two runs of the unchanged code differ by ${Math.round(100 * difference)} %`
    : undefined;
}
