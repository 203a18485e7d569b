/**
 * A lab as lines of text: `status`, `log`, the line of a finished experiment, the end of a run. Only prints what the
 * view holds.
 */
import { formatCount } from '../base/text.ts';
import { formatInteger } from '../view/format.ts';
import { viewStaircase } from '../view/pictures/staircase.ts';
import { ideaName } from '../view/idea-name.ts';
import type { ExperimentView, LabStateKind, LabView } from '../view/types.ts';
import { verdictWord } from '../view/words.ts';
import { drawChart } from './chart.ts';
import { GLYPHS, kindOf, PAINTS } from './marks.ts';
import { cutText, type Paint, padText, paintText, type Style, spellText, widthOf, wrapText } from './text.ts';

const STATE_SIGNS: Readonly<Record<LabStateKind, readonly [string, Paint]>> = {
  'never run': ['○', 'dim'],
  running: ['●', 'green'],
  stalled: ['?', 'yellow'],
  finished: ['✓', 'green'],
  'stopped on budget': ['✓', 'green'],
  'stopped by person': ['○', 'yellow'],
  died: ['✗', 'red'],
  broken: ['✗', 'red'],
};

/** Three lines: is it alive, is it better and is that real, how much was tried; a fourth where screening misleads. */
export function statusText(view: LabView, style: Style): string {
  const [sign, color] = STATE_SIGNS[view.state.kind];
  const headLine = `${sign} ${labTitle(view)} · ${view.state.text}`;
  const figures = [
    `${formatInteger(view.counts.tried)} tried`,
    ...(view.sinceBest.text ? [view.sinceBest.text] : []),
    ...(view.luck.range ? [view.luck.short] : []),
    `cost ${view.spend.short}`,
    ...(view.time.experimentsPerHour > 0 ? [`${view.time.text.perHour} per hour`] : []),
    ...(view.counts.detail ? [view.counts.detail] : []),
  ];
  const statusLines = [
    paintText(style, color, cutText(headLine, style.columns)),
    view.baseline
      ? `  ${cutText(view.verdict.headline, style.columns - 2 - trustWidth(view))} ${trustBadge(view, style)}`
      : `  ${cutText(view.verdict.headline, style.columns - 2)}`,
    `  ${cutText(view.baseline ? figures.join(' · ') : `Next: ${view.next[0] ?? 'nothing'}`, style.columns - 2)}`,
    ...view.health
      .filter((healthCheck) => healthCheck.warning && ['screening', 'agents'].includes(healthCheck.code))
      .map((healthCheck) =>
        paintText(style, 'yellow', cutText(`! ${healthCheck.what}: ${healthCheck.text}`, style.columns)),
      ),
  ];
  return formatLines(statusLines, style);
}

const labTitle = (view: LabView): string => `${view.arena} ${view.metric.name} ${view.metric.arrow}`;

const trustWidth = (view: LabView): number => view.trust.grade.length + 3;

/** `[sealed]`; `[reported]` in red. */
export function trustBadge(view: Pick<LabView, 'trust'>, style: Style): string {
  const { grade } = view.trust;
  return paintText(style, grade === 'reported' ? 'red' : grade === 'guarded' ? 'yellow' : 'green', `[${grade}]`);
}

/** Lines as they go to the terminal. */
export function formatLines(lines: readonly string[], style: Style): string {
  return `${lines.map((line) => spellText(line.replace(/[\n\r\u2028\u2029]+/g, ' ').trimEnd(), style)).join('\n')}\n`;
}

/** Columns of a duration: `12 h 05 min`. */
export const DURATION_WIDTH = 11;
/** In a narrower terminal the idea takes the room of the duration. */
const MIN_COLUMNS_WITH_DURATION = 96;

/** The permanent line of a finished experiment. Empty for one that does not exist. */
export function experimentLine(
  view: LabView,
  n: number,
  style: Style,
  widths: ColumnWidths = widthsOf(view, view.experiments.slice(n, n + 1)),
): string {
  const experiment = view.experiments[n];
  if (!experiment) return '';
  const kind = kindOf(experiment);
  const leftPart = [
    padText(String(experiment.n), widths.number, 'right'),
    experiment.verdict === 'running' || experiment.verdict === 'waiting' ? '…' : GLYPHS[kind],
    padText(verdictWord(experiment.verdict), 12),
    padText(formatNumbers(experiment, widths), widths.numbers),
  ].join(' ');
  const durationText =
    style.columns < MIN_COLUMNS_WITH_DURATION ? '' : ` ${padText(experiment.duration, DURATION_WIDTH, 'right')}`;
  const titleWidth = style.columns - widthOf(leftPart) - 2 - durationText.length;
  const title = `${experiment.isStarred ? '☆ ' : ''}${titleOf(experiment)}`;
  const experimentText = `${leftPart}  ${padText(title, Math.max(8, titleWidth))}${durationText}`;
  return spellText(
    paintText(style, PAINTS[kind], cutText(experimentText, Math.max(40, style.columns)).trimEnd()),
    style,
  );
}

interface ColumnWidths {
  readonly number: number;
  readonly delta: number;
  readonly mean: number;
  readonly half: number;
  readonly numbers: number;
}

/** The columns that hold the baseline and these experiments: a number is never cut. */
function widthsOf(view: LabView, experiments: readonly ExperimentView[]): ColumnWidths {
  const number = Math.max(3, String(Math.max(0, view.experiments.length - 1)).length);
  const widest = (textOf: (experiment: ExperimentView) => string | undefined, least: number): number =>
    [...view.experiments.slice(0, 1), ...experiments].reduce(
      (width, experiment) => Math.max(width, widthOf(textOf(experiment) ?? '')),
      least,
    );
  const mean = widest(({ mean: estimate }) => estimate?.text, Math.max(6, Math.min(12, widthOf(view.metric.name))));
  const half = widest((experiment) => experiment.half?.text, 4);
  const delta = widest(({ effect }) => effect?.delta, Math.max(7, widthOf(view.experiments[0]?.mean?.text ?? '') + 1));
  return { number, delta, mean, half, numbers: delta + 1 + mean + 2 + half + 4 };
}

function formatNumbers(experiment: ExperimentView, widths: ColumnWidths): string {
  if (experiment.failure) return experiment.failure;
  if (experiment.refusal) return experiment.refusal;
  if (experiment.discard === 'screened') return 'screening';
  if (!experiment.mean) return '';
  const deltaText = padText(experiment.effect?.delta ?? '', widths.delta, 'right');
  const halfText = experiment.half ? `±${padText(experiment.half.text, widths.half)}` : ' '.repeat(widths.half + 1);
  return `${deltaText} ${padText(experiment.mean.text, widths.mean, 'right')} ${halfText}${experiment.replicates > 1 ? ` ×${experiment.replicates}` : ''}`;
}

function titleOf(experiment: ExperimentView): string {
  return experiment.verdict === 'refused' || experiment.failure
    ? `${ideaName(experiment)} (${experiment.reason})`
    : ideaName(experiment);
}

/** Every experiment as a line, oldest first, under a heading. */
export function logText(view: LabView, style: Style): string {
  const widths = widthsOf(view, view.experiments);
  const numbers = `${padText('change', widths.delta, 'right')} ${padText(view.metric.name, widths.mean, 'right')} ±95 %`;
  const heading = [
    padText('#', widths.number, 'right'),
    ' ',
    padText('verdict', 12),
    padText(numbers, widths.numbers),
    ' idea',
  ].join(' ');
  if (view.experiments.length === 0) return formatLines(['Nothing has been tried yet.'], style);
  const experimentLines = view.experiments.map((experiment) => experimentLine(view, experiment.n, style, widths));
  return formatLines([paintText(style, 'bold', cutText(heading, style.columns)), ...experimentLines], style);
}

export interface SummaryOptions {
  /** Where the report was written. */
  readonly report?: string;
  readonly rows?: number;
}

/** The end of a run: verdict, picture, counts, what next. */
export function summaryText(view: LabView, style: Style, options: SummaryOptions = {}): string {
  const summaryLines = [
    ...wrapText(view.verdict.sentence, style.columns).map((line) => paintText(style, 'bold', line)),
    ...(view.baseline ? figureLines(view, style, options) : []),
    ...(view.state.kind === 'never run' ? [] : wrapText(view.state.text, style.columns)),
    ...view.health
      .filter((healthCheck) => healthCheck.warning)
      .flatMap((healthCheck) => wrapText(`! ${healthCheck.what}: ${healthCheck.text}`, style.columns)),
    ...view.next.slice(0, 1).flatMap((step) => wrapText(`Next: ${step}`, style.columns)),
    ...takeLines(view, style),
    ...(options.report ? [`Report: ${options.report}`] : []),
  ];
  return formatLines(summaryLines, style);
}

/** Trust, picture, counts and cost of a lab in which something was measured. */
function figureLines(view: LabView, style: Style, options: SummaryOptions): string[] {
  return [
    ...wrapText(`Trust: ${view.trust.grade}, because ${view.trust.reason}.`, style.columns).map((line) =>
      paintText(style, view.trust.grade === 'reported' ? 'red' : 'dim', line),
    ),
    '',
    labTitle(view),
    ...drawChart(viewStaircase(view), style, options.rows ?? 11),
    '',
    ...(view.counts.tried > 0 ? wrapText(view.counts.text, style.columns) : []),
    ...(view.counts.tried > 0 ? wrapText(`False-positive rate: ${view.luck.text}.`, style.columns) : []),
    ...wrapText(timeText(view), style.columns),
    ...wrapText(costText(view), style.columns),
  ];
}

/** Commands and what they do: side by side where the terminal is wide enough, otherwise below each other. */
function takeLines({ take }: LabView, style: Style): string[] {
  const commandWidth = Math.max(21, ...take.map((entry) => widthOf(entry.command)));
  const isWideEnough = take.every((entry) => commandWidth + widthOf(entry.what) + 4 <= Math.max(80, style.columns));
  return take.flatMap(({ command, what }) =>
    isWideEnough ? [`  ${padText(command, commandWidth)}  ${what}`] : [`  ${what}:`, `    ${command}`],
  );
}

const timeText = ({ time: { text }, sessions }: LabView): string =>
  `${text.sessions} in ${formatCount(sessions.length, 'session')}, ${text.perExperiment} per experiment, ${text.idleShare} idle`;

/** The known costs; the report also lists what is not known. */
function costText({ economics, spend }: LabView): string {
  const knownCosts = economics.lines
    .filter(({ isKnown }) => isKnown)
    .map(({ what, text }) => `${what.toLowerCase()} ${text}`);
  return `Cost: ${[spend.text, ...knownCosts].join('; ')}`;
}
