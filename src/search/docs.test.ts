/** The example of docs/search.md, run as it stands there. */
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { expect, it } from 'vitest';
import * as library from './index.ts';

const page = readFileSync(new URL('../../docs/search.md', import.meta.url), 'utf8');

it('the example of the page runs and finds something better than the default', () => {
  const source = /```ts\n([\s\S]*?)```/.exec(page)![1]!;
  const code = ts.transpile(source.replace(/^import (\{.*\}) from 'overnight\/search';/m, 'const $1 = library;'), {
    target: ts.ScriptTarget.ES2022,
  });
  const train = ({ lr, depth, opt }: Record<string, number | string>): number =>
    (Math.log10(Number(lr)) + 1) ** 2 + 0.1 * (Number(depth) - 8) ** 2 + (opt === 'adam' ? 0 : 1);
  const printed: unknown[][] = [];
  new Function('library', 'train', 'console', code)(library, train, { log: (...xs: unknown[]) => printed.push(xs) });
  const [values, why] = printed[0] as [Record<string, number | string>, string];
  expect(train(values)).toBeLessThan(train({ lr: 0.01, depth: 4, opt: 'sgd' }) / 4);
  expect(why).toContain('a Gaussian process, because 40 trials');
});

it('the page names every sampler', () => {
  for (const name of library.SAMPLERS) expect(page).toContain(`\`${name}\``);
});
