/** Small enough to read: files, functions, the pure core; and every file says first what it is. */
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { below, functionsOf, isTest, program, text, tree, visit } from './source.ts';

const MOST_FILE_LINES = 400;
const MOST_FUNCTION_LINES = 60;
const MOST_EXCEPTION_LINES = 130;
/** What a newcomer reads first (ARCHITECTURE.md, "Where to begin"), together: an hour at the most. */
const FIRST_FILES = [
  'src/loop/run.ts',
  'src/core/plan/plan.ts',
  'src/core/rules/judge.ts',
  'src/loop/measure.ts',
  'src/core/event.ts',
];
const MOST_FIRST_LINES = 1600;
/** An arena's one editable file stays in one piece on purpose: that is what agents work on. */
const EDITABLE = ['arenas/nano-llm/train.ts'];
/** Files that the formatter made longer; each is to be split by meaning. */
const TO_SPLIT = ['src/core/arena.ts', 'src/loop/ideas.ts', 'tests/dashboard/pages.test.ts', 'web/style.css'];
/** Functions that are longer and better so: a union taken apart case by case, or one story told once. At most eight. */
const LONG_FUNCTIONS: readonly string[] = [
  'src/app/open-lab.ts open',
  'src/search/tpe/tpe.ts tpe',
  'src/core/replay.ts step',
  // Made longer by the formatter; to be split by meaning.
  'src/agents/gateway/upstream.ts exchange',
  'src/agents/model.ts converse',
  'src/mcp/server.ts mcpServer',
  'src/search/cma/sampler.ts cmaSampler',
  'src/view/lab/lab.ts viewLab',
];

const lines = (file: string): number => text(file).trimEnd().split('\n').length;
const code = [
  ...below('src', '.ts'),
  ...below('tests', '.ts', '.mjs'),
  ...below('arenas', '.ts', '.mjs'),
  ...below('scripts', '.mjs'),
  ...below('web', '.ts', '.tsx', '.css'),
];

describe('size', () => {
  it(`no file is longer than ${MOST_FILE_LINES} lines`, () => {
    const long = code.filter((file) => ![...EDITABLE, ...TO_SPLIT].includes(file) && lines(file) > MOST_FILE_LINES);
    expect(long.map((file) => `${file}: ${lines(file)}`)).toEqual([]);
  });

  it(`no function is longer than ${MOST_FUNCTION_LINES} lines, but a handful of named ones`, () => {
    const files = [...program, ...below('arenas', '.ts', '.mjs').filter((file) => !isTest(file))];
    const long = files
      .filter((file) => !EDITABLE.includes(file))
      .flatMap(functionsOf)
      .filter(({ lines }) => lines > MOST_FUNCTION_LINES);
    expect(
      long.filter(({ name }) => !LONG_FUNCTIONS.includes(name)).map(({ name, lines }) => `${name}: ${lines}`),
    ).toEqual([]);
    expect(long.filter(({ lines }) => lines > MOST_EXCEPTION_LINES)).toEqual([]);
    expect(LONG_FUNCTIONS.filter((name) => !long.some((each) => each.name === name))).toEqual([]);
    expect(LONG_FUNCTIONS.length).toBeLessThanOrEqual(8);
  });

  it(`the files that a newcomer reads first are at most ${MOST_FIRST_LINES} lines in all`, () => {
    expect(FIRST_FILES.reduce((sum, file) => sum + lines(file), 0)).toBeLessThanOrEqual(MOST_FIRST_LINES);
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
