/**
 * docs/first-arena.md and its shorter companions for Node and C are true: their files are written, their commands are
 * run in order in a fresh folder, and what they print agrees with the page but for the numbers.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { chooseSandbox } from '../../src/sandbox/choose.ts';
import { freshFolder, ROOT } from '../fixtures/cli.ts';
import { unless, withReason } from '../fixtures/skipping.ts';

type Step =
  | { readonly do: 'write'; readonly file: string; readonly text: string }
  | { readonly do: 'append'; readonly file: string; readonly text: string }
  | { readonly do: 'run'; readonly command: string; readonly expected: readonly string[] };

const PYTHON = '/usr/bin/python3';
const readPage = (name: string): string => readFileSync(join(ROOT, 'docs', name), 'utf8');
const PAGE = readPage('first-arena.md');

/** The page's code blocks in order: files, lines to append to a file, and commands with what they print. */
function readSteps(page: string): readonly Step[] {
  return [...page.matchAll(/^```(\w+)(?: (title|append)="([^"]+)")?\n([\s\S]*?)^```$/gm)].flatMap((block): Step[] => {
    const [, language, place, file, text] = block;
    if (language !== 'console') return [{ do: place === 'append' ? 'append' : 'write', file: file!, text: text! }];
    return text!
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const [command, ...expected] = part.trimEnd().split('\n');
        return { do: 'run', command: command!, expected };
      });
  });
}

/** Words that are the same in every run: without numbers, plurals after them, hashes, dates and line breaks. */
function withoutNumbers(text: string): string {
  return text
    .replaceAll(/\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\d\d\b/g, 'DAY')
    .replaceAll(/\b[0-9a-f]{12,40}\b/g, 'HASH')
    .replaceAll(/[−+-]?\d[\d.,:]*/g, 'N')
    .replaceAll(/N (\w+)s\b/g, 'N $1')
    .replaceAll(/\b(once|twice)\b/g, 'N time')
    .replaceAll(/\s+/g, ' ');
}

/** What of a line of the page must be printed in every run. */
function stableParts(line: string): readonly string[] {
  const isExperiment = /^ {0,2}\d+ [^\d\s] /.test(line);
  if (isExperiment) return [];
  const label = /^ {2}\w[\w ]*?(?= {2,})/.exec(line);
  const parts = label ? [label[0]] : line.split('…');
  return parts.map((part) => withoutNumbers(part).trim()).filter((part) => part !== '');
}

/** The first part of the page that is not in the output in its place; undefined when all of them are. */
function firstMissing(expected: readonly string[], output: string): string | undefined {
  const printed = withoutNumbers(output);
  let position = 0;
  return expected.flatMap(stableParts).find((part) => {
    const found = printed.indexOf(part, position);
    if (found >= 0) position = found + part.length;
    return found < 0;
  });
}

interface Printed {
  readonly status: number | null;
  readonly output: string;
}

/** A command line as a person types it, with `overnight` on PATH. */
function runLine(command: string, folder: string): Promise<Printed> {
  const person = { GIT_AUTHOR_NAME: 'A Person', GIT_AUTHOR_EMAIL: 'person@localhost' };
  const committer = { GIT_COMMITTER_NAME: 'A Person', GIT_COMMITTER_EMAIL: 'person@localhost' };
  const PATH = `${join(dirname(folder), 'bin')}:/usr/bin:/bin:${process.env.PATH}`;
  const env = { ...process.env, ...person, ...committer, PATH, NO_COLOR: '1', LANG: 'C.UTF-8', COLUMNS: '100' };
  const child = spawn('/bin/sh', ['-c', command], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [output, errors] = ['', ''];
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (errors += chunk));
  return new Promise((resolve) => {
    child.on('close', (status) => resolve({ status, output: status === 0 ? output : output + errors }));
  });
}

function putOvernightOnPath(folder: string): void {
  const bin = join(dirname(folder), 'bin');
  mkdirSync(bin);
  const main = join(inject('built'), 'dist', 'cli', 'main.js');
  writeFileSync(join(bin, 'overnight'), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`, { mode: 0o755 });
}

const { sandbox } = await chooseSandbox();
const missing =
  unless(sandbox.info.level === 'bubblewrap', sandbox.info.reason) ??
  unless(existsSync(PYTHON), `there is no ${PYTHON}`);

/** Writes the files and runs the commands of a page; what each command printed. */
async function followPage(page: string, folder: string): Promise<ReadonlyMap<string, string>> {
  putOvernightOnPath(folder);
  const outputs = new Map<string, string>();
  for (const step of readSteps(page)) {
    if (step.do === 'write') writeFileSync(join(folder, step.file), step.text);
    else if (step.do === 'append') appendFileSync(join(folder, step.file), step.text);
    else {
      const { status, output } = await runLine(step.command, folder);
      expect(status, `${step.command}\n${output}`).toBe(0);
      expect(firstMissing(step.expected, output), `${step.command}\n${output}`).toBeUndefined();
      outputs.set(step.command, output);
    }
  }
  return outputs;
}

describe.skipIf(missing)(withReason('docs/first-arena.md', missing), () => {
  it('works as it is written, and prints what it shows', async () => {
    const outputs = await followPage(PAGE, freshFolder('spam'));
    const run = [...outputs].find(([command]) => command.startsWith('overnight run'))![1];
    expect(run.match(/^ {0,2}\d+ [^\d\s] /gm)!.length, run).toBeGreaterThanOrEqual(15);
    const doctor = outputs.get('overnight doctor')!;
    expect(doctor).toMatch(/^✓ trust grade: sealed/m);
    const before = Number(/loss: ([\d.]+)/.exec(PAGE)![1]);
    const after = Number(/loss: ([\d.]+)/.exec(outputs.get('python3 check.py')!)![1]);
    expect(after).toBeLessThan(before - 0.05);
  });
});

const noSandbox = unless(sandbox.info.level === 'bubblewrap', sandbox.info.reason);
const noCompiler =
  noSandbox ?? unless(existsSync('/usr/bin/cc') && existsSync('/usr/bin/make'), 'there is no C compiler');

describe.skipIf(noSandbox)(withReason('docs/first-arena-node.md', noSandbox), () => {
  it('works as it is written, and ends with the smaller size', async () => {
    const outputs = await followPage(readPage('first-arena-node.md'), freshFolder('squeeze'));
    expect(Number(/size: (\d+)/.exec(outputs.get('node check.mjs')!)![1])).toBeLessThan(20_000);
  });
});

describe.skipIf(noCompiler)(withReason('docs/first-arena-c.md', noCompiler), () => {
  it('works as it is written, and ends with the better table', async () => {
    const outputs = await followPage(readPage('first-arena-c.md'), freshFolder('count'));
    expect(outputs.get('./count')).toBe('1.4378 looks per name\n');
  });
});
