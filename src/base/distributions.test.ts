import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalCdf, tCdf, tQuantile } from './distributions.ts';

describe('distributions', () => {
  it.each([
    [0, 0.5],
    [1, 0.8413447461],
    [-1, 0.1586552539],
    [1.644854, 0.95],
    [1.959964, 0.975],
    [2.575829, 0.995],
    [-3, 0.001349898],
    [6, 0.999999999],
  ])('the normal probability below %f is %f', (z, p) => {
    expect(normalCdf(z)).toBeCloseTo(p, 6);
  });

  // Tables of Student's t, as printed in any text.
  it.each([
    [0.975, 1, 12.7062],
    [0.975, 2, 4.3027],
    [0.975, 5, 2.5706],
    [0.975, 10, 2.2281],
    [0.975, 30, 2.0423],
    [0.975, 120, 1.9799],
    [0.95, 4, 2.1318],
    [0.95, 7, 1.8946],
    [0.99, 6, 3.1427],
    [0.995, 9, 3.2498],
    [0.9995, 3, 12.924],
    [0.5, 3, 0],
    [0.025, 8, -2.306],
  ])('the %f quantile of t with %i degrees of freedom is %f', (p, dof, t) => {
    expect(tQuantile(p, dof)).toBeCloseTo(t, 3);
  });

  it('quantile and distribution of t undo each other, and t tends to the normal', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 0.999, noNaN: true }), fc.integer({ min: 1, max: 500 }), (p, dof) => {
        expect(tCdf(tQuantile(p, dof), dof)).toBeCloseTo(p, 7);
      }),
    );
    expect(tCdf(1.3, Number.POSITIVE_INFINITY)).toBe(normalCdf(1.3));
    expect(tCdf(1.3, 100_000)).toBeCloseTo(normalCdf(1.3), 5);
    expect(tCdf(Number.POSITIVE_INFINITY, 3)).toBe(1);
    expect(tCdf(Number.NEGATIVE_INFINITY, 3)).toBe(0);
  });

  // mpmath with 40 digits.
  it.each([
    [0.5, 0.6914624612740131],
    [-0.5, 0.3085375387259869],
    [2.9, 0.998134186699616],
    [-2.9, 0.001865813300384038],
    [2.999, 0.9986456634662729],
    [3, 0.9986501019683699],
    [-3, 0.0013498980316300946],
    [-3.5, 0.00023262907903552504],
    [-5, 2.866515718791939e-7],
    [-8.4, 2.2323931972880504e-17],
    [-20, 2.7536241186062337e-89],
    [-37.5, 4.605353009581955e-308],
    [6, 0.9999999990134123],
  ])('the normal probability below %f is right to ten digits of it', (z, p) => {
    expect(Math.abs(normalCdf(z) / p - 1)).toBeLessThan(1e-10);
  });

  it('the normal probability is 0, 1 or no number at the ends', () => {
    expect(normalCdf(-39)).toBe(0);
    expect(normalCdf(-38.2)).toBe(0);
    expect(normalCdf(-38)).toBeGreaterThan(0);
    expect(normalCdf(Number.NEGATIVE_INFINITY)).toBe(0);
    expect(normalCdf(9)).toBe(1);
    expect(normalCdf(Number.POSITIVE_INFINITY)).toBe(1);
    expect(normalCdf(Number.NaN)).toBeNaN();
  });

  // mpmath with 40 digits.
  it.each([
    [0.3, 1, 0.5927735790777423],
    [1.5, 2, 0.8638034375544995],
    [-1.5, 2, 0.13619656244550055],
    [2.5, 3, 0.9561466764959672],
    [-4, 3, 0.014004228005073083],
    [0.7, 7, 0.7467412239022001],
    [-0.2, 7, 0.42358337574489896],
    [2, 12, 0.965672492980957],
    [-9, 12, 5.5204507029359e-7],
    [1.1, 30, 0.8599595409561801],
    [-2.6, 100, 0.00536689169736947],
    [0.05, 400, 0.519926327257107],
    [1.5, 0.5, 0.7460491046759458],
    [-60, 5, 1.2168188794991899e-8],
    [2.2, 1.5, 0.9002028109551107],
    [0, 4, 0.5],
  ])('the probability of t below %f with %f degrees of freedom is right to ten digits of it', (t, dof, p) => {
    expect(Math.abs(tCdf(t, dof) / p - 1)).toBeLessThan(1e-10);
  });

  it('t is normal above a million degrees of freedom, and has ends of its own below', () => {
    expect(tCdf(-1.3, 2e6)).toBe(normalCdf(-1.3));
    expect(tCdf(-1.3, 1e6)).not.toBe(normalCdf(-1.3));
    expect(tCdf(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)).toBe(0);
  });

  it('the quantile of t with one degree of freedom is a tangent, far out too', () => {
    for (const p of [0.9999, 0.99999, 0.0001, 0.3])
      expect(tQuantile(p, 1)).toBeCloseTo(Math.tan(Math.PI * (p - 0.5)), 4);
    expect(tQuantile(0.3, 1)).toBeCloseTo(Math.tan(Math.PI * -0.2), 9);
  });

  it('a quantile is the same when it is asked for again, and after many others', () => {
    const first = tQuantile(0.9, 6);
    for (let i = 1; i < 600; i++) tQuantile(i / 600, 6);
    expect(tQuantile(0.9, 6)).toBe(first);
    expect(tQuantile(0.9, 7)).not.toBe(first);
    expect(tCdf(first, 6)).toBeCloseTo(0.9, 9);
  });
});
