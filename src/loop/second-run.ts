/**
 * The second run of a candidate that is joined with its evaluator: the one that the holdout's evaluator asks. Seeds of
 * its own, and no words of it in any record.
 */
import { seedOf } from '../base/random.ts';
import type { Arena } from '../core/arena.ts';
import type { RunResult } from '../core/ports.ts';
import type { SpecRequest } from './process-specs.ts';

/** Stands where the last lines of the candidate's output would. */
const NO_WORDS = 'its output is not shown, because it was asked about the holdout';

/** The request with other seeds, which follow from the recorded ones; the same where the manifest fixes them. */
export function secondRequest<R extends SpecRequest>({ seeds }: Pick<Arena, 'seeds'>, request: R): R {
  if (seeds.fixed) return request;
  const [seed, judgeSeed] = [request.seed, request.judgeSeed].map((recorded) => seedOf(`holdout/${recorded}`));
  return { ...request, seed: seed!, judgeSeed: judgeSeed! };
}

/** Both streams without what was printed. */
export const withoutWords = (result: RunResult): RunResult => ({
  ...result,
  stdout: { ...result.stdout, text: '' },
  stderr: { ...result.stderr, text: NO_WORDS },
});
