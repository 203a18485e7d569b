/** What may be said beside a change, as the MCP tools describe it. */
import { z } from 'zod';
import { MAX_SAID } from '../core/requests.ts';

/** What may be said beside a change. Lengths are checked by the desk, which names the one that is too long. */
export const STATEMENTS = {
  title: z
    .string()
    .optional()
    .describe(`short name of the change, at most ${MAX_SAID.title} characters; logs and reports show it`),
  mechanism: z.string().optional().describe('why it should help, in two or three words'),
  expected: z
    .union([z.string(), z.number()])
    .optional()
    .describe(
      'the effect that you expect: "better by 3 %", "worse by 0.02", "none"; a number alone is better by so much in units of the metric. It is compared with the measured effect.',
    ),
  risks: z.string().optional().describe('what could go wrong'),
  next: z.array(z.string()).optional().describe(`what you would try next, at most ${MAX_SAID.nextIdeas} ideas`),
  simplifies: z
    .boolean()
    .optional()
    .describe(
      'it is meant to make the code simpler at the same number. A change that only deletes lines, needs fewer packages or makes a smaller model wins a tie; the harness looks at the change, not at this word.',
    ),
  tokens: z.number().int().nonnegative().optional().describe('tokens that this idea cost you, where you know it'),
  usd: z.number().nonnegative().optional().describe('dollars that it cost'),
  heeds: z.array(z.string()).optional().describe('the instructions of the person that you followed, by name: w1, w2'),
};
