/**
 * One function for each language in which text leaves the program. Each makes text that stays text there, whatever a
 * candidate, an agent or a ledger wrote. Used at the edge, where a surface is written.
 */
import { revealText, sanitizeText, UNSEEN_CLASS } from './text.ts';

/** How a terminal is told a colour; `reset` ends it. */
const COLOR_CODES = { reset: 0, bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, cyan: 36 } as const;
export type ColorName = keyof typeof COLOR_CODES;
const COLOR_NAMES = Object.keys(COLOR_CODES) as readonly ColorName[];
/** Noncharacters stand for colours until a line reaches the terminal, where all escapes of a text are taken out. */
const FIRST_MARK = 0xfdd0;
const COLOR_MARK = /([\ufdd0-\ufdd7])/;

/** Text in a colour, for `escapeTerminal`. */
export const colorText = (color: ColorName, text: string): string => `${markOf(color)}${text}${markOf('reset')}`;
const markOf = (color: ColorName): string => String.fromCharCode(FIRST_MARK + COLOR_NAMES.indexOf(color));

/** Without colour: what takes up columns. */
export const withoutColor = (text: string): string => text.replace(/[\ufdd0-\ufdd7]/g, '');

/** Lines for a terminal: the only escapes in them are our own colours, and none where `hasColor` is false. */
export function escapeTerminal(text: string, hasColor = false): string {
  return text
    .split(COLOR_MARK)
    .map((part, index) => {
      if (index % 2 === 0) return sanitizeText(part);
      const color = COLOR_NAMES[part.charCodeAt(0) - FIRST_MARK]!;
      return hasColor ? `\x1b[${COLOR_CODES[color]}m` : '';
    })
    .join('');
}

/** One line for a terminal. */
export const escapeTerminalLine = (text: string, hasColor = false): string =>
  escapeTerminal(text, hasColor).replace(/[\n\t]+/g, ' ');

/** Text, and values of attributes, in HTML and SVG. */
export function escapeHtml(text: string): string {
  return revealText(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** Text in a line of Markdown, also in a table: no markup, no link, no mention. */
export function escapeMarkdown(text: string): string {
  const escaped = sanitizeText(text)
    .replace(/\s+/g, ' ')
    .replace(/[\\`*[\]|~$]/g, (character) => `\\${character}`)
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
    .replace(/&(?=#|\w)/g, '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/^(\s*)([-+=>]|#+ )/, '$1\\$2')
    .replace(/^(\s*\d+)([.)] )/, '$1\\$2');
  return breakLinks(escaped);
}

/** Addresses and mentions, broken by a character of no width so that no program makes a link or a call of them. */
const breakLinks = (text: string): string =>
  text.replace(/(https?|ftp|www|mailto|xmpp)(:|\.)/gi, '$1\u200b$2').replace(/@(?=[\p{L}\p{N}_])/gu, '@\u200b');

/** A block of Markdown that shows code as it is, behind a fence that the code cannot close. */
export function fenceMarkdown(language: string, code: string): string {
  const shownCode = revealText(code).trimEnd();
  const longestRun = Math.max(2, ...[...shownCode.matchAll(/`+/g)].map(([backticks]) => backticks.length));
  const fence = '`'.repeat(longestRun + 1);
  return `${fence}${language}\n${shownCode}\n${fence}`;
}

/** A number with a sign as a spreadsheet reads it; any other cell that begins with a sign would be a formula. */
const NUMBER_CELL = /^[+-][\d,]*\.?\d+(?:[eE][+-]?\d+)? ?%?$/;
const FORMULA_START = /^[=+\-@\uff1d\uff0b\uff0d\uff20]/;

/** One line that a spreadsheet takes for text or for a number, never for a formula. */
function escapeCell(text: string): string {
  const cell = sanitizeText(text).replace(/\s+/g, ' ').trim();
  return FORMULA_START.test(cell) && !NUMBER_CELL.test(cell) ? `'${cell}` : cell;
}

/** A cell between tabs. */
export const escapeTsv = escapeCell;

/** A cell between commas (RFC 4180). */
export function escapeCsv(text: string): string {
  const cell = escapeCell(text);
  return /[",]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

const UNSEEN_IN_JSON = new RegExp(String.raw`[\x7f-\x9f\u200c\u200d${UNSEEN_CLASS}]`, 'gu');

/** A value as one line of JSON, for programs: nothing is lost; what a terminal would obey is spelled as `\u009b`. */
export function stringifyJson(value: unknown): string {
  return JSON.stringify(value).replace(UNSEEN_IN_JSON, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

/** JSON for a page, which shows its texts as they are: what does not show is taken out of them. */
export function cleanJson(json: string): string {
  const readable = json.replace(
    /\\(?:u([0-9a-f]{4})|(.))/gi,
    (escape: string, code: string | undefined, letter: string | undefined) => {
      if (code === undefined) return /[bfr]/.test(letter!) ? '' : escape;
      const character = String.fromCharCode(Number.parseInt(code, 16));
      return sanitizeText(character) === character ? escape : sanitizeText(character);
    },
  );
  return sanitizeText(readable.replace(/[\u2028\u2029]/g, ' '));
}

/** Plain text of a notice: no escapes, no NUL, nothing that a client makes a link or a mention of. */
export const escapeNotice = (text: string): string => breakLinks(sanitizeText(text));

/** A notice for Slack: besides, no links and mentions in angle brackets. */
export const escapeSlack = (text: string): string =>
  escapeNotice(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** A notice for Discord: besides, no Markdown. */
export const escapeDiscord = (text: string): string =>
  escapeNotice(text)
    .replace(/[\\`*_~|[\]<>]/g, (character) => `\\${character}`)
    .replace(/^(\s*)([#-])/gm, '$1\\$2');

/** A value for the environment of a command: no NUL, which no environment holds. */
export const escapeEnvironment = (text: string): string => sanitizeText(text);
