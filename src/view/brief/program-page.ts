/**
 * The part of program.md that fits into a brief: whole sections, the person's notes first. What is left out is named,
 * so that nobody takes a part for the whole. Pure.
 */
import { sanitizeText } from '../../base/text.ts';
import { bytesOf } from './bytes.ts';

const HEADING = /^#{1,6}\s+(.*)$/;
/** `overnight new` writes such a section for the person's own words. */
const NOTES_HEADING = /\bnotes?\b/i;
const MAX_LINE_CHARS = 400;
const MAX_NAMED = 8;
const MAX_HEADING_CHARS = 50;

interface Section {
  readonly heading: string;
  readonly lines: readonly string[];
}

/** The lines of the page that fit into so many bytes, and a last line that names what does not. */
export function choosePageLines(page: string, maxBytes: number): string[] {
  const lines = sanitizeText(page)
    .split('\n')
    .map((line) => (line.length > MAX_LINE_CHARS ? `${line.slice(0, MAX_LINE_CHARS - 1)}…` : line).trimEnd());
  if (sizeOf(lines) <= maxBytes) return lines;
  const sections = splitSections(lines);
  const wanted = [...sections].sort((left, right) => rankOf(left, sections) - rankOf(right, sections));
  let bytesLeft = maxBytes - MAX_NAMED * (MAX_HEADING_CHARS + 2) - bytesOf(leftOutLine(['', '']));
  const chosen: string[] = [];
  const leftOut: string[] = [];
  for (const section of wanted) {
    const fitting = linesThatFit(section.lines, bytesLeft);
    if (fitting.length < section.lines.length) leftOut.push(section.heading);
    // A heading alone says nothing.
    if (fitting.length <= 1 && section.lines.length > 1) continue;
    bytesLeft -= sizeOf(fitting);
    chosen.push(...fitting);
  }
  return [...chosen, leftOutLine(leftOut)];
}

const sizeOf = (lines: readonly string[]): number => lines.reduce((total, line) => total + bytesOf(line) + 1, 0);

function splitSections(lines: readonly string[]): Section[] {
  const sections: { heading: string; lines: string[] }[] = [];
  for (const line of lines) {
    const heading = HEADING.exec(line)?.[1];
    if (heading !== undefined || sections.length === 0)
      sections.push({ heading: heading ?? 'the beginning', lines: [] });
    sections.at(-1)!.lines.push(line);
  }
  return sections;
}

/** The first section says what it is about; then the person's notes; then the others as they stand. */
function rankOf(section: Section, sections: readonly Section[]): number {
  const index = sections.indexOf(section);
  if (NOTES_HEADING.test(section.heading)) return -2;
  return index === 0 ? -1 : index;
}

function linesThatFit(lines: readonly string[], bytes: number): string[] {
  let used = 0;
  const end = lines.findIndex((line) => (used += bytesOf(line) + 1) > bytes);
  return end < 0 ? [...lines] : lines.slice(0, end);
}

function leftOutLine(headings: readonly string[]): string {
  const named = headings.slice(0, MAX_NAMED).map((heading) => cutToBytes(heading, MAX_HEADING_CHARS));
  const more = headings.length > MAX_NAMED ? `, and ${headings.length - MAX_NAMED} more` : '';
  return `[… left out, whole or in part: ${named.join(', ')}${more}]`;
}

function cutToBytes(text: string, bytes: number): string {
  let cut = text.slice(0, bytes);
  while (bytesOf(cut) > bytes) cut = cut.slice(0, -1);
  return cut;
}
