/** Marks and labels of the staircase: what each experiment is drawn as, where, and in which words. Pure. */
import { ideaName } from '../idea-name.ts';
import { oneLine } from '../../base/text.ts';
import type { BoardRow } from '../board.ts';
import type { LabView } from '../types.ts';
import { verdictWord } from '../words.ts';

/** What the picture is made of: a whole view, or a board with slim rows. */
export type StaircaseSource = Pick<
  LabView,
  'arena' | 'metric' | 'state' | 'verdict' | 'counts' | 'lineage' | 'baseline' | 'incumbent' | 'noise'
> & { readonly experiments: readonly StaircaseRow[] };
export type StaircaseRow = Pick<
  BoardRow,
  | 'n'
  | 'verdict'
  | 'standing'
  | 'mean'
  | 'half'
  | 'effect'
  | 'asDecided'
  | 'discard'
  | 'isChampion'
  | 'title'
  | 'hypothesis'
  | 'otherDevice'
  | 'workedS'
  | 'durationS'
  | 'costUsd'
>;

export type MarkKind =
  | 'champion'
  | 'baseline'
  | 'confirmed'
  | 'in stack'
  | 'unconfirmed'
  | 'discarded'
  | 'inconclusive'
  | 'crashed'
  | 'refused';

export interface Mark {
  readonly n: number;
  readonly kind: MarkKind;
  readonly x: number;
  /** Absent on the rug. */
  readonly y?: number;
  /** Drawn as a triangle at this edge. */
  readonly clipped?: 'top' | 'bottom';
  readonly text: string;
}

/** A kept experiment that was measured again after it was decided. The line does not move: it shows what was known. */
export interface RemeasuredMark {
  readonly n: number;
  readonly x: number;
  /** Its mean when it was decided, and its mean now; both within the axis. */
  readonly from: number;
  readonly to: number;
  /** Absent for the champion, whose own mark stands at its mean of now. */
  readonly hasOwnSign: boolean;
  readonly text: string;
}

export interface StairLabel {
  readonly n: number;
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly gain: number;
}

/** In the order of the legend. */
export const MARK_KINDS: readonly MarkKind[] = [
  'champion',
  'confirmed',
  'in stack',
  'unconfirmed',
  'baseline',
  'discarded',
  'inconclusive',
  'crashed',
  'refused',
];

/**
 * What a mark stands at: the mean that was known when the experiment was decided. The champion stands at its own
 * number, which the report claims.
 */
export const levelOf = ({ mean, asDecided, isChampion }: StaircaseRow): number | undefined =>
  isChampion ? mean?.raw : (asDecided ?? mean)?.raw;

export function markOf(
  experiment: StaircaseRow,
  source: StaircaseSource,
  markX: number,
  scaleY: (value: number) => number,
  [lowest, highest]: readonly [number, number],
): Mark {
  const text = markText(experiment, source);
  if (!experiment.mean || experiment.verdict === 'crashed' || experiment.verdict === 'timed out')
    return { n: experiment.n, kind: experiment.verdict === 'refused' ? 'refused' : 'crashed', x: markX, text };
  const markY = scaleY(levelOf(experiment)!);
  const kind = experiment.n === 0 ? 'baseline' : kindOf(experiment);
  if (markY > highest || markY < lowest)
    return {
      n: experiment.n,
      kind,
      x: markX,
      y: markY > highest ? highest : lowest,
      clipped: markY > highest ? 'top' : 'bottom',
      text,
    };
  return { n: experiment.n, kind, x: markX, y: markY, text };
}

/** The mark of an experiment: the champion's own, else by its verdict and how certain it is. */
export const kindOf = ({
  verdict,
  standing,
  isChampion,
}: Pick<StaircaseRow, 'verdict' | 'standing' | 'isChampion'>): MarkKind =>
  isChampion ? 'champion' : kindOfVerdict(verdict, standing);

export function kindOfVerdict(verdict: StaircaseRow['verdict'], standing: StaircaseRow['standing']): MarkKind {
  switch (verdict) {
    case 'baseline':
      return 'baseline';
    case 'kept':
      return standing === 'confirmed' || standing === 'in stack' ? standing : 'unconfirmed';
    case 'discarded':
      return 'discarded';
    case 'crashed':
    case 'timed out':
      return 'crashed';
    case 'refused':
      return 'refused';
    case 'inconclusive':
    case 'running':
    case 'waiting':
      return 'inconclusive';
    default:
      return verdict satisfies never;
  }
}

function markText(experiment: StaircaseRow, source: StaircaseSource): string {
  const valueText = experiment.mean
    ? ` ${experiment.mean.text}${experiment.half ? ` ± ${experiment.half.text}` : ''}`
    : '';
  const standingText =
    experiment.verdict === 'kept' ? `, ${experiment.isChampion ? 'champion' : experiment.standing}` : '';
  const subject =
    experiment.n === 0
      ? 'baseline'
      : `#${experiment.n} ${verdictWord(experiment.verdict, experiment.discard)}${standingText}`;
  const againText = experiment.asDecided ? `, ${remeasuredText(experiment)}` : '';
  return `${subject}${valueText ? `: ${source.metric.name}${valueText}` : ''}${againText} — ${oneLine(ideaName(experiment), 100)}`;
}

export function remeasuredMarks(
  shownRows: readonly StaircaseRow[],
  scaleX: (experiment: StaircaseRow) => number,
  scaleY: (value: number) => number,
  [lowest, highest]: readonly [number, number],
): RemeasuredMark[] {
  const clamp = (level: number): number => Math.min(highest, Math.max(lowest, level));
  return shownRows.flatMap((experiment) => {
    const { n, mean, asDecided, isChampion } = experiment;
    if (!mean || !asDecided) return [];
    return [
      {
        n,
        x: scaleX(experiment),
        from: clamp(scaleY(asDecided.raw)),
        to: clamp(scaleY(mean.raw)),
        hasOwnSign: !isChampion,
        text: `#${n} ${remeasuredText(experiment)}`,
      },
    ];
  });
}

/** `measured again: 1.42, was 1.38`. */
const remeasuredText = ({ mean, asDecided }: StaircaseRow): string =>
  `measured again: ${mean!.text}, was ${asDecided!.text}`;

/** The champion with its own number; then the steps with the largest gains, confirmed ones before others. */
export function labelsOf(
  source: StaircaseSource,
  scaleX: (experiment: StaircaseRow) => number,
  scaleY: (value: number) => number,
  maxLabels: number,
): StairLabel[] {
  const rankOf = (experiment: StaircaseRow): number =>
    (experiment.effect?.raw ?? 0) *
    (experiment.standing === 'confirmed' || experiment.standing === 'in stack' ? 1 : 0.25);
  const champion = source.experiments.find((experiment) => experiment.isChampion && !experiment.otherDevice);
  const championLabels = champion?.mean
    ? [{ ...labelPlace(champion, scaleX, scaleY), gain: champion.effect?.raw ?? 0, text: championText(champion) }]
    : [];
  const stepLabels = source.lineage
    .map((n) => source.experiments[n])
    .filter(
      (experiment) =>
        experiment !== undefined &&
        experiment.n > 0 &&
        !experiment.isChampion &&
        experiment.mean !== undefined &&
        (experiment.effect?.raw ?? 0) > 0,
    )
    .map((experiment) => experiment!)
    .sort((left, right) => rankOf(right) - rankOf(left))
    .slice(0, maxLabels)
    .map((experiment) => ({
      ...labelPlace(experiment, scaleX, scaleY),
      gain: experiment.effect!.raw,
      text: `${experiment.effect!.delta} ${oneLine(ideaName(experiment), 34)}`,
    }));
  return [...championLabels, ...stepLabels];
}

const labelPlace = (
  experiment: StaircaseRow,
  scaleX: (experiment: StaircaseRow) => number,
  scaleY: (value: number) => number,
): Pick<StairLabel, 'n' | 'x' | 'y'> => ({
  n: experiment.n,
  x: scaleX(experiment),
  y: scaleY(levelOf(experiment)!),
});

const championText = ({ n, mean, half }: StaircaseRow): string =>
  `champion #${n}: ${mean!.text}${half ? ` ± ${half.text}` : ''}`;
