/**
 * Which ideas are carried over to the incumbent next, and how many together. Each was better than the older code that
 * it was built on. Where several measurements run at once, several such ideas wait at a time: they are merged and
 * measured as one, and by halves where that is no better. Pure.
 */
import type { Verdict } from '../decision.ts';
import { verdictOf } from '../experiment.ts';
import { isRuledOut, type LabState } from '../state.ts';

/**
 * The ideas to carry over next, as one, oldest first; `most` at most. None while one is being carried over, because
 * each that is kept moves the incumbent. One whose carried-over code fell with a step that a person ruled out is
 * carried over again.
 */
export function nextCarryOver(state: LabState, most = 1): readonly number[] {
  const groups = new Map<number | undefined, number[]>();
  for (const [n, carriers] of state.carryOvers) {
    const carrier = carriers.at(-1);
    if (carrier !== undefined && state.unfinished.has(carrier)) return [];
    if (isWaiting(state, n, carrier)) {
      const failedTogether = carrier !== undefined && isFailedBatch(state, carrier) ? carrier : undefined;
      groups.set(failedTogether, [...(groups.get(failedTogether) ?? []), n]);
    }
  }
  const [first] = groups;
  if (!first) return [];
  const [failedTogether, ideas] = first;
  const limit = failedTogether === undefined ? most : Math.ceil(membersOf(state, failedTogether).length / 2);
  return ideas.slice(0, Math.min(most, limit));
}

function isWaiting(state: LabState, n: number, carrier: number | undefined): boolean {
  if (isRuledOut(state, n)) return false;
  if (carrier === undefined || isFailedBatch(state, carrier)) return true;
  return isRuledOut(state, carrier) && !state.steering.vetoed.has(carrier);
}

/** Ideas that experiment `carrier` carries over. */
export function membersOf(state: LabState, carrier: number): readonly number[] {
  const { carries, carriesToo = [] } = state.experiments[carrier]!.idea;
  return carries === undefined ? [] : [carries, ...carriesToo];
}

/** Several ideas were measured as one, and that was no better: which of them is to blame is not known. */
function isFailedBatch(state: LabState, carrier: number): boolean {
  const experiment = state.experiments[carrier]!;
  if (membersOf(state, carrier).length < 2 || experiment.state !== 'decided' || isRuledOut(state, carrier))
    return false;
  return verdictOf(experiment) !== 'kept' && experiment.decision.kind !== 'carried';
}

/**
 * Does a verdict that would make `n` a step wait until what is being carried over is decided? Else the incumbent would
 * move under it, and with many slots it would be carried over for ever.
 */
export function waitsForCarrier(state: LabState, n: number, verdict: Verdict): boolean {
  if (verdict !== 'kept' || state.carryOvers.size === 0 || state.experiments[n]!.idea.carries !== undefined)
    return false;
  return [...state.unfinished].some((other) => {
    const { state: progress, idea } = state.experiments[other]!;
    return other !== n && progress === 'open' && idea.carries !== undefined;
  });
}

/** Experiments that carry ideas over: the same ideas again, so they count once. */
export const carriedCount = (state: Pick<LabState, 'carryOvers'>): number =>
  new Set([...state.carryOvers.values()].flat()).size;
