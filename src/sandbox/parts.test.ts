/** The small parts of a run: kept output, measured disk, paths, and the choice of a sandbox. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseSandbox } from './choose.ts';
import { DiskMeter } from './disk.ts';
import { hostPathOf } from './launch.ts';
import { OutputKeeper } from './output.ts';

describe('kept output', () => {
  it('is whole while it is small, whatever the pieces', () => {
    const keeper = new OutputKeeper();
    const text = 'äöü€ '.repeat(20_000); // 180 kB would be cut; this is just below
    const bytes = Buffer.from(text).subarray(0, 128 * 1024);
    for (let i = 0; i < bytes.length; i += 777) keeper.addChunk(bytes.subarray(i, i + 777));
    expect(keeper.capturedOutput()).toEqual({ text: bytes.toString(), bytes: 128 * 1024 });
  });

  it('keeps 32 KiB of the beginning and 96 KiB of the end, and says how much is missing', () => {
    const keeper = new OutputKeeper();
    keeper.addChunk(Buffer.from(`begin${'a'.repeat(500_000)}`));
    keeper.addChunk(Buffer.from(`${'b'.repeat(500_000)}end`));
    const { text, bytes } = keeper.capturedOutput();
    expect(bytes).toBe(1_000_008);
    expect(text.startsWith('begina')).toBe(true);
    expect(text.endsWith('bend')).toBe(true);
    expect(text).toContain(`[… ${1_000_008 - 128 * 1024} bytes left out …]`);
    expect(text.length).toBeLessThan(129 * 1024);
  });
});

describe('the disk meter', () => {
  it('counts what is allocated, in all depths, and goes on where it stopped', () => {
    const dir = mkdtempSync(join(tmpdir(), 'overnight-disk-'));
    mkdirSync(join(dir, 'a', 'b'), { recursive: true });
    for (let i = 0; i < 200; i++) writeFileSync(join(dir, 'a', 'b', String(i)), 'x'.repeat(10_000));
    const meter = new DiskMeter([dir]);
    let looks = 0;
    while (meter.measureFor(0.2) < 2_000_000 && looks < 10_000) looks++;
    expect(meter.measureAfresh(1000)).toBeGreaterThan(2_000_000);
    expect(meter.measureAfresh(1000)).toBeLessThan(4_000_000);
    rmSync(dir, { recursive: true });
    expect(meter.measureAfresh(1000)).toBe(0);
    expect(new DiskMeter([]).measureFor(1)).toBe(0);
  });
});

it('a path inside is found on this machine by the deepest mount', () => {
  const mounts = [
    { from: '/lab/out', to: '/out', mode: 'write' },
    { from: '/lab/deep', to: '/out/deep', mode: 'write' },
  ] as const;
  expect(hostPathOf('/out/start', mounts)).toBe('/lab/out/start');
  expect(hostPathOf('/out/deep/start', mounts)).toBe('/lab/deep/start');
  expect(hostPathOf('/outer/start', mounts)).toBe('/outer/start');
});

describe('choosing a sandbox', () => {
  it('gives the plain process with the reason when bubblewrap is not wanted', async () => {
    const { sandbox, checks } = await chooseSandbox({ forbid: 'bubblewrap' });
    expect(sandbox.info).toMatchObject({ level: 'process', reason: 'process (bubblewrap was not wanted)' });
    expect(checks).toEqual([]);
  });

  it('can be forced by the environment', async () => {
    process.env.OVERNIGHT_SANDBOX = 'process';
    try {
      expect((await chooseSandbox()).sandbox.info.reason).toBe('process (OVERNIGHT_SANDBOX=process is set)');
    } finally {
      delete process.env.OVERNIGHT_SANDBOX;
    }
  });

  it('says what it saw from inside, or why it fell back', async () => {
    const { sandbox, checks } = await chooseSandbox();
    if (sandbox.info.level === 'bubblewrap') {
      expect(sandbox.info.reason).toMatch(/^bubblewrap \S+ \(found on PATH, probe passed/);
      expect(checks.filter((check) => !check.ok)).toEqual([]);
      expect(checks.length).toBeGreaterThan(10);
    } else {
      expect(sandbox.info.reason).toMatch(/^process \(.+\)$/);
    }
    expect(sandbox.info.limits).toMatch(/^(cgroup v[12]|watched \(.+\)|wall time)/);
  });
});
