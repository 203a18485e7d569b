/** The simulator of balance: the same episode for the same seed, bounded forces, and a fall for who does nothing. */
import { expect, it } from 'vitest';
// @ts-expect-error plain JavaScript of the arena
import { beginEpisode, look, push } from '../world.mjs';
// @ts-expect-error plain JavaScript of the arena
import ranges from '../ranges.mjs';
import { rng } from '../../../kit/kit.mjs';

const secondsUpright = (seed: number, act: (seen: readonly number[]) => number): number => {
  const episode = beginEpisode(rng(seed), ranges);
  for (let i = 0; i < 600; i++) if (!push(episode, act(look(episode)))) return i * 0.02;
  return 12;
};
const meanOf = (act: (seen: readonly number[]) => number): number =>
  Array.from({ length: 60 }, (_, i) => secondsUpright(3000 + i, act)).reduce((sum, value) => sum + value, 0) / 60;

it('lets the pole fall within two seconds without a policy, and holds it longer with the full state', () => {
  expect(meanOf(() => 0)).toBeLessThan(2);
  const shipped = meanOf(([, , angle, speed]) => 30 * angle! + 4 * speed!);
  const strong = meanOf(([place, drift, angle, speed]) => 50 * angle! + 14 * speed! + 1.5 * place! + 4 * drift!);
  expect(shipped).toBeGreaterThan(2.5);
  expect(strong).toBeGreaterThan(2 * shipped);
});

it('plays the same episode again for a seed, another for another, and bounds the force', () => {
  const policy = ([, , angle, speed]: readonly number[]): number => 30 * angle! + 4 * speed!;
  expect(secondsUpright(5, policy)).toBe(secondsUpright(5, policy));
  expect(new Set([1, 2, 3, 4].map((seed) => secondsUpright(seed, policy))).size).toBeGreaterThan(1);
  expect(secondsUpright(7, () => 1e9)).toBe(secondsUpright(7, () => 10));
});
