/** Which crashed candidate may be repaired by whoever wrote it, and how often. Knows nothing about how. */
import type { Decision } from '../decision.ts';
import type { FailureClass } from '../outcome.ts';
import type { LabState } from '../state.ts';

/**
 * Failures that lie in the candidate's code. The others are the machine's, the evaluator's, or an attempt at what must
 * not be touched.
 */
const REPAIRABLE: readonly FailureClass[] = [
  'exit',
  'signal',
  'out-of-memory',
  'too-many-processes',
  'output-flood',
  'nan',
  'shape',
  'import',
  'no-artefact',
  'guard',
  'timeout',
  'model-budget',
  'model-refused',
];

/**
 * May experiment `n` be repaired before this decision on it is recorded? Only ideas of agents, and at most `maxCalls`
 * calls for one.
 */
export function isRepairable(state: LabState, n: number, { failure }: Decision, maxCalls: number): boolean {
  const { idea } = state.experiments[n]!;
  if (failure === undefined || !REPAIRABLE.includes(failure) || idea.kind !== 'idea' || idea.note === undefined)
    return false;
  if (state.steering.skipped.has(n)) return false;
  const repairCalls = state.calls.filter(({ start }) => start.purpose === 'repair' && start.n === n).length;
  return repairCalls < maxCalls;
}
