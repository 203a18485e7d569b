/** The part of a brief that shows where the time of the best code goes, by the arena's own profile. Pure. */
import { keepTail, sanitizeText } from '../../base/text.ts';
import { newestProfile } from '../../core/profile.ts';
import type { LabState } from '../../core/state.ts';
import type { BriefPart } from './part.ts';

/** Characters that are shown: to an agent in a folder, and to one that pays for its brief and can ask for more. */
const MAX_CHARS = { inside: 1200, submits: 400 };

export function profilePart(
  state: LabState,
  { blob, submits }: { readonly blob: (hash: string) => string | undefined; readonly submits?: boolean },
): BriefPart | undefined {
  const n = state.incumbent;
  const profile = newestProfile(state, n);
  const output = profile && sanitizeText(blob(profile.end!.output!) ?? '').trimEnd();
  if (!output) return undefined;
  const shown = keepTail(output, submits ? MAX_CHARS.submits : MAX_CHARS.inside);
  return { title: `Profile of #${n}, the best code`, maxBytes: 1500, data: true, lines: shown.split('\n') };
}
