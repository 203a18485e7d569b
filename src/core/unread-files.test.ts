/** Which changed files end a lab, and which do not. */
import { describe, expect, it } from 'vitest';
import { arenaWith } from '../testing/script.ts';
import { type FileChange, isUnread } from './unread-files.ts';

const change = (path: string, more: Partial<FileChange> = {}): FileChange => ({
  path,
  kind: 'changed',
  isTracked: true,
  isIgnored: false,
  wasEmpty: false,
  hasOnlyGrown: false,
  isOwnOutput: false,
  ...more,
});
const arena = arenaWith({});
const untracked = { isTracked: false } as const;
const added = { kind: 'added', ...untracked } as const;

describe('a lab goes on', () => {
  it.each([
    ['documentation', change('README.md')],
    ['documentation without an ending', change('LICENSE')],
    ['documentation in British English', change('licence.txt')],
    ['a single note', change('note.md')],
    ['documentation far below', change('src/lib/README.md')],
    ['a picture of the documentation', change('doc/plot.jpg')],
    ['the rules of git at the top', change('.gitignore')],
    ['documentation in a folder of its own', change('docs/img/a.png', { kind: 'removed' })],
    ['the rules of git', change('sub/.gitignore')],
    ['settings of an editor', change('.vscode/settings.json', { kind: 'added' })],
    ['a new file that git does not track', change('scratch/try.py', added)],
    ['a log that grew', change('night.log', { ...untracked, hasOnlyGrown: true })],
    ['a log that is gone', change('logs/night.log.1', { ...untracked, kind: 'removed' })],
    ['an old log that is gone', change('night.log.12', { ...untracked, kind: 'removed' })],
    ['an empty file without an ending that was filled', change('logs/result', { ...untracked, wasEmpty: true })],
    ['an empty text file that was filled', change('out.txt', { ...untracked, wasEmpty: true })],
    ['the output of a run', change('today', { ...untracked, isOwnOutput: true })],
    ['a file that git ignores now', change('data.csv', { kind: 'removed', isIgnored: true })],
  ])('when %s changed', (_what, changed) => {
    expect(isUnread(changed, arena)).toBe(true);
  });
});

describe('a lab ends', () => {
  it.each([
    ['a tracked source', change('eval.py')],
    ['a tracked file that was added', change('helper.py', { kind: 'added' })],
    ['a tracked log, which may be data', change('access.log', { hasOnlyGrown: true })],
    ['a log with other content', change('access.log', untracked)],
    ['data that git does not track', change('words.txt', { ...untracked, hasOnlyGrown: true })],
    ['the manifest', change('arena.yaml')],
    ['the manifest that git ignores', change('arena.yaml', { isIgnored: true })],
    ['a program with the name of a document', change('history.py')],
    ['settings with the name of a document', change('notes.yml')],
    ['a file whose name ends like that of a document', change('keynotes')],
    ['a program that is named after a log', change('night.log.py', { ...untracked, kind: 'removed' })],
    ['a table that is named after a text', change('words.txt.csv', { ...untracked, wasEmpty: true })],
    ['a page that a program may read', change('prompts/judge.md')],
  ])('when %s changed', (_what, changed) => {
    expect(isUnread(changed, arena)).toBe(false);
  });

  it('when the manifest names the file, by a glob or in a command', () => {
    expect(isUnread(change('a.log', added), arenaWith({ hidden: ['*.log'] }))).toBe(false);
    expect(isUnread(change('README.md'), arenaWith({ run: { command: 'wc -c ./README.md' } }))).toBe(false);
    expect(isUnread(change('src/try.py', added), arenaWith({ frozen: ['src/**'] }))).toBe(false);
    expect(isUnread(change('data/.cache', added), arenaWith({ hidden: ['data/**'] }))).toBe(false);
    expect(isUnread(change('lock.json', added), arenaWith({ setup: { command: 'true', key: ['lock.json'] } }))).toBe(
      false,
    );
  });

  it('but a glob that matches everything names nothing', () => {
    for (const frozen of [['**', '**/*'], ['*'], ['./**']])
      expect(isUnread(change('a.log', added), arenaWith({ frozen }))).toBe(true);
  });

  it('but not when the manifest names another file', () => {
    expect(isUnread(change('README.md'), arenaWith({ frozen: ['eval.py'] }))).toBe(true);
    expect(isUnread(change('.gitignore'), arenaWith({ run: { command: 'cat ../gitignore' } }))).toBe(true);
  });
});
