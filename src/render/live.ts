/**
 * The pinned window of a run, and the progress line of a long task: the CLI owns the cursor and decides how often. Its
 * cost does not grow with the lab.
 */
import { formatDuration } from '../view/format.ts';
import type { LabView } from '../view/types.ts';
import { trustBadge } from './terminal.ts';
import { drawBar, cutText, padText, paintText, type Style, spellText, widthOf } from './text.ts';

/** How far a running measurement is, as the sandbox reports it. */
export interface LiveTick {
  readonly n: number;
  readonly purpose: string;
  readonly wallS: number;
  readonly budgetedS: number;
  /** The last line of the candidate's output, if it is worth showing. */
  readonly said?: string;
}

export interface LiveOptions {
  /** What the keys do; the CLI knows them. */
  readonly keys?: string;
  /** What the proposer does. */
  readonly thinking?: string;
}

/** Most running measurements that get a line of their own. */
const MAX_TICK_LINES = 4;

export function liveWindow(
  view: LabView,
  ticks: readonly LiveTick[],
  style: Style,
  options: LiveOptions = {},
): string[] {
  const { columns } = style;
  const windowLines = [
    paintText(style, 'dim', '─'.repeat(columns)),
    `${padText(` ${view.verdict.headline}`, columns - view.trust.grade.length - 3)} ${trustBadge(view, style)}`,
    ...(view.verdict.progress === undefined
      ? []
      : [cutText(` measuring the noise of the unchanged code ${drawBar(view.verdict.progress)}`, columns)]),
    joinEnds(` ${view.counts.text}`, view.sinceBest.text, columns),
    ...budgetLine(view, columns),
    ...ticks.slice(0, MAX_TICK_LINES).map((tick) => tickLine(view, tick, columns)),
    ...(ticks.length > MAX_TICK_LINES ? [` and ${ticks.length - MAX_TICK_LINES} more`] : []),
    ...(ticks.length === 0 ? [cutText(` ${view.state.text}`, columns)] : []),
    ...(options.thinking ? [cutText(` thinking: ${options.thinking}`, columns)] : []),
    ...(options.keys ? [paintText(style, 'dim', cutText(` ${options.keys}`, columns))] : []),
  ];
  return windowLines.map((line) => spellText(line, style));
}

function joinEnds(left: string, right: string, columns: number): string {
  if (right === '') return cutText(left, columns);
  const leftWidth = columns - widthOf(right) - 2;
  return leftWidth < 24 ? padText(left, columns) : `${padText(left, leftWidth)}  ${right}`;
}

function budgetLine(view: LabView, columns: number): string[] {
  const shareBars = view.limits.bars.map(({ label, share }) => `${label} ${drawBar(share)}`);
  const hourlyRate = view.time.experimentsPerHour > 0 ? `${view.time.text.perHour} per hour` : '';
  const budgetParts = [...shareBars, view.limits.projection ?? '', hourlyRate].filter((part) => part !== '');
  return budgetParts.length > 0 ? [cutText(` ${budgetParts.join('  ')}`, columns)] : [];
}

/** One running measurement: progress, purpose, and its last line of output. */
export function tickLine(view: LabView, tick: LiveTick, columns: number): string {
  const { seconds, wallS } = view.budget;
  const isTraining = tick.budgetedS > 0;
  const [elapsedS, totalS] = isTraining ? [tick.budgetedS, seconds] : [tick.wallS, wallS];
  const experiment = view.experiments[tick.n];
  const purposeText =
    tick.purpose === 'calibrate'
      ? 'measuring the noise of the baseline'
      : `${tick.purpose === 'idea' ? '' : `${tick.purpose} `}${experiment?.hypothesis ?? ''}`;
  const outputText = tick.said ? `  ${tick.said}` : '';
  return cutText(
    ` #${tick.n} ${drawBar(totalS > 0 ? elapsedS / totalS : 0)} ${formatDuration(elapsedS)} of ${formatDuration(totalS)}${isTraining ? view.budget.countsWords : ''} ${purposeText}${outputText}`,
    columns,
  );
}

/** A long task. */
export interface TaskProgress {
  readonly what: string;
  /** 0 to 1; absent where it is unknown. */
  readonly share?: number;
  readonly words?: string;
}

/**
 * ` setup ▓▓▓░░░░░░░ 30 % 12 s  words`. Where no share is known, a piece of the bar wanders as a
 * sign of life. Plain lines have words instead of bars.
 */
export function progressLine(
  { what, share, words }: TaskProgress,
  elapsedS: number,
  style: Style,
  isDrawn = true,
): string {
  const percentParts = share === undefined ? [] : [`${Math.floor(100 * share)} %`];
  const barText = share === undefined ? wanderingBar(elapsedS) : drawBar(share);
  const taskLine = isDrawn
    ? [` ${what}`, barText, ...percentParts, formatDuration(elapsedS), ...(words ? ['', words] : [])].join(' ')
    : `${what}: ${[...percentParts, `${formatDuration(elapsedS)} so far`, ...(words ? [words] : [])].join(', ')}`;
  return spellText(cutText(taskLine, style.columns - 1), style);
}

function wanderingBar(elapsedS: number): string {
  const position = Math.floor(elapsedS * 4) % 10;
  return [...drawBar(0)]
    .map((cell, index) => (index === position || index === (position + 1) % 10 ? '▓' : cell))
    .join('');
}
