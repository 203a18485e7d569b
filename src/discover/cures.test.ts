/** Each known failure of a first try has its reason and its cure; what is a secret is never shown. */
import { describe, expect, it } from 'vitest';
import { findCure, type FailedTry } from './cures.ts';

const PRESENT = new Set([
  '/home/ada/.local/bin/uv',
  '/home/ada/.local/bin',
  '/home/ada/.local/share/uv',
  '/home/ada/.cache/autoresearch',
  '/home/ada/project/.venv',
  '/home/ada/project/node_modules',
  '/srv/data/train.csv',
  '/home/ada/.ssh/id_ed25519',
  '/home/ada/.cache/huggingface/hub',
  '/home/ada/.rustup',
]);

const failed = (text: string, more: Partial<FailedTry> = {}): FailedTry => ({
  text,
  command: 'python3 train.py',
  kind: 'exit',
  findProgram: (name) => (name === 'uv' ? '/home/ada/.local/bin/uv' : undefined),
  exists: (path) => PRESENT.has(path),
  home: '/home/ada',
  folder: '/home/ada/project',
  budgetS: 60,
  env: {},
  manifest: { read: [], home: [], installed: [], isWritable: false, gpus: 0 },
  ...more,
});

// Case 13-doctor-sends-to-doctor.
describe('a first try that failed', () => {
  it.each([
    [
      'a tool below the home folder',
      '/bin/sh: 1: uv: not found',
      { key: 'sandbox.read', add: ['/home/ada/.local/bin', '/home/ada/.local/share/uv'] },
    ],
    [
      'a Rust toolchain that rustup looks for in the home folder',
      "error: rustup could not choose a version of cargo to run, because one wasn't specified explicitly",
      { key: 'sandbox.home', add: ['.rustup'] },
    ],
    [
      'the same of another of its programs',
      'error: rustup could not choose a version of rustc to run, because no default is configured.',
      { key: 'sandbox.home', add: ['.rustup'] },
    ],
    [
      'an environment beside the code',
      '/bin/sh: 1: .venv/bin/python: not found',
      { key: 'sandbox.installed', add: ['.venv'] },
    ],
    [
      'packages beside the code',
      "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'x' imported from /lab/arena/b.mjs",
      { key: 'sandbox.installed', add: ['node_modules'] },
    ],
    [
      'a module of the environment',
      "ModuleNotFoundError: No module named 'numpy'",
      { key: 'run.command', value: '.venv/bin/python train.py' },
    ],
    [
      'a build in place',
      "Fatal error: can't create ../lib/lz4.o: Read-only file system",
      { key: 'run.writable', value: true },
    ],
    ['a database in place', 'Error: unable to open database file', { key: 'run.writable', value: true }],
    [
      'a cache of the home folder',
      "FileNotFoundError: [Errno 2] No such file or directory: '/tmp/.cache/autoresearch/data.bin'",
      { key: 'sandbox.home', add: ['.cache/autoresearch'] },
    ],
    [
      'data elsewhere',
      "FileNotFoundError: [Errno 2] No such file or directory: '/srv/data/train.csv'",
      { key: 'sandbox.read', add: ['/srv/data/train.csv'] },
    ],
    [
      'a model of Hugging Face',
      'huggingface_hub.errors.LocalEntryNotFoundError: cannot find the files on the Hub',
      { key: 'sandbox.home', add: ['.cache/huggingface/hub'] },
    ],
    ['a GPU', 'RuntimeError: Found no NVIDIA driver on your system.', { key: 'resources.gpus', value: 1 }],
  ])('%s is cured by a change of the manifest', (_, text, change) => {
    expect(findCure(failed(text))?.change).toEqual(change);
  });

  it('a clock too short is doubled, or set by the run outside', () => {
    expect(findCure(failed('', { kind: 'timeout' }))?.change).toEqual({ key: 'budget.seconds', value: 120 });
    expect(findCure(failed('', { kind: 'timeout', outsideS: 333 }))?.change).toEqual({
      key: 'budget.seconds',
      value: 500,
    });
  });

  it.each([
    ['the network', 'getaddrinfo ENOTFOUND registry.example', /`prepare` with `network: true`/],
    ['a program that is nowhere', '/bin/sh: 1: hyperfine: not found', /install hyperfine/],
    [
      'a package that is nowhere',
      "ModuleNotFoundError: No module named 'x'",
      /`setup` that installs it/,
      { exists: () => false },
    ],
    ['a variable of the shell', "KeyError: 'DATA_DIR'", /DATA_DIR=…/, { env: { DATA_DIR: '/x' } }],
    ['a secret', "No such file or directory: '/home/ada/.ssh/id_ed25519'", /copy what the program needs/],
  ])('%s needs the person, and says what to do', (_, text, fix, more?: Partial<FailedTry>) => {
    const cure = findCure(failed(text, more));
    expect(cure?.fix).toMatch(fix);
    expect(cure?.change).toBeUndefined();
  });

  it('no cure is given twice, and an unknown failure has none', () => {
    const manifest = { read: [], home: [], installed: ['node_modules', '.venv'], isWritable: true, gpus: 1 };
    expect(findCure(failed('/bin/sh: 1: .venv/bin/python: not found', { manifest }))).toBeUndefined();
    expect(findCure(failed('Read-only file system', { manifest }))).toBeUndefined();
    expect(findCure(failed('AssertionError: shapes differ'))).toBeUndefined();
  });

  it('an active environment outside of the folder is shown', () => {
    const env = { VIRTUAL_ENV: '/opt/envs/ml' };
    expect(findCure(failed("No module named 'torch'", { env, exists: () => false }))?.change).toEqual({
      key: 'sandbox.read',
      add: ['/opt/envs/ml'],
    });
  });
});
