/** A pattern after `!` takes files out of those that the others match, and never makes a file editable. */
import { describe, expect, it } from 'vitest';
import { globMatcher, matchingFiles, roleOf } from './file-roles.ts';

describe('patterns with !', () => {
  const editable = ['src/**/*.ts', '!src/**/*.spec.ts', '!**/generated/**'];

  it('take files out again, in whatever order they stand', () => {
    for (const patterns of [editable, [...editable].reverse()]) {
      const roleOfPath = roleOf({ editable: patterns, hidden: [] });
      expect(['src/a.ts', 'src/deep/b.ts'].map(roleOfPath)).toEqual(['editable', 'editable']);
      expect(['src/a.spec.ts', 'src/generated/c.ts', 'other.ts', 'README.md'].map(roleOfPath)).toEqual(
        Array<string>(4).fill('frozen'),
      );
    }
    expect(matchingFiles(editable, ['src/a.ts', 'src/a.spec.ts', 'x'])).toEqual(['src/a.ts']);
  });

  it('alone match nothing', () => {
    expect(['a', 'b/c', '.hidden'].map(globMatcher(['!a']))).toEqual([false, false, false]);
    expect(roleOf({ editable: ['x'], hidden: ['!x'] })('secret')).toBe('frozen');
  });

  it('never bring the manifest or the page of instructions in', () => {
    const roleOfPath = roleOf({ editable: ['**', '!x'], hidden: [] });
    expect(['arena.yaml', 'program.md', 'x', 'y'].map(roleOfPath)).toEqual(['frozen', 'frozen', 'frozen', 'editable']);
  });
});
