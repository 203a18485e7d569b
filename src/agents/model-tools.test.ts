/** The built-in agent’s tools do what they say in their folder, and nothing anywhere else. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { hashTree } from '../os/files.ts';
import { FolderTools } from './model-tools.ts';

const home = fs.mkdtempSync(path.join(os.tmpdir(), 'overnight-tools-'));
afterAll(() => fs.rmSync(home, { recursive: true, force: true }));
const dir = path.join(home, 'work');
const outside = path.join(home, 'outside');
let tools: FolderTools;

beforeEach(() => {
  fs.rmSync(dir, { recursive: true, force: true });
  fs.mkdirSync(path.join(dir, 'lib'), { recursive: true });
  fs.mkdirSync(outside, { recursive: true });
  fs.writeFileSync(path.join(outside, 'secret'), 'secret');
  fs.writeFileSync(path.join(dir, 'x.ts'), 'one\ntwo\none two\n');
  fs.writeFileSync(path.join(dir, 'judge.ts'), 'frozen One\n');
  fs.writeFileSync(path.join(dir, 'lib', 'binary'), 'a\0b');
  fs.symlinkSync(outside, path.join(dir, 'lib', 'away'));
  tools = new FolderTools({ dir, writable: ['x.ts', 'lib'], earlier: async (n) => `#${n} was worse` });
});

describe('in the folder', () => {
  it('lists, reads, searches, edits and writes', async () => {
    expect(tools.listFiles()).toBe('judge.ts\nlib/away (editable)\nlib/binary (editable)\nx.ts (editable)');
    expect(tools.readLines('x.ts', 2, 1)).toBe('2\ttwo\n(4 lines in all)');
    expect(tools.findLines('ONE')).toBe('judge.ts:1: frozen One\nx.ts:1: one\nx.ts:3: one two');
    expect(tools.findLines('three')).toBe('no line contains it');
    expect(tools.replaceText('x.ts', 'one two', '$& three')).toBe('x.ts was changed');
    expect(fs.readFileSync(path.join(dir, 'x.ts'), 'utf8')).toBe('one\ntwo\n$& three\n');
    expect(tools.writeFile('lib/new/a.ts', 'a')).toContain('written');
    expect(await tools.describeEarlier(3.7)).toBe('#3 was worse');
  });

  it('says what is wrong in words', () => {
    expect(tools.replaceText('x.ts', 'one', 'x')).toMatch(/^error: .* 2 times/);
    expect(tools.replaceText('x.ts', '', 'x')).toMatch(/^error: .* 0 times/);
    expect(tools.replaceText('judge.ts', 'frozen', 'x')).toBe('error: judge.ts is not editable');
    expect(tools.readLines('nothing.ts')).toMatch(/^error: nothing\.ts is not a text file/);
    expect(tools.readLines('lib/binary')).toMatch(/^error/);
    expect(tools.findLines(' ')).toMatch(/^error/);
    expect(tools.writeFile('x.ts', 'x'.repeat(2 << 20))).toMatch(/^error: .*1 MB/);
    expect(tools.writeFile('x.ts/y', 'x')).toMatch(/^error/);
  });
});

it('nothing outside is read or written, whatever the path', () => {
  const piece = fc.constantFrom(
    '..',
    '.',
    'lib',
    'away',
    'x.ts',
    'secret',
    'outside',
    '',
    'work',
    '\0',
    home,
    dir,
    '/etc/passwd',
    'judge.ts',
    'new',
  );
  const before = hashTree(outside);
  fc.assert(
    fc.property(
      fc.array(piece, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('/')),
      (file) => {
        expect(tools.readLines(file)).not.toContain('secret\n(');
        tools.writeFile(file, 'written');
        tools.replaceText(file, 'secret', 'written');
        expect(hashTree(outside)).toBe(before);
        expect(fs.readFileSync(path.join(dir, 'judge.ts'), 'utf8')).toBe('frozen One\n');
        expect(fs.readdirSync(home).sort()).toEqual(['outside', 'work']);
      },
    ),
    { numRuns: 300 },
  );
});
