/**
 * How good are the verdicts? Simulated nights of 126 measurements with known truth, 1,000 per rule and noise level:
 * what was really gained, what the report would claim, how much of it is false. `npm run bench:decide [-- --quick]`.
 */
import { confirmedSteps } from '../src/core/rules/clear-steps.ts';
import { verdictOf } from '../src/core/experiment.ts';
import {
  DEVICE,
  playGreedyNight,
  type Night,
  nothingHelps,
  nothingMatters,
  simulateNight,
  studiedEffect,
} from './night.ts';

const NIGHTS = process.argv.includes('--quick') ? 100 : 1000;
const SIGMAS = [0.0002, 0.0005, 0.001];
const DEFAULT = 'margin/4, confirm/3';
const RULES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  [DEFAULT]: {},
  'greedy/2, confirm/3': { rule: 'greedy' },
};
const seedOf = (night: number): number => 7717 * night + 11;

interface Score {
  /** True gain of the incumbent and of the champion; claimed minus true of what the report claims. */
  gain: number;
  champion: number;
  inflation: number;
  kept: number;
  falseKept: number;
  claims: number;
  falseClaims: number;
  /** Steps that the report calls confirmed by themselves. */
  steps: number;
  falseSteps: number;
  stepGain: number;
  used: number;
  ideas: number;
}

const emptyScore = (): Score => ({
  gain: 0,
  champion: 0,
  inflation: 0,
  kept: 0,
  falseKept: 0,
  claims: 0,
  falseClaims: 0,
  steps: 0,
  falseSteps: 0,
  stepGain: 0,
  used: 0,
  ideas: 0,
});

function addNight(score: Score, { state, truth, usedMeasurements }: Night): void {
  const ownGain = (n: number): number => truth[n]! - truth[state.experiments[n]!.idea.parent]!;
  const confirmed = state.confirmations.filter((confirmation) => confirmation.passed);
  score.gain += truth[state.incumbent]!;
  score.champion += truth[state.champion]!;
  score.inflation += confirmed.reduce((sum, confirmation) => sum + confirmation.effect, 0) - truth[state.champion]!;
  const kept = state.experiments
    .filter((experiment) => verdictOf(experiment) === 'kept')
    .map((experiment) => experiment.idea.n);
  score.kept += kept.length;
  score.falseKept += kept.filter((n) => ownGain(n) <= 0).length;
  score.claims += confirmed.length;
  score.falseClaims += confirmed.filter(
    (confirmation) => truth[confirmation.n]! <= truth[confirmation.against]!,
  ).length;
  const steps = confirmedSteps(state, DEVICE);
  score.steps += steps.length;
  score.falseSteps += steps.filter((n) => ownGain(n) <= 0).length;
  score.stepGain += steps.reduce((sum, n) => sum + ownGain(n), 0);
  score.used += usedMeasurements;
  score.ideas += state.experiments.length - 1 - state.controls.all.length;
}

function playUpstreamNights(sigma: number): Score {
  const score = emptyScore();
  for (let night = 1; night <= NIGHTS; night++) {
    const { gain, claimed, kept } = playGreedyNight(seedOf(night), sigma);
    score.gain += gain;
    score.inflation += claimed - gain;
    score.kept += kept.length;
    score.falseKept += kept.filter((trueGain) => trueGain <= 0).length;
    score.used += 126;
    score.ideas += 125;
  }
  return score;
}

function playNights(sigma: number, decideOptions: Readonly<Record<string, unknown>>, effect = studiedEffect): Score {
  const score = emptyScore();
  for (let night = 1; night <= NIGHTS; night++)
    addNight(score, simulateNight({ seed: seedOf(night), sigma, decide: decideOptions, effect }));
  return score;
}

/** Share of nights in which the report claims something false, where no idea helps. */
function shareOfFalseNights(decideOptions: Readonly<Record<string, unknown>>, effect: typeof studiedEffect): number {
  let falseCount = 0;
  for (let night = 1; night <= NIGHTS; night++) {
    const { state, truth } = simulateNight({ seed: seedOf(night), sigma: 0.0005, decide: decideOptions, effect });
    if (
      state.confirmations.some(
        (confirmation) => confirmation.passed && truth[confirmation.n]! <= truth[confirmation.against]!,
      )
    )
      falseCount++;
  }
  return falseCount / NIGHTS;
}

/** Share of nights, of so many measurements in all, that end with something confirmed. */
function shareOfConfirming(
  evaluations: number,
  sigma: number,
  decideOptions: Readonly<Record<string, unknown>>,
): number {
  const nights = Array.from({ length: NIGHTS }, (_, i) =>
    simulateNight({ seed: seedOf(i + 1), sigma, decide: decideOptions, evaluations }),
  );
  return nights.filter(({ state }) => state.champion > 0).length / NIGHTS;
}

const formatPercent = (amount: number, whole: number): string =>
  whole === 0 ? '' : `${((100 * amount) / whole).toFixed(1)} %`;
const HEADINGS = [
  ...['rule', 'sigma', 'true gain', 'of greedy', 'claimed − true', 'kept', 'false', 'claims', 'false'],
  ...['carry', 'steps', 'false', 'carry', 'ideas', 'used'],
];
const WIDTHS = [20, 7, 10, 10, 15, 6, 8, 7, 7, 8, 6, 7, 8, 6, 6];
const printRow = (cells: readonly string[]): void =>
  console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(WIDTHS[i]!) : cell.padStart(WIDTHS[i]!))).join(' '));

function printScore(name: string, sigma: number, score: Score, greedy: Score): void {
  const perNight = (total: number, digits: number): string => (total / NIGHTS).toFixed(digits);
  printRow([
    name,
    String(sigma),
    perNight(score.gain, 5),
    formatPercent(score.gain, greedy.gain),
    `${perNight(score.inflation * 1e4, 2)}e-4`,
    perNight(score.kept, 1),
    formatPercent(score.falseKept, score.kept),
    perNight(score.claims, 2),
    formatPercent(score.falseClaims, score.claims),
    score.claims === 0 ? '' : formatPercent(score.champion, score.gain),
    score.claims === 0 ? '' : perNight(score.steps, 1),
    formatPercent(score.falseSteps, score.steps),
    score.claims === 0 ? '' : formatPercent(score.stepGain, score.gain),
    perNight(score.ideas, 1),
    perNight(score.used, 1),
  ]);
}

printRow(HEADINGS);
const worst = { gain: 1, inflation: 0, steps: 0, carry: 1, stepCarry: 1, claims: 0 };
for (const sigma of SIGMAS) {
  const greedy = playUpstreamNights(sigma);
  printScore('upstream (greedy)', sigma, greedy, greedy);
  for (const [name, decideOptions] of Object.entries(RULES)) {
    const score = playNights(sigma, decideOptions);
    printScore(name, sigma, score, greedy);
    if (name !== DEFAULT) continue;
    worst.gain = Math.min(worst.gain, score.gain / greedy.gain);
    worst.inflation = Math.max(worst.inflation, score.inflation / greedy.inflation);
    worst.steps = Math.max(worst.steps, score.falseSteps / score.steps);
    worst.claims = Math.max(worst.claims, score.falseClaims / score.claims);
    worst.carry = Math.min(worst.carry, score.champion / score.gain);
    worst.stepCarry = Math.min(worst.stepCarry, score.stepGain / score.gain);
  }
}
const falseShares = Object.entries(RULES).map(([name, decideOptions]) => {
  const [helps, matters] = [
    shareOfFalseNights(decideOptions, nothingHelps),
    shareOfFalseNights(decideOptions, nothingMatters),
  ];
  console.log(
    `null arenas, ${name}: a false claim in ${formatPercent(helps, 1)} of nights (no idea helps), ${formatPercent(matters, 1)} (none does anything)`,
  );
  return Math.max(helps, matters);
});
for (const evaluations of [18, 30, 54])
  for (const [name, decideOptions] of Object.entries(RULES).slice(0, 2))
    console.log(
      `short nights, ${name}: ${evaluations} measurements end confirmed in ${SIGMAS.map((sigma) => formatPercent(shareOfConfirming(evaluations, sigma, decideOptions), 1)).join(', ')} of nights (sigma ${SIGMAS.join(', ')})`,
    );
console.log(
  `decide: ${DEFAULT} over ${NIGHTS} nights each, worst noise level: ${formatPercent(worst.gain, 1)} of greedy's true gain (target 90), ${formatPercent(worst.inflation, 1)} of its inflation (target 25), ${formatPercent(worst.claims, 1)} of claims and ${formatPercent(worst.steps, 1)} of confirmed steps false (target 10), carrying ${formatPercent(worst.carry, 1)} and ${formatPercent(worst.stepCarry, 1)} of the gain (target 60); null arenas ${formatPercent(falseShares[0]!, 1)} of nights (target 5)`,
);
