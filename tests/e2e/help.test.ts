/** Help as people read it: one screen, groups, every command with an example, and the name that starts the program. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { RECIPES } from '../../src/agents/recipes.ts';
import { COMMANDS } from '../../src/cli/spec.ts';
import { freshFolder, overnight } from '../fixtures/cli.ts';

const help = async (...args: string[]): Promise<string> => {
  const ended = await overnight(args, { cwd: freshFolder() });
  expect(ended.stderr).toBe('');
  expect(ended.status).toBe(0);
  return ended.stdout;
};
const lines = (text: string): string[] => text.trimEnd().split('\n');

describe.concurrent('help', () => {
  it('is one screen of groups, and says how to see the rest', async () => {
    const text = await help('--help');
    expect(lines(text).length).toBeLessThanOrEqual(30);
    expect(text).toMatch(
      /^Start +try .*\n[^]*\nWatch +status .*\n[^]*\nSteer +[^]*\nTake the result +[^]*\nFor agents /m,
    );
    expect(text).toContain('`overnight help --all` lists every command.');
    expect(await help('-h')).toBe(text);
    expect(await help('help')).toBe(text);
  });

  it('lists every command with --all', async () => {
    const text = await help('help', '--all');
    for (const { name } of COMMANDS) expect(text).toMatch(new RegExp(`^  ${name}( |$)`, 'm'));
  });

  it.each(COMMANDS.map(({ name }) => name))(
    'of `%s` has its options, an example and no line over 80 columns',
    async (name) => {
      const text = await help(name, '--help');
      expect(text).toMatch(/^Examples\n {2}.*\bovernight /m);
      expect(lines(text).filter((line) => line.length > 80)).toEqual([]);
      expect(await help('help', name)).toBe(text);
    },
  );

  it('names every agent that there is a recipe for', async () => {
    const text = (await help('run', '--help')).replace(/\s+/g, ' ');
    for (const { name } of RECIPES) expect(text).toMatch(new RegExp(`\\b${name},`));
  });

  it('without a command is the same page, on standard output, with status 2', async () => {
    const ended = await overnight([], { cwd: freshFolder() });
    expect(ended.status).toBe(2);
    expect(ended.stdout).toBe(await help('--help'));
  });

  it('-v and --version print the version and nothing else', async () => {
    expect(await help('-v')).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(await help('--version')).toBe(await help('-v'));
  });
});

describe.concurrent('a line that cannot be understood', () => {
  it.each([
    [['run', '--tag'], /Option '--tag <name>' argument missing\.\n {2}`overnight run --help` lists its options\.\n/],
    [['completion', 'tcsh'], /"tcsh" is not one of bash, zsh, fish\.\n/],
    [['help', 'rnu'], /"rnu" is not a command\. \(Did you mean `run`\?\)\n/],
    [['nothing'], /Unknown command 'nothing'\.\n {2}`overnight --help` lists the commands\.\n/],
  ])('%j', async (args, message) => {
    const ended = await overnight(args, { cwd: freshFolder() });
    expect(ended.stderr).toMatch(message);
    expect(ended.stderr).not.toContain('..');
    expect(ended.status).toBe(2);
  });
});

describe('the name of the program in messages', () => {
  const main = (): string => join(inject('built'), 'dist', 'cli', 'main.js');
  const begin = (env: Record<string, string>, cwd: string): string =>
    execFileSync(process.execPath, [main(), '--help'], { cwd, env: { ...process.env, ...env } })
      .toString()
      .replace(/[^]*Begin with `(.*) try hello`[^]*/, '$1');

  it('is `overnight` where that is on PATH', () => {
    expect(begin({ PATH: `${join(inject('built'), 'bin')}:${process.env.PATH}` }, freshFolder())).toBe('overnight');
  });

  it('is `npx overnight` where only npm put it there', () => {
    const bin = join(freshFolder(), 'node_modules', '.bin');
    mkdirSync(bin, { recursive: true });
    symlinkSync(main(), join(bin, 'overnight'));
    expect(begin({ PATH: `${bin}:${process.env.PATH}` }, freshFolder())).toBe('npx overnight');
  });

  it('is `node` and the file elsewhere, as in a clone, and that line works', () => {
    const name = begin({}, inject('built'));
    expect(name).toBe('node dist/cli/main.js');
    expect(execFileSync('sh', ['-c', `${name} -v`], { cwd: inject('built') }).toString()).toMatch(/^\d/);
  });
});
