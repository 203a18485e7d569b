/**
 * The short note that a proposer adds to its edit: what it expects and why. It is read leniently, because models write
 * it. An edit with a bad note is still measured, and the record says that the note was bad. Knows nothing about calls
 * or files.
 */
import { z } from 'zod';
import { defined } from '../base/defined.ts';
import { lastObject } from '../base/json.ts';
import { oneLine } from '../base/text.ts';
import type { AgentNote } from '../core/agent-call.ts';
import { readExpectedEffect } from '../core/expected-effect.ts';
import { MAX_SAID } from '../core/requests.ts';

const MAX_READ_CHARS = 16_000;
const lineSchema = (maxLength: number) =>
  z
    .union([z.string(), z.number()])
    .transform((lineText) => oneLine(String(lineText), maxLength))
    .refine((lineText) => lineText !== '');

const noteSchema = z.object({
  hypothesis: lineSchema(600),
  title: lineSchema(MAX_SAID.title).optional().catch(undefined),
  risks: lineSchema(MAX_SAID.risks).optional().catch(undefined),
  /** Why it should work, in a few words. Ideas are grouped by it. */
  mechanism: lineSchema(120).optional().catch(undefined),
  expected: lineSchema(200).optional().catch(undefined),
  /** What it would try next. Later briefs list these as open ideas. */
  next: z
    .union([
      lineSchema(300).transform((singleIdea) => [singleIdea]),
      z.array(lineSchema(300)).transform((severalIdeas) => severalIdeas.slice(0, 3)),
    ])
    .optional()
    .catch(undefined),
  /** Earlier experiments from which later ideas may start, in an arena with branches. */
  park: z.array(z.number().int().positive()).max(3).optional().catch(undefined),
  /** Messages of the person that it followed, by their names in the brief (w1, w2). */
  heeds: z
    .array(z.string().regex(/^w\d{1,4}$/))
    .max(50)
    .optional()
    .catch(undefined),
});

export type ReadNote =
  | { readonly ok: true; readonly hypothesis: string; readonly note: AgentNote }
  | { readonly ok: false; readonly problem: string };

/**
 * The last JSON object with a `hypothesis` anywhere in a text. Never throws. `metric` gives the units in which the
 * expected effect may be stated beside percent.
 */
export function readNote(answerText: string, metric = { name: '', unit: '' }): ReadNote {
  const lastPart = answerText.slice(-MAX_READ_CHARS);
  const noteObject = lastObject(lastPart, 'hypothesis');
  if (noteObject === undefined) {
    const isBroken = /\{\s*"hypothesis"/.test(lastPart);
    return {
      ok: false,
      problem: isBroken
        ? 'the note is not valid JSON'
        : 'no note: the answer contains no JSON object with a "hypothesis"',
    };
  }
  const parseResult = noteSchema.safeParse(noteObject);
  if (!parseResult.success) return { ok: false, problem: 'the hypothesis of the note is empty or not a text' };
  const { hypothesis, ...noteFields } = parseResult.data;
  const { expected } = noteFields;
  const reading = expected === undefined ? undefined : readExpectedEffect(expected, metric);
  return { ok: true, hypothesis, note: defined({ ...noteFields, effect: reading?.ok ? reading.effect : undefined }) };
}
