/** One sign and one word for the outcome of an experiment, the same on every surface. Shape first, colour second. */
import type { MarkKind } from '../view/pictures/stair-marks.ts';
import type { Paint } from './text.ts';

export const GLYPHS: Readonly<Record<MarkKind, string>> = {
  champion: '★',
  baseline: '◇',
  confirmed: '●',
  'in stack': '◐',
  unconfirmed: '○',
  discarded: '·',
  inconclusive: '?',
  crashed: '×',
  refused: '⊘',
};

export const WORDS: Readonly<Record<MarkKind, string>> = {
  champion: 'champion, confirmed',
  baseline: 'baseline',
  confirmed: 'confirmed',
  'in stack': 'confirmed with other steps',
  unconfirmed: 'step, not confirmed',
  discarded: 'discarded',
  inconclusive: 'inconclusive',
  crashed: 'crashed or timed out',
  refused: 'refused',
};

export const PAINTS: Readonly<Record<MarkKind, Paint>> = {
  champion: 'green',
  baseline: 'blue',
  confirmed: 'green',
  'in stack': 'green',
  unconfirmed: 'green',
  discarded: 'dim',
  inconclusive: 'yellow',
  crashed: 'red',
  refused: 'dim',
};

/** The sign of a kept experiment's later measurements. */
export const REMEASURED_GLYPH = '□';
export const REMEASURED_WORDS = 'measured again';

export { kindOf } from '../view/pictures/stair-marks.ts';
