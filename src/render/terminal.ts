/**
 * A lab as lines of text: `status`, `log`, `show`, the line of a finished experiment, the end of a run. Only prints
 * what the view holds.
 */
import type { ExperimentPage, MeasurementView, SideView } from '../view/lab/experiment.ts';
import { viewStaircase } from '../view/pictures/staircase.ts';
import type { ExperimentView, LabStateKind, LabView } from '../view/types.ts';
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

/** Three lines: is it alive, is it better and is that real, how much was tried; a fourth where short runs mislead. */
export function statusText(view: LabView, style: Style): string {
  const [sign, color] = STATE_SIGNS[view.state.kind];
  const headLine = `${sign} ${labTitle(view)} · ${view.state.text}`;
  const figures = [
    `cost ${view.spend.short}`,
    `since best ${view.sinceBest.text}`,
    ...(view.luck.range ? [view.luck.short] : []),
    view.counts.text,
    ...(view.time.experimentsPerHour > 0 ? [`${view.time.text.perHour} per hour`] : []),
  ];
  const statusLines = [
    paintText(style, color, cutText(headLine, style.columns)),
    `  ${cutText(view.verdict.headline, style.columns - 2 - trustWidth(view))} ${trustBadge(view, style)}`,
    `  ${cutText(figures.join(' · '), style.columns - 2)}`,
    ...view.health
      .filter((healthCheck) => healthCheck.warning && healthCheck.what === 'Short runs')
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

function formatLines(lines: readonly string[], style: Style): string {
  return `${lines.map((line) => spellText(line.trimEnd(), style)).join('\n')}\n`;
}

// ------------------------------------------------------------------------------------------------- one line

/** The permanent line of a finished experiment. Empty for one that does not exist. */
export function experimentLine(view: LabView, n: number, style: Style): string {
  const experiment = view.experiments[n];
  if (!experiment) return '';
  const widths = widthsOf(view);
  const kind = kindOf(experiment);
  const leftPart = [
    padText(String(experiment.n), widths.number, 'right'),
    experiment.verdict === 'running' || experiment.verdict === 'waiting' ? '…' : GLYPHS[kind],
    padText(experiment.verdict, 12),
    padText(formatNumbers(experiment, widths), widths.numbers),
  ].join(' ');
  const titleWidth = style.columns - widthOf(leftPart) - 2 - 7;
  const experimentText = `${leftPart}  ${padText(titleOf(experiment), Math.max(8, titleWidth))} ${padText(experiment.duration, 6, 'right')}`;
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

function widthsOf(view: LabView): ColumnWidths {
  const number = Math.max(3, String(Math.max(0, view.experiments.length - 1)).length);
  const baseline = view.experiments[0];
  const mean = Math.max(6, widthOf(baseline?.mean?.text ?? ''), Math.min(12, widthOf(view.metric.name)));
  const half = Math.max(4, widthOf(baseline?.half?.text ?? ''));
  const delta = Math.max(7, widthOf(baseline?.mean?.text ?? '') + 1);
  return { number, delta, mean, half, numbers: delta + 1 + mean + 2 + half + 4 };
}

function formatNumbers(experiment: ExperimentView, widths: ColumnWidths): string {
  if (experiment.failure) return experiment.failure;
  if (experiment.refusal) return experiment.refusal;
  if (experiment.discard === 'screened') return 'short run';
  if (!experiment.mean) return '';
  const deltaText = padText(experiment.effect?.delta ?? '', widths.delta, 'right');
  const halfText = experiment.half ? `±${padText(experiment.half.text, widths.half)}` : ' '.repeat(widths.half + 1);
  return `${deltaText} ${padText(experiment.mean.text, widths.mean, 'right')} ${halfText}${experiment.replicates > 1 ? ` ×${experiment.replicates}` : ''}`;
}

function titleOf(experiment: ExperimentView): string {
  return experiment.verdict === 'refused' || experiment.failure
    ? `${experiment.hypothesis} (${experiment.reason})`
    : experiment.hypothesis;
}

/** Every experiment as a line, oldest first, under a heading. */
export function logText(view: LabView, style: Style): string {
  const widths = widthsOf(view);
  const heading = `${padText('#', widths.number, 'right')}   ${padText('verdict', 12)} ${padText(`${padText('change', widths.delta, 'right')} ${padText(view.metric.name, widths.mean, 'right')} ±95 %`, widths.numbers)}  idea`;
  if (view.experiments.length === 0) return formatLines(['Nothing has been tried yet.'], style);
  const experimentLines = view.experiments.map((experiment) => experimentLine(view, experiment.n, style));
  return formatLines([paintText(style, 'bold', cutText(heading, style.columns)), ...experimentLines], style);
}

// ------------------------------------------------------------------------------------------------- the end

export interface SummaryOptions {
  /** Where the report was written. */
  readonly report?: string;
  readonly rows?: number;
}

/** The end of a run: verdict, picture, counts, what next. */
export function summaryText(view: LabView, style: Style, options: SummaryOptions = {}): string {
  const summaryLines = [
    ...wrapText(view.verdict.sentence, style.columns).map((line) => paintText(style, 'bold', line)),
    ...wrapText(`Trust: ${view.trust.grade}, because ${view.trust.reason}.`, style.columns).map((line) =>
      paintText(style, view.trust.grade === 'reported' ? 'red' : 'dim', line),
    ),
    '',
    `${labTitle(view)}`,
    ...drawChart(viewStaircase(view), style, options.rows ?? 11),
    '',
    ...wrapText(view.counts.text, style.columns),
    ...wrapText(`False keeps: ${view.luck.text}.`, style.columns),
    ...(view.sessions.length > 0 ? wrapText(timeText(view), style.columns) : []),
    ...(view.sessions.length > 0 ? wrapText(costText(view), style.columns) : []),
    ...wrapText(view.state.text, style.columns),
    ...view.health
      .filter((healthCheck) => healthCheck.warning)
      .flatMap((healthCheck) => wrapText(`! ${healthCheck.what}: ${healthCheck.text}`, style.columns)),
    ...view.next.slice(0, 1).flatMap((step) => wrapText(`Next: ${step}`, style.columns)),
    ...view.take.map((entry) => `  ${padText(entry.command, 22)} ${entry.what}`),
    ...(options.report ? [`Report: ${options.report}`] : []),
  ];
  return formatLines(summaryLines, style);
}

const timeText = ({ time: { text } }: LabView): string =>
  `${text.sessions} in all, ${text.perExperiment} per experiment, ${text.idleShare} idle`;

/** What there is to say of the cost; what there is not is in the report. */
function costText({ economics, spend }: LabView): string {
  const knownCosts = economics.lines
    .filter(({ text }) => !/^(none|no |–)/.test(text))
    .map(({ what, text }) => `${what.toLowerCase()} ${text}`);
  return `Cost: ${[spend.text, ...knownCosts].join('; ')}`;
}

// ------------------------------------------------------------------------------------------------- show

/** One experiment in full. */
export function showText(page: ExperimentPage, style: Style): string {
  const { row: experiment } = page;
  const kind = kindOf(experiment);
  const familyParts = [
    experiment.n > 0 ? `parent #${experiment.parent}` : '',
    page.children.length > 0 ? `children ${childrenText(page.children)}` : '',
  ];
  const pageLines = [
    paintText(
      style,
      PAINTS[kind] === 'dim' ? 'bold' : PAINTS[kind],
      `#${experiment.n} ${GLYPHS[kind]} ${experiment.verdict}${experiment.standing === 'none' ? '' : `, ${experiment.standing}`}  ${trustOf(page)}`,
    ),
    ...wrapText(page.hypothesis.replace(/\s+/g, ' '), style.columns, '  '),
    ...(page.why ? wrapText(`Why: ${page.why.replace(/\s+/g, ' ')}`, style.columns, '  ') : []),
    ...familyParts.filter((part) => part !== '').map((part) => `  ${part}`),
    ...(experiment.lines ? [`  lines ${experiment.lines}`] : []),
    '',
    paintText(style, 'bold', `Measurements of ${page.metric} ${page.arrow}`),
    ...sideLines(page.mine, `#${experiment.n}`, style),
    ...(page.other ? sideLines(page.other, page.other.n === 0 ? 'baseline' : `#${page.other.n}`, style) : []),
    '',
    ...pairLines('Decision', page.decision, style),
    ...page.claims.flatMap((claim) => wrapText(claim.text, style.columns, '  ')),
    ...pairLines('Provenance', page.provenance, style),
  ];
  return formatLines(pageLines, style);
}

const trustOf = (page: ExperimentPage): string => `[${page.trust.grade}]`;

function childrenText(children: readonly number[]): string {
  const firstChildren = children.slice(0, 6).map((n) => `#${n}`);
  return children.length > 6 ? `${firstChildren.join(' ')} and ${children.length - 6} more` : firstChildren.join(' ');
}

/** Rows of single measurements shown before the rest is only counted. */
const MAX_MEASUREMENTS = 12;

function sideLines(side: SideView, label: string, style: Style): string[] {
  const meanText = side.mean ? `mean ${side.mean.text}${side.half ? ` ± ${side.half.text}` : ''}` : 'no number';
  const shownMeasurements = side.measurements.slice(-MAX_MEASUREMENTS);
  const hiddenCount = side.measurements.length - shownMeasurements.length;
  return [
    `  ${padText(label, 10)} ${meanText}`,
    ...(hiddenCount > 0 ? [`    ${hiddenCount} earlier ones not shown`] : []),
    ...shownMeasurements.map((measurement) => cutText(`    ${measurementLine(measurement)}`, style.columns)),
  ];
}

function measurementLine(measurement: MeasurementView): string {
  return `m${padText(String(measurement.m), 5)} ${padText(measurement.value?.text ?? '', 10, 'right')}  ${padText(measurement.purpose, 13)} seed ${padText(String(measurement.seed), 11)} ${padText(measurement.duration, 6, 'right')}  ${measurement.value ? measurement.memory : measurement.text}`;
}

function pairLines(
  heading: string,
  entries: readonly { readonly label: string; readonly text: string }[],
  style: Style,
): string[] {
  if (entries.length === 0) return [];
  const labelWidth = Math.max(...entries.map((entry) => widthOf(entry.label))) + 1;
  return [
    paintText(style, 'bold', heading),
    ...entries.flatMap(({ label, text }) => {
      const [firstLine = '', ...moreLines] = wrapText(text, Math.max(20, style.columns - labelWidth - 2));
      return [
        `  ${padText(label, labelWidth)}${firstLine}`,
        ...moreLines.map((line) => ' '.repeat(labelWidth + 2) + line),
      ];
    }),
  ];
}
