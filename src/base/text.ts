/** Small pure helpers for text that people read. */

/** `1 experiment`, `2 experiments`. */
export function formatCount(quantity: number, noun: string, plural = `${noun}s`): string {
  return `${quantity.toLocaleString('en-US')} ${quantity === 1 ? noun : plural}`;
}

/** The last `maxBytes` of a text, cut at a line, with a note of what was left out. */
export function keepTail(text: string, maxBytes: number): string {
  if (text.length <= maxBytes) return text;
  const kept = text.slice(text.length - maxBytes);
  return `[… ${text.length - kept.length} characters left out]\n${kept.slice(kept.indexOf('\n') + 1)}`;
}

/**
 * Text without terminal escapes and control characters other than newline and tab: safe to print, to store and to show
 * an agent.
 */
export function sanitizeText(text: string): string {
  return text
    .replace(/\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-_]/g, '')
    .replace(/\r(?!\n)/g, '\n')
    .replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '')
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, '');
}

/** One line, at most `maxLength` characters, with an ellipsis when something was cut. */
export function oneLine(text: string, maxLength: number): string {
  const flattened = sanitizeText(text).replace(/\s+/g, ' ').trim();
  return flattened.length <= maxLength ? flattened : `${flattened.slice(0, Math.max(0, maxLength - 1))}…`;
}

/**
 * How much two texts say with the same words, whatever their order: shared words over all words (Jaccard); 0 where one
 * has fewer than two.
 */
export function sharedWords(left: string, right: string): number {
  const [leftWords, rightWords] = [left, right].map(
    (text) => new Set(text.toLowerCase().match(/[\p{L}\p{N}_.]+/gu) ?? []),
  );
  const shared = [...leftWords!].filter((word) => rightWords!.has(word)).length;
  return leftWords!.size < 2 || rightWords!.size < 2 ? 0 : shared / (leftWords!.size + rightWords!.size - shared);
}
