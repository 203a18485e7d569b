/** Can anybody propose an idea? Asked before the baseline is measured: a calibration for nothing may take an hour. */
import { LabError } from '../base/error.ts';
import type { RunLimits } from '../core/session.ts';
import type { LabState } from '../core/state.ts';
import { openInbox } from '../ledger/inbox.ts';
import type { IdeaSources } from './choose-proposer.ts';
import type { LocatedLab } from './locate-lab.ts';

/** Throws E_NOBODY. Ideas that are open, or wait in the inbox, are measured all the same. */
export function requireProposer(
  { options, loadedArena, paths }: LocatedLab,
  state: LabState,
  ideas: IdeaSources,
): void {
  if (canPropose(ideas, loadedArena.arena.knobs.length, options.limits)) return;
  if ([...state.unfinished].some((n) => n > 0)) return;
  if (
    openInbox(paths.inbox)
      .listRequests()
      .some(({ request }) => IDEA_VERBS.has(request.wish.verb))
  )
    return;
  throw nobodyError(ideas.reason);
}

/** Requests that bring an idea. */
const IDEA_VERBS: ReadonlySet<string> = new Set(['submit', 'pin']);

/** True when at least one member can have an idea: an agent that may spend something, or the optimizer with knobs. */
export function canPropose(ideas: IdeaSources, knobCount: number, limits: RunLimits = {}): boolean {
  if (ideas.mute === true || limits.finalize === true || limits.confirm === true || knobCount > 0) return true;
  const maySpend = limits.usd !== 0 && limits.tokens !== 0 && limits.labUsd !== 0 && limits.labTokens !== 0;
  return maySpend && ideas.members.some((member) => member !== 'search');
}

const nobodyError = (reason: string): LabError =>
  new LabError('E_NOBODY', {
    what: 'Nobody can propose an idea, so nothing was measured.',
    why: `The manifest declares no knobs, and no agent can be asked: ${reason}.`,
    next: 'Install a coding agent and log in, set a key such as ANTHROPIC_API_KEY, declare knobs with `overnight knobs --write`, or propose ideas yourself with `overnight submit` while `overnight run --agent submissions` runs.',
  });
