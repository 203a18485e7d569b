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
export function gradeOf(
  arena: Arena,
  sandboxLevel: string,
  sandbox: SandboxFindings = {},
): { readonly grade: TrustGrade; readonly reason: string } {
  const { grade, reason } = gradeOfArena(arena, sandboxLevel);
  const gaps = sandbox.gaps ?? [];
  const remarks = [
    ...(gaps.length > 0 ? [`the sandbox has gaps: ${gaps.join(', ')}`] : []),
    ...(sandbox.limits?.startsWith('watched') ? ['memory: watched'] : []),
  ];
  return { grade: gaps.length > 0 ? LOWERED[grade] : grade, reason: [reason, ...remarks].join('; ') };
}

/** What the sandbox says of itself beside its level. */
export interface SandboxFindings {
  readonly gaps?: readonly string[];
  /** How limits are held. */
  readonly limits?: string;
}

const LOWERED = { sealed: 'guarded', guarded: 'reported', reported: 'reported' } as const;

function gradeOfArena(arena: Arena, sandboxLevel: string): { readonly grade: TrustGrade; readonly reason: string } {
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
