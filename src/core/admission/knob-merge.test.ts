/** Knob values are merged by value, and only where nothing but values differs. */
import { describe, expect, it } from 'vitest';
import { arenaWith } from '../../testing/script.ts';
import { mergeKnobValues } from './knob-merge.ts';

const { knobs } = arenaWith({
  knobs: [
    { name: 'DEPTH', file: 'x.ts', kind: 'int', range: [1, 12] },
    { name: 'WIDTH', file: 'x.ts', kind: 'int', range: [1, 99] },
    { name: 'RATE', file: 'y.ts', kind: 'float', range: [0, 1] },
  ],
});
const files = (depth: number, width: number, rate = 0.5, tail = '') =>
  new Map([
    ['x.ts', `const DEPTH = ${depth};\nconst WIDTH = ${width};\n${tail}`],
    ['y.ts', `const RATE = ${rate};\n`],
  ]);

describe('knobs that two sides turned', () => {
  it('are both turned, although they stand on neighbouring lines', () => {
    expect(mergeKnobValues(knobs, files(4, 20), files(4, 10), files(8, 10))).toEqual({
      edits: [{ path: 'x.ts', content: files(8, 20).get('x.ts') }],
      conflicts: [],
    });
  });

  it('are a conflict where both turned the same one to another value, and are contained where to the same', () => {
    expect(mergeKnobValues(knobs, files(6, 10), files(4, 10), files(8, 10))).toEqual({
      edits: [],
      conflicts: ['x.ts'],
    });
    expect(mergeKnobValues(knobs, files(8, 20), files(4, 10), files(8, 10))).toEqual({ edits: [], conflicts: [] });
  });

  it('keep what else our side changed in the file, and in other files', () => {
    const ours = files(4, 10, 0.25, 'const more = 1;\n');
    expect(mergeKnobValues(knobs, ours, files(4, 10), files(8, 10, 0.75))).toEqual({
      edits: [{ path: 'x.ts', content: files(8, 10, 0.25, 'const more = 1;\n').get('x.ts') }],
      conflicts: ['y.ts'],
    });
  });

  it('are left to a merge of lines where code was changed too, or a knob is gone from our side', () => {
    expect(mergeKnobValues(knobs, files(4, 20), files(4, 10), files(8, 10, 0.5, '// why\n'))).toBeUndefined();
    const withoutDepth = new Map([...files(4, 20), ['x.ts', 'const WIDTH = 20;\n']]);
    expect(mergeKnobValues(knobs, withoutDepth, files(4, 10), files(8, 10))).toBeUndefined();
    expect(mergeKnobValues(knobs, files(4, 20), files(4, 10), files(4, 10))).toBeUndefined();
    const added = new Map([...files(8, 10), ['z.ts', 'new\n']]);
    expect(mergeKnobValues(knobs, files(4, 20), files(4, 10), added)).toBeUndefined();
  });
});
