/** How names read, as a report: `npx vitest run tests/tidy/names.test.ts` prints a line for each tree. */
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { countNames, type NameCounts } from './names.ts';
import { below, isTest, tree } from './source.ts';

const TREES = ['src', 'web', 'arenas', 'bench', 'tests'];

const formatCounts = (folder: string, counts: NameCounts): string => {
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const variables = `${counts.variables} variables, mean length ${counts.meanLength.toFixed(1)}`;
  const functions = `${counts.functions} functions, one word ${percent(counts.oneWord)}`;
  return `${folder}: ${variables}, one letter ${percent(counts.oneLetter)}; ${functions}`;
};

describe('the counter of names', () => {
  it('counts variables, parameters and bindings, and leaves out the letters that are allowed', () => {
    const text = `function run(x: number) { const { total } = sum(x); const n = total; return n; }
      const measureIdea = () => 1; class Lab { ask() {} #askAgain() {} }`;
    const counts = countNames([ts.createSourceFile('a.ts', text, ts.ScriptTarget.Latest, true)]);
    expect(counts).toEqual({
      variables: 4,
      meanLength: (1 + 5 + 1 + 'measureIdea'.length) / 4,
      oneLetter: 1 / 4,
      functions: 4,
      oneWord: 2 / 4,
    });
  });

  it.each(TREES)('reports on %s', (folder) => {
    const files = below(folder, '.ts', '.tsx', '.mjs').filter((file) => !isTest(file));
    const counts = countNames(files.map(tree));
    process.stdout.write(`${formatCounts(folder, counts)}\n`);
    expect(counts.functions).toBeGreaterThan(0);
  });
});
