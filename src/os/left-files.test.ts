/** Files that untrusted code left are opened without following a link, with /proc and without. */
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256Hex } from '../base/hash.ts';
import { hashLeftFile, isProblem, openLeftFile, readSmallFile, takeLeftFile } from './left-files.ts';
import { hasProc } from './proc.ts';

let root = '';
let out = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'overnight-left-'));
  out = join(root, 'out');
  mkdirSync(join(out, 'a', 'b'), { recursive: true });
  mkdirSync(join(root, 'victim'));
  writeFileSync(join(root, 'victim', 'x'), 'secret');
  writeFileSync(join(out, 'a', 'b', 'x'), 'mine');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe.each(hasProc ? [true, false] : [false])('a file that was left (through /proc: %s)', (usesProc) => {
  const problemOf = (path: string): string => {
    const opened = openLeftFile(out, path, usesProc);
    if (isProblem(opened)) return `${opened.kind}: ${opened.problem}`;
    opened.close();
    return 'opened';
  };

  it('is opened in real folders alone', () => {
    expect(problemOf('a/b/x')).toBe('opened');
    expect(problemOf('a/b/y')).toBe('missing: is missing');
    expect(problemOf('a/b')).toMatch(/^not-plain: is not a regular file/);
    for (const path of ['../victim/x', '/etc/passwd', 'a//b/x', './a/b/x', '', 'a/\0'])
      expect(problemOf(path)).toBe('not-plain: is no plain path');
    symlinkSync(join(root, 'victim'), join(out, 'link'));
    symlinkSync('../victim/x', join(out, 'file'));
    expect(problemOf('link/x')).toBe('not-plain: lies behind a link or a file');
    expect(problemOf('a/b/x/y')).toBe('not-plain: lies behind a link or a file');
    expect(problemOf('file')).toBe('not-plain: is not a regular file');
    rmSync(out, { recursive: true });
    symlinkSync(join(root, 'victim'), out);
    expect(problemOf('x')).toBe('not-plain: lies behind a link or a file');
  });

  it('is moved as a program or a plain file and no more, and copied where it has a second name', async () => {
    chmodSync(join(out, 'a', 'b', 'x'), 0o6755);
    linkSync(join(root, 'victim', 'x'), join(out, 'second'));
    chmodSync(join(root, 'victim', 'x'), 0o640);
    for (const [path, content, mode] of [
      ['a/b/x', 'mine', 0o755],
      ['second', 'secret', 0o644],
    ] as const) {
      const opened = openLeftFile(out, path, usesProc);
      if (isProblem(opened)) throw new Error(opened.problem);
      const target = join(root, 'taken', path);
      await takeLeftFile(opened, target);
      expect(await hashLeftFile(opened)).toBe(sha256Hex(content));
      opened.close();
      expect(readFileSync(target, 'utf8')).toBe(content);
      expect(statSync(target).mode & 0o7777).toBe(mode);
    }
    expect(existsSync(join(out, 'a', 'b', 'x'))).toBe(false);
    expect(statSync(join(root, 'victim', 'x')).mode & 0o7777).toBe(0o640);
  });
});

it('a small file is read, a larger one is not', () => {
  expect(readSmallFile(out, 'a/b/x', 4)?.toString()).toBe('mine');
  expect(readSmallFile(out, 'a/b/x', 3)).toBeUndefined();
});
