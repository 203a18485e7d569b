import { describe, expect, it } from 'vitest';
import { whyPairs } from './pairs-advice.ts';

const quiet = { load: 0.4, cores: 2 };
const busy = { load: 13.2, cores: 2 };

describe('a new arena compares in pairs', () => {
  it.each([
    [{ name: 'wall', unit: 's', read: 'wall_s' as const }, busy, /busy \(load 13\.2 on 2 cores\)/],
    [{ name: 'ms_per_op', unit: '' }, busy, /timings of different minutes/],
    [{ name: 'score', unit: 'MB/s' }, { ...quiet, values: [100, 80] as const }, /differ by 20 %/],
    [{ name: 'latency_p99', unit: 'ms' }, { ...quiet, values: [0, 3] as const }, /differ by 100 %/],
  ])('where a timing meets a busy machine or did not repeat: %o', (metric, seen, why) => {
    expect(whyPairs(metric, seen)).toMatch(why);
  });

  it.each([
    [{ name: 'wall', unit: 's', read: 'wall_s' as const }, quiet],
    [
      { name: 'wall', unit: 's', read: 'wall_s' as const },
      { ...quiet, values: [1, 1.05] as const },
    ],
    [
      { name: 'cpu', unit: 's', read: 'cpu_s' as const },
      { ...busy, values: [1, 5] as const },
    ],
    [
      { name: 'accuracy', unit: '' },
      { ...busy, values: [0.5, 0.9] as const },
    ],
    [
      { name: 'time', unit: 's' },
      { ...quiet, values: [0, 0] as const },
    ],
  ])('and otherwise does not: %o', (metric, seen) => {
    expect(whyPairs(metric, seen)).toBeUndefined();
  });
});
