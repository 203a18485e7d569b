/** Where a submission is on its way to a verdict, and how long that will take. */
import { defined } from '../base/defined.ts';
import { formatCount } from '../base/text.ts';
import { typicalMeasurementS } from '../core/plan/pace.ts';
import { replicatesOf } from '../core/arena.ts';
import { arenaOf, inPairs, type LabState, measurementsOf } from '../core/state.ts';
import { formatDuration } from '../view/format.ts';

/**
 * `inbox`: no harness has taken it. `queued`: others are measured before it. `measuring`: it is. `between`: it has
 * numbers and waits for the next one, or for its verdict. `lost`: the harness ended while it was measured, and it is
 * measured again. `conflict`: its change cannot be merged. `stopped`: no harness works on it.
 */
export type Phase =
  'inbox' | 'queued' | 'measuring' | 'between' | 'lost' | 'stopped' | 'decided' | 'refused' | 'conflict';

export interface Progress {
  readonly phase: Phase;
  /** Submissions and other ideas that come before it. */
  readonly ahead?: number;
  /** Seconds until its verdict, as far as the newest measurements tell. */
  readonly expectedS?: number;
  /** In words; empty where the verdict says it all. */
  readonly text: string;
}

/** Where experiment `n` is. */
export function progressOf(state: LabState, n: number, isAlive: boolean): Progress {
  const experiment = state.experiments[n]!;
  if (experiment.state === 'decided') return { phase: 'decided', text: '' };
  if (experiment.state === 'refused')
    return { phase: experiment.code === 'conflict' ? 'conflict' : 'refused', text: '' };
  if (!isAlive)
    return {
      phase: 'stopped',
      text: 'is not decided, and no harness is running: the next `overnight run` goes on with it',
    };
  const own = measurementsOf(state, n);
  const screened = (state.screenRuns.get(n) ?? []).map((m) => state.measurements[m]!);
  const isMeasured = [...own, ...screened].some((measurement) => measurement.state === 'running');
  if (isMeasured) return { phase: 'measuring', text: 'is being measured', ...expected(state, 1) };
  const ended = own.filter((measurement) => measurement.state === 'finished').length;
  if (ended === 0 && own.at(-1)?.state === 'lost')
    return { phase: 'lost', text: 'was lost with the harness while it was measured, and is measured again' };
  if (ended > 0)
    return { phase: 'between', text: `has ${formatCount(ended, 'measurement')} and waits for its verdict` };
  return queued([...state.unfinished].filter((other) => other > 0 && other < n).length, state);
}

/** A request that waits in the inbox behind `ahead` others. */
export const waitingInInbox = (ahead: number): Progress => ({
  phase: 'inbox',
  ahead,
  text: `no harness has taken it yet${ahead > 0 ? `; ${ahead} before it` : ''}`,
});

function queued(ahead: number, state: LabState): Progress {
  const { expectedS } = expected(state, ahead + 1);
  const wait = `about ${formatDuration(expectedS)}`;
  const text = ahead === 0 ? `is next, ${wait}` : `is queued behind ${formatCount(ahead, 'idea')}, ${wait}`;
  return defined({ phase: 'queued' as const, ahead, expectedS, text });
}

/** So many ideas, each measured as often as the rule needs at least. */
function expected(state: LabState, ideas: number): { readonly expectedS: number } {
  const measurements = inPairs(state) ? 2 : replicatesOf(arenaOf(state));
  return { expectedS: Math.max(1, Math.round(ideas * measurements * typicalMeasurementS(state))) };
}
