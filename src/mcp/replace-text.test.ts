/** Search and replace says for each edit that does not match why, and makes the others in their order. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { replaceTexts, type TextEdit } from './replace-text.ts';

const files = new Map([['a.ts', 'one\ntwo\none\nthree\n']]);
const apply = (...edits: TextEdit[]): { files: Record<string, string | null>; problems: readonly string[] } => {
  const replaced = replaceTexts(files, edits);
  return { files: Object.fromEntries(replaced.files), problems: replaced.problems };
};

describe('search and replace', () => {
  it('replaces what occurs once, makes files, removes them, and goes on with what an edit left', () => {
    expect(
      apply(
        { path: 'a.ts', old: 'two', new: 'zwei' },
        { path: 'a.ts', old: 'zwei\none', new: 'zwei\n$& eins' },
        { path: 'b.ts', new: 'new\n' },
        { path: 'b.ts', old: 'new', new: 'newer' },
      ),
    ).toEqual({ files: { 'a.ts': 'one\nzwei\n$& eins\nthree\n', 'b.ts': 'newer\n' }, problems: [] });
    expect(apply({ path: 'a.ts', new: null }).files).toEqual({ 'a.ts': null });
    expect(apply({ path: 'a.ts', old: 'one', new: '1', all: true }).files).toEqual({ 'a.ts': '1\ntwo\n1\nthree\n' });
  });

  it('names the edit that did not match, how often it did, and where', () => {
    const { problems } = apply(
      { path: 'a.ts', old: 'one', new: '1' },
      { path: 'a.ts', old: 'four', new: '4' },
      { path: 'a.ts', old: 'one two', new: '3' },
      { path: 'b.ts', old: 'x', new: 'y' },
      { path: 'a.ts', new: 'all of it' },
      { path: 'a.ts', old: 'two', new: 'two' },
      { path: 'a.ts', old: 'two', new: null },
    );
    expect(problems).toEqual([
      'edit 1 (a.ts): its old text occurs 2 times (lines 1, 3); give more of the text around it, or all: true',
      'edit 2 (a.ts): its old text occurs nowhere',
      'edit 3 (a.ts): its old text occurs nowhere, but it does with other spaces or line ends',
      'edit 4 (b.ts): there is no such file; leave `old` out to make it',
      'edit 5 (a.ts): the file is there already; give the text that is to be replaced as `old`',
      'edit 6 (a.ts): `old` and `new` are the same',
      'edit 7 (a.ts): `new: null` removes the whole file; leave `old` out',
    ]);
  });

  it('changes nothing but the place, whatever the texts hold', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string({ minLength: 1 }),
        fc.string(),
        fc.string(),
        (before, old, replacement, after) => {
          const text = before + old + after;
          const edit = { path: 'a', old, new: replacement };
          const { files: changed, problems } = replaceTexts(new Map([['a', text]]), [edit]);
          const isClear = text.indexOf(old) === before.length && text.split(old).length === 2 && old !== replacement;
          if (isClear) expect(changed.get('a')).toBe(before + replacement + after);
          else expect(problems.length + changed.size).toBe(1);
        },
      ),
    );
  });
});
