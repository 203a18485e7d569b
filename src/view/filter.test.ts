import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { syntheticLab } from '../testing/synthetic.ts';
import { type BoardRow, boardOf } from './board.ts';
import { parseFilter } from './filter.ts';
import { viewLab } from './lab/lab.ts';
import { SORT_NAMES, sortRows } from './sort.ts';
import type { KnobView } from './types.ts';

const lab = syntheticLab({ n: 60, noise: 0.0009, best: 0.8, refuseRate: 0.1, crashRate: 0.2 });
const view = viewLab(lab.state, { now: lab.now, alive: false, tip: lab.tip });
const board = boardOf(view);
const { experiments, knobList } = board;

const fitting = (text: string): readonly number[] =>
  experiments.filter(parseFilter(text, knobList).fits).map((row) => row.n);
const rowsWhere = (holds: (row: (typeof view.experiments)[number]) => boolean): number[] =>
  view.experiments.filter(holds).map((row) => row.n);
const everyRow = experiments.map((row) => row.n);

/** Rows with the given knobs, for knobs that synthetic labs do not have. */
const OTHER_KNOBS: readonly KnobView[] = [
  { name: 'OPTIMIZER', kind: 'choice' },
  { name: 'n', kind: 'number' },
  { name: 'lr', kind: 'number', log: true },
  { name: 'LR', kind: 'number' },
];
const otherRows = (
  [
    ['adam', 1, 0.1, 7],
    ['AdamW', 2, 0.2, 8],
    ['sgd', 3, 0.1234567, 9],
    [null, 4, null, null],
  ] as const
).map((knobs, n): BoardRow => ({ ...experiments[n]!, n, knobs }));
const otherFitting = (text: string): readonly number[] =>
  otherRows.filter(parseFilter(text, OTHER_KNOBS).fits).map((row) => row.n);

describe('a filter', () => {
  it('understands verdicts, numbers, words, and their opposites', () => {
    expect(fitting('')).toEqual(everyRow);
    expect(fitting('status:kept')).toEqual(rowsWhere((row) => row.verdict === 'kept'));
    expect(fitting('status:step')).toEqual(fitting('status:kept'));
    expect(fitting('status:kept,crashed')).toEqual(rowsWhere((row) => /kept|crashed/.test(row.verdict)));
    expect([...fitting('status:crashed'), ...fitting('-status:crashed')].sort((a, b) => a - b)).toEqual(everyRow);
    expect(fitting('status!=crashed')).toEqual(fitting('-status:crashed'));
    expect(fitting('gain>0 n<=30')).toEqual(rowsWhere((row) => (row.effect?.raw ?? 0) > 0 && row.n <= 30));
    expect(fitting('#7')).toEqual([7]);
    expect(fitting('text:"DEPTH 6"')).toEqual(rowsWhere((row) => row.hypothesis.includes('DEPTH 6')));
    expect(fitting('-depth')).toEqual(rowsWhere((row) => !row.hypothesis.includes('DEPTH')));
  });

  it('finds knobs by their value: equal, above, below, one of several', () => {
    const depthOf = (row: (typeof view.experiments)[number]): number => Number(row.knobs?.DEPTH);
    expect(fitting('DEPTH>4')).toEqual(rowsWhere((row) => depthOf(row) > 4));
    expect(fitting('DEPTH>4').length).toBeGreaterThan(0);
    const shown = Number(view.experiments.find((row) => row.n > 5)!.knobs!.DEPTH);
    for (const text of [`DEPTH=${shown}`, `DEPTH:${shown}`, `depth=${shown}`, `knob.DEPTH=${shown}`, `DEPTH==${shown}`])
      expect(fitting(text), text).toEqual(rowsWhere((row) => depthOf(row) === shown));
    expect(otherFitting('OPTIMIZER=adam')).toEqual([0]);
    expect(otherFitting('OPTIMIZER:adam')).toEqual([0, 1]);
    expect(otherFitting('optimizer=adamw,sgd')).toEqual([1, 2]);
    expect(otherFitting('lr=0.123457')).toEqual([2]);
  });

  it('takes a name as it is written before it looks at other cases, and fields before knobs', () => {
    expect(otherFitting('LR>8')).toEqual([2]);
    expect(otherFitting('lr>0.15')).toEqual([1]);
    expect(otherFitting('n=1')).toEqual([1]);
    expect(otherFitting('knob.n=1')).toEqual([0]);
    expect(fitting('Status:kept')).toEqual(fitting('status:kept'));
  });

  it('finds by theme every experiment that changed the knob, not only those that changed it alone', () => {
    const several = { ...experiments[3]!, theme: 'several knobs at once', changed: [1, 2] };
    expect(parseFilter('theme:DEPTH', knobList).fits(several)).toBe(true);
    expect(parseFilter('theme:"several knobs"', knobList).fits(several)).toBe(true);
    expect(parseFilter('theme:WARMUP', knobList).fits(several)).toBe(false);
    expect(fitting('theme:"DEPTH"')).toEqual(fitting('theme:depth'));
    expect(fitting('theme:DEPTH')).toEqual(rowsWhere((row) => row.changed.some(({ name }) => name === 'DEPTH')));
  });

  it.each([
    ['stat:kept', /^Unknown key `stat`: did you mean `status`\? Keys: status, .*Knobs: LEARNING_RATE, DEPTH/],
    ['DEPHT=2', /did you mean `DEPTH`\?/],
    ['http://x', /write `"http:\/\/x"`/],
    ['constructor:3', /^Unknown key `constructor`/],
    ['gain>>1', /^`>>` in `gain>>1` is no operator: use : = != > < >= <=\.$/],
    ['gain>much', /^`much` in `gain>much` is no number\.$/],
    ['gain>', /^`gain>` needs a value after `>`\.$/],
    ['DEPTH=deep', /^`deep` in `DEPTH=deep` is no number\.$/],
    ['DEPTH>1,2', /takes one\.$/],
    ['status>kept', /holds words.*write `status:kept`/],
  ])('says what it does not understand in %s, and leaves that part out', (text, message) => {
    const { problems } = parseFilter(`n<9 ${text}`, knobList);
    expect(problems).toEqual([expect.stringMatching(message)]);
    expect(fitting(`n<9 ${text}`)).toEqual(fitting('n<9'));
  });

  it('understands what is in quotes as words', () => {
    expect(parseFilter('"stat:kept"', knobList).problems).toEqual([]);
    expect(fitting('"stat:kept"')).toEqual([]);
  });

  it('survives whatever is typed', () => {
    fc.assert(fc.property(fc.string(), (text) => fitting(text).length >= 0));
    const pieces = fc.constantFrom('n', 'DEPTH', 'knob.', 'theme', ':', '=', '>', '<', '"', '-', ',', '1e3', '#', ' ');
    fc.assert(fc.property(fc.array(pieces), (parts) => fitting(parts.join('')).length >= 0));
  });
});

describe('the order of the rows', () => {
  it('follows every column either way, rows without a number last', () => {
    for (const sort of SORT_NAMES)
      for (const way of ['', '-']) expect(sortRows(experiments, way + sort)).toHaveLength(experiments.length);
    const gains = sortRows(experiments, '-gain').map((row) => row.effect?.raw);
    const known = gains.filter((gain) => gain !== undefined);
    expect(gains.slice(0, known.length)).toEqual([...known].sort((a, b) => b - a));
  });

  it('follows a knob: numbers as numbers, words as words, rows without it last', () => {
    const sorted = (sort: string): number[] => sortRows(otherRows, sort, OTHER_KNOBS).map((row) => row.n);
    expect(sorted('knob.LR')).toEqual([0, 1, 2, 3]);
    expect(sorted('-knob.LR')).toEqual([2, 1, 0, 3]);
    expect(sorted('knob.OPTIMIZER')).toEqual([1, 0, 2, 3]);
    expect(sorted('-knob.n')).toEqual([3, 2, 1, 0]);
    expect(sorted('knob.none')).toEqual([0, 1, 2, 3]);
  });
});
