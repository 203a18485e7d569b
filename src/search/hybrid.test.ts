/** Adviser and optimizer on one budget, and what is shown of a search. */
import { describe, expect, it } from 'vitest';
import { createRandom } from '../base/random.ts';
import { agreement, promote } from '../base/rank.ts';
import { front } from './pareto-front.ts';
import { Hybrid } from './hybrid.ts';
import type { Param } from './param.ts';
import { createSearch } from './search.ts';
import type { Values } from './space.ts';
import { brief, importance, parallelCoordinates, slice } from './findings.ts';

const space: Param[] = [
  { name: 'a', kind: 'float', low: 0, high: 1, default: 0.2 },
  { name: 'b', kind: 'float', low: 0, high: 1, default: 0.8 },
  { name: 'idle', kind: 'float', low: 0, high: 1 },
  { name: 'c', kind: 'categorical', values: ['x', 'y'] },
];
const loss = (v: Values): number => 4 * (Number(v.a) - 0.6) ** 2 + (Number(v.b) - 0.5) ** 2 + (v.c === 'y' ? 0 : 0.05);

/** A run of 40 turns; the adviser gives a configuration and says whether its trial will work. */
function play(adviser: (turn: number, hybrid: Hybrid) => { values: Values; works: boolean }): Hybrid {
  const hybrid = new Hybrid({ space, sampler: 'cma-es', seed: 3 });
  for (let turn = 0; turn < 40; turn++) {
    if (hybrid.turn === 'adviser') {
      const { values, works } = adviser(turn, hybrid);
      const advice = hybrid.advise(values);
      if (advice.ok) {
        hybrid.tell(advice.trial.id, works ? loss(advice.trial.values) : { failed: 'it does not start' });
        continue;
      }
    }
    for (const trial of hybrid.ask()) hybrid.tell(trial.id, loss(trial.values));
  }
  return hybrid;
}

describe('the hybrid', () => {
  const chance = createRandom(4);
  const good = (): Values => ({
    a: 0.6 + 0.03 * chance.normal(),
    b: 0.5 + 0.03 * chance.normal(),
    idle: chance.uniform(),
    c: 'y',
  });

  it('gives a good adviser more turns and one that fails, repeats or misleads hardly any', () => {
    expect(new Hybrid({ space }).share).toBeCloseTo(0.15);
    expect(play(() => ({ values: good(), works: true })).share).toBeGreaterThan(0.2);
    expect(play(() => ({ values: good(), works: false })).share).toBeLessThan(0.06);
    expect(play(() => ({ values: { a: 0.2, b: 0.8 }, works: true })).share).toBeLessThan(0.06);
    expect(play((turn) => ({ values: { a: turn / 1000, b: 1, c: 'x' }, works: true })).share).toBeLessThan(0.1);
  });

  it('refuses repeats before they cost anything, with the earlier trial as the reason', () => {
    const hybrid = new Hybrid({ space });
    const [first] = hybrid.ask();
    expect(hybrid.advise(first!.values)).toEqual({
      ok: false,
      reason: 'it is the configuration of trial 0',
      earlier: 0,
    });
    expect(hybrid.search.history.pending).toHaveLength(1);
  });

  it('does not let failed suggestions into the optimizer, nor into what it believes can be measured', () => {
    const hybrid = play((turn) => ({ values: { a: 0.6 + turn / 1000, b: 0.5, c: 'y' }, works: false }));
    expect(hybrid.search.history.failed.length).toBeGreaterThan(0);
    expect(hybrid.search.history.told.every(({ trial }) => trial.source !== 'adviser')).toBe(true);
    expect(hybrid.search.feasible({ a: 0.6, b: 0.5, c: 'y' })).toBe(1);
  });

  it('is rebuilt from its log, share included', () => {
    const hybrid = play(() => ({ values: good(), works: true }));
    const again = new Hybrid({ space, sampler: 'cma-es', seed: 3 }, hybrid.search.log);
    expect(again.search.log).toEqual(hybrid.search.log);
    expect(again.share).toBeCloseTo(hybrid.share, 6);
    expect(again.ask()).toEqual(hybrid.ask());
  });
});

describe('what is shown of a search', () => {
  const search = createSearch({ space, sampler: 'tpe', seed: 5 });
  for (let i = 0; i < 40; i++)
    for (const t of search.ask())
      search.tell(
        t.id,
        i === 7 ? { failed: 'crash' } : { value: loss(t.values), metrics: { mb: 100 * Number(t.values.b) } },
      );

  it('ranks knobs by what they explain', () => {
    const ranked = importance(search.history);
    expect(ranked[0]!.name).toBe('a');
    expect(ranked.find(({ name }) => name === 'idle')!.share).toBeLessThan(0.1);
    expect(ranked.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
  });

  it('gives lines and slices in the order of the trials', () => {
    const { axes, lines } = parallelCoordinates(search.history);
    expect(axes.map((a) => a.name)).toEqual(['a', 'b', 'idle', 'c']);
    expect(lines).toHaveLength(40);
    expect(lines[7]!.failed).toBe('crash');
    expect(slice(search.history, 'c')[0]!.x).toBe('x');
    expect(() => slice(search.history, 'nope')).toThrow('There is no knob "nope"');
  });

  it('briefs an adviser in two kilobytes of native units', () => {
    const text = brief(search);
    expect(text.length).toBeLessThanOrEqual(2048);
    expect(text).toContain('39 configurations measured, 1 failed.');
    expect(text).toMatch(/a: good trials around 0\.\d+/);
  });

  it('briefs with the best configuration whole, what was looked at for nothing, and what was never measured', () => {
    const s = createSearch({ space: [...space.slice(0, 3), { ...space[3]!, values: ['x', 'y', 'z'] } as Param] });
    for (let i = 0; i < 20; i++) s.add({ a: i / 19, b: 0.5, c: 'x' }, (i / 19 - 0.9) ** 2);
    const text = brief(s);
    expect(text).toContain(`: ${JSON.stringify(s.best!.trial.values)}\n`);
    expect(text).toMatch(/the same except \{"a":0\.\d+\}/);
    expect(text).not.toMatch(/the same except .*"b"/);
    expect(text).toContain('nothing good from 0 to 0.333 (7 trials)');
    expect(text).toContain('good trials have x; never measured: y, z');
  });

  it('leaves out whole knobs rather than the best configuration where two kilobytes are not enough', () => {
    const many: Param[] = Array.from({ length: 60 }, (_, i) => ({
      name: `a_long_knob_${i}`,
      kind: 'int',
      low: 1,
      high: 9,
    }));
    const s = createSearch({ space: many, sampler: 'random' });
    for (let i = 0; i < 6; i++) for (const t of s.ask()) s.tell(t.id, i);
    const lines = brief(s).split('\n');
    expect(lines[1]).toContain(JSON.stringify(s.best!.trial.values));
    expect(lines.slice(2).every((line) => /^(\d|a_long_knob_\d+: good trials around .*\)$)/.test(line))).toBe(true);
  });

  it('finds the front of two objectives', () => {
    const objectives = [
      { metric: 'value', direction: 'minimize' },
      { metric: 'mb', direction: 'minimize' },
    ] as const;
    const found = front(search.history.told, objectives);
    for (let i = 1; i < found.length; i++) expect(found[i]!.metrics.mb!).toBeLessThan(found[i - 1]!.metrics.mb!);
    expect(found[0]!.trial.id).toBe(search.best!.trial.id);
  });

  it('warns when short runs do not rank long ones, and promotes the best third', () => {
    const good = agreement([1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 6, 5]);
    expect(good).toMatchObject({ tau: 13 / 15, pairs: 6 });
    expect(good.warning).toBeUndefined();
    // By hand: tanh(atanh(13/15) ± 1.96 · √(0.437 / 2)).
    expect(good.interval.map((end) => Number(end.toFixed(3)))).toEqual([0.383, 0.977]);
    expect(agreement([1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1]).warning).toContain('do not rank');
    expect(agreement([1, 2], [1, 2]).warning).toContain('only 2');
    expect(promote([5, undefined, 1, 3, 4, 2, 9])).toEqual([2, 5]);
  });
});
