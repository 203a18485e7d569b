/** Ask and tell, with every sampler: replay, parallel trials, duplicates, failures, noise, limits, mistakes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../base/random.ts';
import type { SamplerName } from './auto.ts';
import { dualStep, primalStep, type Example } from './feasibility.ts';
import type { Param } from './param.ts';
import { createSearch, type Search, type SearchOptions } from './search.ts';
import type { Values } from './space.ts';

const NAMES: SamplerName[] = ['auto', 'random', 'sobol', 'tpe', 'tpe-univariate', 'cma-es', 'gp'];
const space: Param[] = [
  { name: 'x', kind: 'float', low: -5, high: 5, default: 3 },
  { name: 'y', kind: 'float', low: 0.001, high: 10, log: true, default: 1 },
  { name: 'n', kind: 'int', low: 1, high: 8, default: 2 },
  { name: 'c', kind: 'categorical', values: ['a', 'b', 'c'], default: 'a' },
];
const loss = (v: Values): number =>
  (Number(v.x) - 1) ** 2 + (Math.log10(Number(v.y)) + 1) ** 2 + 0.3 * (Number(v.n) - 5) ** 2 + (v.c === 'b' ? 0 : 2);

function play(search: Search, trials: number, f: (v: Values) => number = loss): Search {
  for (let i = 0; i < trials; i++) for (const trial of search.ask()) search.tell(trial.id, f(trial.values));
  return search;
}

describe.each(NAMES)('the sampler %s', (sampler) => {
  const options: SearchOptions = { space, sampler, seed: 7, budget: 80 };
  // The process costs tens of milliseconds a trial on a busy machine: fewer of them.
  const slow = sampler === 'gp' || sampler === 'auto';
  const many = slow ? 16 : 60;

  it('starts at the default, finds better, and is the same for the same seed', () => {
    const [a, b] = [play(createSearch(options), many), play(createSearch(options), many)];
    expect(a.history.told[0]!.trial.values).toEqual({ x: 3, y: 1, n: 2, c: 'a' });
    expect(a.best!.value).toBeLessThan(loss({ x: 3, y: 1, n: 2, c: 'a' }) / 2);
    expect(a.log).toEqual(b.log);
    expect(play(createSearch({ ...options, seed: 8 }), 10).log).not.toEqual(a.log.slice(0, 20));
  });

  it('goes on from its log as if it had never stopped', () => {
    const whole = play(createSearch(options), many);
    const half = play(createSearch(options), many / 2);
    expect(play(createSearch(options, half.log), many / 2).log).toEqual(whole.log);
  });

  it('gives k different trials at once and takes their results in any order', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 2, max: 16 }), (seed, k) => {
        const search = createSearch({ ...options, seed, parallel: k });
        const chance = createRandom(seed);
        for (let wave = 0; wave < 3; wave++) {
          const trials = search.ask(k);
          expect(new Set(trials.map((t) => t.key)).size).toBe(k);
          for (const t of trials.sort(() => chance.uniform() - 0.5)) search.tell(t.id, loss(t.values));
        }
        expect(new Set(search.history.told.map((t) => t.trial.key)).size).toBe(3 * k);
      }),
      { numRuns: slow ? 1 : 8 },
    );
  });

  it('maximizes as it minimizes', () => {
    const up = play(createSearch({ ...options, direction: 'maximize' }), many / 2, (v) => -loss(v));
    const down = play(createSearch(options), many / 2);
    expect(up.history.told.map((t) => t.trial.values)).toEqual(down.history.told.map((t) => t.trial.values));
    expect(up.best!.value).toBe(-down.best!.value);
  });

  it('goes on when every trial failed, and has no best', () => {
    const search = createSearch(options);
    for (let i = 0; i < 20; i++) for (const t of search.ask()) search.tell(t.id, { failed: 'crash' });
    expect(search.best).toBeUndefined();
    expect(search.history.failed).toHaveLength(20);
  });

  it('asks every configuration of a small space once, then none', () => {
    const small = createSearch({
      space: [
        { name: 'n', kind: 'int', low: 1, high: 4 },
        { name: 'c', kind: 'categorical', values: ['a', 'b'] },
      ],
      sampler,
    });
    const seen = new Set<string>();
    for (let i = 0; i < 8; i++)
      for (const t of small.ask()) {
        seen.add(t.key);
        small.tell(t.id, i);
      }
    expect(seen.size).toBe(8);
    expect(small.ask(3)).toEqual([]);
  });
});

describe('failures', () => {
  it('teach where not to look, and never become numbers', () => {
    // Half of the space fails: x > 0 or n > 5; the optimum of what is left lies at the edge.
    const fails = (v: Values): boolean => Number(v.x) > 2 || Number(v.n) > 6;
    const rate = (sampler: SamplerName): number => {
      let late = 0;
      for (const seed of [1, 2]) {
        const search = createSearch({ space, sampler, seed });
        for (let i = 0; i < 80; i++) {
          for (const t of search.ask()) {
            const failed = fails(t.values);
            if (failed && i >= 40) late++;
            search.tell(t.id, failed ? { failed: 'out of memory' } : { value: loss(t.values) });
          }
        }
        expect(search.history.told.every((t) => t.value < 200)).toBe(true);
      }
      return late / 80;
    };
    // Without the model random search fails in about half of its trials.
    for (const sampler of ['random', 'tpe', 'cma-es'] as const) expect(rate(sampler)).toBeLessThan(0.35);
  });

  it('that were found before anything was measured teach as much as measured ones', () => {
    const search = createSearch({ space, sampler: 'random' });
    expect(search.feasible({ x: 4 })).toBe(1);
    for (let i = 0; i < 6; i++) search.add({ x: 3 + i / 3 }, { failed: 'the preflight says that it does not fit' });
    for (let i = 0; i < 6; i++) search.add({ x: -3 - i / 3 }, { value: 1 });
    expect(search.feasible({ x: 4.5 })).toBeLessThan(0.5);
    expect(search.feasible({ x: -4.5 })).toBeGreaterThan(0.5);
    expect(search.history.told).toHaveLength(6);
  });

  it('teach the same from the matrix of the trials as from that of the features, which a wide space takes', () => {
    const chance = createRandom(2);
    const rows: Example[] = Array.from({ length: 30 }, () => {
      const features = Float64Array.from({ length: 12 }, (_, i) => (i === 0 ? 1 : 2 * chance.uniform() - 1));
      return { features, label: features[1]! + features[2]! > 0 ? 0 : 1 };
    });
    const [prior, precision] = [new Float64Array(12).fill(0.3), new Float64Array(12).fill(0.15)];
    const w = prior.map((v, i) => v + 0.1 * i);
    const [a, b] = [primalStep(rows, w, prior, precision)!, dualStep(rows, w, prior, precision)!];
    for (let i = 0; i < 12; i++) expect(b[i]).toBeCloseTo(a[i]!, 9);
  });

  it('rank below when a limit on a metric is broken, ordered by how far', () => {
    const search = createSearch({ space, limits: [{ metric: 'mb', max: 100 }] });
    const [a, b, c] = search.ask(3);
    search.tell(a!.id, { value: 1, metrics: { mb: 200 } });
    search.tell(b!.id, { value: 0.5, metrics: { mb: 150 } });
    expect(search.best!.trial.id).toBe(b!.id);
    search.tell(c!.id, { value: 9, metrics: { mb: 90 } });
    expect(search.best!.trial.id).toBe(c!.id);
  });
});

describe('noise', () => {
  it('a replicate sharpens the mean and is not a trial', () => {
    const search = play(createSearch({ space, noise: 0.5 }), 5);
    const { trial, value } = search.history.told[2]!;
    search.replicate(trial.id, value + 1);
    expect(search.history.told[2]!.value).toBeCloseTo(value + 0.5);
    expect(search.history.told[2]!.n).toBe(2);
    expect(search.history.told).toHaveLength(5);
  });

  it('a lucky single measurement does not outrank a mean of many', () => {
    const search = createSearch({ space, noise: 1 });
    const [a, b, c, d] = search.ask(4);
    search.tell(a!.id, { value: 0, n: 20 });
    search.tell(b!.id, { value: -0.2, n: 1 });
    search.tell(c!.id, { value: 1, n: 1 });
    search.tell(d!.id, { value: 1.2, n: 1 });
    expect(search.best!.trial.id).toBe(a!.id);
  });
});

describe('mistakes of the caller', () => {
  const search = (): Search => createSearch({ space });
  it.each([
    ['a trial never asked for', (s: Search) => s.tell(3, 1), 'never asked for'],
    ['telling twice', (s: Search) => [s.tell(s.ask()[0]!.id, 1), s.tell(0, 1)], 'told already'],
    ['NaN', (s: Search) => s.tell(s.ask()[0]!.id, Number.NaN), 'Its value is NaN'],
    ['infinity', (s: Search) => s.tell(s.ask()[0]!.id, Number.POSITIVE_INFINITY), 'Its value is Infinity'],
    ['a replicate of a trial without a number', (s: Search) => s.replicate(s.ask()[0]!.id, 1), 'no number yet'],
    ['a known configuration', (s: Search) => [s.ask(), s.add(s.space.start)], 'known already'],
    ['no trials asked for', (s: Search) => s.ask(0), 'count is 0'],
    ['forgetting what is told', (s: Search) => [s.tell(s.ask()[0]!.id, 1), s.forget(0)], 'told already'],
  ] as [string, (s: Search) => unknown, string][])('%s', (_, act, message) => {
    expect(() => act(search())).toThrow(message);
  });

  it('options that cannot be', () => {
    expect(() => createSearch({ space, noise: -1 })).toThrow('`noise` is -1');
    expect(() => createSearch({ space, budget: 0 })).toThrow('`budget` is 0');
    expect(() => createSearch({ space, sampler: 'grid' as SamplerName })).toThrow('"grid" was asked for');
    expect(() => createSearch({ space: space.slice(3), sampler: 'cma-es' })).toThrow('0 numeric knobs');
  });

  it('a failed tell changes nothing, and a forgotten trial may be asked again', () => {
    const s = search();
    const [trial] = s.ask();
    expect(() => s.tell(trial!.id, Number.NaN)).toThrow();
    expect(s.history.pending).toHaveLength(1);
    s.forget(trial!.id);
    expect(s.history.pending).toHaveLength(0);
    expect(s.ask()[0]!.values).toEqual(trial!.values);
  });
});

describe('many trials at once', () => {
  it('are pushed apart by the lie that a running trial is bad', () => {
    const floats: Param[] = ['a', 'b', 'c'].map((name) => ({ name, kind: 'float', low: 0, high: 1 }));
    const f = (v: Values): number => ['a', 'b', 'c'].reduce((s, name) => s + (Number(v[name]) - 0.3) ** 2, 0);
    /** Mean distance to the nearest other trial of a wave of 16, over the seeds. */
    const apart = (liar: boolean): number =>
      [1, 2, 3, 4, 5, 6].reduce((sum, seed) => {
        const search = play(createSearch({ space: floats, sampler: 'tpe', seed, tpe: { liar } }), 40, f);
        const points = search.ask(16).map((t) => t.point);
        const nearest = points.map((p) =>
          Math.min(...points.filter((q) => q !== p).map((q) => Math.hypot(...p.map((u, j) => u - q[j]!)))),
        );
        return sum + nearest.reduce((a, b) => a + b, 0);
      }, 0);
    expect(apart(true)).toBeGreaterThan(1.1 * apart(false));
  });

  it('are told as the values that were handed out, not as the points behind them', () => {
    const search = play(createSearch({ space, sampler: 'cma-es' }), 20);
    for (const { trial } of search.history.told) expect(trial.point).toEqual(search.space.encode(trial.values));
  });
});

describe('`auto`', () => {
  const floats = (n: number, extra: object = {}): Param[] =>
    Array.from({ length: n }, (_, i) => ({ name: `x${i}`, kind: 'float', low: 0, high: 1, ...extra }) as Param);
  const choices = (n: number): Param[] =>
    Array.from({ length: n }, (_, i) => ({ name: `c${i}`, kind: 'categorical', values: ['a', 'b'] }));
  const under: Param = { ...floats(1)[0]!, name: 'under', when: { param: 'c0', in: ['a'] } } as Param;
  it.each([
    ['few trials', floats(5), 100, 1, 'gp', '100 trials are too few'],
    ['many trials of numbers', floats(5), 1000, 1, 'gp', 'then CMA-ES'],
    [
      'many trials of choices',
      [...floats(2), ...choices(4)],
      1000,
      1,
      'gp',
      '4 of 6 knobs are choices or whole numbers',
    ],
    ['a knob under another one', [...choices(1), under], 1000, 1, 'gp', '1 of 2 knobs are choices or whole numbers'],
    ['wide waves of numbers', floats(5), 1000, 32, 'tpe', '32 trials at once'],
    ['wide waves of many numbers', floats(70), 5000, 1, 'cma-es', '70 of 70 knobs are numbers'],
    ['many knobs and few trials', floats(70), 300, 1, 'tpe', '300 trials are few for 70 knobs'],
    ['hundreds of knobs', floats(200), 1000, 1, 'tpe-univariate', '200 knobs are too many'],
  ] as const)('takes for %s what fits, and says why', (_, params, budget, parallel, name, why) => {
    const { sampler } = createSearch({ space: [...params], budget, parallel });
    expect(sampler.name).toBe(name);
    expect(sampler.why).toContain(why);
  });
});

describe('large and conditional spaces', () => {
  it('asks 500 knobs', () => {
    const many: Param[] = Array.from({ length: 500 }, (_, i) => ({ name: `x${i}`, kind: 'float', low: 0, high: 1 }));
    const s = play(createSearch({ space: many, budget: 1000 }), 12, (v) => Number(v.x0));
    expect(s.history.told).toHaveLength(12);
    expect(s.sampler.why).toContain('500 knobs');
  });

  it('learns from failures among 500 knobs', () => {
    const many: Param[] = Array.from({ length: 500 }, (_, i) => ({ name: `x${i}`, kind: 'float', low: 0, high: 1 }));
    const s = createSearch({ space: many, sampler: 'random', seed: 3 });
    for (let i = 0; i < 40; i++)
      for (const t of s.ask()) s.tell(t.id, Number(t.values.x7) > 0.5 ? { failed: 'no' } : 1);
    const at = (x7: number): number => s.feasible({ ...s.space.start, x7 });
    expect(at(0.05)).toBeGreaterThan(at(0.95) + 0.02);
  });

  it('never gives a value to a knob that is not active', () => {
    const conditional: Param[] = [
      { name: 'opt', kind: 'categorical', values: ['sgd', 'adam'] },
      { name: 'momentum', kind: 'float', low: 0, high: 1, when: { param: 'opt', in: ['sgd'] } },
      { name: 'beta', kind: 'float', low: 0, high: 1, when: { param: 'opt', in: ['adam'] } },
    ];
    for (const sampler of ['tpe', 'tpe-univariate', 'cma-es', 'random'] as const) {
      const s = play(createSearch({ space: conditional, sampler }), 40, (v) =>
        v.opt === 'adam' ? (Number(v.beta) - 0.9) ** 2 : 1,
      );
      for (const { trial } of s.history.told) {
        expect('momentum' in trial.values).toBe(trial.values.opt === 'sgd');
        expect('beta' in trial.values).toBe(trial.values.opt === 'adam');
      }
      expect(s.best!.value).toBeLessThan(0.02);
    }
  });
});
