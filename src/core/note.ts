/**
 * The short note that a proposer leaves beside its edit: what it expects and why. Read leniently, because models write it; an edit with a bad note is
 * still measured, and the record says that the note was bad. Knows nothing about calls or files.
 */
import { z } from 'zod';
import { oneLine } from '../base/text.ts';

const MOST_READ = 16_000;
const line = (max: number) =>
  z
    .union([z.string(), z.number()])
    .transform((said) => oneLine(String(said), max))
    .refine((said) => said !== '');

const schema = z.object({
  hypothesis: line(600),
  /** What makes it work, in a few words: what ideas are grouped by. */
  mechanism: line(120).optional().catch(undefined),
  expected: line(200).optional().catch(undefined),
  /** What it would try next: open ideas of later briefs. */
  next: z
    .union([line(300).transform((one) => [one]), z.array(line(300)).transform((many) => many.slice(0, 3))])
    .optional()
    .catch(undefined),
  /** Steering words that it acted on, by their names in the brief (w1, w2). */
  heeds: z
    .array(z.string().regex(/^w\d{1,4}$/))
    .max(50)
    .optional()
    .catch(undefined),
});

export interface Note {
  readonly mechanism?: string;
  readonly expected?: string;
  readonly next?: readonly string[];
  readonly heeds?: readonly string[];
  /** Why there is no more than this: the note was missing or could not be read. */
  readonly problem?: string;
}

export type ReadNote =
  | { readonly ok: true; readonly hypothesis: string; readonly note: Note }
  | { readonly ok: false; readonly problem: string };

/** The last JSON object with a `hypothesis` in a text, wherever it stands in it. Never throws. */
export function readNote(text: string): ReadNote {
  const seen = text.slice(-MOST_READ);
  let problem = 'no note: the answer holds no JSON object with a "hypothesis"';
  for (let at = seen.lastIndexOf('{'); at >= 0; at = at === 0 ? -1 : seen.lastIndexOf('{', at - 1)) {
    const value = parsed(seen.slice(at, endOf(seen, at)));
    if (value === undefined) {
      if (/^\{\s*"hypothesis"/.test(seen.slice(at, at + 40))) problem = 'the note is not valid JSON';
      continue;
    }
    if (typeof value !== 'object' || !Object.hasOwn(value as object, 'hypothesis')) continue;
    const result = schema.safeParse(value);
    if (!result.success) return { ok: false, problem: 'the hypothesis of the note is empty or no text' };
    const { hypothesis, ...rest } = result.data;
    const said = Object.fromEntries(Object.entries(rest).filter(([, member]) => member !== undefined));
    return { ok: true, hypothesis, note: said };
  }
  return { ok: false, problem };
}

/** Where the object that opens at `start` closes, strings respected; the end of the text when it does not. */
function endOf(text: string, start: number): number {
  let depth = 0;
  let quoted = false;
  for (let at = start; at < text.length; at++) {
    const c = text[at];
    if (quoted) {
      if (c === '\\') at++;
      else if (c === '"') quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === '{') depth++;
    else if (c === '}' && --depth === 0) return at + 1;
  }
  return text.length;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
