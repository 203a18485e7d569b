/**
 * Do live branches and short runs that rank pay? Simulated nights of 126 measurements with known truth, each against
 * the same night without, paired by seed: `npm run bench:frontier [-- --quick]`.
 */
import { mean, standardDeviationOf } from '../src/base/stats.ts';
import { type Chance, type NightOptions, simulateNight, studiedEffect } from './night.ts';

const NIGHTS = process.argv.includes('--quick') ? 60 : 300;
const SIGMA = 0.0005;

/**
 * Stepping stones: one idea in ten costs a little and opens the way for one in four, which is worth ten times the usual
 * then and hurts without it.
 */
function steppingStones(): (chance: Chance, base: number, n: number) => number {
  const stones = new Set<number>();
  return (chance, base, n) => {
    if (stones.has(base)) stones.add(n);
    const kind = chance.uniform();
    const usualEffect = studiedEffect(chance);
    if (kind < 0.1) {
      stones.add(n);
      return -0.0004;
    }
    if (kind >= 0.35) return usualEffect;
    return stones.has(base) ? 0.005 : -0.005;
  };
}

type Change = Pick<NightOptions, 'branches' | 'short'>;
const CASES: readonly (readonly [string, () => NightOptions['effect'], Change])[] = [
  ['additive ideas, 2 branches', () => studiedEffect, { branches: 2 }],
  ['additive ideas, 4 branches', () => studiedEffect, { branches: 4 }],
  ['stepping stones, 2 branches', steppingStones, { branches: 2 }],
  ['stepping stones, 4 branches', steppingStones, { branches: 4 }],
  ['short runs at a fifth, as sure', () => studiedEffect, { short: { cost: 0.2, sigma: SIGMA } }],
  ['short runs at a fifth, noise x 2', () => studiedEffect, { short: { cost: 0.2, sigma: 2 * SIGMA } }],
  ['short runs at a fifth, noise x 20', () => studiedEffect, { short: { cost: 0.2, sigma: 20 * SIGMA } }],
  ['short runs at a half, as sure', () => studiedEffect, { short: { cost: 0.5, sigma: SIGMA } }],
];

console.log(`true gain of ${NIGHTS} nights, sigma ${SIGMA}; change with its 95 % interval, paired by seed`);
for (const [name, effect, change] of CASES) {
  const gains = Array.from({ length: NIGHTS }, (_, nightIndex) => {
    const seed = 7717 * (nightIndex + 1) + 11;
    return [{}, change].map((changedOptions) => {
      const effectFunction = effect();
      const { state, truth } = simulateNight({
        seed,
        sigma: SIGMA,
        ...(effectFunction && { effect: effectFunction }),
        ...changedOptions,
      });
      return { gain: truth[state.incumbent]!, ideas: state.experiments.length - 1 };
    });
  });
  const changes = gains.map(([unchangedNight, changedNight]) => changedNight!.gain - unchangedNight!.gain);
  const halfInterval = (1.96 * standardDeviationOf(changes)) / Math.sqrt(NIGHTS);
  const meanGain = mean(gains.map(([unchangedNight]) => unchangedNight!.gain));
  const meanIdeas = mean(gains.map(([, changedNight]) => changedNight!.ideas));
  const formatShare = (difference: number): string => `${((100 * difference) / meanGain).toFixed(1)} %`;
  console.log(
    `${name.padEnd(36)} ${meanGain.toFixed(5)}  ${formatShare(mean(changes)).padStart(8)} ± ${formatShare(halfInterval).padStart(7)}  ${meanIdeas.toFixed(0).padStart(4)} ideas`,
  );
}
