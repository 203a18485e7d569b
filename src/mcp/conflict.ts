/** A conflict with both its diffs, as an agent or a person reads it. The diffs are text of untrusted code. */
import { sanitizeText } from '../base/text.ts';
import { readBlobText } from '../ledger/jsonl.ts';
import type { ConflictView } from '../view/lab/experiment.ts';

/** Longest diff that is shown of each side. */
const MAX_DIFF_CHARS = 6000;

/** Both changes since `base`, as unified diffs. */
export interface ReadConflict extends Omit<ConflictView, 'ideaDiff' | 'incumbentDiff'> {
  readonly idea: string;
  readonly other: string;
}

export function readConflict(labFolder: string, conflict: ConflictView | undefined): ReadConflict | undefined {
  if (!conflict) return undefined;
  const { ideaDiff, incumbentDiff, ...facts } = conflict;
  const textOf = (blobHash: string): string => {
    const text = sanitizeText(readBlobText(labFolder, blobHash) ?? '');
    const rest = text.length - MAX_DIFF_CHARS;
    return rest > 0 ? `${text.slice(0, MAX_DIFF_CHARS)}\n[${rest} more characters]` : text;
  };
  return { ...facts, idea: textOf(ideaDiff), other: textOf(incumbentDiff) };
}

export const conflictText = ({ paths, base, incumbent, idea, other }: ReadConflict): string =>
  [
    `Both change the same lines of ${paths.join(', ')}. What the idea changes in #${base}:`,
    idea.trimEnd(),
    `What the way from #${base} to #${incumbent} changes there:`,
    other.trimEnd(),
  ].join('\n');
