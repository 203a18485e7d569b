/** `overnight new`: it looks, tries, asks the rest, and repairs what has a known cure. Ctrl-C writes nothing. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { type Ended, freshFolder, overnight } from '../fixtures/cli.ts';
import { chooseSandbox } from '../../src/sandbox/choose.ts';
import { unless, withReason } from '../fixtures/skipping.ts';
import { hasTerminal, inTerminal } from '../fixtures/terminal.ts';

const { sandbox } = await chooseSandbox();
const noSandbox = unless(sandbox.info.level === 'bubblewrap', sandbox.info.reason);
const noTerminal = unless(hasTerminal, 'there is no `script` to make a terminal');

// Case setup-01-new-interactive.
describe.skipIf(noTerminal)(withReason('`overnight new` on a terminal', noTerminal), () => {
  const project = (): string => {
    const folder = freshFolder('project');
    writeFileSync(join(folder, 'train.sh'), 'echo "loss: 1"\n');
    return folder;
  };

  it('tries the command, offers every number that it printed, and writes an arena that measures', async () => {
    const folder = project();
    const terminal = inTerminal('new', { cwd: folder });
    await terminal.see(/command that runs a candidate.*: /);
    terminal.type('sh train.sh\r');
    await terminal.see(/files that may change.*\[train\.sh\]: /);
    terminal.type('\r');
    await terminal.see(/1\) loss = 1 [^]*2\) wall[^]*Which number should get better\? \[1\]: /);
    terminal.type('7\r');
    await terminal.see(/better\? \[1\]: [^]*better\? \[1\]: /);
    terminal.type('\r');
    expect(await terminal.ended, terminal.shown()).toBe(0);
    expect(terminal.shown()).toMatch(/Measured: loss = 1 in .*lower is better/);
    const manifest = parse(readFileSync(join(folder, 'arena.yaml'), 'utf8')) as Record<string, unknown>;
    expect(manifest).toMatchObject({ name: 'project', editable: ['train.sh'], metric: { name: 'loss' } });
    expect(manifest).not.toHaveProperty('evaluate');
    expect(manifest).not.toHaveProperty('artefact');
  });

  it('ends at Ctrl-C with status 130 and writes nothing', async () => {
    const folder = project();
    const terminal = inTerminal('new', { cwd: folder });
    await terminal.see(/command that runs a candidate/);
    terminal.type('\x03');
    expect(await terminal.ended).toBe(130);
    expect(terminal.shown()).toMatch(/Nothing was written\./);
    expect(terminal.shown()).not.toMatch(/E_INTERNAL|AbortError/);
    expect(existsSync(join(folder, 'arena.yaml'))).toBe(false);
    expect(readdirSync(folder)).toEqual(['train.sh']);
  });
});

/** What `new` says and writes in a folder with these files. */
async function makeArena(
  files: Readonly<Record<string, string>>,
  ...args: string[]
): Promise<{ ended: Ended; manifest: Record<string, unknown>; folder: string }> {
  const folder = freshFolder('project');
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), content, { mode: 0o755 });
  }
  const ended = await overnight(['new', ...args], { cwd: folder });
  const file = join(folder, 'arena.yaml');
  return {
    ended,
    folder,
    manifest: existsSync(file) ? (parse(readFileSync(file, 'utf8')) as Record<string, unknown>) : {},
  };
}

describe.concurrent('`overnight new COMMAND` without a terminal', () => {
  it('needs no other word when one number is printed', async ({ expect }) => {
    const { ended, manifest } = await makeArena(
      { 'train.sh': 'echo "epoch done"\necho "val loss: 2.5"\n' },
      'sh train.sh',
    );
    expect(ended.status, ended.stderr).toBe(0);
    expect(manifest).toMatchObject({
      metric: { name: 'loss', direction: 'minimize', plausible: { min: 0.03, max: 300 } },
      editable: ['train.sh'],
      run: { command: 'sh train.sh' },
    });
  });

  it('names the numbers when there are several, and writes nothing', async ({ expect }) => {
    const { ended, folder } = await makeArena({ 'a.sh': 'echo "acc: 0.9"\necho "loss: 2"\n' }, 'sh a.sh');
    expect(ended.status).toBe(2);
    expect(ended.stderr).toMatch(/printed acc = 0\.9, loss = 2\.[^]*--metric/);
    expect(readdirSync(folder)).toEqual(['a.sh']);
  });

  it('a command that fails outside is told so, with its last lines', async ({ expect }) => {
    const { ended, folder } = await makeArena({ 'a.sh': 'echo "no such option" >&2\nexit 3\n' }, 'sh a.sh');
    expect(ended.status).toBe(6);
    expect(ended.stderr).toMatch(/fails before anything is changed[^]*status 3[^]*no such option/);
    expect(readdirSync(folder)).toEqual(['a.sh']);
  });

  // Case setup-03-builds-in-place.
  it.skipIf(noSandbox)(
    withReason('a build beside its sources gets a folder that it may write', noSandbox),
    async ({ expect }) => {
      const make = { Makefile: 'bench: out\n\tcat out\nout: in\n\tcp in out\n', in: 'ms: 4\n', 'work.c': '' };
      const { ended, manifest } = await makeArena({ ...make, 'b.sh': 'cp in out\ncat out\n' }, 'sh b.sh');
      expect(ended.status, ended.stderr).toBe(0);
      expect(ended.stderr).toMatch(/read-only: setting `run\.writable: true`/);
      expect(manifest).toMatchObject({ run: { writable: true }, metric: { name: 'ms' } });
    },
  );

  it.skipIf(noSandbox)(
    withReason('a tool and an environment outside of /usr are shown', noSandbox),
    async ({ expect }) => {
      const files = {
        '.gitignore': '.venv\n',
        '.venv/bin/python': '#!/bin/sh\necho "score: 7"\n',
        'train.py': 'X = 1\n',
      };
      const folder = freshFolder('venv');
      execFileSync('git', ['init', '-q', folder]);
      for (const [file, content] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, file)), { recursive: true });
        writeFileSync(join(folder, file), content, { mode: 0o755 });
      }
      const git = (...args: string[]): unknown =>
        execFileSync('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@t', ...args]);
      git('add', '.');
      git('commit', '-qm', 'first');
      const ended = await overnight(['new', '.venv/bin/python train.py', '--maximize'], { cwd: folder });
      expect(ended.status, ended.stderr).toBe(0);
      expect(parse(readFileSync(join(folder, 'arena.yaml'), 'utf8'))).toMatchObject({
        sandbox: { installed: ['.venv'] },
        metric: { name: 'score', direction: 'maximize' },
      });
    },
  );
});

describe.skipIf(noSandbox)(withReason('a timing', noSandbox), () => {
  it('that did not repeat is compared in pairs, with the reason beside it', async () => {
    const script = 'if [ -d /lab/arena ]; then echo "latency: 30 ms"; else echo "latency: 10 ms"; fi\n';
    const { ended, manifest, folder } = await makeArena({ 'bench.sh': script }, 'sh bench.sh', '--edit', 'bench.sh');
    expect(ended.status, ended.stderr).toBe(0);
    expect(manifest).toMatchObject({ metric: { name: 'latency' }, decide: { rule: 'paired' } });
    expect(readFileSync(join(folder, 'arena.yaml'), 'utf8')).toMatch(
      /# Guess: decide\.rule is paired, because latency is a timing and (two runs .* differ by 67 %|the machine is busy)/,
    );
  }, 60_000);

  it('is what pairs are for: a score gets none, however it differs and whatever the load', async () => {
    const script = 'if [ -d /lab/arena ]; then echo "loss: 30"; else echo "loss: 10"; fi\n';
    const { ended, manifest } = await makeArena({ 'bench.sh': script }, 'sh bench.sh', '--edit', 'bench.sh');
    expect(ended.status, ended.stderr).toBe(0);
    expect(manifest).not.toHaveProperty('decide');
  }, 60_000);
});
