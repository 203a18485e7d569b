import { describe, expect, it } from 'vitest';
import { parseArena } from '../core/manifest-check.ts';
import { adviseOnTiming, isTiming, type TimedRun } from './timing-advice.ts';

function arenaWith(changes: Record<string, unknown>) {
  const parsed = parseArena({
    overnight: 1,
    name: 'a',
    metric: { name: 'score', direction: 'minimize', ...(changes.metric as object) },
    editable: ['a'],
    run: { command: 'true' },
    budget: { seconds: 10, wall_s: 100, ...(changes.budget as object) },
    resources: { ...(changes.resources as object) },
    decide: { ...(changes.decide as object) },
  });
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.arena;
}

/** Repeats that took so long on the wall and on the processor. */
const runsOf = (walls: readonly number[], cpus: readonly number[], load: number, budgetedS = 1): TimedRun[] =>
  walls.map((wallS, i) => ({ value: wallS, conditions: { wallS, cpuS: cpus[i]!, budgetedS, load } }));

describe('advice on timings', () => {
  it('is processor time for a wall time on a busy machine', () => {
    const advice = adviseOnTiming(
      arenaWith({ metric: { name: 'wall_s', read: 'wall_s' } }),
      runsOf([3, 5, 4], [1, 1.01, 1], 11.6),
      2,
    );
    expect(advice).toEqual({
      detail: 'the machine is busy (load 11.6 on 2 cores); wall time spreads by 25.0 %, processor time by 0.6 %',
      change: { key: 'metric.read', value: 'cpu_s' },
    });
  });

  it('is processor time on a quiet machine too where it repeats much better', () => {
    const arena = arenaWith({ metric: { name: 'wall_s', read: 'wall_s' } });
    expect(adviseOnTiming(arena, runsOf([1.1, 1.3, 1.2], [1, 1.01, 1], 0.5), 2)?.change?.key).toBe('metric.read');
    expect(adviseOnTiming(arena, runsOf([1.01, 1.02, 1], [1, 1.02, 1.01], 0.5), 2)).toBeUndefined();
  });

  it('is no processor time for a program that waits', () => {
    const arena = arenaWith({ metric: { name: 'wall_s', read: 'wall_s' } });
    const advice = adviseOnTiming(arena, runsOf([3, 5, 4], [0.02, 0.03, 0.02], 9), 2);
    expect(advice?.change).toEqual({ key: 'decide.rule', value: 'paired' });
  });

  it('is the clock for a candidate that works until its clock ends it, beside other work', () => {
    const runs = runsOf([10.2, 10.3, 10.2], [3, 4, 5], 8, 9.9);
    expect(adviseOnTiming(arenaWith({}), runs, 2)?.change).toEqual({ key: 'budget.clock', value: 'cpu' });
    expect(adviseOnTiming(arenaWith({ resources: { gpus: 1 } }), runs, 2)).toBeUndefined();
    expect(adviseOnTiming(arenaWith({ budget: { clock: 'cpu' } }), runs, 2)).toBeUndefined();
  });

  it('is pairs for a time that the program prints itself', () => {
    const metric = { name: 'ms_per_op', unit: 'ms' };
    const runs = runsOf([3, 5, 4], [1, 1, 1], 8);
    expect(adviseOnTiming(arenaWith({ metric }), runs, 2)?.change).toEqual({ key: 'decide.rule', value: 'paired' });
    const steady = runsOf([4, 4.1, 4], [1, 1, 1], 8);
    expect(adviseOnTiming(arenaWith({ metric }), steady, 2)?.change).toEqual({ key: 'decide.rule', value: 'paired' });
    expect(adviseOnTiming(arenaWith({ metric, decide: { rule: 'paired' } }), steady, 2)).toBeUndefined();
  });

  it('is another way to measure where pairs spread, too', () => {
    const metric = { name: 'ms_per_op', unit: 'ms' };
    for (const rule of ['paired', 'sequential']) {
      const advice = adviseOnTiming(arenaWith({ metric, decide: { rule } }), runsOf([3, 5, 4], [1, 1, 1], 1), 2);
      expect(advice).toMatchObject({ detail: 'ms_per_op of the same code spreads by 25.0 %', fix: /reference work/ });
      expect(advice).not.toHaveProperty('change');
    }
  });

  it('is pairs on a quiet machine where the timing spreads by more than 5 %, and for processor time that does', () => {
    const latency = arenaWith({ metric: { name: 'latency' } });
    expect(adviseOnTiming(latency, runsOf([3, 5, 4], [1, 1, 1], 1), 2)?.change?.key).toBe('decide.rule');
    expect(adviseOnTiming(latency, runsOf([4, 4.1, 4], [1, 1, 1], 1), 2)).toBeUndefined();
    const cpu = arenaWith({ metric: { name: 'cpu', read: 'cpu_s' } });
    expect(adviseOnTiming(cpu, runsOf([3, 5, 4], [3, 5, 4], 8), 2)?.change?.key).toBe('decide.rule');
    expect(adviseOnTiming(cpu, runsOf([4, 4.1, 4], [4, 4.1, 4], 8), 2)).toBeUndefined();
  });

  it('is nothing for what is no timing', () => {
    expect(adviseOnTiming(arenaWith({}), runsOf([3, 5, 4], [1, 1, 1], 8), 2)).toBeUndefined();
    expect(adviseOnTiming(arenaWith({}), runsOf([3, 5, 4], [1, 1, 1], 1), 2)).toBeUndefined();
  });
});

describe('a metric is a timing', () => {
  for (const [name, unit] of [
    ['score', 'ms'],
    ['score', 'µs'],
    ['score', 'MB/s'],
    ['score', 'ops'],
    ['latency_p99', ''],
    ['requests_per_second', ''],
    ['total_time', ''],
    ['build_seconds', ''],
  ] as const)
    it(`named ${name} in "${unit}"`, () => expect(isTiming(arenaWith({ metric: { name, unit } }))).toBe(true));
  for (const [name, unit] of [
    ['score', ''],
    ['val_bpb', 'bits/byte'],
    ['timely', ''],
    ['mass', 'g'],
    ['accuracy', '%'],
    ['items', ''],
  ] as const)
    it(`not where it is named ${name} in "${unit}"`, () =>
      expect(isTiming(arenaWith({ metric: { name, unit } }))).toBe(false));
});
