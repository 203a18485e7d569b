/** The worlds of bench/decide.ts are what their names say, or its tables would describe something else. */
import { describe, expect, it } from 'vitest';
import { CELLS, seedOf } from '../../bench/decide/cells.ts';
import { playSession, playTextbook } from '../../bench/decide/figures.ts';
import { formatShare, tableOf, wilsonInterval } from '../../bench/decide/tables.ts';
import * as worlds from '../../bench/decide/worlds.ts';
import { createRandom } from '../../src/base/random.ts';
import { correlationOf, mean, standardDeviationOf } from '../../src/base/stats.ts';

const DRAWS = 40_000;
const draw = (machine: worlds.Machine, truth = 0): number[] => {
  const measure = machine(createRandom(7), DRAWS);
  return Array.from({ length: DRAWS }, (_, index) => measure({ truth, index, n: 0, parent: -1, seed: index }));
};

describe('the machines of the bench', () => {
  it.each([
    ['normal', worlds.normalNoise],
    ['bimodal', worlds.bimodal],
    ['skewed to the good side', worlds.skewed(1)],
    ['skewed to the bad side', worlds.skewed(-1)],
    ['autocorrelated', worlds.autocorrelated(0.5)],
    ['partly shared', worlds.sharedNoise(0.8)],
    ['two values', worlds.twoValues(0.2)],
    ['accuracy', worlds.accuracyOf(20, 0.8)],
  ])('%s noise has one unit of deviation, and a better truth moves its mean by as much', (_name, machine) => {
    expect(standardDeviationOf(draw(machine))).toBeCloseTo(1, 1);
    expect(mean(draw(machine, 1)) - mean(draw(machine))).toBeCloseTo(1, 1);
  });

  it('a heavy tail has the quartiles of t with three degrees of freedom over its deviation', () => {
    const sorted = draw(worlds.heavyTailed).sort((left, right) => left - right);
    // The upper quartile of t(3) is 0.7649, its deviation √3.
    expect(sorted[Math.floor(0.75 * DRAWS)]).toBeCloseTo(0.7649 / Math.sqrt(3), 1);
  });

  it('drift, step and warm-up move the mean as far as they say', () => {
    const tenth = DRAWS / 10;
    const rise = (machine: worlds.Machine): number =>
      mean(draw(machine).slice(-tenth)) - mean(draw(machine).slice(0, tenth));
    expect(rise(worlds.drifting(2))).toBeCloseTo(1.8, 1);
    expect(rise(worlds.drifting(-4))).toBeCloseTo(-3.6, 1);
    const endsOf = (seed: number): number => {
      const measure = worlds.stepping(3)(createRandom(seed), 100);
      const at = (index: number): number => measure({ truth: 0, index, n: 0, parent: -1, seed: 0 });
      return -at(0) + at(99);
    };
    expect(mean(Array.from({ length: 2000 }, (_, seed) => endsOf(seed)))).toBeCloseTo(3, 0);
    expect(rise(worlds.warmingUp(3, tenth))).toBeCloseTo(3 * (1 - Math.exp(-1)), 0);
  });

  it('pairs under one seed share the part of the noise that they should', () => {
    const measure = worlds.sharedNoise(0.8)(createRandom(3), 1);
    const pairs = Array.from({ length: 4000 }, (_, seed) =>
      [0, 1].map((n) => measure({ truth: 0, index: seed, n, parent: -1, seed })),
    );
    expect(
      correlationOf(
        pairs.map((pair) => pair[0]!),
        pairs.map((pair) => pair[1]!),
      ),
    ).toBeCloseTo(0.8, 1);
  });

  it('a noisier idea hands its noise on to what is built on it', () => {
    const measure = worlds.noisierIdeas(1, 5)(createRandom(5), 1);
    const numbersOf = (n: number, parent: number): number[] =>
      Array.from({ length: 4000 }, (_, index) => measure({ truth: 0, index, n, parent, seed: index }));
    expect(standardDeviationOf(numbersOf(0, -1))).toBeCloseTo(1, 1);
    expect(standardDeviationOf(numbersOf(1, 0))).toBeCloseTo(5, 0);
  });
});

describe('the ideas of the bench', () => {
  const effectsOf = (effects: worlds.Effects, count: number): number[] => {
    const chance = createRandom(11);
    const effectOf = effects(chance);
    return Array.from({ length: count }, (_, i) => effectOf(chance, i + 1));
  };

  it('where nothing helps no idea is above 0, and where one does there is one', () => {
    expect(Math.max(...effectsOf(worlds.nothingHelps, 2000))).toBe(0);
    for (let seed = 1; seed < 30; seed++) {
      const chance = createRandom(seed);
      const effectOf = worlds.oneAmong(2, 60)(chance);
      expect(Array.from({ length: 60 }, (_, i) => effectOf(chance, i)).filter((effect) => effect > 0)).toEqual([2]);
    }
  });

  it('the shares of those that help are the ones that are named', () => {
    const shareAbove = (effects: worlds.Effects): number =>
      mean(effectsOf(effects, 20_000).map((effect) => Number(effect > 0)));
    expect(shareAbove(worlds.studied())).toBeCloseTo(0.15, 2);
    expect(shareAbove(worlds.sparse)).toBeCloseTo(0.08, 2);
    expect(shareAbove(worlds.small)).toBeCloseTo(0.4, 1);
  });
});

describe('the bench', () => {
  it('reports on no seed that a choice was made on', () => {
    const most = Math.max(...CELLS.map((cell) => cell.sessions));
    const seedsOf = (kind: keyof typeof seedOf): number[] =>
      Array.from({ length: most }, (_, i) => seedOf[kind](i + 1));
    expect(new Set([...seedsOf('report'), ...seedsOf('choice')]).size).toBe(2 * most);
    expect(new Set(CELLS.map((cell) => cell.id)).size).toBe(CELLS.length);
  });

  it('plays each cell to the end and puts it into the table of its group', () => {
    for (const cell of CELLS) {
      const sessions = [playSession(cell.world, seedOf.choice(1))];
      const textbook = cell.textbook === undefined ? [] : [playTextbook(cell.world, 1, cell.textbook)];
      expect(sessions[0]!.ideas, cell.id).toBeGreaterThan(3);
      expect(tableOf(cell.group, [{ cell, sessions, textbook }]), cell.id).toContain(cell.title);
    }
  });

  it('gives Wilson’s interval (Brown, Cai and DasGupta 2001: 0 of 10 and 5 of 10)', () => {
    expect(wilsonInterval(0, 10)[1]).toBeCloseTo(0.2775, 3);
    expect(wilsonInterval(5, 10)[0]).toBeCloseTo(0.2366, 3);
    expect(formatShare(5, 10)).toBe('50.0 [23.7, 76.3] %');
    expect(formatShare(0, 0)).toBe('–');
  });
});
