/**
 * A lab as lines of text: `status`, `log`, `show`, the line of a finished experiment, the end of a run. Only prints
 * what the view holds.
 */
import type { ExperimentPage, MeasurementView, SideView } from '../view/lab/experiment.ts';
import { viewStaircase } from '../view/pictures/staircase.ts';
import type { ExperimentView, LabStateKind, LabView } from '../view/types.ts';
import { chart } from './chart.ts';
import { GLYPHS, kindOf, PAINTS } from './marks.ts';
import { cut, type Paint, pad, paint, type Style, spell, widthOf, wrap } from './text.ts';

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
  const head = `${sign} ${name(view)} · ${view.state.text}`;
  const tried = [
    `cost ${view.spend.short}`,
    `since best ${view.sinceBest.text}`,
    ...(view.luck.range ? [view.luck.short] : []),
    view.counts.text,
    ...(view.time.experimentsPerHour > 0 ? [`${view.time.text.perHour} per hour`] : []),
  ];
  const lines = [
    paint(style, color, cut(head, style.columns)),
    `  ${cut(view.verdict.headline, style.columns - 2 - trustWidth(view))} ${trust(view, style)}`,
    `  ${cut(tried.join(' · '), style.columns - 2)}`,
    ...view.health
      .filter((h) => h.warning && h.what === 'Short runs')
      .map((h) => paint(style, 'yellow', cut(`! ${h.what}: ${h.text}`, style.columns))),
  ];
  return finish(lines, style);
}

const name = (view: LabView): string => `${view.arena} ${view.metric.name} ${view.metric.arrow}`;

const trustWidth = (view: LabView): number => view.trust.grade.length + 3;

/** `[sealed]`; `[reported]` in red. */
export function trust(view: Pick<LabView, 'trust'>, style: Style): string {
  const { grade } = view.trust;
  return paint(style, grade === 'reported' ? 'red' : grade === 'guarded' ? 'yellow' : 'green', `[${grade}]`);
}

function finish(lines: readonly string[], style: Style): string {
  return `${lines.map((line) => spell(line.trimEnd(), style)).join('\n')}\n`;
}

// ------------------------------------------------------------------------------------------------- one line

/** The permanent line of a finished experiment. Empty for one that does not exist. */
export function experimentLine(view: LabView, n: number, style: Style): string {
  const row = view.experiments[n];
  if (!row) return '';
  const widths = widthsOf(view);
  const kind = kindOf(row);
  const left = [
    pad(String(row.n), widths.n, 'right'),
    row.verdict === 'running' || row.verdict === 'waiting' ? '…' : GLYPHS[kind],
    pad(row.verdict, 12),
    pad(numbers(row, widths), widths.numbers),
  ].join(' ');
  const room = style.columns - widthOf(left) - 2 - 7;
  const line = `${left}  ${pad(titleOf(row), Math.max(8, room))} ${pad(row.duration, 6, 'right')}`;
  return spell(paint(style, PAINTS[kind], cut(line, Math.max(40, style.columns)).trimEnd()), style);
}

interface Widths {
  readonly n: number;
  readonly delta: number;
  readonly mean: number;
  readonly half: number;
  readonly numbers: number;
}

function widthsOf(view: LabView): Widths {
  const n = Math.max(3, String(Math.max(0, view.experiments.length - 1)).length);
  const baseline = view.experiments[0];
  const mean = Math.max(6, widthOf(baseline?.mean?.text ?? ''), Math.min(12, widthOf(view.metric.name)));
  const half = Math.max(4, widthOf(baseline?.half?.text ?? ''));
  const delta = Math.max(7, widthOf(baseline?.mean?.text ?? '') + 1);
  return { n, delta, mean, half, numbers: delta + 1 + mean + 2 + half + 4 };
}

function numbers(row: ExperimentView, widths: Widths): string {
  if (row.failure) return row.failure;
  if (row.refusal) return row.refusal;
  if (row.discard === 'screened') return 'short run';
  if (!row.mean) return '';
  const delta = pad(row.effect?.delta ?? '', widths.delta, 'right');
  const half = row.half ? `±${pad(row.half.text, widths.half)}` : ' '.repeat(widths.half + 1);
  return `${delta} ${pad(row.mean.text, widths.mean, 'right')} ${half}${row.replicates > 1 ? ` ×${row.replicates}` : ''}`;
}

function titleOf(row: ExperimentView): string {
  return row.verdict === 'refused' || row.failure ? `${row.hypothesis} (${row.reason})` : row.hypothesis;
}

/** Every experiment as a line, oldest first, under a heading. */
export function logText(view: LabView, style: Style): string {
  const widths = widthsOf(view);
  const heading = `${pad('#', widths.n, 'right')}   ${pad('verdict', 12)} ${pad(`${pad('change', widths.delta, 'right')} ${pad(view.metric.name, widths.mean, 'right')} ±95 %`, widths.numbers)}  idea`;
  if (view.experiments.length === 0) return finish(['Nothing has been tried yet.'], style);
  const lines = view.experiments.map((row) => experimentLine(view, row.n, style));
  return finish([paint(style, 'bold', cut(heading, style.columns)), ...lines], style);
}

// ------------------------------------------------------------------------------------------------- the end

export interface SummaryOptions {
  /** Where the report was written. */
  readonly report?: string;
  readonly rows?: number;
}

/** The end of a run: verdict, picture, counts, what next. */
export function summaryText(view: LabView, style: Style, options: SummaryOptions = {}): string {
  const lines = [
    ...wrap(view.verdict.sentence, style.columns).map((line) => paint(style, 'bold', line)),
    ...wrap(`Trust: ${view.trust.grade}, because ${view.trust.reason}.`, style.columns).map((line) =>
      paint(style, view.trust.grade === 'reported' ? 'red' : 'dim', line),
    ),
    '',
    `${name(view)}`,
    ...chart(viewStaircase(view), style, options.rows ?? 11),
    '',
    ...wrap(view.counts.text, style.columns),
    ...wrap(`False keeps: ${view.luck.text}.`, style.columns),
    ...(view.sessions.length > 0 ? wrap(timeText(view), style.columns) : []),
    ...(view.sessions.length > 0 ? wrap(costText(view), style.columns) : []),
    ...wrap(view.state.text, style.columns),
    ...view.health.filter((h) => h.warning).flatMap((h) => wrap(`! ${h.what}: ${h.text}`, style.columns)),
    ...view.next.slice(0, 1).flatMap((step) => wrap(`Next: ${step}`, style.columns)),
    ...view.take.map((t) => `  ${pad(t.command, 22)} ${t.what}`),
    ...(options.report ? [`Report: ${options.report}`] : []),
  ];
  return finish(lines, style);
}

const timeText = ({ time: { text } }: LabView): string =>
  `${text.sessions} in all, ${text.perExperiment} per experiment, ${text.idleShare} idle`;

/** What there is to say of the cost; what there is not is in the report. */
function costText({ economics, spend }: LabView): string {
  const known = economics.lines
    .filter(({ text }) => !/^(none|no |–)/.test(text))
    .map(({ what, text }) => `${what.toLowerCase()} ${text}`);
  return `Cost: ${[spend.text, ...known].join('; ')}`;
}

// ------------------------------------------------------------------------------------------------- show

/** One experiment in full. */
export function showText(page: ExperimentPage, style: Style): string {
  const { row } = page;
  const kind = kindOf(row);
  const family = [
    row.n > 0 ? `parent #${row.parent}` : '',
    page.children.length > 0 ? `children ${childrenText(page.children)}` : '',
  ];
  const lines = [
    paint(
      style,
      PAINTS[kind] === 'dim' ? 'bold' : PAINTS[kind],
      `#${row.n} ${GLYPHS[kind]} ${row.verdict}${row.standing === 'none' ? '' : `, ${row.standing}`}  ${trustOf(page)}`,
    ),
    ...wrap(page.hypothesis.replace(/\s+/g, ' '), style.columns, '  '),
    ...(page.why ? wrap(`Why: ${page.why.replace(/\s+/g, ' ')}`, style.columns, '  ') : []),
    ...family.filter((part) => part !== '').map((part) => `  ${part}`),
    ...(row.lines ? [`  lines ${row.lines}`] : []),
    '',
    paint(style, 'bold', `Measurements of ${page.metric} ${page.arrow}`),
    ...sideLines(page.mine, `#${row.n}`, style),
    ...(page.other ? sideLines(page.other, page.other.n === 0 ? 'baseline' : `#${page.other.n}`, style) : []),
    '',
    ...pairs('Decision', page.decision, style),
    ...page.claims.flatMap((claim) => wrap(claim.text, style.columns, '  ')),
    ...pairs('Provenance', page.provenance, style),
  ];
  return finish(lines, style);
}

const trustOf = (page: ExperimentPage): string => `[${page.trust.grade}]`;

function childrenText(children: readonly number[]): string {
  const first = children.slice(0, 6).map((n) => `#${n}`);
  return children.length > 6 ? `${first.join(' ')} and ${children.length - 6} more` : first.join(' ');
}

/** Rows of single measurements shown before the rest is only counted. */
const MOST_MEASUREMENTS = 12;

function sideLines(side: SideView, label: string, style: Style): string[] {
  const mean = side.mean ? `mean ${side.mean.text}${side.half ? ` ± ${side.half.text}` : ''}` : 'no number';
  const shown = side.measurements.slice(-MOST_MEASUREMENTS);
  const more = side.measurements.length - shown.length;
  return [
    `  ${pad(label, 10)} ${mean}`,
    ...(more > 0 ? [`    ${more} earlier ones not shown`] : []),
    ...shown.map((m) => cut(`    ${measurementLine(m)}`, style.columns)),
  ];
}

function measurementLine(m: MeasurementView): string {
  return `m${pad(String(m.m), 5)} ${pad(m.value?.text ?? '', 10, 'right')}  ${pad(m.purpose, 13)} seed ${pad(String(m.seed), 11)} ${pad(m.duration, 6, 'right')}  ${m.value ? m.memory : m.text}`;
}

function pairs(
  title: string,
  items: readonly { readonly label: string; readonly text: string }[],
  style: Style,
): string[] {
  if (items.length === 0) return [];
  const width = Math.max(...items.map((item) => widthOf(item.label))) + 1;
  return [
    paint(style, 'bold', title),
    ...items.flatMap(({ label, text }) => {
      const [first = '', ...rest] = wrap(text, Math.max(20, style.columns - width - 2));
      return [`  ${pad(label, width)}${first}`, ...rest.map((line) => ' '.repeat(width + 2) + line)];
    }),
  ];
}
