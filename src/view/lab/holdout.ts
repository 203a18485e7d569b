/** What the holdout says of the version that is claimed, in words: beside the validation score, and in the headline. */
import { type HoldoutGap, gapOf, holdoutAgrees, holdoutEffect, holdoutReads } from '../../core/plan/holdout.ts';
import { formatCount } from '../../base/text.ts';
import { type Basis, comparedText, effectView, shortEffectText, withPercent } from '../basis.ts';
import { decimalsOfSpread, secondaryTextOf } from '../format.ts';
import type { HealthView } from '../health-types.ts';
import type { EffectView, VerdictView } from '../types.ts';
import { meansByName, secondaryMeansOf } from './secondary.ts';

/** The holdout's answer about experiment `n`, whose improvement over the baseline is claimed. */
export type HoldoutStanding =
  | { readonly n: number; readonly kind: 'not asked' | 'no number'; readonly problem: string }
  | {
      readonly n: number;
      readonly kind: 'answered';
      readonly effect: EffectView;
      readonly validation?: EffectView;
      readonly gap?: HoldoutGap;
      readonly agrees: 'yes' | 'in part' | 'not at all';
      /** Where its interval comes from. */
      readonly evidence: string;
    };

/** Undefined where the arena has no holdout or nothing is claimed. */
export function holdoutStanding(basis: Basis, gain: EffectView | undefined): HoldoutStanding | undefined {
  const { state, arena, device } = basis;
  const { champion, finalComparison: final, incumbent } = state;
  const isFinal = final !== undefined && final.n === incumbent;
  const n = isFinal ? final.n : champion;
  if (!arena.holdout || n === 0) return undefined;
  const answer = (isFinal ? final.holdout : undefined) ?? holdoutEffect(state, n, device);
  if ('problem' in answer) {
    const wasAsked = [n, 0].every((side) => state.holdoutOutcomes.has(side));
    return { n, kind: wasAsked ? 'no number' : 'not asked', problem: answer.problem };
  }
  const effect = effectView(basis, answer.effect, answer.interval);
  const validation = isFinal ? effectView(basis, final.effect, final.interval) : gain;
  const reads = answer.reads ?? [1, 1];
  const readsText = `${formatCount(reads[0], 'read')} against ${reads[1]} of the baseline`;
  const isExact = answer.interval && answer.interval[0] === answer.interval[1];
  const noiseText = answer.noise === 'holdout' ? 'noise of these reads' : 'noise as known from validation';
  const evidence = `${readsText}, ${isExact ? 'numbers that do not vary' : noiseText}`;
  const answered = { n, kind: 'answered', effect, evidence } as const;
  if (!validation) return { ...answered, agrees: answer.effect > 0 ? 'yes' : 'not at all' };
  const [claimed, held] = [toEffect(validation), toEffect(effect)];
  return { ...answered, validation, gap: gapOf(claimed, held), agrees: holdoutAgrees(claimed, held) };
}

/** `deflated_sharpe 0.96 (baseline 0.31)`: means of what the holdout's evaluator reports and validation's does not. */
function besideText({ state, device }: Basis, n: number): string | undefined {
  const meansOf = (side: number): ReadonlyMap<string, number> => {
    const reads = (state.holdoutOutcomes.get(side) ?? []).filter(({ deviceClass }) => deviceClass === device);
    return meansByName(reads.map(({ outcome }) => outcome));
  };
  const [own, baseline] = [meansOf(n), meansOf(0)];
  const known = new Set(secondaryMeansOf(state, 0, device).map(({ name }) => name));
  const texts = [...own].flatMap(([name, value]) => {
    if (known.has(name)) return [];
    const other = baseline.get(name);
    return [`${name} ${secondaryTextOf(value)}${other === undefined ? '' : ` (baseline ${secondaryTextOf(other)})`}`];
  });
  return texts.length > 0 ? texts.join(', ') : undefined;
}

const toEffect = ({ raw, interval }: EffectView) => ({ effect: raw, ...(interval && { interval }) });

/** Short words for a headline where the holdout does not back the claim; undefined where it does, or was not asked. */
export function holdoutObjection(standing: HoldoutStanding | undefined): string | undefined {
  if (standing?.kind === 'no number') return 'the holdout does not confirm it: it gave no number';
  if (standing?.kind !== 'answered' || standing.agrees === 'yes') return undefined;
  const words = `${shortEffectText(standing.effect)} on it`;
  return standing.agrees === 'in part'
    ? `the holdout confirms only part of it: ${words}`
    : `the holdout does not confirm it: ${words}`;
}

/**
 * The verdict with what the holdout says. `validation` stays the sentence without it: no proposer may read what the
 * holdout said.
 */
export function withHoldout(basis: Basis, verdict: VerdictView, standing: HoldoutStanding | undefined): VerdictView {
  if (verdict.outcome !== 'confirmed' || !standing) return verdict;
  const objection = holdoutObjection(standing);
  // Where it agrees, its line under Health says so; the final comparison is complete in its one sentence.
  const isFinal = basis.state.finalComparison?.n === basis.state.incumbent;
  if (objection === undefined && !isFinal) return verdict;
  const sentence = `${verdict.sentence} ${holdoutSentence(basis, standing)}`;
  if (objection === undefined) return { ...verdict, sentence, validation: verdict.sentence };
  const headline = `${verdict.headline}, but ${objection}`;
  return { ...verdict, outcome: 'contradicted', sentence, headline, validation: verdict.sentence };
}

function holdoutSentence(basis: Basis, standing: HoldoutStanding): string {
  if (standing.kind !== 'answered')
    return standing.kind === 'no number'
      ? `But the holdout does not confirm it: ${standing.problem}.`
      : 'The holdout was not asked yet.';
  const { n, effect, validation, agrees, evidence } = standing;
  const held = `#${n} is ${comparedText(withPercent(basis, effect), 'the baseline')} on it`;
  const claimed = validation ? `, ${shortEffectText(withPercent(basis, validation))} in validation` : '';
  const gap = gapText(basis, standing);
  const text = `${held}${claimed}${gap ? `: a gap of ${gap}` : ''} (${evidence})`;
  if (agrees === 'yes') return `The holdout agrees: ${text}.`;
  return `But the holdout ${agrees === 'in part' ? 'confirms only part of it' : 'does not confirm it'}: ${text}.`;
}

/** `0.4 ms (95 %: −0.1 to 0.9)`; below 0 where the holdout promises more. Without an interval where nothing varies. */
function gapText(basis: Basis, { gap }: Extract<HoldoutStanding, { kind: 'answered' }>): string | undefined {
  if (!gap) return undefined;
  const { format } = basis;
  const half = gap.interval && (gap.interval[1] - gap.interval[0]) / 2;
  if (!gap.interval || !half) return format.value(gap.effect);
  const decimals = decimalsOfSpread(half);
  const [low, high] = gap.interval.map((end) => format.bare(end, decimals));
  return `${format.value(gap.effect, decimals)} (95 %: ${low} to ${high})`;
}

/** The holdout's line under Health. Nothing where the arena has no holdout. */
export function holdoutLines(basis: Basis, gain: EffectView | undefined): HealthView[] {
  const { holdout } = basis.arena;
  if (!holdout) return [];
  const readsText = `${holdoutReads(basis.state)} of ${holdout.reads} reads used`;
  const lineOf = (text: string, warning: boolean): HealthView[] => [
    { code: 'holdout', what: 'Holdout', text: `${text} (${readsText})`, warning },
  ];
  const standing = holdoutStanding(basis, gain);
  if (!standing) return lineOf('not asked: nothing is confirmed', false);
  if (standing.kind !== 'answered') return lineOf(`it does not support #${standing.n}: ${standing.problem}`, true);
  const { n, effect, validation, evidence } = standing;
  const beside = besideText(basis, n);
  const isHalf = validation !== undefined && effect.raw < validation.raw / 2;
  const held = `#${n} is ${comparedText(effect, 'the baseline')} on it`;
  const claimed = validation ? `, ${validation.words} in validation: a gap of ${gapText(basis, standing)}` : '';
  const besideWords = beside === undefined ? '' : `; there it also has ${beside}`;
  return lineOf(`${held}${claimed}; ${evidence}${besideWords}`, standing.agrees !== 'yes' || isHalf);
}
