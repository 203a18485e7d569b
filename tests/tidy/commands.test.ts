/** Every command line that the product prints or documents is one that its parser understands. */
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { parseCommandLine } from '../../src/cli/dispatch.ts';
import { parseOptions } from '../../src/cli/parse-options.ts';
import { COMMANDS } from '../../src/cli/spec.ts';
import { codeLines, quotedCommands, wordsOf } from '../fixtures/commands.ts';
import { below, program, text, tree, visit } from './source.ts';

/** Files that record what was printed in the past. */
const HISTORY = /^docs\/(log\.md|nights\/|decisions\/)/;
const PAGES = [...below('docs', '.md'), 'README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'AGENTS.md'].filter(
  (file) => !HISTORY.test(file),
);

/** Every text of a source file as it is printed, with 1 for every value; comments are not printed. */
function printedTexts(file: string): string {
  const texts: string[] = [];
  visit(tree(file), (node) => {
    if (ts.isStringLiteralLike(node)) texts.push(node.text);
    if (ts.isTemplateExpression(node))
      texts.push([node.head.text, ...node.templateSpans.map((span) => span.literal.text)].join('1'));
  });
  return texts.join('\n');
}

async function expectUnderstood(line: string): Promise<void> {
  const words = wordsOf(line)
    .slice(1)
    .filter((word) => word !== '[options]' && word !== '--help');
  // A name that the program fills in, or the whole program.
  if (words.length === 0 || ['COMMAND', '1'].includes(words[0]!)) return;
  const parsed = await parseCommandLine(words.map((word) => (/^[<[]?(N|n|other)[>\]]?$/.test(word) ? '1' : word)));
  if (typeof parsed === 'number') throw new Error(`it is no command: ${line}`);
  parseOptions(parsed.spec.options, parsed.raw);
}

describe('every command that is printed or documented is understood:', () => {
  const inSource = program.flatMap((file) => quotedCommands(printedTexts(file)).map((line) => [line, file] as const));
  const inPages = PAGES.flatMap((file) =>
    [...quotedCommands(text(file)), ...codeLines(text(file))]
      // The name of a command alone is its name.
      .filter((line) => !/^overnight [a-z-]+$/.test(line) || !COMMANDS.some(({ name }) => line === `overnight ${name}`))
      .map((line) => [line, file] as const),
  );
  const inHelp = COMMANDS.flatMap(({ name, examples }) =>
    examples.map(([line]) => [line.replace(/^source <\((.*)\)$/, '$1'), `help of ${name}`] as const),
  );
  const lines = new Map([...inSource, ...inPages, ...inHelp]);

  it('there are many', () => {
    expect(lines.size).toBeGreaterThan(60);
  });

  it.each([...lines])('%s (%s)', async (line) => {
    await expectUnderstood(line);
  });
});
