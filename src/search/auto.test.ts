/** Which sampler `auto` takes, on both sides of each bound, and when another one takes over. */
import { describe, expect, it } from 'vitest';
import { choose, SAMPLERS, type SamplerName } from './auto.ts';
import type { Param } from './param.ts';
import { createSearch, type Search } from './search.ts';
import { createSpace, type Space } from './space.ts';

const floats = (count: number): Param[] =>
  Array.from({ length: count }, (_, i) => ({ name: `x${i}`, kind: 'float', low: 0, high: 1 }));
const integers = (count: number): Param[] =>
  Array.from({ length: count }, (_, i) => ({ name: `n${i}`, kind: 'int', low: 0, high: 9 }));
const choices = (count: number): Param[] =>
  Array.from({ length: count }, (_, i) => ({ name: `c${i}`, kind: 'categorical', values: ['a', 'b'] }));
const spaceOf = (...params: Param[][]): Space => createSpace(params.flat());
/** The sampler for many trials at once, so that no Gaussian process comes first. */
const lasting = (space: Space, budget: number | undefined = 5000, parallel = 17): string =>
  choose(space, budget, parallel).name;

describe('the Gaussian process', () => {
  it('comes first for sixty knobs at most and sixteen trials at once', () => {
    expect([60, 61].map((knobs) => choose(spaceOf(floats(knobs)), 5000, 1).name)).toEqual(['gp', 'cma-es']);
    expect(choose(spaceOf(floats(30), choices(30)), 5000, 1).name).toBe('gp');
    expect(choose(spaceOf(floats(31), choices(30)), 5000, 1).name).toBe('cma-es');
    expect([16, 17].map((parallel) => choose(spaceOf(floats(5)), 5000, parallel).name)).toEqual(['gp', 'tpe']);
  });

  it('is followed by another sampler after 150 trials, where there are more or nobody knows', () => {
    expect(choose(spaceOf(floats(5)), 150, 1).name).toBe('gp');
    expect(choose(spaceOf(floats(5)), 150, 1)).not.toHaveProperty('later');
    expect(choose(spaceOf(floats(5)), 151, 1)).toMatchObject({ name: 'gp', later: 'cma-es' });
    expect(choose(spaceOf(floats(5)), undefined, 1)).toMatchObject({ name: 'gp', later: 'cma-es' });
  });

  it('stays to the end where a knob is a choice or a whole number', () => {
    for (const odd of [choices(1), integers(1)]) {
      const choice = choose(spaceOf(floats(5), odd), undefined, 1);
      expect(choice).toMatchObject({ name: 'gp', why: expect.stringMatching(/1 of 6 knobs/) });
      expect(choice).not.toHaveProperty('later');
    }
  });
});

describe('the sampler for many trials', () => {
  it('is TPE knob by knob above a hundred numbers', () => {
    expect([100, 101].map((knobs) => lasting(spaceOf(floats(knobs)), 5000, 1))).toEqual(['cma-es', 'tpe-univariate']);
    expect(lasting(spaceOf(floats(70), choices(60)), 5000, 1)).toBe('cma-es');
  });

  it('is TPE where knobs depend on others, or most are no continuous numbers', () => {
    const under: Param = { name: 'under', kind: 'float', low: 0, high: 1, when: { param: 'c0', in: ['a'] } };
    expect(lasting(spaceOf(floats(70), choices(1), [under]), 5000, 1)).toBe('tpe');
    expect(lasting(spaceOf(floats(35), choices(20), integers(15)), 5000, 1)).toBe('cma-es');
    expect(lasting(spaceOf(floats(35), choices(20), integers(16)), 5000, 1)).toBe('tpe');
  });

  it('is TPE below eight trials for each knob; an unknown budget counts as a thousand', () => {
    expect([559, 560].map((budget) => lasting(spaceOf(floats(70)), budget, 1))).toEqual(['tpe', 'cma-es']);
    expect(choose(spaceOf(floats(100)), undefined, 1).name).toBe('cma-es');
    expect(choose(spaceOf(floats(100), choices(26)), undefined, 1).name).toBe('tpe');
  });

  it('is TPE for more trials at once than a generation has', () => {
    // 4 + 3 ln(80) = 17.1.
    expect([17, 18].map((parallel) => lasting(spaceOf(floats(80)), 5000, parallel))).toEqual(['cma-es', 'tpe']);
  });
});

describe('a sampler', () => {
  const sourceOf = (sampler: SamplerName, params = floats(3)): string => {
    const search = createSearch({ space: params, sampler, startAtDefault: false });
    expect(search.sampler.name).toBe(sampler);
    return search.ask()[0]!.source;
  };

  it('is made by its name', () => {
    for (const name of SAMPLERS.filter((sampler) => sampler !== 'auto')) expect(sourceOf(name)).toBe(name);
    expect(createSearch({ space: floats(3), sampler: 'sobol' }).sampler.why).toBe('asked for by name');
  });

  it('gets its options', () => {
    const firstOf = (options: object): unknown => {
      const search = createSearch({ space: floats(2), sampler: 'tpe', ...options });
      for (let i = 0; i < 30; i++) search.add({ x0: i / 30, x1: ((7 * i) % 30) / 30 }, (i - 9) ** 2);
      return search.ask()[0]!.values;
    };
    expect(firstOf({})).toEqual(firstOf({ tpe: { multivariate: true } }));
    expect(firstOf({})).not.toEqual(firstOf({ tpe: { multivariate: false } }));
    expect(firstOf({ sampler: 'tpe-univariate' })).toEqual(firstOf({ tpe: { multivariate: false } }));
    expect(firstOf({ sampler: 'tpe-univariate', tpe: { multivariate: true } })).toEqual(
      firstOf({ sampler: 'tpe-univariate' }),
    );
  });
});

describe('the second sampler', () => {
  /** A search that was told so many trials. */
  const after = (trials: number, space: readonly Param[]): Search => {
    const search = createSearch({ space, startAtDefault: false });
    for (let i = 0; i < trials; i++) {
      const numbers = [i % 10, Math.floor(i / 10) % 10, Math.floor(i / 100)];
      const values = space.map(({ name, kind }, knob) =>
        kind === 'categorical'
          ? [name, i % 2 ? 'a' : 'b']
          : [name, kind === 'int' ? numbers[knob]! : numbers[knob]! / 10],
      );
      search.add(Object.fromEntries(values), (i % 10) + Math.floor(i / 10));
    }
    return search;
  };

  it('takes over after 150 trials where all knobs are continuous', () => {
    expect(after(149, floats(3)).ask()[0]!.source).toBe('gp');
    const search = after(150, floats(3));
    expect(search.sampler).toMatchObject({ name: 'gp', later: 'cma-es' });
    expect(search.ask(2).map(({ source }) => source)).toEqual(['cma-es', 'cma-es']);
    expect(after(150, [...integers(3), ...choices(1)]).ask()[0]!.source).toBe('gp');
  });

  it('is told what comes after it took over', () => {
    const proposedAfter = (turn: 1 | -1): unknown => {
      const search = createSearch({ space: floats(3), startAtDefault: false });
      for (let i = 0; i < 150; i++)
        search.add({ x0: i / 150, x1: ((7 * i) % 150) / 150, x2: ((11 * i) % 150) / 150 }, i);
      for (let i = 0; i < 40; i++)
        for (const { id, values, source } of search.ask()) {
          expect(source).toBe('cma-es');
          search.tell(id, turn * Number(values['x0']));
        }
      return search.ask()[0]!.values;
    };
    expect(proposedAfter(1)).not.toEqual(proposedAfter(-1));
    expect(Number((proposedAfter(1) as { x0: number }).x0)).toBeLessThan((proposedAfter(-1) as { x0: number }).x0);
  });
});
