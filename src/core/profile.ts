/**
 * The profile of a version: an arena's own command that says where the time or the memory goes. It is no measurement;
 * it runs as a scratch try does. The harness asks for one of each incumbent while agents propose.
 */
import { arenaOf, type LabState } from './state.ts';
import type { TryOut } from './try-record.ts';

/** Who asks for profiles by itself. */
export const PROFILE_SENDER = 'harness';
/** Times that it asks for one version, where a session ended before the profile did. */
const MAX_ATTEMPTS = 2;

const profilesOf = (state: LabState, n: number): readonly TryOut[] =>
  state.tries.filter(
    ({ asked }) => asked.profile === true && asked.parent === n && Object.keys(asked.edits).length === 0,
  );

/** The newest profile of the code of `n` that ran to its end; undefined where there is none. */
export const newestProfile = (state: LabState, n: number): TryOut | undefined =>
  profilesOf(state, n).findLast(({ end }) => end?.exitCode === 0 && end.output !== undefined);

/** Has the incumbent of an arena with a profile none yet? */
export function isProfileDue(state: LabState): boolean {
  if (!arenaOf(state).profile) return false;
  const attempts = profilesOf(state, state.incumbent).filter(({ asked }) => asked.from === PROFILE_SENDER);
  return attempts.length < MAX_ATTEMPTS && attempts.every(({ end }) => end?.outcome === 'lost');
}
