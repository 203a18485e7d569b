/**
 * The short note that a proposer leaves beside its edit: what it expects and why. Read leniently, because models write
 * it; an edit with a bad note is still measured, and the record says that the note was bad. Knows nothing about calls
 * or files.
 */
import { z } from 'zod';
import { lastObject } from '../base/json.ts';
import { oneLine } from '../base/text.ts';
import type { Note } from '../core/event.ts';

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
  /** Earlier experiments that ideas may start from, where there are branches. */
  park: z.array(z.number().int().positive()).max(3).optional().catch(undefined),
  /** Steering words that it acted on, by their names in the brief (w1, w2). */
  heeds: z
    .array(z.string().regex(/^w\d{1,4}$/))
    .max(50)
    .optional()
    .catch(undefined),
});

export type ReadNote =
  | { readonly ok: true; readonly hypothesis: string; readonly note: Note }
  | { readonly ok: false; readonly problem: string };

/** The last JSON object with a `hypothesis` in a text, wherever it stands in it. Never throws. */
export function readNote(text: string): ReadNote {
  const seen = text.slice(-MOST_READ);
  const value = lastObject(seen, 'hypothesis');
  if (value === undefined) {
    const broken = /\{\s*"hypothesis"/.test(seen);
    return {
      ok: false,
      problem: broken ? 'the note is not valid JSON' : 'no note: the answer holds no JSON object with a "hypothesis"',
    };
  }
  const result = schema.safeParse(value);
  if (!result.success) return { ok: false, problem: 'the hypothesis of the note is empty or no text' };
  const { hypothesis, ...rest } = result.data;
  return {
    ok: true,
    hypothesis,
    note: Object.fromEntries(Object.entries(rest).filter(([, member]) => member !== undefined)),
  };
}
