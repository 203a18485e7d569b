/** Small pure helpers for text that people read. */

/** `1 experiment`, `2 experiments`. */
export function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${n.toLocaleString('en-US')} ${n === 1 ? noun : plural}`;
}

/** The last `maxBytes` of a text, cut at a line, with a note of what was left out. */
export function tail(text: string, maxBytes: number): string {
  if (text.length <= maxBytes) return text;
  const cut = text.slice(text.length - maxBytes);
  const line = cut.indexOf('\n');
  return `[… ${text.length - cut.length} characters left out]\n${line >= 0 ? cut.slice(line + 1) : cut}`;
}

/**
 * Text without terminal escapes and control characters other than newline and tab: safe to print, to store and to show
 * an agent.
 */
export function sanitize(text: string): string {
  return text
    .replace(/\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-_]/g, '')
    .replace(/\r(?!\n)/g, '\n')
    .replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '')
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, '');
}

/** One line, at most `max` characters, with an ellipsis when something was cut. */
export function oneLine(text: string, max: number): string {
  const flat = sanitize(text).replace(/\s+/g, ' ').trim();
  return flat.length <= max ? flat : `${flat.slice(0, Math.max(0, max - 1))}…`;
}

/**
 * How much two texts say with the same words, whatever their order: shared words over all words (Jaccard); 0 where one
 * has fewer than two.
 */
export function sharedWords(a: string, b: string): number {
  const [mine, theirs] = [a, b].map((text) => new Set(text.toLowerCase().match(/[\p{L}\p{N}_.]+/gu) ?? []));
  const shared = [...mine!].filter((word) => theirs!.has(word)).length;
  return mine!.size < 2 || theirs!.size < 2 ? 0 : shared / (mine!.size + theirs!.size - shared);
}
