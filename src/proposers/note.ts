/**
 * The short note that a proposer leaves beside its edit: what it expects and why. Read leniently, because models write
 * it; an edit with a bad note is still measured, and the record says that the note was bad. Knows nothing about calls
 * or files.
 */
import { z } from 'zod';
import { lastObject } from '../base/json.ts';
import { oneLine } from '../base/text.ts';
import type { AgentNote } from '../core/event.ts';

const MAX_READ_CHARS = 16_000;
const lineSchema = (maxLength: number) =>
  z
    .union([z.string(), z.number()])
    .transform((lineText) => oneLine(String(lineText), maxLength))
    .refine((lineText) => lineText !== '');

const noteSchema = z.object({
  hypothesis: lineSchema(600),
  /** What makes it work, in a few words: what ideas are grouped by. */
  mechanism: lineSchema(120).optional().catch(undefined),
  expected: lineSchema(200).optional().catch(undefined),
  /** What it would try next: open ideas of later briefs. */
  next: z
    .union([
      lineSchema(300).transform((singleIdea) => [singleIdea]),
      z.array(lineSchema(300)).transform((severalIdeas) => severalIdeas.slice(0, 3)),
    ])
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
  | { readonly ok: true; readonly hypothesis: string; readonly note: AgentNote }
  | { readonly ok: false; readonly problem: string };

/** The last JSON object with a `hypothesis` in a text, wherever it stands in it. Never throws. */
export function readNote(answerText: string): ReadNote {
  const lastPart = answerText.slice(-MAX_READ_CHARS);
  const noteObject = lastObject(lastPart, 'hypothesis');
  if (noteObject === undefined) {
    const isBroken = /\{\s*"hypothesis"/.test(lastPart);
    return {
      ok: false,
      problem: isBroken ? 'the note is not valid JSON' : 'no note: the answer holds no JSON object with a "hypothesis"',
    };
  }
  const parseResult = noteSchema.safeParse(noteObject);
  if (!parseResult.success) return { ok: false, problem: 'the hypothesis of the note is empty or no text' };
  const { hypothesis, ...noteFields } = parseResult.data;
  return {
    ok: true,
    hypothesis,
    note: Object.fromEntries(Object.entries(noteFields).filter(([, fieldValue]) => fieldValue !== undefined)),
  };
}
