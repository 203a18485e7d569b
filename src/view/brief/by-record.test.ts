/** What was never tried, by the record, and what the record says against a claim that something never was. */
import { describe, expect, it } from 'vitest';
import { arenaSchema } from '../../core/arena.ts';
import type { LabState } from '../../core/state.ts';
import type { ExperimentView } from '../types.ts';
import { contradictionsOf, knobRecord, untriedLines } from './by-record.ts';

const arena = arenaSchema.parse({
  overnight: 1,
  name: 'a',
  metric: { name: 'loss', direction: 'minimize' },
  editable: ['*.ts'],
  run: { command: 'true' },
  budget: { seconds: 1, wall_s: 2 },
  knobs: [
    { name: 'RATE', file: 'a.ts', kind: 'float', range: [0.001, 1], log: true },
    { name: 'KIND', file: 'a.ts', kind: 'choice', values: ['adam', 'sgd', 'lion'] },
    { name: 'DEPTH', file: 'a.ts', kind: 'int', range: [1, 8] },
  ],
});
const source = (rate: number, kind: string, depth: number): string =>
  `const RATE = ${rate};\nconst KIND = '${kind}';\nconst DEPTH = ${depth};\n`;
const BLOBS: Record<string, string> = {
  one: source(0.1, 'sgd', 2),
  two: source(0.01, 'sgd', 2),
  broken: 'const RATE = await rate();\n',
};
const stateWith = (...edits: Record<string, string | null>[]): LabState =>
  ({
    lab: { arena },
    experiments: [
      { idea: { n: 0, edits: {}, knobs: { RATE: 0.1, KIND: 'adam', DEPTH: 2 } } },
      ...edits.map((each, i) => ({ idea: { n: i + 1, edits: each } })),
    ],
  }) as unknown as LabState;
const blob = (hash: string): string | undefined => BLOBS[hash];
const linesOf = (state: LabState, files = ['a.ts', 'b.ts']): string[] =>
  untriedLines(state, files, knobRecord(state, blob));

describe('what was never tried', () => {
  it('is read from what was proposed, whoever turned the knob', () => {
    expect(linesOf(stateWith({ 'a.ts': 'one' }, { 'a.ts': 'two' }))).toEqual([
      'RATE was never outside 0.01 to 0.1 (it may be 0.001 to 1)',
      'KIND was never lion',
      'DEPTH was never turned (1 to 8)',
      'no idea changed b.ts',
    ]);
  });

  it('says nothing of a knob whose values are not all known', () => {
    expect(linesOf(stateWith({ 'a.ts': 'broken' }), ['a.ts'])).toEqual([]);
    expect(linesOf(stateWith({ 'a.ts': 'missing' }), ['a.ts'])).toEqual([]);
  });

  it('names a few of many files, and how many more', () => {
    const files = Array.from({ length: 12 }, (_, i) => `f${String(i).padStart(2, '0')}.ts`);
    expect(linesOf(stateWith(), files).at(-1)).toMatch(/^no idea changed f00\.ts, .*f07\.ts and 4 others$/);
  });
});

describe('a claim that something was never tried', () => {
  const row = (n: number, hypothesis: string, more: Partial<ExperimentView> = {}): ExperimentView =>
    ({ n, hypothesis, changed: [], ...more }) as unknown as ExperimentView;
  const view = {
    experiments: [
      row(0, 'the code as it was found'),
      row(1, 'use a cosine schedule for the learning rate'),
      row(2, 'weight decay of 0.1 on the embedding'),
      row(3, 'the incumbent again', { discard: 'control' }),
      row(4, 'cosine schedules with warm-up'),
    ],
  };
  const record = new Map([
    [
      'RATE',
      new Map([
        ['0.1', 1],
        ['0.01', 2],
      ]),
    ],
  ]);
  const against = (claim: string, n = 9): string[] =>
    contradictionsOf(view, claim, n, record).map((each) => `#${each.n} ${each.why}`);

  it.each([
    [
      'a cosine schedule',
      ['#4 was “cosine schedules with warm-up”', '#1 was “use a cosine schedule for the learning rate”'],
    ],
    ['Cosine learning-rate schedules were never tried', ['#1 was “use a cosine schedule for the learning rate”']],
    ['RATE = 0.01', ['#2 had RATE 0.01']],
    ['setting RATE to 0.1.', ['#1 had RATE 0.1']],
    ['RATE = 0.5', []],
    ['weight decay', ['#2 was “weight decay of 0.1 on the embedding”']],
    ['a different tokenizer', []],
    ['decay', []],
    ['the incumbent again', []],
    ['', []],
  ])('"%s" meets %j', (claim, expected) => {
    expect(against(claim)).toEqual(expected);
  });

  it('is held against what was known then alone', () => {
    expect(against('a cosine schedule', 4)).toEqual(['#1 was “use a cosine schedule for the learning rate”']);
    expect(against('RATE = 0.01', 2)).toEqual([]);
  });
});
