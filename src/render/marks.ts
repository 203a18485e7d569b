/** One sign and one word for the outcome of an experiment, the same on every surface. Shape first, colour second. */
import { kindOfVerdict, type MarkKind } from '../view/pictures/staircase.ts';
import type { ExperimentView } from '../view/types.ts';
import type { Paint } from './text.ts';

export const GLYPHS: Readonly<Record<MarkKind, string>> = {
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
  baseline: 'baseline',
  confirmed: 'confirmed',
  'in stack': 'confirmed with later steps',
  unconfirmed: 'kept, not confirmed',
  discarded: 'discarded',
  inconclusive: 'inconclusive',
  crashed: 'crashed or timed out',
  refused: 'refused',
};

export const PAINTS: Readonly<Record<MarkKind, Paint>> = {
  baseline: 'blue',
  confirmed: 'green',
  'in stack': 'green',
  unconfirmed: 'green',
  discarded: 'dim',
  inconclusive: 'yellow',
  crashed: 'red',
  refused: 'dim',
};

export const kindOf = (experiment: Pick<ExperimentView, 'verdict' | 'standing'>): MarkKind =>
  kindOfVerdict(experiment.verdict, experiment.standing);
