/**
 * The building blocks against published and independently computed values: Sobol, the normal distribution, Parzen
 * densities.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../base/random.ts';
import { symmetricEigen } from './math/eigen.ts';
import { choleskyFactor, solveLower, solveUpper } from './math/matrix.ts';
import { normalCdf } from '../base/distributions.ts';
import { normalQuantile, quickCdf, drawTruncatedNormal } from './math/normal.ts';
import { compileParam, type Param } from './param.ts';
import { ascendingOrder, gapWidths, mixtureWeights, Parzen, scottWidth } from './tpe/parzen.ts';
import { SOBOL_DIMENSIONS, scrambledSobolAt, sobolAt } from './sobol/sobol.ts';
import { logAgainst } from './tpe/tpe.ts';

describe('Sobol', () => {
  it('gives the first points of the published sequence', () => {
    // scipy.stats.qmc.Sobol(8, scramble=False), SciPy 1.17.1.
    const rows = [
      [0, 0, 0, 0, 0, 0, 0, 0],
      [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
      [0.75, 0.25, 0.25, 0.25, 0.75, 0.75, 0.25, 0.75],
      [0.25, 0.75, 0.75, 0.75, 0.25, 0.25, 0.75, 0.25],
      [0.375, 0.375, 0.625, 0.875, 0.375, 0.125, 0.375, 0.875],
      [0.875, 0.875, 0.125, 0.375, 0.875, 0.625, 0.875, 0.375],
    ];
    for (const [i, row] of rows.entries()) expect(row.map((_, d) => sobolAt(i, d))).toEqual(row);
    expect([1, 50, 100, 159].map((d) => sobolAt(777, d))).toEqual([
      0.9365234375, 0.0830078125, 0.8427734375, 0.1806640625,
    ]);
  });

  it('keeps one point in every eighth of every dimension after scrambling, and depends on the seed', () => {
    for (let d = 0; d < SOBOL_DIMENSIONS; d += 13) {
      const cells = Array.from({ length: 8 }, (_, i) => Math.floor(8 * scrambledSobolAt(i, d, 42)));
      expect(new Set(cells).size).toBe(8);
    }
    expect(scrambledSobolAt(3, 1, 1)).not.toBe(scrambledSobolAt(3, 1, 2));
  });
});

describe('the normal distribution', () => {
  it('agrees with reference values in the middle and in the tails', () => {
    // scipy.stats.norm, SciPy 1.17.1.
    const cdf: [number, number][] = [
      [-8, 6.22096057427174e-16],
      [-5, 2.866515718791933e-7],
      [-3.5, 0.00023262907903552502],
      [-1, 0.15865525393145707],
      [0.3, 0.6179114221889526],
      [2.9, 0.998134186699616],
    ];
    for (const [x, p] of cdf) expect(normalCdf(x) / p).toBeCloseTo(1, 12);
    const quantile: [number, number][] = [
      [1e-12, -7.034483825301131],
      [1e-4, -3.7190164854556804],
      [0.03, -1.880793608151251],
      [0.3, -0.5244005127080409],
      [0.9, 1.2815515655446004],
    ];
    for (const [p, x] of quantile) expect(normalQuantile(p) / x).toBeCloseTo(1, 13);
  });

  it('is interpolated to 1e-14', () => {
    for (let x = -9.5; x < 9.5; x += 0.0371) expect(Math.abs(quickCdf(x) - normalCdf(x))).toBeLessThan(1e-14);
  });

  it('draws truncated normals inside their interval, however far out it is', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -3, max: 4, noNaN: true }),
        fc.double({ min: 0.001, max: 2, noNaN: true }),
        fc.double({ min: 0, max: 0.999999, noNaN: true }),
        (mean, sigma, u) => {
          const x = drawTruncatedNormal(mean, sigma, 0, 1, u);
          expect(x).toBeGreaterThanOrEqual(0);
          expect(x).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});

describe('linear algebra', () => {
  it('rebuilds random symmetric matrices from their eigenvectors', () => {
    const chance = createRandom(3);
    for (const n of [1, 2, 7, 20]) {
      const a = new Float64Array(n * n);
      for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] = chance.normal();
      const { eigenvalues: values, eigenvectors: vectors } = symmetricEigen(a, n);
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let k = 0; k < n; k++) sum += vectors[i * n + k]! * values[k]! * vectors[j * n + k]!;
          expect(sum).toBeCloseTo(a[i * n + j]!, 10);
        }
    }
  });

  it('solves positive definite systems and refuses others', () => {
    const l = choleskyFactor(Float64Array.of(4, 2, 2, 3), 2)!;
    expect([...solveUpper(l, solveLower(l, [2, 1], 2), 2)]).toEqual([0.5, 0]);
    expect(choleskyFactor(Float64Array.of(1, 2, 2, 1), 2)).toBeUndefined();
  });
});

describe('Parzen densities', () => {
  const unit = compileParam({ name: 'u', kind: 'float', low: 0, high: 1 });
  const second = compileParam({ name: 'v', kind: 'float', low: 0, high: 1 });

  it('takes the larger gap to a neighbour as width, and clips it to 1/(2 + n)', () => {
    expect(Array.from(gapWidths([0.2, 0.7, 0.25]).widths, (s) => Number(s.toFixed(12)))).toEqual([0.2, 0.2, 0.25]);
    expect(scottWidth(2, 2)).toBe(0.25);
    expect(scottWidth(1000, 14)).toBeCloseTo(0.2 * 1000 ** (-1 / 18), 12);
  });

  it('equals the mixture of truncated normals computed by hand, one knob', () => {
    // Kernels at 0.2, 0.7, 0.25 of widths 0.2, 0.2, 0.25 and the prior at 0.5 of width 1, equal weights;
    // scipy.stats.truncnorm.
    const parzen = new Parzen([unit], [[0.2], [0.7], [0.25]], false);
    expect(parzen.logDensity([0.1])).toBeCloseTo(0.15371429802544204, 12);
    expect(parzen.logDensity([0.22])).toBeCloseTo(0.29398049233496687, 12);
    expect(parzen.logDensity([0.9])).toBeCloseTo(-0.5411185164993899, 12);
  });

  it('equals the mixture of products computed by hand, two knobs', () => {
    const parzen = new Parzen(
      [unit, second],
      [
        [0.2, 0.3],
        [0.6, 0.8],
      ],
      true,
    );
    expect(parzen.logDensity([0.25, 0.3])).toBeCloseTo(0.4697513089971189, 12);
    expect(parzen.logDensity([0.9, 0.1])).toBeCloseTo(-1.0876167260705056, 12);
  });

  it('integrates kernels over the interval of a whole number', () => {
    const dim = compileParam({ name: 'n', kind: 'int', low: 1, high: 4 });
    const parzen = new Parzen([dim], [[dim.encode(2)]], false);
    const masses = [1, 2, 3, 4].map((v) => Math.exp(parzen.logDensity([dim.encode(v)])));
    const expected = [0.2542818024366075, 0.30303956258149245, 0.2620511976123524, 0.18062743736954773];
    for (const [i, mass] of masses.entries()) expect(mass).toBeCloseTo(expected[i]!, 12);
  });

  it('gives the kernel of a trial where a knob was not active the prior on that knob, and leaves it out where it is asked for so', () => {
    const dim = compileParam({ name: 'n', kind: 'int', low: 1, high: 3 });
    const parzen = new Parzen(
      [unit, dim],
      [
        [0.2, dim.encode(2)],
        [0.2, Number.NaN],
      ],
      true,
    );
    const alone = new Parzen(
      [unit, dim],
      [
        [0.2, Number.NaN],
        [0.2, Number.NaN],
      ],
      true,
    );
    const at = (p: Parzen, v: number): number => Math.exp(p.logDensity([Number.NaN, dim.encode(v)]));
    expect(at(parzen, 1) + at(parzen, 2) + at(parzen, 3)).toBeCloseTo(1, 12);
    expect(at(parzen, 2)).toBeGreaterThan(at(alone, 2));
    expect(at(alone, 1)).toBeCloseTo(at(alone, 3), 12);
    expect(alone.logDensity([0.2, Number.NaN])).toBeCloseTo(parzen.logDensity([0.2, Number.NaN]), 12);
  });

  it('smooths categories by 1/(n + 1) and adds a uniform prior', () => {
    const dim = compileParam({ name: 'c', kind: 'categorical', values: ['a', 'b', 'c'] });
    const parzen = new Parzen([dim], [[0], [0], [1]], false);
    // n = 3: each kernel gives (1 + ¼)/(1 + ¾) = 5/7 to its own and 1/7 to others, the prior 1/3; four equal weights.
    const expected = [(5 / 7 + 5 / 7 + 1 / 7 + 1 / 3) / 4, (1 / 7 + 1 / 7 + 5 / 7 + 1 / 3) / 4, (3 / 7 + 1 / 3) / 4];
    for (const [i, p] of expected.entries()) expect(Math.exp(parzen.logDensity([i]))).toBeCloseTo(p, 12);
  });

  it('weighs the newest 25 observations fully and older ones down to 1/n', () => {
    const weights = mixtureWeights(30);
    const raw = [
      1 / 30,
      1 / 30 + (29 / 30) * 0.25,
      1 / 30 + (29 / 30) * 0.5,
      1 / 30 + (29 / 30) * 0.75,
      1,
      ...Array(26).fill(1),
    ];
    const sum = raw.reduce((a, b) => a + b, 0);
    for (const [i, w] of raw.entries()) expect(weights[i]).toBeCloseTo(w / sum, 12);
  });

  it('has mass one, and draws as its density says', () => {
    const parzen = new Parzen([unit], [[0.1], [0.15], [0.8]], false);
    let mass = 0;
    for (let i = 0; i < 2000; i++) mass += Math.exp(parzen.logDensity([(i + 0.5) / 2000])) / 2000;
    expect(mass).toBeCloseTo(1, 5);
    const chance = createRandom(1);
    let below = 0;
    for (let i = 0; i < 4000; i++) if (parzen.draw(chance)[0]! < 0.4) below++;
    let expected = 0;
    for (let i = 0; i < 800; i++) expected += Math.exp(parzen.logDensity([(i + 0.5) / 2000])) / 2000;
    expect(Math.abs(below / 4000 - expected)).toBeLessThan(0.03);
  });
});

describe('densities of fixed histories', () => {
  // Computed from the formulas with Python's math.erfc, kernel by kernel.
  const unit = compileParam({ name: 'u', kind: 'float', low: 0, high: 1 });

  it('have no kernel narrower than the magic clip allows', () => {
    const parzen = new Parzen([unit], [[0.3], [0.301], [0.302]], false);
    expect(parzen.logDensity([0.3])).toBeCloseTo(0.6193410183113203, 12);
    expect(parzen.logDensity([0.31])).toBeCloseTo(0.6187468622114018, 12);
    expect(parzen.logDensity([0.9])).toBeCloseTo(-1.3528453022494231, 12);
  });

  it('have the prior beside a single observation, whose gap is to the middle', () => {
    const parzen = new Parzen([unit], [[0.7]], false);
    expect(parzen.logDensity([0.7])).toBeCloseTo(0.23144523407850462, 12);
    expect(parzen.logDensity([0.1])).toBeCloseTo(-0.46322155643933643, 12);
  });

  it('multiply a float, a whole number and a category kernel by kernel', () => {
    const n = compileParam({ name: 'n', kind: 'int', low: 1, high: 4 });
    const c = compileParam({ name: 'c', kind: 'categorical', values: ['a', 'b', 'c'] });
    const at = (u: number, whole: number, category: number): number[] => [u, n.encode(whole), category];
    const parzen = new Parzen([unit, n, c], [at(0.2, 2, 0), at(0.6, 3, 1), at(0.65, 3, 1)], true);
    expect(parzen.logDensity(at(0.62, 3, 1))).toBeCloseTo(-0.9746276767559986, 12);
    expect(parzen.logDensity(at(0.1, 1, 2))).toBeCloseTo(-3.277139449843777, 12);
    expect(parzen.logDensity(at(0.2, 2, 0))).toBeCloseTo(-1.470591534560732, 12);
  });

  it('count a running trial as bad, in a mixture weighted by the numbers of kernels', () => {
    const others = new Parzen([unit], [[0.2], [0.7], [0.25]], false);
    const running = new Parzen([unit], [[0.4]], false);
    const bad = (u: number): number => logAgainst(others, running, [u], Number.POSITIVE_INFINITY);
    expect(bad(0.4)).toBeCloseTo(0.18258888423287217, 12);
    expect(bad(0.9)).toBeCloseTo(-0.47059689457333864, 12);
    // The lie: worse near the running trial than without it, better among the others.
    expect(bad(0.4)).toBeGreaterThan(others.logDensity([0.4]));
    expect(bad(0.22)).toBeLessThan(others.logDensity([0.22]));
  });
});

describe('densities of many observations', () => {
  const kinds: Param[] = [
    { name: 'x', kind: 'float', low: 0, high: 1 },
    { name: 'y', kind: 'float', low: 0, high: 1 },
    { name: 'n', kind: 'int', low: 1, high: 6 },
    { name: 'w', kind: 'int', low: 1, high: 900 },
    { name: 'c', kind: 'categorical', values: ['a', 'b', 'c'] },
  ];
  const dims = kinds.map(compileParam);
  const chance = createRandom(8);
  const point = (): number[] =>
    dims.map((dim) => (dim.kind === 'category' ? chance.below(3) : dim.encode(dim.decode(chance.uniform() ** 3))));
  const points = Array.from({ length: 700 }, point);
  const asked = Array.from({ length: 60 }, point);

  /** One kernel after the other, by the exact distribution function. */
  const plain = (at: readonly number[], u: readonly number[], widths: readonly ArrayLike<number>[]): number => {
    const weights = mixtureWeights(points.length);
    const density = (j: number, mu: number, sigma: number): number => {
      const dim = dims[j]!;
      const inside = normalCdf((1 - mu) / sigma) - normalCdf(-mu / sigma);
      if (dim.levels === Number.POSITIVE_INFINITY)
        return Math.exp(-0.5 * ((u[j]! - mu) / sigma) ** 2) / (sigma * inside * Math.sqrt(2 * Math.PI));
      const [low, high] = dim.edges(u[j]!);
      return (normalCdf((high - mu) / sigma) - normalCdf((low - mu) / sigma)) / inside;
    };
    const category = (mu: number, v: number): number => ((mu === v ? 1 : 0) + 1 / 701) / (1 + 3 / 701);
    let sum = 0;
    for (let i = 0; i <= points.length; i++)
      sum += at.reduce((product, j, k) => {
        if (dims[j]!.kind === 'category') return product * (i < 700 ? category(points[i]![j]!, u[j]!) : 1 / 3);
        return product * (i < 700 ? density(j, points[i]![j]!, widths[k]![i]!) : density(j, 0.5, 1));
      }, weights[i]!);
    return Math.log(sum);
  };

  it.each(dims.map((dim, j) => [dim.name, j] as const))('are those of the formula, knob %s alone', (_, j) => {
    const widths = gapWidths(points.map((p) => p[j]!)).widths;
    const parzen = new Parzen([dims[j]!], points, false, { knobs: [j] });
    for (const u of asked) expect(parzen.logDensity([u[j]!])).toBeCloseTo(plain([j], u, [widths]), 10);
  });

  it('are those of the formula, all knobs together, wherever they are expected to be asked for', () => {
    const widths = dims.map(() => new Float64Array(700).fill(scottWidth(700, dims.length)));
    for (const near of [undefined, asked[0]]) {
      const parzen = new Parzen(dims, points, true, { near });
      for (const u of asked) expect(parzen.logDensity(u)).toBeCloseTo(plain([0, 1, 2, 3, 4], u, widths), 9);
    }
  });

  it('are on the same side of a limit as the whole density', () => {
    for (const parzen of [new Parzen([dims[0]!], points, false, { knobs: [0] }), new Parzen(dims, points, true)])
      for (const u of asked) {
        const whole = parzen.logDensity(u);
        for (const limit of [whole - 5, whole - 0.1, whole + 0.1]) {
          const part = parzen.logDensity(u, limit);
          expect(part > limit).toBe(whole > limit);
          expect(part).toBeLessThanOrEqual(whole + 1e-12);
        }
      }
  });

  it('are put in order by value, equal ones by age', () => {
    const number = fc.oneof(fc.constantFrom(0, 0.25, 0.5), fc.double({ min: 0, max: 1, noNaN: true }));
    fc.assert(
      fc.property(fc.array(number, { maxLength: 200 }), (values) => {
        const expected = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]! || a - b);
        expect([...ascendingOrder(Float64Array.from(values))]).toEqual(expected);
      }),
    );
  });
});
