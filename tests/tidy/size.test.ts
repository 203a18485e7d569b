/** Small enough to read: files, functions, the pure core; and every file says first what it is. */
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { below, functionsOf, isTest, program, text, tree, visit } from './source.ts';

const MAX_FILE_LINES = 400;
const MAX_FUNCTION_LINES = 60;
/** What a newcomer reads first (ARCHITECTURE.md, "Where to begin"), together: an hour at the most. */
const FIRST_FILES = [
  'src/loop/run.ts',
  'src/core/plan/plan.ts',
  'src/core/rules/judge.ts',
  'src/loop/measure.ts',
  'src/core/event.ts',
];
const MAX_FIRST_LINES = 1200;
/** An arena's one editable file stays in one piece on purpose: that is what agents work on. */
const EDITABLE = ['arenas/nano-llm/train.ts', 'arenas/template-speed/liquid.mjs'];

const lines = (file: string): number => text(file).trimEnd().split('\n').length;
const code = [
  ...below('src', '.ts'),
  ...below('tests', '.ts', '.mjs'),
  ...below('arenas', '.ts', '.mjs'),
  ...below('scripts', '.mjs'),
  ...below('web', '.ts', '.tsx', '.css'),
];

describe('size', () => {
  it(`no file is longer than ${MAX_FILE_LINES} lines`, () => {
    const long = code.filter((file) => !EDITABLE.includes(file) && lines(file) > MAX_FILE_LINES);
    expect(long.map((file) => `${file}: ${lines(file)}`)).toEqual([]);
  });

  it(`no function is longer than ${MAX_FUNCTION_LINES} lines`, () => {
    const files = [...program, ...below('arenas', '.ts', '.mjs').filter((file) => !isTest(file))];
    const long = files
      .filter((file) => !EDITABLE.includes(file))
      .flatMap(functionsOf)
      .filter(({ lines }) => lines > MAX_FUNCTION_LINES);
    expect(long.map(({ name, lines }) => `${name}: ${lines}`)).toEqual([]);
  });

  it(`the files that a newcomer reads first are at most ${MAX_FIRST_LINES} lines in all`, () => {
    expect(FIRST_FILES.reduce((sum, file) => sum + lines(file), 0)).toBeLessThanOrEqual(MAX_FIRST_LINES);
  });

  it('every file begins with what it is', () => {
    const silent = program.filter((file) => !/^(#!.*\n)?\/\*\*/.test(text(file)));
    expect(silent).toEqual([]);
  });

  it('there are no default exports, enums or decorators', () => {
    const found = program.flatMap((file) => {
      const odd: string[] = [];
      visit(tree(file), (node) => {
        if (ts.isEnumDeclaration(node) || ts.isExportAssignment(node) || ts.isDecorator(node)) odd.push(file);
        if (node.kind === ts.SyntaxKind.DefaultKeyword && ts.isFunctionDeclaration(node.parent)) odd.push(file);
      });
      return odd;
    });
    expect(found).toEqual([]);
  });
});
