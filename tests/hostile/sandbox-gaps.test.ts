/** A bubblewrap that does not do all of what it is asked: the probe says so, and the grade is lower. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { captureOutput } from '../../src/os/spawn.ts';
import { chooseSandbox } from '../../src/sandbox/choose.ts';
import { freshFolder } from '../fixtures/cli.ts';
import { unless, withReason } from '../fixtures/skipping.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const LOADER = join(ROOT, 'node_modules', 'tsx', 'dist', 'loader.mjs');
const { info } = (await chooseSandbox()).sandbox;
const absent = unless(info.level === 'bubblewrap' && !info.gaps, info.reason);

/** A program `bwrap` that takes some of its arguments away, and the sandbox that is chosen with it. */
async function chosenWithout(pattern: string): Promise<{ info: typeof info; grade: string; reason: string }> {
  const folder = freshFolder('bin');
  const wrapper = join(folder, 'bwrap');
  mkdirSync(folder, { recursive: true });
  const lines = [
    '#!/usr/bin/perl',
    'if ("@ARGV" !~ /--args/) { exec "/usr/bin/bwrap", @ARGV }',
    'open(my $given, "<&=", 3); local $/; my $args = <$given>; close $given;',
    `$args =~ s/${pattern}//g;`,
    'pipe(my $read, my $write); if (!fork) { syswrite $write, $args; exit } close $write;',
    '$^F = 100; open(my $again, "<&", $read); my $n = fileno $again; @ARGV[1] = $n; exec "/usr/bin/bwrap", @ARGV;',
  ];
  writeFileSync(wrapper, `${lines.join('\n')}\n`);
  chmodSync(wrapper, 0o755);
  const script = `
    const { chooseSandbox } = await import(${JSON.stringify(join(ROOT, 'src/sandbox/choose.ts'))});
    const { gradeOf } = await import(${JSON.stringify(join(ROOT, 'src/core/trust-grade.ts'))});
    const { info } = (await chooseSandbox()).sandbox;
    console.log(JSON.stringify({ info, ...gradeOf({ evaluate: { command: 'x' }, metric: {} }, info.level, info) }));`;
  const ran = await captureOutput(process.execPath, ['--import', LOADER, '--input-type=module', '-e', script], {
    env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
  });
  expect(ran.stderr).toBe('');
  return JSON.parse(ran.stdout);
}

it.skipIf(absent)(withReason('without the filter the grade is lower, and says why', absent), async () => {
  const found = await chosenWithout(String.raw`--seccomp\0\d+\0`);
  expect(found.info.level).toBe('bubblewrap');
  expect(found.info.gaps).toEqual(expect.arrayContaining(['a filter on system calls', 'no keyring']));
  expect(found.info.reason).toContain('probe passed but for:');
  expect(found.grade).toBe('guarded');
  expect(found.reason).toContain('a filter on system calls');
});

it.skipIf(absent || process.getuid?.() !== 0)(
  withReason('with the kernel’s settings left open to root the grade is lower, and says why', absent),
  async () => {
    const found = await chosenWithout(String.raw`(--ro-bind-try\0\/proc\/\w+\0\/proc\/\w+\0|--cap-add\0CAP_SETUID\0)`);
    expect(found.info.gaps).toEqual(
      expect.arrayContaining(['settings of the kernel cannot be changed', 'an ordinary user inside']),
    );
    expect(found.grade).toBe('guarded');
    expect(found.reason).toContain('settings of the kernel cannot be changed');
  },
);

it.skipIf(absent)(withReason('with a network there is no sandbox at all', absent), async () => {
  const found = await chosenWithout(String.raw`--unshare-net\0`);
  expect(found.info.level).toBe('process');
  expect(found.info.reason).toContain('network');
  expect(found.grade).toBe('reported');
});
