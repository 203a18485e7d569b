import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { bootId, hasProc, isAlive, parseStat, processInfo, startTimeOf, taggedPids, treeOf } from './proc.ts';

const noProc = hasProc ? '' : ' (skipped: this machine has no /proc)';

describe('reading a line of /proc/PID/stat', () => {
  it('copes with spaces and parentheses in the name', () => {
    const line = `42 (a) (b c) S 7 42 42 0 -1 4194304 1 2 3 4 150 50 25 75 20 0 3 0 12345 1000 256 ${'0 '.repeat(20)}`;
    expect(parseStat(line)).toEqual({
      pid: 42,
      parent: 7,
      name: 'a) (b c',
      state: 'S',
      threads: 3,
      rssBytes: 256 * 4096,
      cpuS: 2,
      cpuWithChildrenS: 3,
      startTime: '12345',
    });
    expect(parseStat('nonsense')).toBeUndefined();
  });
});

describe('a process', () => {
  it('is alive under its start time, and no longer when it has ended', async () => {
    const child = spawn('sleep', ['20']);
    const pid = child.pid ?? 0;
    const started = startTimeOf(pid) ?? '';
    expect(isAlive(pid, started)).toBe(true);
    expect(isAlive(pid, 'another time')).toBe(false);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    expect(isAlive(pid, started)).toBe(false);
  });

  it.skipIf(!hasProc)(`is found by its tag and as a part of its tree, exactly or by prefix${noProc}`, async () => {
    const tag = `proc-test-${process.pid}`;
    const child = spawn('sh', ['-c', 'sleep 20 & sleep 20 & wait'], {
      env: { PATH: process.env.PATH, OVERNIGHT_TAG: `${tag}/1` },
      detached: true,
    });
    const pid = child.pid ?? 0;
    // A shell is called `sh` until it has become what it starts.
    await expect.poll(() => treeOf(pid).map((info) => info.name)).toEqual(['sh', 'sleep', 'sleep']);
    expect(processInfo(pid)?.parent).toBe(process.pid);
    expect(taggedPids(tag, 'prefix')).toHaveLength(3);
    expect(taggedPids(tag, 'exact')).toEqual([]);
    expect(taggedPids(`${tag}/1`, 'exact')).toHaveLength(3);
    process.kill(-pid, 'SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
  });
});

it.skipIf(!hasProc)(`the boot has an identity that stays${noProc}`, () => {
  expect(bootId()).toMatch(/^[0-9a-f-]{36}$/);
  expect(bootId()).toBe(bootId());
});
