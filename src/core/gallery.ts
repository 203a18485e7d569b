/** The line of an arena in the gallery, and the sentence that a try ends with. From the manifest. */
import { z } from 'zod';

/** What a sentence may hold in braces. */
export const ENDING_FIELDS = ['baseline', 'best', 'gain', 'percent'] as const;

export const gallerySchema = z
  .strictObject({
    use: z.string().min(1).describe('the field it comes from, a few words: `Search in documents`'),
    size: z.string().min(1).describe('what it is measured on: `536 queries over 1,136 pages`'),
    minutes: z.number().positive().describe('what a try takes on two cores'),
    end: z
      .string()
      .refine(
        (text) =>
          [...text.matchAll(/\{(\w*)\}/g)].every(([, name]) => (ENDING_FIELDS as readonly string[]).includes(name!)),
        `only ${ENDING_FIELDS.map((name) => `{${name}}`).join(', ')} may stand in braces`,
      )
      .describe(
        'a sentence for people of that field after a confirmed gain: `{baseline}` and `{best}` are numbers with their unit, `{gain}` their difference, `{percent}` its share of the baseline',
      ),
  })
  .optional()
  .describe('how `overnight try` lists a shipped arena, and what it says at the end');
