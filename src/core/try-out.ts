/**
 * Scratch tries: a candidate runs for a few seconds on its own data, without evaluator and without a number. Nothing is
 * decided by them, and no measurement follows from them. Here are their bounds.
 */
import { codeOf, isRuledOut, type LabState } from './state.ts';

/** Seconds on the training clock, or fewer where the budget has fewer. */
export const TRY_SECONDS = 5;
/** Seconds of the wall for the candidate, its start-up among them. */
export const TRY_WALL_S = 30;
/** Seconds of the wall for one guard; a guard with a shorter limit keeps its own. */
export const TRY_GUARD_S = 60;
/** Tries of one sender between two ideas of its own. */
export const MAX_TRIES_AN_IDEA = 5;

type Known = Pick<LabState, 'experiments' | 'tries' | 'steering'>;

/** Tries that a sender has left before its next idea. */
export function triesLeft({ experiments, tries }: Known, from: string): number {
  const lastIdea = experiments.findLast(({ idea }) => idea.kind === 'idea' && idea.proposer === from)?.idea.at ?? '';
  return Math.max(0, MAX_TRIES_AN_IDEA - tries.filter(({ asked, at }) => asked.from === from && at > lastIdea).length);
}

/** Why a try cannot be made; undefined where it can. */
export function whyNoTry(state: Known, from: string, parent: number): string | undefined {
  const experiment = state.experiments[parent];
  if (!experiment) return `there is no experiment #${parent}; the newest is #${state.experiments.length - 1}`;
  if (isRuledOut({ ...state, measurements: [] }, parent))
    return `#${parent} is ruled out by a person, or built on what is`;
  if (!codeOf({ ...state, measurements: [] }, parent))
    return experiment.state === 'refused'
      ? `#${parent} was refused, so it has no code`
      : `#${parent} has no code yet: it is made when its turn comes`;
  if (triesLeft(state, from) > 0) return undefined;
  return `${from} has made ${MAX_TRIES_AN_IDEA} tries since its last idea, and no more are allowed: submit one`;
}
