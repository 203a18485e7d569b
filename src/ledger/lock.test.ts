import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import * as path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LabError } from '../base/error.ts';
import { bootId, startTimeOf } from '../os/proc.ts';
import { lockOwner, type LockOwner, takeLock } from './lock.ts';

const root = fs.mkdtempSync(path.join(tmpdir(), 'overnight-lock-'));
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));
const here = path.join(import.meta.dirname, '..', '..');
const LOADER = path.join(here, 'node_modules', 'tsx', 'dist', 'loader.mjs');
const PROGRAM = path.join(here, 'tests', 'fixtures', 'bin', 'lock.ts');
const now = '2026-03-07T20:00:00.000Z';

let file = '';
let count = 0;
const children: ChildProcess[] = [];
beforeEach(() => {
  file = path.join(root, `lock-${count++}`);
});
afterEach(async () => {
  await Promise.all(children.splice(0).map(end));
});

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

/** Another process that tries to take the lock at a moment; what it says. */
function rival(at = 0): { readonly child: ChildProcess; readonly said: Promise<string> } {
  const child = spawn(process.execPath, ['--import', LOADER, PROGRAM, file, String(at)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  return {
    child,
    said: new Promise((resolve) => child.stdout!.once('data', (chunk) => resolve(String(chunk).trim()))),
  };
}

const owner = (change: Partial<LockOwner>): void => {
  const me = {
    pid: process.pid,
    started: startTimeOf(process.pid)!,
    boot: bootId() ?? '',
    host: hostname(),
    since: now,
  };
  fs.writeFileSync(file, `${JSON.stringify({ ...me, ...change })}\n`);
};
const refusal = (): LabError => {
  try {
    takeLock(file, now);
  } catch (thrown) {
    return thrown as LabError;
  }
  throw new Error('the lock was free');
};

describe('the lock of a ledger', () => {
  it('names its owner, keeps everybody else out, and is free when released', () => {
    const lock = takeLock(file, now);
    expect(lock.tookOverFrom).toBeUndefined();
    expect(lockOwner(file)).toMatchObject({ pid: process.pid, host: hostname(), since: now });
    expect(refusal().code).toBe('E_LOCKED');
    expect(refusal().parts.why).toContain(`rocess ${process.pid} on`);
    lock.releaseLock();
    expect(fs.existsSync(file)).toBe(false);
    lock.releaseLock();
    expect(fs.readdirSync(root).filter((name) => name.startsWith(path.basename(file)))).toEqual([]);
  });

  it('is held by a living process and taken over when that process was killed', async () => {
    const { child, said } = rival();
    expect(await said).toBe('got free');
    expect(refusal().parts.why).toContain(`rocess ${child.pid} on`);
    await end(child);
    const lock = takeLock(file, now);
    expect(lock.tookOverFrom?.pid).toBe(child.pid);
    lock.releaseLock();
  });

  it('is taken over from a process whose number somebody else has now', () => {
    owner({ started: '12' });
    expect(lockOwner(file)).toBeUndefined();
    expect(takeLock(file, now).tookOverFrom?.started).toBe('12');
  });

  it('is taken over from before a restart of the machine', () => {
    owner({ boot: 'another boot' });
    expect(takeLock(file, now).tookOverFrom?.boot).toBe('another boot');
  });

  it('is never taken over from another machine: nobody here can know', () => {
    owner({ host: 'elsewhere' });
    expect(refusal().parts.next).toContain('delete the lock file');
    owner({ host: 'elsewhere', boot: 'another boot', started: '12' });
    expect(refusal().code).toBe('E_LOCKED');
    expect(lockOwner(file)).toMatchObject({ host: 'elsewhere' });
  });

  it('is taken over when nothing can be read in it', () => {
    fs.writeFileSync(file, '');
    expect(takeLock(file, now).tookOverFrom).toBeDefined();
  });

  it('is taken over although somebody was killed while it took it over', () => {
    owner({ started: '12' });
    fs.copyFileSync(file, `${file}.guard`);
    expect(takeLock(file, now).tookOverFrom?.started).toBe('12');
    expect(fs.existsSync(`${file}.guard`)).toBe(false);
  });

  it('is left alone while somebody who lives takes it over', () => {
    owner({});
    fs.renameSync(file, `${file}.guard`);
    owner({ started: '12' });
    expect(refusal().code).toBe('E_LOCKED');
    expect(JSON.parse(fs.readFileSync(file, 'utf8'))).toMatchObject({ started: '12' });
  });

  it('goes to exactly one of several processes that race for a dead owner’s', async () => {
    for (let round = 0; round < 2; round++) {
      owner({ started: '12' });
      const at = Date.now() + 900;
      const answers = await Promise.all([1, 2, 3, 4].map(() => rival(at).said));
      expect(answers.filter((answer) => answer.startsWith('got'))).toHaveLength(1);
      expect(answers.filter((answer) => answer === 'E_LOCKED')).toHaveLength(3);
      await Promise.all(children.splice(0).map(end));
      fs.rmSync(file, { force: true });
    }
  });
});
