/** The end of a session in a sentence of the arena's own, for people of its field. Only for what is confirmed. */
import type { Basis } from '../basis.ts';
import { standingOf } from '../basis.ts';
import type { GainView } from '../types.ts';

/** Undefined where the arena has no such sentence. Without a confirmed gain it says so and claims nothing. */
export function plainWordsOf(basis: Basis, gain: GainView | undefined): string | undefined {
  const end = basis.arena.gallery?.end;
  if (end === undefined) return undefined;
  const baseline = standingOf(basis, 0).mean;
  const best = standingOf(basis, basis.state.champion).mean;
  if (!gain || !baseline || !best) return undefined;
  const { unit } = basis.arena.metric;
  const withUnit = (text: string): string => (unit === '' || text.endsWith(unit) ? text : `${text} ${unit}`);
  const words: Readonly<Record<string, string>> = {
    baseline: withUnit(baseline.text),
    best: withUnit(best.text),
    gain: gain.effect.amountText,
    percent: gain.effect.percentText ?? gain.effect.amountText,
  };
  return end.replaceAll(/\{(\w+)\}/g, (field, name: string) => words[name] ?? field);
}
