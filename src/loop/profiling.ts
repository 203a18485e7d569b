/** Asks for the profile of a version, as a scratch try. */
import { PROFILE_SENDER } from '../core/profile.ts';
import type { Ledger } from '../core/ports.ts';

export function askProfile(ledger: Ledger, n: number): void {
  const tryOut = ledger.state.tries.length;
  ledger.append({
    type: 'try.asked',
    tryOut,
    id: `profile-${tryOut}-of-${n}`,
    from: PROFILE_SENDER,
    parent: n,
    edits: {},
    profile: true,
  });
}
