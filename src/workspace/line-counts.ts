/** Lines that a change adds and deletes, where that is clear without a diff. */

export interface LineCounts {
  readonly added: number;
  readonly deleted: number;
}

/** git looks for a zero in so many bytes, and counts no lines of a file that has one. */
const BINARY_PROBE_BYTES = 8000;

/**
 * Count as `git diff --numstat` does: exactly, where the lines between the common beginning and the common end have
 * nothing in common; otherwise undefined, because it depends on how a diff is made.
 */
export function countClearLines(before: Buffer, after: Buffer): LineCounts | undefined {
  if (before.equals(after) || isBinary(before) || isBinary(after)) return { added: 0, deleted: 0 };
  const [oldLines, newLines] = [splitLines(before), splitLines(after)];
  const shorter = Math.min(oldLines.length, newLines.length);
  let start = 0;
  while (start < shorter && oldLines[start] === newLines[start]) start++;
  let end = 0;
  while (end < shorter - start && oldLines.at(-1 - end) === newLines.at(-1 - end)) end++;
  const deletedLines = oldLines.slice(start, oldLines.length - end);
  const addedLines = newLines.slice(start, newLines.length - end);
  const addedSet = new Set(addedLines);
  if (deletedLines.some((line) => addedSet.has(line))) return undefined;
  return { added: addedLines.length, deleted: deletedLines.length };
}

const isBinary = (content: Buffer): boolean => content.subarray(0, BINARY_PROBE_BYTES).includes(0);

/** Lines with their ends: a last line without one differs from the same line with one. */
const splitLines = (content: Buffer): string[] => content.toString('latin1').match(/[^\n]*\n|[^\n]+$/g) ?? [];
