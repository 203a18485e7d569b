/** What a search keeps of its trials: outcomes, limits, means of replicates, and which of them is the best. */
import { describe, expect, it } from 'vitest';
import { SearchError } from './error.ts';
import type { Param } from './param.ts';
import { createSearch, type Search, type SearchOptions } from './search.ts';
import { compareTold, type Limit, type Told } from './trial.ts';

const space: Param[] = [{ name: 'x', kind: 'int', low: 0, high: 1000, default: 0 }];
const opened = (options: Partial<SearchOptions> = {}): Search => createSearch({ space, sampler: 'random', ...options });
/** Trials 0, 1, 2, … with these outcomes. */
const told = (search: Search, ...outcomes: Parameters<Search['tell']>[1][]): Search => {
  for (const outcome of outcomes) search.add({ x: search.history.told.length + search.history.failed.length }, outcome);
  return search;
};
const losses = (search: Search): number[] => search.history.told.map(({ loss }) => loss);
const messageOf = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(SearchError);
    expect(error).toMatchObject({ name: 'SearchError', code: 'E_TELL' });
    return (error as SearchError).message;
  }
  return '';
};

describe('an outcome', () => {
  it('is a number, a number with what belongs to it, or a failure; then the trial is no longer pending', () => {
    const search = opened();
    for (const x of [1, 2, 3, 4]) search.add({ x });
    expect(search.history.pending.map(({ id }) => id)).toEqual([0, 1, 2, 3]);
    search.tell(2, 5);
    expect(search.history.pending.map(({ id }) => id)).toEqual([0, 1, 3]);
    search.tell(0, { value: 6, n: 3, metrics: { mb: 9 } });
    search.tell(1, { failed: 'crash' });
    search.tell(3, { failed: 'lost', blame: false });
    expect(search.history.pending).toEqual([]);
    expect(
      search.history.told.map(({ trial, value, n, metrics, over }) => [trial.id, value, n, metrics, over]),
    ).toEqual([
      [2, 5, 1, {}, 0],
      [0, 6, 3, { mb: 9 }, 0],
    ]);
    expect(search.history.failed.map(({ trial, reason, blame }) => [trial.id, reason, blame])).toEqual([
      [1, 'crash', true],
      [3, 'lost', false],
    ]);
  });

  it('says when it is refused what the trial is already', () => {
    const search = opened();
    for (const x of [1, 2, 3, 4]) search.add({ x });
    search.tell(0, 1);
    search.tell(1, { failed: 'crash' });
    search.forget(2);
    expect(messageOf(() => search.tell(0, 2))).toContain('It is told already');
    expect(messageOf(() => search.tell(1, 2))).toContain('It is failed already');
    expect(messageOf(() => search.tell(2, 2))).toContain('It is forgotten already');
    expect(messageOf(() => search.forget(2))).toContain('It is forgotten already');
    expect(messageOf(() => search.tell(9, 2))).toContain('The last trial is 3');
  });

  it.each([
    [{ value: 1, n: 0 }, 'Its number of measurements is 0'],
    [{ value: 1, n: 1.5 }, 'Its number of measurements is 1.5'],
    [{ value: '1' as never }, 'Its value is 1'],
    [{ value: Number.NEGATIVE_INFINITY }, 'Its value is -Infinity'],
  ])('that is no number of measurements changes nothing: %j', (outcome, problem) => {
    const search = opened();
    search.add({ x: 1 });
    expect(messageOf(() => search.tell(0, outcome))).toContain(problem);
    expect([search.history.told.length, search.history.pending.length]).toEqual([0, 1]);
  });
});

describe('a replicate', () => {
  it('moves the mean by its share', () => {
    const search = told(opened(), { value: 10, n: 3 });
    search.replicate(0, 2);
    expect(search.history.told[0]).toMatchObject({ value: 8, mean: 8, loss: 8, n: 4 });
    search.replicate(0, 3);
    expect(search.history.told[0]).toMatchObject({ value: 7, n: 5 });
  });

  it('is no number of a failed trial, and a number', () => {
    const search = told(opened(), { failed: 'crash' }, 1);
    expect(messageOf(() => search.replicate(0, 1))).toContain('no number yet');
    expect(messageOf(() => search.replicate(1, Number.NaN))).toContain('NaN');
    expect(search.history.told[0]).toMatchObject({ value: 1, n: 1 });
  });

  it('turns its sign where larger is better', () => {
    const search = told(opened({ direction: 'maximize' }), 10);
    search.replicate(0, 20);
    expect(search.history.told[0]).toMatchObject({ value: 15, mean: -15, loss: -15 });
  });
});

describe('a forgotten trial', () => {
  it('gives its configuration free, unless a later trial has it', () => {
    const search = opened();
    const first = search.add({ x: 1 });
    search.forget(first.id);
    expect(search.admit({ x: 1 })).toEqual({ ok: true });
    // A log of another search may hold a configuration twice.
    search.replay({ type: 'trial', id: 1, values: { x: 2 }, source: 's', why: 'w' });
    search.replay({ type: 'trial', id: 2, values: { x: 2 }, source: 's', why: 'w' });
    search.forget(1);
    expect(search.admit({ x: 2 })).toMatchObject({ ok: false, earlier: 2 });
    search.forget(2);
    expect(search.admit({ x: 2 })).toEqual({ ok: true });
  });
});

describe('a limit', () => {
  const overOf = (limits: readonly Limit[], metrics: Record<string, number>): number =>
    told(opened({ limits }), { value: 1, metrics }).history.told[0]!.over;

  it('is exceeded by a share of itself, upwards and downwards, and the shares add up', () => {
    const limits = [
      { metric: 'mb', max: 100 },
      { metric: 'accuracy', min: 0.5 },
    ];
    expect(overOf(limits, { mb: 150, accuracy: 0.9 })).toBeCloseTo(0.5, 12);
    expect(overOf(limits, { mb: 50, accuracy: 0.4 })).toBeCloseTo(0.2, 12);
    expect(overOf(limits, { mb: 150, accuracy: 0.4 })).toBeCloseTo(0.7, 12);
    expect(overOf(limits, { mb: 100, accuracy: 0.5 })).toBe(0);
    expect(overOf(limits, {})).toBe(0);
    expect(overOf([{ metric: 'mb', max: -10 }], { mb: -5 })).toBeCloseTo(0.5, 12);
    expect(overOf([{ metric: 'mb', min: -10 }], { mb: -15 })).toBeCloseTo(0.5, 12);
    expect(overOf([{ metric: 'mb', max: 0 }], { mb: 1 })).toBeGreaterThan(1e6);
    expect(overOf([{ metric: 'mb', min: 0 }], { mb: -1 })).toBeGreaterThan(1e6);
    expect(overOf([{ metric: 'mb', min: 1, max: 2 }], { mb: 1.5 })).toBe(0);
  });

  it('ranks whatever breaks it behind, by how far, then by loss, then by age', () => {
    const at = (id: number, loss: number, over: number): Told => ({ trial: { id }, loss, over }) as Told;
    const ranked = [at(0, 1, 0.5), at(1, 9, 0), at(2, 0, 0.5), at(3, 9, 0), at(4, 8, 0), at(5, 0, 0.5), at(6, 5, 0.1)];
    for (const order of [ranked, [...ranked].reverse()])
      expect([...order].sort(compareTold).map(({ trial }) => trial.id)).toEqual([4, 1, 3, 6, 2, 5, 0]);
  });
});

describe('the loss of a trial with known noise', () => {
  it('is its mean where all have the same number of measurements, or there are fewer than three', () => {
    expect(losses(told(opened({ noise: 1 }), 1, 2, 6))).toEqual([1, 2, 6]);
    expect(losses(told(opened({ noise: 1 }), { value: 1, n: 4 }, 2))).toEqual([1, 2]);
    expect(losses(told(opened({ noise: 0 }), { value: 1, n: 4 }, 2, 6))).toEqual([1, 2, 6]);
    expect(losses(told(opened(), { value: 1, n: 4 }, 2, 6))).toEqual([1, 2, 6]);
  });

  it('is drawn to the average of all, the less the oftener it was measured', () => {
    // Average 3, variance 7 of which 1 is noise: 6 between trials. Weights 6/(6 + 1/4), 6/7, 6/7.
    const search = told(opened({ noise: 1 }), { value: 1, n: 4 }, 2, 6);
    const expected = [3 - 2 * (6 / 6.25), 3 - 6 / 7, 3 + 3 * (6 / 7)];
    for (const [i, loss] of losses(search).entries()) expect(loss).toBeCloseTo(expected[i]!, 12);
    const larger = told(opened({ noise: 1, direction: 'maximize' }), { value: -1, n: 4 }, -2, -6);
    for (const [i, loss] of losses(larger).entries()) expect(loss).toBeCloseTo(expected[i]!, 12);
    expect(search.history.told.map(({ value, mean }) => [value, mean])).toEqual([
      [1, 1],
      [2, 2],
      [6, 6],
    ]);
  });

  it('keeps a tenth of the spread for true where all of it could be noise', () => {
    // Variance 7, noise 16: 0.7 is taken for true.
    const search = told(opened({ noise: 4 }), { value: 1, n: 2 }, 2, 6);
    expect(losses(search)[1]).toBeCloseTo(3 - 0.7 / 16.7, 12);
    expect(losses(search)[0]).toBeCloseTo(3 - (2 * 0.7) / 8.7, 12);
    const same = told(opened({ noise: 4 }), { value: 2, n: 2 }, 2, 2);
    expect(losses(same)).toEqual([2, 2, 2]);
  });

  it('is drawn as soon as one trial was measured again', () => {
    const search = told(opened({ noise: 1 }), 1, 2, 6);
    search.replicate(2, 6);
    expect(losses(search)[0]).toBeCloseTo(3 - 2 * (6 / 7), 12);
  });
});
