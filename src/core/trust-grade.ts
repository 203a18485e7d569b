/** How far a number may be trusted: who makes it, and whether the candidate can reach whoever makes it. */
import type { Arena } from './arena.ts';

export type TrustGrade =
  /** A separate evaluator, which the candidate cannot reach, or the harness itself takes the number. */
  | 'sealed'
  /** The candidate reports it, in the sandbox, within bounds on what is plausible; or nobody says who takes it. */
  | 'guarded'
  /** The candidate can make it up. */
  | 'reported';

/** How far a number of this arena may be trusted on a machine with this sandbox, and why, in words. */
export function gradeOf(
  arena: Arena,
  sandboxLevel: string,
  sandbox: SandboxFindings = {},
): { readonly grade: TrustGrade; readonly reason: string } {
  const isWatched = sandbox.limits?.startsWith('watched') === true;
  const { grade, reason } = gradeOfArena(arena, sandboxLevel, isWatched);
  const gaps = sandbox.gaps ?? [];
  const remarks = [
    ...(gaps.length > 0 ? [`the sandbox has gaps: ${gaps.join(', ')}`] : []),
    ...(isWatched ? ['memory: watched'] : []),
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

interface Grading {
  readonly grade: TrustGrade;
  readonly reason: string;
}

function gradeOfArena(arena: Arena, sandboxLevel: string, isWatched: boolean): Grading {
  if (sandboxLevel !== 'bubblewrap')
    return { grade: 'reported', reason: 'without a sandbox the candidate can reach the evaluator and its data' };
  const { min, max } = arena.metric.plausible ?? {};
  const isBounded = min !== undefined && max !== undefined;
  if (arena.evaluate) return gradeOfEvaluated(arena, arena.evaluate.join, isBounded, isWatched);
  const who =
    typeof arena.metric.read === 'string'
      ? 'the harness measures the number, but no evaluator checks that the candidate did the work'
      : 'the candidate prints the number itself';
  return isBounded
    ? { grade: 'guarded', reason: `${who}, sandboxed, with frozen files checked and bounds on what is plausible` }
    : { grade: 'reported', reason: `${who}, and metric.plausible sets no bounds` };
}

/** An evaluator that the candidate cannot reach writes the result; who took the number in it is another question. */
function gradeOfEvaluated(
  { metric }: Arena,
  join: 'artefact' | 'pipe' | undefined,
  isBounded: boolean,
  isWatched: boolean,
): Grading {
  if (typeof metric.read === 'string') {
    const reason = `the harness itself measures ${metric.read} of the candidate, and a separate evaluator process checks the work`;
    // Samples of the process list miss what begins and ends between two of them.
    return isWatched && metric.read !== 'wall_s'
      ? { grade: 'guarded', reason: `${reason}; here by samples, which short processes escape` }
      : { grade: 'sealed', reason };
  }
  if (metric.taken_by === 'candidate') {
    const reason =
      'the candidate’s own process reports the number, and a separate evaluator process, which the candidate cannot reach, only passes it on';
    return isBounded
      ? { grade: 'guarded', reason: `${reason}, within bounds on what is plausible` }
      : { grade: 'reported', reason: `${reason}; metric.plausible sets no bounds` };
  }
  if (join === 'pipe' && metric.taken_by === undefined)
    return {
      grade: 'guarded',
      reason:
        'a separate evaluator process, which the candidate cannot reach, writes the number, but the manifest does not say who takes it: with join: pipe the candidate may have sent it (metric.taken_by)',
    };
  return {
    grade: 'sealed',
    reason: 'a separate evaluator process, which the candidate cannot reach, makes the number',
  };
}
