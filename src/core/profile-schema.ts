/** The manifest's `profile`: a command of the arena's own that says where the time or the memory goes. */
import { z } from 'zod';

export const profileSchema = z
  .strictObject({
    command: z.string().min(1).describe('a line for `sh -c`, run where a candidate runs, with its data'),
    wall_s: z.number().positive().max(600).default(60).describe('hard limit, seconds'),
  })
  .optional()
  .describe(
    'a command that profiles the code: run once on each best version while agents propose, never a measurement; the last lines of its output are in the brief',
  );
