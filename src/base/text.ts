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

/** Sequences that a terminal obeys, in seven and in eight bits. One that never ends loses its beginning only. */
const TERMINAL_SEQUENCE =
  /(?:\x1b[PX^_\]]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]{0,4096}(?:\x07|\x1b\\|\x9c)|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[@-_]/g;

/**
 * Characters that show nothing, as a class of a pattern: those that turn the direction of text, those of no width, line
 * ends of Unicode, and those that are no characters.
 */
export const UNSEEN_CLASS = String.raw`\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff\u{e0000}-\u{e0fff}`;
/** What joiners of no width join: emoji, and letters of scripts that need them. Elsewhere they only hide. */
const JOINABLE_CLASS = [
  String.raw`\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f`,
  ...[
    'Arabic',
    'Bengali',
    'Devanagari',
    'Gujarati',
    'Kannada',
    'Malayalam',
    'Mongolian',
    'Sinhala',
    'Tamil',
    'Telugu',
  ].map((script) => `\\p{Script=${script}}`),
].join('');
const UNSEEN = new RegExp(String.raw`[${UNSEEN_CLASS}]|(?<![${JOINABLE_CLASS}])[\u200c\u200d]`, 'gu');

const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const HARMLESS = /^[\t\n\x20-\x7e]*$/;

/** Text that shows what it says and does nothing: no escapes, no controls but newline and tab, nothing invisible. */
export function sanitizeText(text: string): string {
  if (HARMLESS.test(text)) return text;
  return text
    .replace(TERMINAL_SEQUENCE, '')
    .replace(/\r(?!\n)|[\u2028\u2029]/g, '\n')
    .replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '')
    .replace(LONE_SURROGATE, '\ufffd')
    .replace(UNSEEN, '');
}

/** The same for code, where nothing may be left out unseen: what would not show is spelled, as in `⟨U+202E⟩`. */
export function revealText(text: string): string {
  if (HARMLESS.test(text)) return text;
  const spellCharacter = (character: string): string =>
    `⟨U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}⟩`;
  return text
    .replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, spellCharacter)
    .replace(LONE_SURROGATE, '\ufffd')
    .replace(UNSEEN, spellCharacter);
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
