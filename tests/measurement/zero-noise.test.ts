/**
 * Scores that stay the same by luck (case 04-zero-noise-by-luck, and two variations): no lab may claim an improvement
 * because of them beyond its level.
 */
import { describe, expect, it } from 'vitest';
import { DEVICE, simulateNight } from '../../bench/night.ts';
import type { createRandom } from '../../src/base/random.ts';
import { noiseIn } from '../../src/core/state.ts';

type Chance = ReturnType<typeof createRandom>;

/** Labs in which no idea does anything; lower is better. */
function labs(count: number, evaluations: number, draw: (noise: Chance, trueValue: number) => number, gain = 0) {
  return Array.from({ length: count }, (_, i) =>
    simulateNight({
      seed: 517 * i + 3,
      sigma: 0,
      evaluations,
      measure: ({ truth }, noise) => -draw(noise, 1 - truth),
      effect: (_chance, _base, n) => (n === 3 ? gain : 0),
    }),
  );
}

const claimed = (nights: ReturnType<typeof labs>): number =>
  nights.filter(({ state }) => state.confirmations.some(({ passed }) => passed)).length;

describe('a score that is the same by luck', () => {
  it.each([
    ['two values, the better one in one run of five', (noise: Chance) => (noise.uniform() < 0.2 ? 0 : 1)],
    ['two values, the better one in one run of ten', (noise: Chance) => (noise.uniform() < 0.1 ? 0 : 1)],
    [
      'three values',
      (noise: Chance) => {
        const luck = noise.uniform();
        return luck < 0.1 ? 0 : luck < 0.25 ? 0.5 : 1;
      },
    ],
  ])('is hardly ever claimed: %s', (_, draw) => {
    for (const evaluations of [18, 60]) {
      const nights = labs(200, evaluations, draw);
      // The trap is there: in many labs the calibration showed no noise at all.
      const looksExact = nights.filter(({ state }) => state.noise.get(DEVICE)?.calibrated?.sigma === 0).length;
      expect(looksExact).toBeGreaterThan(20);
      expect(claimed(nights) / 200).toBeLessThanOrEqual(0.025);
    }
  });

  it('leaves an exact metric as useful as it was: a real gain is claimed in every lab', () => {
    const nights = labs(40, 30, (_noise, trueValue) => trueValue, 0.001);
    expect(nights.map(({ state }) => noiseIn(state, DEVICE).sigma)).toEqual(new Array(40).fill(0));
    expect(claimed(nights)).toBe(40);
    for (const { state } of nights) {
      const { effect, interval } = state.confirmations.find(({ passed }) => passed)!;
      expect(effect).toBeCloseTo(0.001, 12);
      expect(interval[0]).toBeGreaterThan(0);
      expect(interval[1]).toBeGreaterThan(interval[0]);
    }
  });
});
