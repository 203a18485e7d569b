/**
 * The first sentence of every surface: is it better, by how much, and is that real? Only a passed confirmation may be
 * called an improvement; "nothing confirmed" is an outcome like any other. Numbers of claims come from fresh
 * measurements only.
 */

import { formatCount } from '../../base/text.ts';
import { values } from '../../core/state.ts';
import {
  allowsPercent,
  type Basis,
  comparedText,
  effectView,
  freshOf,
  shortEffectText,
  standingOf,
  withPercent,
} from '../basis.ts';
import { decimalsOfSpread, withRealMinus } from '../format.ts';
import { timesText } from '../words.ts';
import { finalVerdict } from './final-comparison.ts';
import type { ClaimView, GainView, NoiseView, StandingView, VerdictView } from '../types.ts';

export function claimViews(basis: Basis): ClaimView[] {
  return basis.state.confirmations.map((confirmation) => {
    const effect = effectView(
      basis,
      confirmation.effect,
      confirmation.interval[0] === confirmation.interval[1] && confirmation.effect === 0
        ? undefined
        : confirmation.interval,
      confirmation.probability,
    );
    const fresh = confirmation.numbers ?? freshOf(basis, confirmation.n, confirmation.against);
    const opponent = confirmation.against === 0 ? 'the baseline' : `#${confirmation.against}`;
    const outcome = confirmation.passed ? 'confirmed' : 'not confirmed';
    const text = `#${confirmation.n} against ${opponent}: ${effect.text}, ${outcome}: ${evidenceText(fresh, opponent)}`;
    return {
      n: confirmation.n,
      against: confirmation.against,
      passed: confirmation.passed,
      effect,
      fresh,
      text,
      reason: withRealMinus(confirmation.reason),
    };
  });
}

/** Only measurements that played no part in choosing the code count. */
const evidenceText = ([own, other]: readonly [number, number], opponent: string): string =>
  `measured again ${timesText(own)}, against ${formatCount(other, 'measurement')} of ${opponent}`;

/** From the baseline to the champion: the confirmed claims in between, added up, their errors being independent. */
export function gainView(basis: Basis, claims: readonly ClaimView[]): GainView | undefined {
  const chain: ClaimView[] = [];
  for (let n = basis.state.champion; n > 0;) {
    const claim = claims.findLast((claimView) => claimView.passed && claimView.n === n);
    if (!claim) return undefined;
    chain.push(claim);
    n = claim.against;
  }
  if (chain.length === 0) return undefined;
  const total = chain.reduce((sum, claim) => sum + claim.effect.raw, 0);
  const halfWidth = Math.sqrt(
    chain.reduce((sumOfSquares, claim) => sumOfSquares + (claim.effect.half?.raw ?? 0) ** 2, 0),
  );
  const effect = withPercent(basis, effectView(basis, total, [total - halfWidth, total + halfWidth]));
  const evidence =
    chain.length === 1
      ? `: ${evidenceText(chain[0]!.fresh, 'the baseline')}`
      : ` in ${chain.length} claims, each on fresh measurements`;
  return { effect, text: `${gainText(basis, effect)}, confirmed${evidence}` };
}

function gainText(basis: Basis, effect: GainView['effect']): string {
  if (!allowsPercent(basis) || !effect.percentWords) return effect.text;
  return `${effect.percentWords} (95 %: ${effect.percentIntervalText})`;
}

export interface VerdictInputs {
  readonly gain: GainView | undefined;
  readonly claims: readonly ClaimView[];
  readonly noise: NoiseView | undefined;
  /** Ideas that were measured. */
  readonly tried: number;
  /** Those of them that gave a number. */
  readonly numbers: number;
}

export function verdictView(basis: Basis, inputs: VerdictInputs): VerdictView {
  const { state } = basis;
  const metricName = basis.arena.metric.name;
  if (state.measurements.length === 0)
    return { outcome: 'nothing yet', sentence: 'Nothing has been measured yet.', headline: 'nothing measured yet' };
  const baseline = standingOf(basis, 0);
  if (!state.noise.get(basis.device)?.calibrated) return calibratingVerdict(basis, baseline);
  const finalOutcome = finalVerdict(basis);
  if (finalOutcome) return finalOutcome;
  const incumbent = standingOf(basis, state.incumbent);
  const champion = standingOf(basis, state.champion);
  if (state.champion > 0 && inputs.gain) {
    const firstSentence = `Best ${metricName} ${plusMinus(basis, champion)} (#${champion.n}), baseline ${baseline.mean?.text}: ${inputs.gain.text}.`;
    const headline = `best ${plusMinus(basis, champion)}, confirmed, ${shortEffectText(inputs.gain.effect)}`;
    return {
      outcome: 'confirmed',
      sentence: `${firstSentence}${laterCandidateText(basis, incumbent, inputs.claims)}`,
      headline,
    };
  }
  if (state.incumbent > 0) return unconfirmedVerdict(basis, incumbent, baseline, inputs.claims);
  return nothingBetter(basis, baseline, inputs);
}

function nothingBetter(basis: Basis, baseline: StandingView, { tried, numbers, noise }: VerdictInputs): VerdictView {
  const metricName = basis.arena.metric.name;
  const valueText = `${metricName} ${plusMinus(basis, baseline)}`;
  const headline = `baseline ${plusMinus(basis, baseline)}, nothing better yet`;
  const outcome = 'nothing better';
  if (tried === 0)
    return { outcome, sentence: `No idea has been measured yet; the baseline has ${valueText}.`, headline };
  if (numbers === 0) {
    const subject = `None of ${formatCount(tried, 'experiment')} gave a number`;
    return { outcome, sentence: `${subject}; the baseline has ${valueText}.`, headline };
  }
  const firstSentence = `Nothing better than the baseline (${valueText}) was found in ${formatCount(tried, 'experiment')}.`;
  const powerText = noise
    ? ` A gain of ${noise.detectable.text} is confirmed in four of five sessions like this one.`
    : '';
  const isKnown = noise && noise.sigma.raw > 0 && Number.isFinite(noise.detectable.raw);
  return { outcome, sentence: `${firstSentence}${isKnown ? powerText : ''}`, headline };
}

/** `0.9777 ± 0.0004 ms`: the half-width of the 95 % interval of the mean. */
function plusMinus(basis: Basis, { mean: estimate, half }: StandingView): string {
  if (!estimate) return 'not measured here';
  return half && half.raw !== 0
    ? basis.format.plusMinus(basis.format.bare(estimate.raw, decimalsOfSpread(half.raw)), half.text)
    : estimate.text;
}

function calibratingVerdict(basis: Basis, baseline: StandingView): VerdictView {
  const measuredCount = values(basis.state, 0, basis.device).length;
  const progressText = `Measuring how noisy the unchanged code is: ${measuredCount} of ${basis.arena.calibrate.replicates} repeats done`;
  const valueText = baseline.mean ? `, ${basis.arena.metric.name} about ${baseline.mean.text}` : '';
  return {
    outcome: 'calibrating',
    sentence: `${progressText}${valueText}.`,
    headline: `calibrating, ${measuredCount} of ${basis.arena.calibrate.replicates}`,
    progress: Math.min(1, measuredCount / basis.arena.calibrate.replicates),
  };
}

function unconfirmedVerdict(
  basis: Basis,
  candidate: StandingView,
  baseline: StandingView,
  claims: readonly ClaimView[],
): VerdictView {
  const difference = candidate.mean && baseline.mean ? (candidate.mean.raw - baseline.mean.raw) * basis.sign : 0;
  const effect = withPercent(basis, effectView(basis, difference));
  const failedClaim = claims.findLast((claimView) => claimView.n === candidate.n && !claimView.passed);
  const description = `the best candidate is #${candidate.n} at ${plusMinus(basis, candidate)}, measured ${comparedText(effect, `the baseline’s ${baseline.mean?.text}`)}`;
  const untestedText = `${description}, but it was chosen from many and no fresh measurements have tested it`;
  const reason = failedClaim
    ? `#${candidate.n} was carried on, but fresh measurements did not show it to be better: ${failedClaim.effect.text}`
    : untestedText;
  return {
    outcome: failedClaim ? 'not shown' : 'unconfirmed',
    sentence: `Nothing is confirmed: ${reason}.`,
    headline: `best ${plusMinus(basis, candidate)}, not confirmed, measured ${shortEffectText(failedClaim?.effect ?? effect)}`,
  };
}

function laterCandidateText(basis: Basis, candidate: StandingView, claims: readonly ClaimView[]): string {
  if (basis.state.incumbent === basis.state.champion) return '';
  const hasFailed = claims.some((claimView) => claimView.n === candidate.n && !claimView.passed);
  const reason = hasFailed ? 'fresh measurements did not show it to be better still' : 'not confirmed';
  return ` A later candidate, #${candidate.n} at ${plusMinus(basis, candidate)}, is carried on but ${reason}.`;
}
