import { expect, it } from 'vitest';
import { noiseOf } from '../base/stats.ts';
import { compareNeighbours } from './doctor-slots.ts';

const alone = noiseOf([10, 10.1, 9.9]);

it('neighbours that change nothing are fine, and both numbers are shown', () => {
  const check = compareNeighbours(4, alone, noiseOf([10.02, 9.93, 10.08, 10]));
  expect(check).toMatchObject({ name: 'neighbours', ok: true });
  expect(check.warning).toBeUndefined();
  expect(check.detail).toMatch(/^10\.0.* with 4 at once, 10\.0.* alone: `--slots 4` is fine$/);
});

it('neighbours that slow it down or make it noisier are a warning, with fewer slots as advice', () => {
  const slower = compareNeighbours(4, alone, noiseOf([14, 14.1, 13.9, 14.05]));
  expect(slower).toMatchObject({ ok: true, warning: true });
  expect(slower.detail).toMatch(/moves by 40/);
  expect(slower.fix).toMatch(/2 slots.*exclusive: true/);
  const noisier = compareNeighbours(2, alone, noiseOf([9, 11, 10.4, 9.5]));
  expect(noisier.detail).toMatch(/noise is more than three times/);
  expect(noisier.fix).not.toMatch(/slots, or/);
});

it('a number that never varies has moved when it is another one', () => {
  const exact = noiseOf([5, 5, 5]);
  expect(compareNeighbours(3, exact, noiseOf([5, 5, 5])).warning).toBeUndefined();
  expect(compareNeighbours(3, exact, noiseOf([6, 6, 6])).warning).toBe(true);
});
