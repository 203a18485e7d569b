/** Optuna's defaults as a contender, in a Python process of its own that asks and tells by lines: only where a Python with optuna is present. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { random, seedOf } from '../src/base/random.ts';
import type { Values } from '../src/search/index.ts';
import type { Problem } from './search-functions.ts';

const SCRIPT = fileURLToPath(new URL('search-optuna.py', import.meta.url));

/** Version of optuna in `python3`, if any. */
export function optunaVersion(): string | undefined {
  const run = spawnSync('python3', ['-c', 'import optuna; print(optuna.__version__)'], { encoding: 'utf8' });
  return run.status === 0 ? run.stdout.trim() : undefined;
}

/**
 * One study per problem, trial by trial: the script is given the outcomes so far and prints the next configuration, so that the problems stay
 * in one language. Slow (a process per trial, the study rebuilt by enqueued trials would change its state), hence a pickled study on disk.
 */
export function optunaRuns(
  problems: readonly Problem[],
  budget: number,
  noisy: boolean,
  seed: number,
): { loss: number; failures: number; ms: number }[] {
  return problems.map((problem) => {
    const chance = random(seedOf(`noise/${problem.name}/${seed}`));
    let [best, failures] = [{ told: Number.POSITIVE_INFINITY, loss: Number.POSITIVE_INFINITY }, 0];
    let told: string = JSON.stringify({ space: problem.space, seed });
    const state = `${process.env.TMPDIR ?? '/tmp'}/search-optuna-${process.pid}.pickle`;
    const start = performance.now();
    for (let i = 0; i < budget; i++) {
      const run = spawnSync('python3', [SCRIPT, state, i === 0 ? 'first' : 'next'], { input: told, encoding: 'utf8' });
      if (run.status !== 0) throw new Error(`search-optuna.py failed: ${run.stderr.slice(-400)}`);
      const loss = problem.loss(JSON.parse(run.stdout) as Values);
      const error = noisy ? problem.noise * chance.normal() : 0;
      if (loss === undefined) failures++;
      else if (loss + error < best.told) best = { told: loss + error, loss };
      told = JSON.stringify({ value: loss === undefined ? null : loss + error });
    }
    return { loss: best.loss, failures, ms: (performance.now() - start) / budget };
  });
}
