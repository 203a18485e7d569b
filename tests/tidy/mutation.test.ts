/** The reasons of docs/mutation.md are about code that is there. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { program, text } from './source.ts';

interface Reason {
  readonly file?: string;
  readonly folder?: string;
  readonly code?: string;
  readonly why: string;
}
const reasons = parse(text('tests/mutation/reasons.yaml')) as readonly Reason[];
const oneLine = (source: string): string => source.replaceAll(/\s+/g, ' ');

describe('a reason why no test notices a change', () => {
  it('names a file and code that are there', () => {
    const stale = reasons.filter(
      ({ file, folder, code }) =>
        !program
          .filter((each) => file === undefined || each === file)
          .filter((each) => folder === undefined || path.posix.dirname(each) === folder)
          .some((each) => oneLine(text(each)).includes(oneLine(code ?? ''))),
    );
    expect(stale).toEqual([]);
  });

  it('stands beside every change of base, core and the loop that survived', () => {
    const rows = [...text('docs/mutation.md').matchAll(/^\| src\/((?:base|core|loop)[\w/]*),? .*\| (\d+) +\|$/gm)];
    expect(rows.map(([, folder]) => folder)).toEqual(expect.arrayContaining(['base', 'core', 'core/rules', 'loop']));
    expect(rows.filter(([, , unexplained]) => unexplained !== '0').map(([row]) => row)).toEqual([]);
  });

  it('is a sentence', () => {
    expect(reasons.filter(({ why }) => !/^[A-Z].*\.$/.test(why))).toEqual([]);
  });
});
