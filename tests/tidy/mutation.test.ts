/** The reasons of docs/mutation.md are about code that is there. */
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { program, text } from './source.ts';

interface Reason {
  readonly file?: string;
  readonly code?: string;
  readonly why: string;
}
const reasons = parse(text('tests/mutation/reasons.yaml')) as readonly Reason[];
const oneLine = (source: string): string => source.replaceAll(/\s+/g, ' ');

describe('a reason why no test notices a change', () => {
  it('names a file and code that are there', () => {
    const stale = reasons.filter(
      ({ file, code }) =>
        !program
          .filter((each) => file === undefined || each === file)
          .some((each) => oneLine(text(each)).includes(oneLine(code ?? ''))),
    );
    expect(stale).toEqual([]);
  });

  it('is a sentence', () => {
    expect(reasons.filter(({ why }) => !/^[A-Z].*\.$/.test(why))).toEqual([]);
  });
});
