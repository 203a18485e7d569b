/**
 * The first sentence of everything: is it better, by how much, and is that real? Only a passed confirmation may be called an improvement;
 * "nothing confirmed" is an outcome like any other. Numbers of claims come from fresh measurements only.
 */

import { count } from '../base/text.ts';
import { values } from '../core/replay.ts';
import { type Basis, effectView, freshOf, percentable, standingOf } from './basis.ts';
import type { ClaimView, GainView, NoiseView, StandingView, VerdictView } from './types.ts';

export function claimViews(b: Basis): ClaimView[] {
  return b.state.confirmations.map((c) => {
    const effect = effectView(
      b,
      c.effect,
      c.interval[0] === c.interval[1] && c.effect === 0 ? undefined : c.interval,
      c.probability,
    );
    const fresh = freshOf(b, c.n, c.against);
    const other = c.against === 0 ? 'the baseline' : `#${c.against}`;
    const words = c.passed ? 'confirmed' : 'not confirmed';
    const text = `#${c.n} against ${other}: ${effect.text}, ${words} on ${fresh[0]} + ${fresh[1]} fresh measurements`;
    return { n: c.n, against: c.against, passed: c.passed, effect, fresh, text, reason: c.reason };
  });
}

/** From the baseline to the champion: the confirmed claims in between, added up, their errors being independent. */
export function gainView(b: Basis, claims: readonly ClaimView[]): GainView | undefined {
  const chain: ClaimView[] = [];
  for (let at = b.state.champion; at > 0; ) {
    const claim = claims.findLast((c) => c.passed && c.n === at);
    if (!claim) return undefined;
    chain.push(claim);
    at = claim.against;
  }
  if (chain.length === 0) return undefined;
  const total = chain.reduce((sum, c) => sum + c.effect.raw, 0);
  const half = Math.sqrt(chain.reduce((sum, c) => sum + (c.effect.half?.raw ?? 0) ** 2, 0));
  const effect = effectView(b, total, [total - half, total + half]);
  const fresh =
    chain.length === 1
      ? `${chain[0]!.fresh[0]} + ${chain[0]!.fresh[1]} fresh measurements`
      : `${count(chain.length, 'claim')}, each tested on fresh measurements`;
  return { effect, text: `${gainText(b, effect)}, confirmed on ${fresh}` };
}

function gainText(b: Basis, effect: GainView['effect']): string {
  if (!percentable(b) || !effect.percentText) return effect.text;
  return `${effect.percentText} better (95 %: ${effect.percentIntervalText})`;
}

export interface VerdictParts {
  readonly gain: GainView | undefined;
  readonly claims: readonly ClaimView[];
  readonly noise: NoiseView | undefined;
  readonly tried: number;
}

export function verdictView(b: Basis, parts: VerdictParts): VerdictView {
  const { state } = b;
  const metric = b.arena.metric.name;
  if (state.measurements.length === 0)
    return { outcome: 'nothing yet', sentence: 'Nothing has been measured yet.', headline: 'nothing measured yet' };
  const baseline = standingOf(b, 0);
  if (!state.noise.get(b.device)?.calibrated) return calibrating(b, baseline);
  const incumbent = standingOf(b, state.incumbent);
  const champion = standingOf(b, state.champion);
  if (state.champion > 0 && parts.gain) {
    const first = `Best ${metric} ${plusMinus(champion)} (#${champion.n}), baseline ${baseline.mean?.text}: ${parts.gain.text}.`;
    const headline = `${plusMinus(champion)}, confirmed, ${change(parts.gain.effect)}`;
    return { outcome: 'confirmed', sentence: `${first}${laterCandidate(b, incumbent, parts.claims)}`, headline };
  }
  if (state.incumbent > 0) return unconfirmed(b, incumbent, baseline, parts.claims);
  const seen = parts.noise
    ? ` An improvement of ${parts.noise.detectable.text} would have shown in four of five cases.`
    : '';
  const tried =
    parts.tried === 0
      ? 'No idea has been tried yet'
      : `Nothing better than the baseline (${metric} ${plusMinus(baseline)}) was found in ${count(parts.tried, 'experiment')}`;
  return {
    outcome: 'nothing better',
    sentence: parts.tried === 0 ? `${tried}; the baseline’s ${metric} is ${plusMinus(baseline)}.` : `${tried}.${seen}`,
    headline: `${plusMinus(baseline)}, the baseline; nothing better yet`,
  };
}

/** `0.9777 ± 0.0004 ms`: the half-width of the 95 % interval of the mean. */
export function plusMinus(s: StandingView): string {
  if (!s.mean) return 'not measured here';
  if (!s.half || s.half.raw === 0) return s.mean.text;
  const [value, ...unit] = s.mean.text.split(' ');
  return [`${value} ± ${s.half.text}`, ...unit].join(' ');
}

const change = (effect: GainView['effect']): string =>
  effect.percentText ? `${effect.percentText} ${effect.raw > 0 ? 'better' : 'worse'}` : effect.delta;

function calibrating(b: Basis, baseline: StandingView): VerdictView {
  const done = values(b.state, 0, b.device).length;
  const first = `Measuring how noisy the unchanged code is: ${done} of ${b.arena.calibrate.replicates} repeats done`;
  const seen = baseline.mean ? `, ${b.arena.metric.name} about ${baseline.mean.text}` : '';
  return {
    outcome: 'calibrating',
    sentence: `${first}${seen}.`,
    headline: `calibrating, ${done} of ${b.arena.calibrate.replicates}`,
  };
}

function unconfirmed(b: Basis, s: StandingView, baseline: StandingView, claims: readonly ClaimView[]): VerdictView {
  const raw = s.mean && baseline.mean ? (s.mean.raw - baseline.mean.raw) * b.sign : 0;
  const effect = effectView(b, raw);
  const failed = claims.findLast((c) => c.n === s.n && !c.passed);
  const looks = `the best candidate is #${s.n} at ${plusMinus(s)}, ${effect.percentText ? `${effect.percentText} ` : ''}${raw > 0 ? 'better' : 'worse'} than the baseline’s ${baseline.mean?.text}`;
  const why = failed
    ? `, but fresh measurements did not show it to be better (${failed.effect.text})`
    : ', but it was picked from many and no fresh measurements have tested it';
  return {
    outcome: failed ? 'not shown' : 'unconfirmed',
    sentence: `Nothing is confirmed: ${looks}${why}.`,
    headline: `${plusMinus(s)}, not confirmed, ${change(effect)}`,
  };
}

function laterCandidate(b: Basis, s: StandingView, claims: readonly ClaimView[]): string {
  if (b.state.incumbent === b.state.champion) return '';
  const failed = claims.some((c) => c.n === s.n && !c.passed);
  const why = failed ? 'fresh measurements did not show it to be better still' : 'not confirmed';
  return ` A later candidate, #${s.n} at ${plusMinus(s)}, is kept but ${why}.`;
}
