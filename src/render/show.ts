/** One experiment as lines of text, for `overnight show`. */
import type { ExperimentPage, MeasurementView, SideView } from '../view/lab/experiment.ts';
import { verdictWord } from '../view/words.ts';
import { GLYPHS, kindOf, PAINTS } from './marks.ts';
import { DURATION_WIDTH, formatLines } from './terminal.ts';
import { cutText, padText, paintText, type Style, widthOf, wrapText } from './text.ts';

/** One experiment in full. */
export function showText(page: ExperimentPage, style: Style): string {
  const { row: experiment } = page;
  const kind = kindOf(experiment);
  const standing = experiment.isChampion ? 'champion' : experiment.standing;
  const standingText = standing === 'none' ? '' : `, ${standing}`;
  const familyParts = [
    experiment.n > 0 ? `parent #${experiment.parent}` : '',
    page.children.length > 0 ? `children ${childrenText(page.children)}` : '',
  ];
  const pageLines = [
    paintText(
      style,
      PAINTS[kind] === 'dim' ? 'bold' : PAINTS[kind],
      `#${experiment.n} ${GLYPHS[kind]} ${verdictWord(experiment.verdict, experiment.discard)}${standingText}${experiment.isStarred ? ', starred' : ''}  [${page.trust.grade}]`,
    ),
    ...(experiment.title ? wrapText(experiment.title, style.columns, '  ') : []),
    ...wrapText(page.hypothesis.replace(/\s+/g, ' '), style.columns, '  '),
    ...(page.why ? wrapText(`Why: ${page.why.replace(/\s+/g, ' ')}`, style.columns, '  ') : []),
    ...familyParts.filter((part) => part !== '').map((part) => `  ${part}`),
    ...(experiment.lines ? [`  lines ${experiment.lines}`] : []),
    ...(experiment.notes ?? []).flatMap(({ at, from, text }) =>
      wrapText(`Note, ${at}, ${from}: ${text.replace(/\s+/g, ' ')}`, style.columns, '  '),
    ),
    '',
    paintText(style, 'bold', `Measurements of ${page.metric} ${page.arrow}`),
    ...sideLines(page.mine, `#${experiment.n}`, style),
    ...(page.other ? sideLines(page.other, page.other.n === 0 ? 'baseline' : `#${page.other.n}`, style) : []),
    ...page.beside.flatMap((text) => wrapText(`Beside it: ${text}`, style.columns, '  ')),
    ...(page.phases ? wrapText(`Time of a measurement: ${page.phases}`, style.columns, '  ') : []),
    '',
    ...pairLines(
      'Guards',
      (page.guards ?? []).map(({ name, text }) => ({ label: name, text })),
      style,
    ),
    ...pairLines('Decision', page.decision, style),
    ...page.claims.flatMap((claim) => wrapText(claim.text, style.columns, '  ')),
    ...pairLines('Provenance', page.provenance, style),
  ];
  return formatLines(pageLines, style);
}

function childrenText(children: readonly number[]): string {
  const firstChildren = children.slice(0, 6).map((n) => `#${n}`);
  return children.length > 6 ? `${firstChildren.join(' ')} and ${children.length - 6} more` : firstChildren.join(' ');
}

/** Rows of single measurements shown before the rest is only counted. */
const MAX_MEASUREMENTS = 12;

function sideLines(side: SideView, label: string, style: Style): string[] {
  const meanText = side.mean ? `mean ${side.mean.text}${side.half ? ` ± ${side.half.text}` : ''}` : 'no number';
  const shownMeasurements = side.measurements.slice(-MAX_MEASUREMENTS);
  const valueWidth = shownMeasurements.reduce((width, { value }) => Math.max(width, widthOf(value?.text ?? '')), 10);
  const hiddenCount = side.measurements.length - shownMeasurements.length;
  return [
    `  ${padText(label, 10)} ${meanText}`,
    ...(hiddenCount > 0 ? [`    ${hiddenCount} earlier ones not shown`] : []),
    ...shownMeasurements.map((measurement) =>
      cutText(`    ${measurementLine(measurement, valueWidth)}`, style.columns),
    ),
  ];
}

function measurementLine(measurement: MeasurementView, valueWidth: number): string {
  const { m, value, purpose, seed, duration, memory, text } = measurement;
  return [
    `m${padText(String(m), 5)}`,
    padText(value?.text ?? '', valueWidth, 'right'),
    ` ${padText(purpose, 13)}`,
    `seed ${padText(String(seed), 11)}`,
    padText(duration, DURATION_WIDTH, 'right'),
    ` ${value ? memory : text}`,
  ].join(' ');
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
