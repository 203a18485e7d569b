/**
 * Ideas that somebody asked the harness to make of earlier ones: several changes combined, or one change again on other
 * code. They are ideas of whoever asked, merged by git (three ways), and judged like any other.
 */
import { defined } from '../base/defined.ts';
import { oneLine } from '../base/text.ts';
import { codeOf, isRuledOut } from '../core/state.ts';
import { type AdmissionDeps, refuseIdea } from './admission.ts';
import { storeEdits } from './edits.ts';
import { mergeMembers } from './merge-members.ts';

/** Longest hypothesis that is made of those of the parts. */
const MAX_HYPOTHESIS = 600;

/** Record the idea that request `id` asks for. Refused where the changes cannot be merged, or are ruled out by now. */
export async function proposeBuild(deps: AdmissionDeps, id: string): Promise<void> {
  const { ledger } = deps;
  const { state } = ledger;
  const { from, of, on, isRetry = false, hypothesis, note } = state.steering.builds.find((build) => build.id === id)!;
  const base = on ?? state.incumbent;
  const missing = [...of, base].find((part) => !codeOf(state, part));
  const { edits, joined, knobs } =
    missing === undefined
      ? await mergeMembers(deps, state.experiments.length, of, { base, isRetry })
      : { edits: [], joined: [] };
  // Ideas from elsewhere may have come while git merged.
  const n = state.experiments.length;
  const describe = (part: number): string => `#${part} ${state.experiments[part]!.idea.hypothesis}`;
  const said = isRetry ? `Again on #${base}: ${describe(of[0]!)}` : `Combined: ${of.map(describe).join(' with ')}`;
  ledger.append({
    type: 'proposed',
    n,
    kind: 'idea',
    parent: base,
    proposer: from,
    hypothesis: hypothesis ?? oneLine(said, MAX_HYPOTHESIS),
    edits: storeEdits(ledger, edits),
    request: id,
    ...(isRetry ? { retries: of[0]! } : { bundles: of, crosses: true as const }),
    ...defined({ note, knobs }),
  });
  if (missing !== undefined)
    return refuseIdea(deps, n, { code: 'conflict', reason: `#${missing} was refused, so it has no code` });
  const ruledOut = [...of, base].find((part) => isRuledOut(state, part));
  if (ruledOut !== undefined)
    return refuseIdea(deps, n, {
      code: 'vetoed',
      reason: `#${ruledOut} is ruled out by a person, or built on what is`,
    });
  const left = of.filter((part) => !joined.includes(part));
  if (left.length > 0) refuseIdea(deps, n, { code: 'conflict', reason: conflictReason(left, of, base) });
}

/** Which change could not be merged, and into what. */
function conflictReason(left: readonly number[], of: readonly number[], base: number): string {
  const others = of.filter((part) => !left.includes(part));
  const into = [`#${base}`, ...others.map((part) => `#${part}`)].join(' with ');
  const names = left.map((part) => `#${part}`).join(' and ');
  return `the change of ${names} cannot be merged into ${into}: they change the same lines or knobs, or nothing of it is left`;
}
