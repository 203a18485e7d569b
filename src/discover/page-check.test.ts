import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { arenaWith } from '../testing/script.ts';
import { readManifest } from '../workspace/arena.ts';
import { pageProblems } from './page-check.ts';

const FILES = ['x.ts', 'judge.ts', 'src/model.ts', 'arena.yaml', 'program.md'];
const problemsOf = (page: string, change: Record<string, unknown> = {}): readonly string[] =>
  pageProblems(page, arenaWith({ frozen: ['judge.ts'], artefact: ['out.onnx'], ...change }), FILES);

describe('program.md beside the manifest', () => {
  it.each([
    ['`loss`, lower is better. You may change `x.ts`, and nothing else.'],
    ['You may change `x.ts`. `judge.ts` is frozen.'],
    [
      'Look at `src/model.ts`, `model.ts` and `src/*.ts`; write `out.onnx`, `curve.csv`; call `Math.floor` and `$OVERNIGHT_OUT/x.txt`.',
    ],
    ['`loss` is what counts. `speed`: higher is better, but it decides nothing.'],
    ['Higher-order terms are better left alone.'],
    [''],
  ])('fits: %s', (page) => {
    expect(problemsOf(page)).toEqual([]);
  });

  it.each([
    ['`accuracy`, higher is better', /says that `accuracy` is measured; arena.yaml measures `loss`/],
    ['The metric `loss`: higher is better.', /says that higher is better; in arena.yaml `loss` is to be minimised/],
    ['Higher is better.', /says that higher is better/],
    ['Change `train.py` first.', /names `train.py`, which is no file of the arena/],
    ['See `lib/*.ts`.', /names `lib\/\*.ts`/],
    ['You may edit `judge.ts` and `x.ts`.', /says that `judge.ts` may be changed; in arena.yaml it is frozen/],
  ])('does not fit: %s', (page, problem) => {
    expect(problemsOf(page)).toEqual([expect.stringMatching(problem)]);
  });

  it('names a few problems, each once', () => {
    const page = Array.from({ length: 9 }, (_, i) => `\`f${i % 6}.py\``).join(' ');
    expect(problemsOf(page)).toHaveLength(4);
  });

  it.each(['hello', 'sort-speed', 'nano-llm'])('the page of %s fits', (name) => {
    const folder = join(import.meta.dirname, '..', '..', 'arenas', name);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
      (file) => !file.includes('node_modules') && !file.includes('.overnight'),
    );
    const page = readFileSync(join(folder, 'program.md'), 'utf8');
    expect(pageProblems(page, readManifest(folder), files)).toEqual([]);
  });
});
