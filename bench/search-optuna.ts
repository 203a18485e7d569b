/**
 * Optuna's defaults as a contender, in a Python process that asks and tells by lines: only where `python3` has optuna.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createRandom, seedOf } from '../src/base/random.ts';
import type { Values } from '../src/search/index.ts';
import type { Race } from './search-jobs.ts';
import { isMark } from './search-marks.ts';

const SCRIPT = fileURLToPath(new URL('search-optuna.py', import.meta.url));

/** Version of optuna in `python3`, if any. */
export function readOptunaVersion(): string | undefined {
  const versionRun = spawnSync('python3', ['-c', 'import optuna; print(optuna.__version__)'], { encoding: 'utf8' });
  return versionRun.status === 0 ? versionRun.stdout.trim() : undefined;
}

/** Its samplers that race: the default, the same over all knobs together, CMA-ES and a Gaussian process. */
export const OPTUNA_SAMPLERS = ['tpe', 'multivariate', 'cmaes', 'gp'] as const;
export type OptunaSampler = (typeof OPTUNA_SAMPLERS)[number];

export interface OptunaRun {
  readonly losses: readonly number[];
  readonly failures: number;
  readonly ms: number;
}

/** One Python for all studies; the problems stay in one language. */
export class Optuna {
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  readonly #answers: AsyncIterator<string>;

  constructor() {
    this.#child = spawn('python3', [SCRIPT], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#child.stdout! });
    this.#answers = this.#lines[Symbol.asyncIterator]();
  }

  /**
   * A study of `budget` trials; the value that counts is the noise-free loss of what looked best. With several pending
   * trials Optuna counts each as a bad one (constant liar), where its sampler can.
   */
  async run({ problem, budget, noisy, seed, pending }: Race, sampler: OptunaSampler): Promise<OptunaRun> {
    const chance = createRandom(seedOf(`noise/${problem.name}/${seed}`));
    let [bestTrial, failures] = [{ told: Number.POSITIVE_INFINITY, loss: Number.POSITIVE_INFINITY }, 0];
    const startedMs = performance.now();
    const losses: number[] = [];
    await this.#askPython({ space: problem.space, sampler, seed, liar: pending > 1 });
    const running: Values[] = [];
    let asked = 0;
    for (let told = 1; told <= budget; told++) {
      for (; asked < budget && running.length < pending; asked++) running.push(await this.#askPython({ ask: true }));
      const loss = problem.loss(running.shift()!);
      const noiseDraw = noisy ? problem.noise * chance.normal() : 0;
      if (loss === undefined) failures++;
      else if (loss + noiseDraw < bestTrial.told) bestTrial = { told: loss + noiseDraw, loss };
      if (isMark(told, budget)) losses.push(bestTrial.loss);
      await this.#askPython({ value: loss === undefined ? null : loss + noiseDraw });
    }
    return { losses, failures, ms: (performance.now() - startedMs) / budget };
  }

  close(): void {
    this.#child.stdin!.end();
    this.#lines.close();
  }

  async #askPython(line: object): Promise<Values> {
    this.#child.stdin!.write(`${JSON.stringify(line)}\n`);
    const { value, done: isDone } = await this.#answers.next();
    if (isDone) throw new Error('search-optuna.py ended');
    return JSON.parse(value) as Values;
  }
}
