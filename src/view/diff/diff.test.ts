/** A diff as rows: what git wrote, which words changed, what is folded. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDiff } from './parse.ts';
import { diffRows } from './rows.ts';
import { changedWords } from './words.ts';

const TEXT = [
  'diff --git a/train.py b/train.py',
  'index 1..2 100644',
  '--- a/train.py',
  '+++ b/train.py',
  '@@ -1,12 +1,13 @@',
  ...Array.from({ length: 9 }, (_, index) => ` same ${index + 1}`),
  '--- a/looks like a header',
  '+++ b/as well',
  ' x',
  '-old',
  '+new',
  '+more',
  '\\ No newline at end of file',
  'diff --git a/pic.png b/pic.png',
  'new file mode 100644',
  'Binary files /dev/null and b/pic.png differ',
  'diff --git "a/\\303\\266.sh" "b/\\303\\266.sh"',
  'deleted file mode 100644',
  '--- "a/\\303\\266.sh"',
  '+++ /dev/null',
  '@@ -1 +0,0 @@',
  '-gone',
].join('\n');

describe('a unified diff', () => {
  const files = parseDiff(TEXT);

  it('is split into files with their notes and counts, whatever the lines look like', () => {
    expect(files.map(({ path, notes, added, deleted }) => [path, notes, added, deleted])).toEqual([
      ['train.py', ['no newline at end of file'], 3, 2],
      ['pic.png', ['new file', 'binary file'], 0, 0],
      ['\\303\\266.sh', ['removed'], 0, 1],
    ]);
    expect(files[0]!.hunks[0]!.lines.slice(9, 12)).toEqual([
      { kind: 'del', oldN: 10, text: '-- a/looks like a header' },
      { kind: 'add', newN: 10, text: '++ b/as well' },
      { kind: 'same', oldN: 11, newN: 11, text: 'x' },
    ]);
  });

  it('has long unchanged parts folded, and shows them when they are opened', () => {
    const folded = diffRows(files[0]!, 'split', new Set());
    expect(folded[0]).toMatchObject({ kind: 'fold', id: 'same-1', count: 6 });
    expect(folded.length).toBe(1 + 3 + 1 + 1 + 2);
    const opened = diffRows(files[0]!, 'split', new Set(['same-1']));
    expect(opened.length).toBe(9 + 1 + 1 + 2);
    expect(opened.every(({ kind }) => kind === 'line')).toBe(true);
  });

  it('says how many lines lie between two hunks that the diff does not hold', () => {
    const [file] = parseDiff(
      'diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -5,2 +5,2 @@\n-1\n+2\n x\n@@ -100 +100 @@\n-3\n+4\n',
    );
    const folds = diffRows(file!, 'unified', new Set()).filter((row) => row.kind === 'fold');
    expect(folds.map(({ count, lines }) => [count, lines.length])).toEqual([
      [4, 0],
      [93, 0],
    ]);
  });

  it('pairs changed lines side by side, and keeps them together in one column', () => {
    const texts = (mode: 'split' | 'unified'): unknown[] =>
      diffRows(files[0]!, mode, new Set())
        .slice(-3)
        .map((row) => row.kind === 'line' && [row.left?.text, row.right?.text, row.partner?.text]);
    expect(texts('split').slice(1)).toEqual([
      ['old', 'new', undefined],
      [undefined, 'more', undefined],
    ]);
    expect(texts('unified')).toEqual([
      ['old', undefined, 'new'],
      [undefined, 'new', 'old'],
      [undefined, 'more', undefined],
    ]);
  });

  it('never throws and loses no changed line, whatever text it is', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('+a', '-b', ' c', '@@ -1,3 +1,2 @@', '\\ x', 'diff --git a/x b/x', '')),
        (lines) => {
          for (const file of parseDiff(lines.join('\n'))) {
            const rows = diffRows(file, 'split', new Set());
            const shown = rows.flatMap((row) => (row.kind === 'line' ? [row.left, row.right] : []));
            expect(shown.filter((line) => line?.kind === 'add').length).toBe(file.added);
            expect(shown.filter((line) => line?.kind === 'del').length).toBe(file.deleted);
          }
        },
      ),
    );
  });
});

describe('the changed words of a line', () => {
  const marked = (left: string, right: string): readonly string[][] => {
    const changed = changedWords(left, right);
    return [
      changed.left.map(([from, to]) => left.slice(from, to)),
      changed.right.map(([from, to]) => right.slice(from, to)),
    ];
  };

  it('are those that the two lines do not share', () => {
    expect(marked('rate = 0.1 * step', 'rate = 0.3 * steps')).toEqual([
      ['1', 'step'],
      ['3', 'steps'],
    ]);
    expect(marked('a b', 'a b')).toEqual([[], []]);
    expect(marked('f(x)', 'f(x, y)')).toEqual([[], [', y']]);
  });

  it('are not marked in lines that have little in common', () => {
    expect(marked('return None', 'x += 1')).toEqual([[], []]);
  });

  it('are found in very long lines by what both ends share', () => {
    const long = 'word '.repeat(5000);
    expect(marked(`${long}a ${long}`, `${long}b ${long}`)).toEqual([['a'], ['b']]);
  });
});
