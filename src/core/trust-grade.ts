/** How far a number may be trusted: who makes it, and whether the candidate can reach whoever makes it. */
import type { Arena } from './arena.ts';

export type TrustGrade =
  /** A separate evaluator, which the candidate cannot reach, makes the number. */
  | 'sealed'
  /** The candidate prints it, in the sandbox, within bounds on what is plausible. */
  | 'guarded'
  /** The candidate can make it up. */
  | 'reported';

/** How far a number of this arena may be trusted on a machine with this sandbox, and why, in words. */
export function gradeOf(arena: Arena, sandboxLevel: string): { readonly grade: TrustGrade; readonly reason: string } {
  if (sandboxLevel !== 'bubblewrap')
    return { grade: 'reported', reason: 'without a sandbox the candidate can reach the evaluator and its data' };
  if (arena.evaluate)
    return {
      grade: 'sealed',
      reason: 'a separate evaluator process, which the candidate cannot reach, makes the number',
    };
  const { min, max } = arena.metric.plausible ?? {};
  if (min !== undefined && max !== undefined)
    return {
      grade: 'guarded',
      reason:
        'the candidate prints the number itself, sandboxed, with frozen files checked and bounds on what is plausible',
    };
  return { grade: 'reported', reason: 'the candidate prints the number itself, and metric.plausible sets no bounds' };
}
