/**
 * The first sentence of everything: is it better, by how much, and is that real? Only a passed confirmation may be
 * called an improvement;
 * "nothing confirmed" is an outcome like any other. Numbers of claims come from fresh measurements only.
 */

import { count } from '../../base/text.ts';
import { values } from '../../core/state.ts';
import { type Basis, effectView, freshOf, percentable, standingOf, withPercent } from '../basis.ts';
import { finalVerdict } from './final-comparison.ts';
import type { ClaimView, GainView, NoiseView, StandingView, VerdictView } from '../types.ts';

export function claimViews(b: Basis): ClaimView[] {
  return b.state.confirmations.map((c) => {
    const effect = effectView(
      b,
      c.effect,
      c.interval[0] === c.interval[1] && c.effect === 0 ? undefined : c.interval,
      c.probability,
    );
    const fresh = c.numbers ?? freshOf(b, c.n, c.against);
    const other = c.against === 0 ? 'the baseline' : `#${c.against}`;
    const words = c.passed ? 'confirmed' : 'not confirmed';
    const text = `#${c.n} against ${other}: ${effect.text}, ${words} on ${fresh[0]} + ${fresh[1]} ${c.numbers ? 'unselected' : 'fresh'} measurements`;
    return { n: c.n, against: c.against, passed: c.passed, effect, fresh, text, reason: c.reason };
  });
}

/** From the baseline to the champion: the confirmed claims in between, added up, their errors being independent. */
export function gainView(b: Basis, claims: readonly ClaimView[]): GainView | undefined {
  const chain: ClaimView[] = [];
  for (let at = b.state.champion; at > 0;) {
    const claim = claims.findLast((c) => c.passed && c.n === at);
    if (!claim) return undefined;
    chain.push(claim);
    at = claim.against;
  }
  if (chain.length === 0) return undefined;
  const total = chain.reduce((sum, c) => sum + c.effect.raw, 0);
  const half = Math.sqrt(chain.reduce((sum, c) => sum + (c.effect.half?.raw ?? 0) ** 2, 0));
  const effect = withPercent(b, effectView(b, total, [total - half, total + half]));
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
  /** Ideas that were measured, and those of them that gave a number. */
  readonly tried: number;
  readonly numbers: number;
}

export function verdictView(b: Basis, parts: VerdictParts): VerdictView {
  const { state } = b;
  const metric = b.arena.metric.name;
  if (state.measurements.length === 0)
    return { outcome: 'nothing yet', sentence: 'Nothing has been measured yet.', headline: 'nothing measured yet' };
  const baseline = standingOf(b, 0);
  if (!state.noise.get(b.device)?.calibrated) return calibrating(b, baseline);
  const final = finalVerdict(b);
  if (final) return final;
  const incumbent = standingOf(b, state.incumbent);
  const champion = standingOf(b, state.champion);
  if (state.champion > 0 && parts.gain) {
    const first = `Best ${metric} ${plusMinus(champion)} (#${champion.n}), baseline ${baseline.mean?.text}: ${parts.gain.text}.`;
    const headline = `best ${plusMinus(champion)}, confirmed, ${change(parts.gain.effect)}`;
    return { outcome: 'confirmed', sentence: `${first}${laterCandidate(b, incumbent, parts.claims)}`, headline };
  }
  if (state.incumbent > 0) return unconfirmed(b, incumbent, baseline, parts.claims);
  return nothingBetter(b, baseline, parts);
}

function nothingBetter(b: Basis, baseline: StandingView, { tried, numbers, noise }: VerdictParts): VerdictView {
  const metric = b.arena.metric.name;
  const value = `${metric} ${plusMinus(baseline)}`;
  const headline = `baseline ${plusMinus(baseline)}, nothing better yet`;
  const outcome = 'nothing better';
  if (tried === 0) return { outcome, sentence: `No idea has been measured yet; the baseline has ${value}.`, headline };
  if (numbers === 0) {
    const what = `None of ${count(tried, 'experiment')} gave a number`;
    return { outcome, sentence: `${what}; the baseline has ${value}.`, headline };
  }
  const first = `Nothing better than the baseline (${value}) was found in ${count(tried, 'experiment')}.`;
  const power = noise ? ` An improvement of ${noise.detectable.text} would have shown in four of five cases.` : '';
  const known = noise && noise.sigma.raw > 0 && Number.isFinite(noise.detectable.raw);
  return { outcome, sentence: `${first}${known ? power : ''}`, headline };
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
    progress: Math.min(1, done / b.arena.calibrate.replicates),
  };
}

function unconfirmed(b: Basis, s: StandingView, baseline: StandingView, claims: readonly ClaimView[]): VerdictView {
  const raw = s.mean && baseline.mean ? (s.mean.raw - baseline.mean.raw) * b.sign : 0;
  const effect = withPercent(b, effectView(b, raw));
  const failed = claims.findLast((c) => c.n === s.n && !c.passed);
  const share = effect.percentText ? `${effect.percentText} ` : '';
  const looks = `the best candidate is #${s.n} at ${plusMinus(s)}, ${share}${raw > 0 ? 'better' : 'worse'} than the baseline’s ${baseline.mean?.text}`;
  const untested = `${looks}, but it was picked from many and no fresh measurements have tested it`;
  const why = failed
    ? `#${s.n} was kept, but fresh measurements did not show it to be better: ${failed.effect.text}`
    : untested;
  return {
    outcome: failed ? 'not shown' : 'unconfirmed',
    sentence: `Nothing is confirmed: ${why}.`,
    headline: `best ${plusMinus(s)}, not confirmed, ${change(failed?.effect ?? effect)}`,
  };
}

function laterCandidate(b: Basis, s: StandingView, claims: readonly ClaimView[]): string {
  if (b.state.incumbent === b.state.champion) return '';
  const failed = claims.some((c) => c.n === s.n && !c.passed);
  const why = failed ? 'fresh measurements did not show it to be better still' : 'not confirmed';
  return ` A later candidate, #${s.n} at ${plusMinus(s)}, is kept but ${why}.`;
}
