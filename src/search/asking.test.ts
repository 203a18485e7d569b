/** Which proposals of a sampler become trials: a sampler that proposes what the test says. */
import { describe, expect, it } from 'vitest';
import type { Param } from './param.ts';
import { createSearch, type LogEntry, Search, type SearchOptions } from './search.ts';
import { createSpace, type Point } from './space.ts';
import type { Ask, Told } from './trial.ts';

const space: Param[] = [
  { name: 'x', kind: 'float', low: 0, high: 1, default: 0.5 },
  { name: 'c', kind: 'categorical', values: ['a', 'b'], default: 'a' },
];
interface Scripted {
  readonly search: Search;
  readonly asks: Ask[];
  readonly results: Told[];
}
/** A search whose sampler proposes `pointAt(attempt)`. */
function scripted(pointAt: (ask: Ask) => Point, options: Partial<SearchOptions> = {}, spread?: number): Scripted {
  const asks: Ask[] = [];
  const results: Told[] = [];
  const search = createSearch({
    space,
    startAtDefault: false,
    sampler: () => ({
      name: 'scripted',
      ...(spread !== undefined && { spread }),
      propose: (ask) => {
        asks.push(ask);
        return { point: pointAt(ask), why: `attempt ${ask.attempt}` };
      },
      tell: (result) => void results.push(result),
    }),
    ...options,
  });
  return { search, asks, results };
}

describe('a proposal', () => {
  it('becomes a trial with its reason, in the values that were handed out', () => {
    const { search } = scripted(() => [0.25, 1]);
    const [trial] = search.ask();
    expect(trial).toMatchObject({ id: 0, values: { x: 0.25, c: 'b' }, point: [0.25, 1], source: 'scripted' });
    expect(trial!.why).toBe('attempt 0');
    expect(search.sampler).toMatchObject({ name: 'scripted' });
    expect(search.log).toEqual([
      { type: 'trial', id: 0, values: { x: 0.25, c: 'b' }, source: 'scripted', why: 'attempt 0' },
    ]);
  });

  it('is asked for again where its configuration is known or breaks a constraint', () => {
    const { search, asks } = scripted(({ attempt }) => [[0.1, 0.9, 0.2, 0.3][attempt]!, 0], {
      space: { params: space, constraints: [{ name: 'low', holds: ({ x }) => Number(x) < 0.8 }] },
    });
    search.add({ x: 0.1, c: 'a' }, 1);
    expect(search.ask()[0]!.values.x).toBe(0.2);
    expect(asks.map(({ id, attempt }) => [id, attempt])).toEqual([
      [1, 0],
      [1, 1],
      [1, 2],
    ]);
    expect(search.admit({ x: 0.9 })).toEqual({ ok: false, reason: 'it breaks the constraint "low"' });
    expect(search.admit({ x: 0.1 })).toEqual({
      ok: false,
      reason: 'it is the configuration of trial 0',
      earlier: 0,
    });
    expect(search.admit({ x: 0.4 })).toEqual({ ok: true });
    expect(() => search.add({ x: 0.1, c: 'a' })).toThrow('It is trial 0');
  });

  it('has chance of its own, that follows from the seed, the trial and the attempt', () => {
    const drawn = (seed: number): number[] => {
      const numbers: number[] = [];
      const { search } = scripted(
        ({ attempt, chance }) => {
          numbers.push(chance.uniform());
          return [attempt === 0 ? 0.5 : 0.5 + numbers.length / 10, 0];
        },
        { seed },
      );
      search.add({ x: 0.5 }, 1);
      search.ask(2);
      return numbers;
    };
    expect(drawn(3)).toEqual(drawn(3));
    expect(drawn(3)).not.toEqual(drawn(4));
    expect(new Set(drawn(3)).size).toBe(4);
  });

  it('that is a near-copy of a running trial is asked for again, 32 times at most', () => {
    const near = scripted(({ attempt }) => [0.5 + attempt / 1000, 0]);
    near.search.add({ x: 0.5 });
    expect(near.search.ask()[0]!.values.x).toBe(0.52);
    const always = scripted(({ attempt }) => [0.5 + attempt / 100_000, 0]);
    always.search.add({ x: 0.5 });
    expect(always.search.ask()[0]!.why).toBe('attempt 32');
    const told = scripted(({ attempt }) => [0.501 + attempt / 1000, 0]);
    told.search.add({ x: 0.5 }, 1);
    expect(told.search.ask()[0]!.values.x).toBe(0.501);
    const otherChoice = scripted(({ attempt }) => [0.501 + attempt / 1000, 1]);
    otherChoice.search.add({ x: 0.5 });
    expect(otherChoice.search.ask()[0]!.values.x).toBe(0.501);
  });

  it('may be as near as a quarter of what the sampler calls its spread', () => {
    const nearest = (spread: number): unknown => {
      const { search } = scripted(({ attempt }) => [0.5 + attempt / 1000, 0], {}, spread);
      search.add({ x: 0.5 });
      return search.ask()[0]!.values.x;
    };
    expect([nearest(0.02), nearest(0.04), nearest(1)]).toEqual([0.505, 0.51, 0.52]);
  });

  it('is no near-copy with another value of a discrete knob, however close', () => {
    const { search } = scripted(({ attempt }) => [0.515 + attempt / 100], {
      space: [{ name: 'n', kind: 'int', low: 0, high: 99, default: 50 }],
    });
    search.add({ n: 50 });
    expect(search.ask()[0]).toMatchObject({ values: { n: 51 }, why: 'attempt 0' });
  });

  it('is no near-copy where a knob is active in one of the two alone', () => {
    const conditional: Param[] = [space[1]!, { ...space[0]!, when: { param: 'c', in: ['a', 'b'] } } as Param];
    const under: Param[] = [
      { name: 'c', kind: 'ordinal', values: ['a', 'b'], default: 'a' },
      { ...space[0]!, when: { param: 'c', in: ['a'] } } as Param,
    ];
    const both = scripted(() => [0, 0.501], { space: conditional });
    both.search.add({ c: 'a', x: 0.5 });
    expect(both.search.ask()[0]!.why).toBe('attempt 32');
    const one = scripted(({ attempt }) => (attempt === 0 ? [0.9, 0.5] : [0.1, 0.501]), { space: under });
    one.search.add({ c: 'a', x: 0.5 });
    expect(one.search.ask()[0]).toMatchObject({ values: { c: 'b' }, why: 'attempt 0' });
    const neither = scripted(({ attempt }) => [0.9, 0.5, 0.5 + attempt / 1000], {
      space: [...under, { name: 'y', kind: 'float', low: 0, high: 1 }],
    });
    neither.search.add({ c: 'b', y: 0.5 });
    expect(neither.search.ask()[0]!.values).toEqual({ c: 'b', y: 0.52 });
    const underNumber = scripted(({ attempt }) => [0.501 + attempt / 1000, 0.3], {
      space: [space[0]!, { name: 'y', kind: 'float', low: 0, high: 1, when: { param: 'x', in: [0.5] } }],
    });
    underNumber.search.add({ x: 0.5, y: 0.3 });
    expect(underNumber.search.ask()[0]!.values).toEqual({ x: 0.501 });
  });
});

describe('a proposal that would probably fail', () => {
  const failing = (points: (attempt: number) => number): Scripted => {
    const made = scripted(({ attempt }) => [points(attempt), 0]);
    for (let i = 0; i < 12; i++) made.search.add({ x: 0.6 + i / 30, c: 'a' }, { failed: 'crash' });
    for (let i = 0; i < 12; i++) made.search.add({ x: i / 30, c: 'a' }, 1);
    return made;
  };

  it('gives way to one that is likelier to be measurable', () => {
    const { search } = failing((attempt) => (attempt < 3 ? 0.95 - attempt / 100 : 0.055));
    expect(search.ask()[0]).toMatchObject({ why: 'attempt 3', source: 'scripted' });
    expect(search.feasible({ x: 0.95, c: 'a' })).toBeLessThan(0.6);
    expect(search.feasible({ x: 0.055, c: 'a' })).toBeGreaterThan(0.6);
  });

  it('is taken after 25 attempts, the likeliest of them, with its probability', () => {
    const { search, asks } = failing((attempt) => (attempt === 7 ? 0.75 : 0.8 + attempt / 200));
    const [trial] = search.ask();
    expect(asks).toHaveLength(25);
    expect(trial!.values.x).toBe(0.75);
    const chance = Math.round(100 * search.feasible({ x: 0.75, c: 'a' }));
    expect(trial!.why).toBe(`attempt 7; ${chance} % likely to be measurable`);
  });

  it('is known by failures that are to blame, and by broken limits, whatever order they came in', () => {
    const learned = (order: 1 | -1, blame = true): number => {
      const search = createSearch({ space, sampler: 'random', limits: [{ metric: 'mb', max: 1 }] });
      for (const i of [0, 1, 2, 3, 4, 5, 6, 7]) search.add({ x: i / 8, c: 'a' });
      for (const i of order === 1 ? [0, 1, 2, 3, 4, 5, 6, 7] : [7, 6, 5, 4, 3, 2, 1, 0])
        search.tell(i, i < 4 ? { value: 1 } : i < 6 ? { value: 1, metrics: { mb: 2 } } : { failed: 'crash', blame });
      return search.feasible({ x: 0.99, c: 'a' });
    };
    expect(learned(1)).toBeLessThan(0.4);
    expect(learned(1)).toBe(learned(-1));
    expect(learned(1, false)).toBeGreaterThan(learned(1));
    const blameless = createSearch({ space, sampler: 'random' });
    for (let i = 0; i < 6; i++) blameless.add({ x: i / 8 }, { failed: 'lost', blame: false });
    expect(blameless.feasible({ x: 0.1 })).toBe(1);
  });

  it('is learned anew with every outcome', () => {
    const search = createSearch({ space, sampler: 'random' });
    expect(search.feasible({ x: 0.9 })).toBe(1);
    search.add({ x: 0.9 }, { failed: 'crash' });
    const once = search.feasible({ x: 0.9 });
    expect(once).toBeLessThan(1);
    search.add({ x: 0.91 }, { failed: 'crash' });
    const twice = search.feasible({ x: 0.9 });
    expect(twice).toBeLessThan(once);
    search.add({ x: 0.1 }, 1);
    search.add({ x: 0.92 }, { failed: 'crash' });
    expect(search.feasible({ x: 0.9 })).not.toBe(twice);
    const limited = createSearch({ space, sampler: 'random', limits: [{ metric: 'mb', max: 1 }] });
    limited.add({ x: 0.9 }, { value: 1, metrics: { mb: 2 } });
    expect(limited.feasible({ x: 0.9 })).toBeLessThan(1);
  });
});

describe('a sampler that has nothing new', () => {
  it('is replaced by chance after 64 attempts', () => {
    const { search, asks } = scripted(() => [0.5, 0]);
    search.add({ x: 0.5, c: 'a' }, 1);
    expect(search.ask()[0]).toMatchObject({ source: 'random' });
    expect(asks).toHaveLength(64);
    const again = scripted(() => [0.5, 0]).search;
    again.add({ x: 0.5, c: 'a' }, 1);
    expect(again.ask()[0]!.values).toEqual(search.history.pending[0]!.values);
  });

  it('is replaced by many random points where most break a constraint', () => {
    const constraints = [{ name: 'edge', holds: ({ x }: Readonly<Record<string, unknown>>) => Number(x) < 0.05 }];
    const params = [{ name: 'x', kind: 'float', low: 0, high: 1, default: 0 }] as const;
    const { search } = scripted(() => [0.5], { space: { params, constraints } });
    expect(search.ask(3).map(({ source }) => source)).toEqual(['random', 'random', 'random']);
  });

  it('is helped by every configuration that is left of a finite space, categories and numbers', () => {
    const params: Param[] = [
      { name: 'c', kind: 'categorical', values: ['a', 'b', 'c'] },
      { name: 'n', kind: 'int', low: 1, high: 40, log: true, default: 1 },
      { name: 's', kind: 'float', low: 0, high: 1, step: 0.02, default: 0 },
    ];
    const few = [
      '{"c":"a","n":1,"s":0}',
      '{"c":"b","n":7,"s":0.5}',
      '{"c":"a","n":20,"s":0.98}',
      '{"c":"c","n":40,"s":1}',
    ];
    const constraints = [{ name: 'few', holds: (values: object) => few.includes(JSON.stringify(values)) }];
    const { search } = scripted(() => [0, 0, 0], { space: { params, constraints } });
    const trials = search.ask(10);
    expect(trials.map(({ values }) => JSON.stringify(values))).toEqual(few);
    expect(trials.map(({ source }) => source)).toEqual(['scripted', 'last', 'last', 'last']);
    expect(search.ask()).toEqual([]);
  });

  it('gets nothing where the constraints leave nothing that can be counted through', () => {
    const isStart = ({ x }: Readonly<Record<string, unknown>>): boolean => x === 0;
    const many = (high: number): Search =>
      scripted(() => [0.5], {
        space: {
          params: [{ name: 'x', kind: 'int', low: 0, high, default: 0 }],
          constraints: [{ name: 'one', holds: isStart }],
        },
      }).search;
    expect(
      many(19_999)
        .ask()
        .map(({ values }) => values),
    ).toEqual([{ x: 0 }]);
    expect(many(20_000).ask()).toEqual([]);
  });
});

describe('the default', () => {
  it('is the first trial, once, unless it was asked for otherwise', () => {
    const first = scripted(() => [0.1, 1], { startAtDefault: true });
    expect(first.search.ask(2).map(({ values, source }) => [values.x, source])).toEqual([
      [0.5, 'default'],
      [0.1, 'scripted'],
    ]);
    expect(scripted(() => [0.1, 1]).search.ask()[0]!.source).toBe('scripted');
    const known = scripted(() => [0.1, 1], { startAtDefault: true });
    known.search.add({ x: 0.5, c: 'a' });
    expect(known.search.ask()[0]!.source).toBe('scripted');
    expect(createSearch({ space, sampler: 'random' }).ask()[0]!.source).toBe('default');
  });
});

describe('the sampler', () => {
  it('is told numbers and no failures, each once', () => {
    const { search, results } = scripted(() => [0.1, 1]);
    for (const x of [0.1, 0.2, 0.3]) search.add({ x });
    search.tell(1, 4);
    search.tell(0, { failed: 'crash' });
    search.tell(2, { value: 3 });
    search.replicate(2, 3);
    expect(results.map(({ trial, value }) => [trial.id, value])).toEqual([
      [1, 4],
      [2, 3],
    ]);
    const silent = createSearch({ space, sampler: () => ({ name: 's', propose: () => ({ point: [0, 0], why: '' }) }) });
    silent.add({ x: 0.1 }, 1);
    expect(silent.best!.value).toBe(1);
  });

  it('gets the history, and its settings', () => {
    const seen: unknown[] = [];
    createSearch({
      space,
      seed: 9,
      budget: 7,
      noise: 0.1,
      sampler: (history, seed) => {
        seen.push(history.budget, history.noise, seed);
        return { name: 's', propose: () => ({ point: [0, 0], why: '' }) };
      },
    });
    expect(seen).toEqual([7, 0.1, 9]);
  });
});

describe('the record of a search', () => {
  it('holds every call, and gives the same search again', () => {
    const search = createSearch({ space, sampler: 'random' });
    search.ask(2);
    search.tell(0, 5);
    search.replicate(0, 6);
    search.forget(1);
    search.add({ x: 0.125, c: 'b' }, { failed: 'crash' }, 'person');
    const entries: LogEntry['type'][] = ['trial', 'trial', 'told', 'replicate', 'forgotten', 'trial', 'told'];
    expect(search.log.map(({ type }) => type)).toEqual(entries);
    expect(search.log[2]).toEqual({ type: 'told', id: 0, outcome: { value: 5 } });
    expect(search.log[6]).toEqual({ type: 'told', id: 2, outcome: { failed: 'crash' } });
    expect(search.log[5]).toMatchObject({ source: 'person', values: { x: 0.125, c: 'b' } });
    expect(createSearch({ space, sampler: 'random' }, search.log).log).toEqual(search.log);
    expect(search.add({ x: 0.75 }).source).toBe('given');
  });
});

describe('the best trial', () => {
  it('is the oldest of equals, the smallest, or the largest', () => {
    const best = (direction: 'minimize' | 'maximize'): number => {
      const search = createSearch({ space, sampler: 'random', direction });
      for (const [i, value] of [3, 1, 1, 5, 5].entries()) search.add({ x: i / 10 }, value);
      return search.best!.trial.id;
    };
    expect([best('minimize'), best('maximize')]).toEqual([1, 3]);
    expect(createSearch({ space }).best).toBeUndefined();
  });
});

describe('options of a search', () => {
  it.each([
    ['seed', 0, [-1, 0.5]],
    ['budget', 1, [0, 1.5]],
    ['parallel', 1, [0, 1.5]],
    ['noise', 0, [-0.1, Number.NaN, Number.POSITIVE_INFINITY]],
  ] as const)('have bounds: %s may be %d, and nothing below', (name, allowed, refused) => {
    expect(() => createSearch({ space, sampler: 'random', [name]: allowed })).not.toThrow();
    for (const value of refused)
      expect(() => createSearch({ space, [name]: value })).toThrow(`\`${name}\` is ${value}`);
  });

  it('may be a space that is made already', () => {
    const made = createSpace(space);
    expect(createSearch({ space: made }).space).toBe(made);
  });

  it('ask for whole numbers of trials', () => {
    for (const count of [0, -1, 1.5]) expect(() => createSearch({ space }).ask(count)).toThrow(`count is ${count}`);
    expect(createSearch({ space, sampler: 'random' }).ask(3)).toHaveLength(3);
    expect(createSearch({ space, sampler: 'random' }).ask()).toHaveLength(1);
  });
});
