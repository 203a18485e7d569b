/**
 * A harness that is killed in the middle of a call: the agent dies with it, and the next harness finds nothing that it
 * does not sweep.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { taggedPids } from '../../src/os/proc.ts';
import { chooseSandbox } from '../../src/sandbox/choose.ts';

const LOADER = join(import.meta.dirname, '..', '..', 'node_modules', 'tsx', 'dist', 'loader.mjs');

const said = (child: ChildProcess, word: string): Promise<void> =>
  new Promise((resolve, reject) => {
    child.stdout!.on('data', (chunk: Buffer) => chunk.includes(word) && resolve());
    child.on('exit', (status) => reject(new Error(`it ended with ${status}`)));
  });

it('leaves no process and no folder of a call after a kill and a sweep', async () => {
  const tmp = mkdtempSync(join(tmpdir(), 'overnight-kt-'));
  const tag = `killed-${process.pid}-call-1`;
  const before = process.env.TMPDIR;
  process.env.TMPDIR = tmp;
  try {
    const args = ['--import', LOADER, join(import.meta.dirname, 'endless.ts'), tag];
    const harness = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, TMPDIR: tmp },
    });
    const ended = new Promise((resolve) => harness.on('exit', resolve));
    await said(harness, 'running');
    expect(taggedPids(tag, 'prefix').length).toBeGreaterThan(0);
    expect(readdirSync(tmp).filter((name) => name.includes(tag))).toHaveLength(1);
    harness.kill('SIGKILL');
    await ended;
    const { sandbox } = await chooseSandbox();
    await sandbox.sweep(tag.replace(/-call.*/, ''));
    expect(taggedPids(tag, 'prefix')).toEqual([]);
    expect(readdirSync(tmp).filter((name) => name.includes(tag))).toEqual([]);
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    rmSync(tmp, { recursive: true, force: true });
  }
});
