/**
 * How good are the verdicts? Simulated sessions of 126 measurements with known truth, 1,000 per rule and noise level:
 * the true gain, what the report would claim, how much of it is false. `npm run bench:decide [-- --quick]`.
 */
import { isClearStep } from '../src/core/rules/claims.ts';
import { verdictOf } from '../src/core/experiment.ts';
import { lineage } from '../src/core/state.ts';
import { greedyNight, type Night, nothingHelps, nothingMatters, simulate, studied } from './night.ts';

const NIGHTS = process.argv.includes('--quick') ? 100 : 1000;
const SIGMAS = [0.0002, 0.0005, 0.001];
const DEFAULT = 'margin/3, confirm/3';
const RULES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  [DEFAULT]: {},
  'greedy/2, confirm/3': { rule: 'greedy' },
};
const seedOf = (night: number): number => 7717 * night + 11;

interface Score {
  /** True gain of the incumbent. */
  gain: number;
  /** True gain of the champion. */
  champion: number;
  /** Claimed minus true gain of the champion. */
  inflation: number;
  kept: number;
  falseKept: number;
  claims: number;
  falseClaims: number;
  /** Steps that the report calls confirmed by themselves. */
  steps: number;
  falseSteps: number;
  /** True gain of those steps. */
  stepGain: number;
  /** Measurements. */
  used: number;
  ideas: number;
}

const nothing = (): Score => ({
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

function addNight(score: Score, { state, truth, used }: Night): void {
  const own = (n: number): number => truth[n]! - truth[state.experiments[n]!.idea.parent]!;
  const passed = state.confirmations.filter((c) => c.passed);
  score.gain += truth[state.incumbent]!;
  score.champion += truth[state.champion]!;
  score.inflation += passed.reduce((sum, c) => sum + c.effect, 0) - truth[state.champion]!;
  const kept = state.experiments.filter((x) => verdictOf(x) === 'kept').map((x) => x.idea.n);
  score.kept += kept.length;
  score.falseKept += kept.filter((n) => own(n) <= 0).length;
  score.claims += passed.length;
  score.falseClaims += passed.filter((c) => truth[c.n]! <= truth[c.against]!).length;
  const steps = lineage(state, state.champion).filter((n) => n > 0 && isClearStep(state, n));
  score.steps += steps.length;
  score.falseSteps += steps.filter((n) => own(n) <= 0).length;
  score.stepGain += steps.reduce((sum, n) => sum + own(n), 0);
  score.used += used;
  score.ideas += state.experiments.length - 1 - state.controls.all.length;
}

function upstream(sigma: number): Score {
  const score = nothing();
  for (let night = 1; night <= NIGHTS; night++) {
    const { gain, claimed, kept } = greedyNight(seedOf(night), sigma);
    score.gain += gain;
    score.inflation += claimed - gain;
    score.kept += kept.length;
    score.falseKept += kept.filter((delta) => delta <= 0).length;
    score.used += 126;
    score.ideas += 125;
  }
  return score;
}

function nights(sigma: number, decide: Readonly<Record<string, unknown>>, effect = studied): Score {
  const score = nothing();
  for (let night = 1; night <= NIGHTS; night++)
    addNight(score, simulate({ seed: seedOf(night), sigma, decide, effect }));
  return score;
}

/** Share of sessions in which the report claims something false, where no idea helps. */
function falseNights(decide: Readonly<Record<string, unknown>>, effect: typeof studied): number {
  let found = 0;
  for (let night = 1; night <= NIGHTS; night++) {
    const { state, truth } = simulate({ seed: seedOf(night), sigma: 0.0005, decide, effect });
    if (state.confirmations.some((c) => c.passed && truth[c.n]! <= truth[c.against]!)) found++;
  }
  return found / NIGHTS;
}

/** Share of sessions, of so many measurements in all, that end with something confirmed. */
function confirming(evaluations: number, sigma: number, decide: Readonly<Record<string, unknown>>): number {
  const found = Array.from({ length: NIGHTS }, (_, i) => simulate({ seed: seedOf(i + 1), sigma, decide, evaluations }));
  return found.filter(({ state }) => state.champion > 0).length / NIGHTS;
}

const percent = (x: number, of: number): string => (of === 0 ? '' : `${((100 * x) / of).toFixed(1)} %`);
const HEADS = [
  ...['rule', 'sigma', 'true gain', 'of greedy', 'claimed − true', 'kept', 'false', 'claims', 'false'],
  ...['carry', 'steps', 'false', 'carry', 'ideas', 'used'],
];
const WIDTHS = [20, 7, 10, 10, 15, 6, 8, 7, 7, 8, 6, 7, 8, 6, 6];
const print = (cells: readonly string[]): void =>
  console.log(cells.map((c, i) => (i === 0 ? c.padEnd(WIDTHS[i]!) : c.padStart(WIDTHS[i]!))).join(' '));

function row(name: string, sigma: number, s: Score, greedy: Score): void {
  const each = (x: number, digits: number): string => (x / NIGHTS).toFixed(digits);
  print([
    name,
    String(sigma),
    each(s.gain, 5),
    percent(s.gain, greedy.gain),
    `${each(s.inflation * 1e4, 2)}e-4`,
    each(s.kept, 1),
    percent(s.falseKept, s.kept),
    each(s.claims, 2),
    percent(s.falseClaims, s.claims),
    s.claims === 0 ? '' : percent(s.champion, s.gain),
    s.claims === 0 ? '' : each(s.steps, 1),
    percent(s.falseSteps, s.steps),
    s.claims === 0 ? '' : percent(s.stepGain, s.gain),
    each(s.ideas, 1),
    each(s.used, 1),
  ]);
}

print(HEADS);
const worst = { gain: 1, inflation: 0, steps: 0, carry: 1, stepCarry: 1, claims: 0 };
for (const sigma of SIGMAS) {
  const greedy = upstream(sigma);
  row('upstream (greedy)', sigma, greedy, greedy);
  for (const [name, decide] of Object.entries(RULES)) {
    const s = nights(sigma, decide);
    row(name, sigma, s, greedy);
    if (name !== DEFAULT) continue;
    worst.gain = Math.min(worst.gain, s.gain / greedy.gain);
    worst.inflation = Math.max(worst.inflation, s.inflation / greedy.inflation);
    worst.steps = Math.max(worst.steps, s.falseSteps / s.steps);
    worst.claims = Math.max(worst.claims, s.falseClaims / s.claims);
    worst.carry = Math.min(worst.carry, s.champion / s.gain);
    worst.stepCarry = Math.min(worst.stepCarry, s.stepGain / s.gain);
  }
}
const nulls = Object.entries(RULES).map(([name, decide]) => {
  const [helps, matters] = [falseNights(decide, nothingHelps), falseNights(decide, nothingMatters)];
  console.log(
    `null arenas, ${name}: a false claim in ${percent(helps, 1)} of nights (no idea helps), ${percent(matters, 1)} (none does anything)`,
  );
  return Math.max(helps, matters);
});
for (const evaluations of [18, 30, 54])
  for (const [name, decide] of Object.entries(RULES).slice(0, 2))
    console.log(
      `short nights, ${name}: ${evaluations} measurements end confirmed in ${SIGMAS.map((s) => percent(confirming(evaluations, s, decide), 1)).join(', ')} of nights (sigma ${SIGMAS.join(', ')})`,
    );
console.log(
  `decide: ${DEFAULT} over ${NIGHTS} nights each, worst noise level: ${percent(worst.gain, 1)} of greedy's true gain (target 90), ${percent(worst.inflation, 1)} of its inflation (target 25), ${percent(worst.claims, 1)} of claims and ${percent(worst.steps, 1)} of confirmed steps false (target 10), carrying ${percent(worst.carry, 1)} and ${percent(worst.stepCarry, 1)} of the gain (target 60); null arenas ${percent(nulls[0]!, 1)} of nights (target 5)`,
);
