/** Who may read what, and what is handed to another user. */
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findKernelFiles } from './kernel-files.ts';
import { findNobody, handOver, Readability } from './unprivileged.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'overnight-user-'));
  chmodSync(folder, 0o755);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('what everybody may read', () => {
  it('is a tree in which no file and no folder is closed, whatever links lead to', () => {
    mkdirSync(join(folder, 'a'));
    writeFileSync(join(folder, 'a', 'file'), '');
    symlinkSync('/root', join(folder, 'a', 'link'));
    expect(new Readability().mayEverybodyRead(folder)).toBe(true);
    expect(new Readability().mayEverybodyRead(join(folder, 'none'))).toBe(true);
    chmodSync(join(folder, 'a', 'file'), 0o640);
    expect(new Readability().mayEverybodyRead(folder)).toBe(false);
    chmodSync(join(folder, 'a', 'file'), 0o644);
    chmodSync(join(folder, 'a'), 0o711);
    expect(new Readability().mayEverybodyRead(folder)).toBe(false);
  });

  it('is looked at once for a folder that stays the same', () => {
    const readability = new Readability();
    mkdirSync(join(folder, 'a'));
    expect(readability.mayEverybodyRead(folder)).toBe(true);
    chmodSync(join(folder, 'a'), 0o700);
    expect(readability.mayEverybodyRead(folder)).toBe(true);
    chmodSync(folder, 0o750);
    expect(readability.mayEverybodyRead(folder)).toBe(false);
  });
});

describe.skipIf(process.getuid?.() !== 0)('handing over', () => {
  const user = { uid: 65534, gid: 65534 };
  const ownerOf = (...parts: string[]): number => lstatSync(join(folder, ...parts)).uid;

  it('gives what may be written, links themselves, and nothing that is protected', () => {
    mkdirSync(join(folder, 'out', 'deep'), { recursive: true });
    writeFileSync(join(folder, 'outside'), '');
    symlinkSync('../outside', join(folder, 'out', 'link'));
    for (const name of ['free', 'frozen']) writeFileSync(join(folder, 'out', name), '');
    handOver(
      [
        { from: join(folder, 'out'), to: '/out', mode: 'write' },
        { from: join(folder, 'out', 'frozen'), to: '/out/frozen', mode: 'read' },
      ],
      user,
    );
    for (const name of ['', 'deep', 'free', 'link']) expect(ownerOf('out', name)).toBe(65534);
    expect(ownerOf('out', 'frozen')).toBe(0);
    expect(ownerOf('outside')).toBe(0);
  });

  it('leaves a tree alone that a program has had already', () => {
    mkdirSync(join(folder, 'out'));
    const mounts = [{ from: join(folder, 'out'), to: '/out', mode: 'write' }] as const;
    handOver(mounts, user);
    writeFileSync(join(folder, 'out', 'later'), '');
    handOver(mounts, user);
    expect(ownerOf('out', 'later')).toBe(0);
  });
});

it('nobody is found by name, and never root', () => {
  const passwd = join(folder, 'passwd');
  writeFileSync(passwd, 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65533:nobody:/:/bin/false\n');
  expect(findNobody(passwd)).toEqual({ uid: 65534, gid: 65533 });
  writeFileSync(passwd, 'nobody:x:0:0::/:\n');
  expect(findNobody(passwd)).toBeUndefined();
});

it('what belongs to the whole machine below /proc is found by its kind, not by a list', () => {
  for (const name of ['sys', '17', 'new-folder']) mkdirSync(join(folder, name));
  for (const [name, mode] of [
    ['meminfo', 0o444],
    ['mtrr', 0o644],
    ['new-switch', 0o200],
    ['keys', 0o444],
    ['vmallocinfo', 0o400],
  ] as const) {
    writeFileSync(join(folder, name), '');
    chmodSync(join(folder, name), mode);
  }
  symlinkSync('17', join(folder, 'self'));
  const names = (paths: readonly string[]): string[] => paths.map((path) => path.slice(folder.length + 1)).sort();
  const found = findKernelFiles(folder);
  expect(names(found.readOnly)).toEqual(['mtrr', 'new-folder', 'sys']);
  expect(names(found.masked)).toEqual(['keys', 'new-switch', 'vmallocinfo']);
});
