/** How the manifest says where the number stands in what a program prints: `metric.read`. */
import { z } from 'zod';

export const globsSchema = z.array(z.string().min(1)).describe('glob patterns below the arena folder');

const readFrom = {
  from: z
    .string()
    .min(1)
    .optional()
    .describe('`stdout`, `stderr`, or a file below $OVERNIGHT_OUT; absent: standard output, then standard error'),
  take: z
    .enum(['only', 'first', 'last', 'min', 'max', 'median', 'mean', 'sum', 'geomean'])
    .default('only')
    .describe('which of several numbers counts; `only`: several are a failure'),
};

const isPattern = (pattern: string): boolean => {
  try {
    new RegExp(pattern, 'gu');
    return true;
  } catch {
    return false;
  }
};

export const readSchema = z.union([
  z.enum(['wall_s', 'cpu_s', 'memory_mb']),
  z.strictObject({ line: z.string().min(1).describe('the name that the number carries'), ...readFrom }),
  z.strictObject({
    regex: z
      .string()
      .min(1)
      .refine(isPattern, 'is no regular expression of JavaScript (flag u)')
      .describe('matched on each line; the group `value`, else the first group, is the number'),
    ...readFrom,
  }),
  z.strictObject({ json: z.string().min(1).describe('a path: `$.results[0].mean`, `runs[*].time`'), ...readFrom }),
  z.strictObject({ csv: z.string().min(1).describe('a column by its name in the header line'), ...readFrom }),
  z.strictObject({ size: globsSchema.min(1).describe('the bytes of these files below $OVERNIGHT_OUT') }),
]);
