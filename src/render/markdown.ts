/** The report as Markdown: one page, every line from the view. Hostile text stays text. */
import { escapeMarkdown as esc, escapeTerminalLine, fenceMarkdown } from '../base/escape.ts';
import { formatCount } from '../base/text.ts';
import { ideaName } from '../view/idea-name.ts';
import { STANDING_TEXTS } from '../view/lab/experiment.ts';
import { annotatedExperiments } from '../view/lab/notes.ts';
import { bestChange, shortIdea } from '../view/lab/best-change.ts';
import { type Tile, tilesOf } from '../view/lab/tiles.ts';
import { viewStaircase } from '../view/pictures/staircase.ts';
import type { ExperimentView, LabView, SegmentView } from '../view/types.ts';
import { isStandingShown, STANDING_HEADINGS, STANDING_TITLE, standingCells } from './standing-table.ts';
import { CALIBRATION_HEADINGS, CALIBRATION_TITLE, calibrationCells } from './calibration-table.ts';
import { titleWithPlace } from '../view/words.ts';
import { GLYPHS, kindOf } from './marks.ts';
import { cutText } from './text.ts';

export interface ReportOptions {
  /** Unified diff from one experiment to another, where there is one. */
  readonly diffOf?: (baseN: number, targetN: number) => string | undefined;
  /** Where the picture lies beside the report. */
  readonly picture?: string;
}

/** Experiments of one theme that get a line of their own in Markdown; the HTML report lists all. */
const MAX_LISTED = 3;
/** Heading of the experiments that people marked or wrote about. */
export const ANNOTATED_TITLE = 'Starred and noted';
/** Characters of a diff that are shown before it is cut. */
export const MAX_DIFF_CHARS = 6000;

export function reportMarkdown(view: LabView, options: ReportOptions = {}): string {
  const sections = [
    reportHead(view, options),
    ...(view.counts.tried > 0 ? [workedSection(view, options), deadEndsSection(view), undecidedSection(view)] : []),
    healthSection(view),
    standingSection(view),
    calibrationSection(view),
    costSection(view),
    listSection('Next', laterSteps(view)),
    takeSection(view),
    notesSection(view),
    annotatedSection(view),
    finePrintSection(view),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

const sectionText = (title: string, bodyLines: readonly string[]): string =>
  bodyLines.length > 0 ? `## ${title}\n\n${bodyLines.join('\n')}` : '';

/** Our own commands in backticks stay commands; everything else is escaped. */
function escapeProse(sentence: string): string {
  return sentence
    .split(/(`overnight[^`]*`)/)
    .map((part) => (part.startsWith('`overnight') ? escapeTerminalLine(part) : esc(part)))
    .join('');
}

/** All steps and untried ideas, where there are more than the one that the report opens with. */
export function laterSteps(view: LabView): string[] {
  const steps = [...view.next, ...view.ideas.map(ideaText)];
  return steps.length > 1 ? steps : [];
}

/** What health has to say: before an idea was tried only warnings. */
export const healthLines = (view: LabView): LabView['health'] =>
  view.counts.tried > 0 ? view.health : view.health.filter((line) => line.warning);

const listSection = (title: string, items: readonly string[]): string =>
  sectionText(
    title,
    items.map((item) => `- ${escapeProse(item)}`),
  );

/** What people and agents wrote into the record. */
const notesSection = ({ notes }: LabView): string =>
  sectionText(
    'Notes',
    notes.map(({ at, from, text }) => `- ${esc(at)}, ${esc(from)}: ${esc(text)}`),
  );

/** Experiments that people marked or wrote about, with their words. */
function annotatedSection(view: LabView): string {
  const entries = annotatedExperiments(view.experiments).flatMap((experiment) => [
    `- ${experiment.isStarred ? '★ ' : ''}${resultText(experiment)}`,
    ...(experiment.notes ?? []).map(({ at, from, text }) => `  - ${esc(at)}, ${esc(from)}: ${esc(text)}`),
  ]);
  return sectionText(ANNOTATED_TITLE, entries);
}

function reportHead(view: LabView, options: ReportOptions): string {
  const staircase = viewStaircase(view);
  const tiles = tilesOf(view);
  const imageLink = `![${esc(staircase.title)}: ${esc(staircase.description)}](${options.picture ?? 'progress.svg'})`;
  const stateLine = view.state.kind === 'never run' ? '' : `State: ${esc(view.state.text)}.`;
  const nextLine = view.next[0] ? `**Next:** ${escapeProse(view.next[0])}` : '';
  return [
    view.tag === '' ? '# No lab yet' : `# ${esc(view.arena)}: ${esc(view.metric.name)} ${esc(view.metric.arrow)}`,
    `**${esc(view.verdict.sentence)}**`,
    tiles.length > 0 ? tilesTable(tiles) : stateLine,
    nextLine,
    ...(staircase.empty ? [] : [changeTable(view, options), imageLink, `*${esc(staircase.caption)}*`]),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

const tableLine = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const tilesTable = (tiles: readonly Tile[]): string =>
  [
    tableLine(tiles.map((tile) => esc(tile.name))),
    `|${tiles.map(() => '---').join('|')}|`,
    tableLine(tiles.map((tile) => `**${esc(tile.value)}**`)),
    tableLine(tiles.map((tile) => esc(tile.note))),
  ].join('\n');

/** From the baseline to the best: the metric, each knob, each file that changed beyond its knobs. */
function changeTable(view: LabView, options: ReportOptions): string {
  const bestN = view.champion && view.champion.n > 0 ? view.champion.n : (view.incumbent?.n ?? 0);
  const change = bestChange(view, bestN > 0 ? options.diffOf?.(0, bestN) : undefined);
  if (!change) return '';
  const rows = change.rows.map(({ what, baseline, best }) =>
    tableLine([what, baseline || '–', best || '–'].map((cell) => cell.split('\n').map(esc).join(' / '))),
  );
  const best = `#${change.n}${change.isConfirmed ? '' : ', not confirmed'}`;
  return ['## From baseline to best', '', tableLine(['', 'baseline', best]), '|---|---|---|', ...rows].join('\n');
}

function workedSection(view: LabView, options: ReportOptions): string {
  if (view.segments.length === 0) return sectionText('What worked', ['No idea was carried on.']);
  const segmentTexts = view.segments.flatMap((segment) => [...segmentLines(view, segment), '']);
  const totalGain = view.gain
    ? [`Together, from the baseline to #${view.champion!.n}: ${esc(view.gain.effect.text)}.`]
    : [];
  const n = view.champion && view.champion.n > 0 ? view.champion.n : (view.incumbent?.n ?? 0);
  return sectionText('What worked', [...segmentTexts, ...totalGain, ...diffLines(n, options)]);
}

function segmentLines(view: LabView, segment: SegmentView): string[] {
  const heading = segment.claim
    ? `**Confirmed**: ${esc(segment.claim.text)}.`
    : '**Steps, not confirmed**: some of them may not help.';
  const stepRows = segment.steps.map((n) => stepRow(view.experiments[n]!));
  return [
    heading,
    '',
    '| # | idea | effect when decided (95 %) | shrunken effect | chance that it is better | measured | lines |',
    '|--:|---|---|---|--:|--:|--:|',
    ...stepRows,
  ];
}

function stepRow(experiment: ExperimentView): string {
  const standingNote = experiment.standing === 'not shown' ? ` (${STANDING_TEXTS['not shown']})` : '';
  const rowCells = [
    `${GLYPHS[kindOf(experiment)]} ${experiment.n}`,
    `${esc(shortIdea(experiment))}${standingNote}`,
    esc(keptEffectText(experiment)),
    esc(experiment.shrunken?.words ?? ''),
    esc(experiment.chance ?? ''),
    esc(`${experiment.mean?.text ?? ''}${experiment.half ? ` ± ${experiment.half.text}` : ''}`),
    experiment.lines,
  ];
  return `| ${rowCells.join(' | ')} |`;
}

/** `better by 2.66 (2.52 to 2.79)`, under a heading that says what the brackets hold. */
export const keptEffectText = ({ effect }: ExperimentView): string =>
  effect ? `${effect.words}${effect.intervalText ? ` (${effect.intervalText})` : ''}` : '';

function diffLines(n: number, options: ReportOptions): string[] {
  const wholeDiff = n > 0 ? options.diffOf?.(0, n) : undefined;
  if (!wholeDiff) return [];
  const shownDiff =
    wholeDiff.length > MAX_DIFF_CHARS
      ? `${wholeDiff.slice(0, MAX_DIFF_CHARS)}\n… cut; \`overnight diff 0 ${n}\` shows all`
      : wholeDiff;
  return ['', `The whole change, from the baseline to #${n}:`, '', fenceMarkdown('diff', shownDiff)];
}

function deadEndsSection(view: LabView): string {
  const themeLines = view.deadEnds.flatMap((theme) => {
    const bestExperiment = theme.best === undefined ? undefined : view.experiments[theme.best];
    const bestText = bestExperiment ? `. Best: ${resultText(bestExperiment)}` : '';
    const themeLine = `- **${esc(theme.theme)}**: ${theme.tried} tried, ${esc(theme.text)}${bestText}`;
    const otherLines = theme.experiments
      .filter((n) => n !== theme.best)
      .slice(0, MAX_LISTED)
      .map((n) => `  - ${resultText(view.experiments[n]!)}`);
    const moreCount = theme.experiments.length - otherLines.length - (bestExperiment ? 1 : 0);
    return [themeLine, ...otherLines, ...(moreCount > 0 ? [`  - and ${moreCount} more`] : [])];
  });
  return sectionText('What did not', themeLines);
}

/** `#12 DEPTH 4 → 8: worse by 0.014 (95 %: …)`, or why there is no number. */
function resultText(experiment: ExperimentView): string {
  const result = esc(experiment.effect?.text ?? cutText(experiment.reason, 160));
  return `#${experiment.n} ${esc(cutText(titleWithPlace(experiment), 160))}: ${result}`;
}

/** An untried idea of a proposer, in one line. */
export const ideaText = ({ n, text }: LabView['ideas'][number]): string =>
  `Not tried yet, suggested at #${n}: ${text.replaceAll('`', '’')}`;

/** Those that can be decided, one by one; the others, when there are many, only by their numbers. */
export function summarizeUndecided({ undecided }: Pick<LabView, 'undecided'>): {
  shown: LabView['undecided'];
  rest: string;
} {
  const unaffordable = undecided.filter((candidate) => candidate.measurements === undefined);
  if (undecided.length <= 6 || unaffordable.length < 2) return { shown: undecided, rest: '' };
  const shown = undecided.filter((candidate) => candidate.measurements !== undefined);
  const numberList = unaffordable
    .slice(0, 30)
    .map((candidate) => `#${candidate.n}`)
    .join(', ');
  const rest = `${shown.length > 0 ? 'Not worth settling' : 'None is worth settling'}, because the effects are too small for this noise: ${numberList}${unaffordable.length > 30 ? ` and ${unaffordable.length - 30} more` : ''}.`;
  return shown.length > 0 ? { shown, rest } : { shown: unaffordable.slice(0, 3), rest };
}

function undecidedSection(view: LabView): string {
  const { shown, rest } = summarizeUndecided(view);
  const tableRows = shown.map((candidate) => {
    const experiment = view.experiments[candidate.n]!;
    const effectNote = candidate.effect ? `, ${esc(candidate.effect.text)}` : '';
    return `| ${candidate.n} | ${esc(cutText(ideaName(experiment), 120))} | ${esc(candidate.what)}${effectNote} | ${esc(candidate.cost)} |`;
  });
  const tableLines = ['| # | idea | state | to settle it |', '|--:|---|---|---|', ...tableRows];
  const restLines = rest === '' ? [] : ['', esc(rest)];
  return sectionText('Undecided', tableRows.length > 0 ? [...tableLines, ...restLines] : ['Nothing.']);
}

function healthSection(view: LabView): string {
  const checkLines = healthLines(view).map(
    (healthCheck) =>
      `- ${healthCheck.warning ? '⚠ ' : ''}**${esc(healthCheck.what)}**: ${escapeProse(healthCheck.text)}`,
  );
  const noiseLines = view.noise
    ? [
        `- **Noise**: ${esc(view.noise.text)}; a gain of ${esc(view.noise.detectable.text)} is confirmed in four of five sessions like this one, ${esc(view.noise.detectable3.text)} with three times the measurements`,
      ]
    : [];
  return sectionText('Health', [...noiseLines, ...checkLines]);
}

function standingSection({ standings }: LabView): string {
  if (!isStandingShown(standings)) return '';
  const ruler = `|${STANDING_HEADINGS.map(() => '---').join('|')}|`;
  const rows = standings.map((row) => tableLine(standingCells(row).map(esc)));
  return sectionText(STANDING_TITLE, [tableLine(STANDING_HEADINGS), ruler, ...rows]);
}

/** What proposers expected of their ideas, and what came of them. */
function calibrationSection({ calibration }: LabView): string {
  const rows = calibration.map((row) => tableLine(calibrationCells(row).map(esc)));
  const ruler = `|${CALIBRATION_HEADINGS.map(() => '---').join('|')}|`;
  return sectionText(CALIBRATION_TITLE, rows.length > 0 ? [tableLine(CALIBRATION_HEADINGS), ruler, ...rows] : []);
}

function costSection(view: LabView): string {
  if (view.sessions.length === 0) return '';
  const { time, economics } = view;
  const shares = (
    [
      [`${time.text.training} training`, time.trainingS],
      [`${time.text.startup} starting up`, time.startupS],
      [`${time.text.evaluating} evaluating`, time.evaluatingS],
      [`${time.text.guards} for guards`, time.guardsS],
      [`${time.text.stages} preparing`, time.stagesS],
      [`${time.text.idle} idle (${time.text.idleShare})`, time.idleS],
    ] as const
  ).flatMap(([text, seconds]) => (seconds > 0 ? [text] : []));
  const speed = `- ${time.text.perExperiment} of measuring per experiment, ${time.text.perHour} experiments per hour`;
  const hasMeasured = view.baseline !== undefined;
  const timeLine = `- ${time.text.sessions} in ${formatCount(view.sessions.length, 'session')}${shares.length > 0 ? `: ${shares.join(', ')}` : ''}`;
  const costLines = [
    ...(view.counts.tried > 0 ? [`- ${esc(view.counts.text)}`] : []),
    ...(hasMeasured ? [timeLine, `- ${esc(view.spend.text)}`] : []),
    ...(time.experimentsPerHour > 0 ? [speed] : []),
    ...economics.lines.flatMap(({ what, text, isKnown }) =>
      isKnown && hasMeasured ? [`- ${esc(what)}: ${esc(text)}`] : [],
    ),
  ];
  const sessionRows = view.sessions.map(
    (session) =>
      `| ${session.session + 1} | ${esc(session.started)} | ${esc(session.length)} | ${esc(session.end)}${session.detail ? `: ${esc(session.detail)}` : ''} |`,
  );
  const sessionTable = ['', '| session | started | length | end |', '|--:|---|---|---|', ...sessionRows];
  return sectionText('Cost', [...costLines, ...sessionTable]);
}

function takeSection(view: LabView): string {
  if (view.take.length === 0) return '';
  const commandWidth = Math.max(22, ...view.take.map((entry) => entry.command.length));
  const commandLines = view.take.map((entry) =>
    escapeTerminalLine(`${entry.command.padEnd(commandWidth)} # ${entry.what}`),
  );
  return sectionText('Take it', [fenceMarkdown('sh', commandLines.join('\n'))]);
}

function finePrintSection(view: LabView): string {
  const printLines = view.finePrint.map(({ label, text }) => `- ${esc(label)}: ${esc(text)}`);
  return sectionText('Fine print', [...printLines, `- Written: ${esc(view.madeAt)}`]);
}
