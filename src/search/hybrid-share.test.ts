/** How an adviser earns its share of the trials, by hand: every share here is computed from the formula on paper. */
import { describe, expect, it } from 'vitest';
import { Hybrid, type HybridOptions } from './hybrid.ts';
import type { Param } from './param.ts';
import type { LogEntry } from './search.ts';

const space: Param[] = [{ name: 'x', kind: 'float', low: 0, high: 1, default: 0.5 }];
const opened = (options: Partial<HybridOptions> = {}): Hybrid => new Hybrid({ space, sampler: 'random', ...options });
/** Trials that neither side chose, with these values. */
const given = (hybrid: Hybrid, ...values: number[]): Hybrid => {
  for (const [i, value] of values.entries()) hybrid.tell(hybrid.add({ x: i / 100 }).id, value);
  return hybrid;
};
/** The share after one trial of a side. */
const after = (side: 'adviser' | 'optimizer', outcome: number, hybrid = opened()): number => {
  hybrid.tell(hybrid.add({ x: 0.9 }, side).id, outcome);
  return hybrid.share;
};

describe('the share of an adviser', () => {
  it('is what the caller says until something is known', () => {
    expect(opened().share).toBeCloseTo(0.15, 12);
    expect(opened({ share: 0.25 }).share).toBe(0.25);
    expect(given(opened(), 3, 2, 1).share).toBeCloseTo(0.15, 12);
  });

  it('grows with its results, and shrinks with those of the optimizer', () => {
    expect(after('adviser', 0)).toBeCloseTo(0.18596, 4);
    expect(after('adviser', 0, given(opened(), 1, 2, 3, 4))).toBeCloseTo(0.23556, 4);
    expect(after('adviser', 2.5, given(opened(), 1, 2, 3, 4))).toBeCloseTo(0.13469, 4);
    expect(after('adviser', 1, given(opened(), 1, 1, 1, 1)), 'as good as all others').toBeCloseTo(0.0903, 4);
    expect(after('optimizer', 0, given(opened(), 1, 2, 3, 4))).toBeCloseTo(0.09179, 4);
    const larger = given(opened({ direction: 'maximize' }), 1, 2, 3, 4);
    expect(after('adviser', 5, larger)).toBeCloseTo(0.23556, 4);
  });

  it('is that of the side whose trial it is, whatever else is running', () => {
    const hybrid = opened();
    hybrid.add({ x: 0.1 }, 'optimizer');
    expect(after('adviser', 0, hybrid)).toBeCloseTo(0.18596, 4);
    expect(() => hybrid.tell(99, 1)).toThrow('never asked for');
  });

  it('is judged by the newest twenty trials', () => {
    const old = given(opened(), -1, ...Array.from({ length: 20 }, () => 1));
    expect(after('adviser', 0, old)).toBeCloseTo(0.23556, 4);
    const recent = given(opened(), -1, ...Array.from({ length: 19 }, () => 1));
    expect(after('adviser', 0, recent)).toBeLessThan(0.23);
  });

  it('shrinks with failures, the more the more they cost, and older ones fade', () => {
    const failed = (costs: number[]): number => {
      const hybrid = opened();
      for (const [i, cost] of costs.entries())
        hybrid.tell(hybrid.add({ x: i / 10 }, 'adviser').id, { failed: 'crash' }, cost);
      return hybrid.share;
    };
    expect(failed([1])).toBeCloseTo(0.0903, 4);
    expect(failed([2])).toBeCloseTo(0.05973, 4);
    expect(failed([1, 1])).toBeCloseTo(0.06087, 4);
    expect(failed(Array.from({ length: 10 }, () => 5))).toBe(0.02);
  });

  it('stays between its bounds', () => {
    const hybrid = opened({ least: 0.1, most: 0.2 });
    for (let i = 0; i < 9; i++) hybrid.aside('failed');
    expect(hybrid.share).toBe(0.1);
    const praised = opened({ least: 0.1, most: 0.2 });
    for (let i = 0; i < 9; i++) praised.tell(praised.add({ x: i / 10 }, 'adviser').id, -i);
    expect(praised.share).toBe(0.2);
    const best = opened();
    for (let i = 0; i < 60; i++) {
      best.tell(best.add({ x: i / 100 }, 'adviser').id, -i);
      best.tell(best.add({ x: i / 100 + 0.005 }, 'optimizer').id, { failed: 'crash' });
    }
    expect(best.share).toBe(0.5);
  });

  it('counts what is no configuration: a number, a failure, a refusal; nothing while it is open', () => {
    const aside = (...args: Parameters<Hybrid['aside']>): number => {
      const hybrid = given(opened(), 1, 2, 3, 4);
      hybrid.aside(...args);
      return hybrid.share;
    };
    expect(aside({ value: 0 })).toBeCloseTo(0.23556, 4);
    expect(aside({ value: 2.5 })).toBeCloseTo(0.13469, 4);
    expect(aside('failed')).toBeCloseTo(0.0903, 4);
    expect(aside('failed', 2)).toBeCloseTo(0.05973, 4);
    expect(aside('refused')).toBeCloseTo(0.11477, 4);
    expect(aside('open')).toBeCloseTo(0.15, 12);
    const larger = given(opened({ direction: 'maximize' }), 1, 2, 3, 4);
    larger.aside({ value: 5 });
    expect(larger.share).toBeCloseTo(0.23556, 4);
  });

  it('shrinks with trials that a short run dropped, and they stay pending', () => {
    const dropped = (side: 'adviser' | 'optimizer' | undefined, cost?: number): number => {
      const hybrid = opened();
      const { id } = hybrid.add({ x: 0.9 }, side);
      hybrid.dropped(id, cost);
      hybrid.dropped(99);
      expect(hybrid.search.history.pending).toHaveLength(1);
      return hybrid.share;
    };
    expect(dropped('adviser')).toBeCloseTo(0.0903, 4);
    expect(dropped('adviser', 2)).toBeCloseTo(0.05973, 4);
    expect(dropped(undefined)).toBeCloseTo(0.15, 12);
    expect(dropped('optimizer')).toBeGreaterThan(0.2);
  });
});

describe('the turn of an adviser', () => {
  const quarter = (): Hybrid => opened({ share: 0.25 });
  /** Turns of the optimizer until the adviser has one. */
  const turnsUntil = (hybrid: Hybrid): number => {
    let turns = 0;
    for (; hybrid.turn === 'optimizer'; turns++) hybrid.ask();
    return turns;
  };

  it('comes when it has earned a whole one, and uses it up', () => {
    const hybrid = quarter();
    expect(turnsUntil(hybrid)).toBe(3);
    expect(hybrid.turn).toBe('adviser');
    expect(hybrid.advise({ x: 0.9 })).toMatchObject({ ok: true, trial: { source: 'adviser' } });
    expect(turnsUntil(hybrid)).toBe(3);
    const waves = quarter();
    waves.ask(2);
    expect(turnsUntil(waves)).toBe(1);
  });

  it('is half used up by a refusal', () => {
    const hybrid = quarter();
    hybrid.ask(3);
    // The share is 0.19 after the refusal, and 0.25 of a turn is left.
    expect(hybrid.advise(hybrid.search.space.start)).toMatchObject({ ok: false, earlier: 0 });
    expect(turnsUntil(hybrid)).toBe(3);
    const early = quarter();
    early.aside('refused');
    expect(turnsUntil(early)).toBe(5);
  });

  it('is used up by an edit of the code, and by no trial of neither side', () => {
    const hybrid = quarter();
    hybrid.ask(3);
    hybrid.aside('open');
    expect(turnsUntil(hybrid)).toBe(3);
    const neither = quarter();
    for (let i = 0; i < 9; i++) neither.add({ x: i / 10 });
    expect(turnsUntil(neither)).toBe(3);
    const optimizer = quarter();
    for (let i = 0; i < 3; i++) expect(optimizer.add({ x: i / 10 }, 'optimizer').source).toBe('cma-es');
    expect(optimizer.turn).toBe('adviser');
  });

  it('is owed twice at most, and used up once in advance at most', () => {
    const patient = quarter();
    patient.ask(40);
    const turns: boolean[] = [];
    for (let i = 0; i < 3; i++) turns.push(patient.advise({ x: 0.001 + i / 1000 }).ok && patient.turn === 'adviser');
    // 2, then 1.25, 0.5 and -0.25 are left.
    expect(turns).toEqual([true, false, false]);
    const greedy = quarter();
    for (let i = 0; i < 9; i++) greedy.add({ x: i / 10 }, 'adviser');
    expect(turnsUntil(greedy)).toBe(7);
  });

  it('is the same after the log is read again', () => {
    const hybrid = quarter();
    hybrid.ask(2);
    hybrid.tell(0, 1);
    hybrid.add({ x: 0.9 }, 'adviser');
    hybrid.tell(2, { failed: 'crash' });
    const again = new Hybrid({ space, sampler: 'random', share: 0.25 }, hybrid.search.log);
    expect([again.share, turnsUntil(again)]).toEqual([hybrid.share, turnsUntil(hybrid)]);
  });
});

describe('the failure of a suggestion', () => {
  it('is not to blame on its configuration, that of the optimizer is', () => {
    const hybrid = opened();
    hybrid.tell(hybrid.add({ x: 0.1 }, 'adviser').id, { failed: 'crash' });
    hybrid.tell(hybrid.add({ x: 0.2 }, 'optimizer').id, { failed: 'crash' });
    hybrid.tell(hybrid.add({ x: 0.3 }).id, { failed: 'crash' });
    hybrid.tell(hybrid.add({ x: 0.4 }, 'adviser').id, { value: 1 });
    expect(hybrid.search.history.failed.map(({ blame }) => blame)).toEqual([false, true, true]);
    const outcomes = hybrid.search.log.filter((entry): entry is LogEntry & { type: 'told' } => entry.type === 'told');
    expect(outcomes.map(({ outcome }) => outcome)).toEqual([
      { failed: 'crash', blame: false },
      { failed: 'crash' },
      { failed: 'crash' },
      { value: 1 },
    ]);
  });
});

describe('a suggestion', () => {
  it('is refused where it would very probably fail', () => {
    const hybrid = opened();
    for (let i = 0; i < 30; i++) hybrid.tell(hybrid.add({ x: 0.6 + i / 80 }).id, { failed: 'crash' });
    for (let i = 0; i < 30; i++) hybrid.tell(hybrid.add({ x: i / 80 }).id, 1);
    const refused = hybrid.advise({ x: 0.985 });
    expect(refused).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/^it would very probably fail: \d{1,2} %/),
    });
    expect(hybrid.advise({ x: 0.6 + 29 / 80 })).toMatchObject({ ok: false, earlier: 29 });
    expect(hybrid.search.feasible({ x: 0.985 })).toBeLessThan(0.15);
    expect(hybrid.search.feasible({ x: 0.5 })).toBeGreaterThan(0.15);
    expect(hybrid.advise({ x: 0.5 })).toMatchObject({ ok: true });
    expect(() => hybrid.advise({ y: 1 })).toThrow('There is no knob "y"');
  });
});
