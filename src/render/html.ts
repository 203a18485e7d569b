/**
 * The report as one HTML file: no network, no scripts, light and dark, printable. Everything from a ledger is
 * escaped and isolated, so that neither markup nor writing direction can leak out of its place.
 */
import { ideaName } from '../view/idea-name.ts';
import { escapeHtml as esc } from '../base/escape.ts';
import { formatCount } from '../base/text.ts';
import { STANDING_TEXTS } from '../view/lab/experiment.ts';
import { hypothesisWithPlace, titleWithPlace, verdictWord } from '../view/words.ts';
import { shortIdea } from '../view/lab/best-change.ts';
import { annotatedExperiments } from '../view/lab/notes.ts';
import type { ExperimentView, LabView, NoteView, SegmentView } from '../view/types.ts';
import {
  ANNOTATED_TITLE,
  healthLines,
  keptEffectText,
  laterSteps,
  MAX_DIFF_CHARS,
  type ReportOptions,
  summarizeUndecided,
} from './markdown.ts';
import { isStandingShown, STANDING_HEADINGS, STANDING_TITLE, standingCells } from './standing-table.ts';
import { CALIBRATION_HEADINGS, CALIBRATION_TITLE, calibrationCells } from './calibration-table.ts';
import { GLYPHS, kindOf } from './marks.ts';
import { foreignHtml, pairsHtml, proseHtml, sectionHtml, tableHtml } from './html-parts.ts';
import { PAGE_STYLE } from './page-style.ts';
import { firstScreenHtml, headHtml } from './report-head.ts';
import { cutText } from './text.ts';

/** Rows of the table of all experiments; above, the middle is left out and said to be. */
const MAX_ROWS = 3000;

export function reportHtml(view: LabView, options: ReportOptions = {}): string {
  const hasIdeas = view.counts.tried > 0;
  const sections = [
    headHtml(view),
    firstScreenHtml(view, options),
    ...(hasIdeas ? [workedHtml(view, options), deadEndsHtml(view), undecidedHtml(view)] : []),
    healthHtml(view),
    standingHtml(view),
    calibrationHtml(view),
    costHtml(view),
    nextHtml(view),
    takeHtml(view),
    notesHtml(view),
    annotatedHtml(view),
    everyExperimentHtml(view),
    finePrintHtml(view),
  ];
  const pageTitle = `${view.arena}: ${view.verdict.headline}`;
  const securityPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
  return `<!doctype html>
<html lang="en"><head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${securityPolicy}">
<title>${esc(pageTitle)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body><main>
${sections.filter((section) => section !== '').join('\n')}
</main></body></html>
`;
}

function workedHtml(view: LabView, options: ReportOptions): string {
  if (view.segments.length === 0) return sectionHtml('worked', 'What worked', '<p>No idea was carried on.</p>');
  const segmentSections = view.segments.map((segment) => segmentHtml(view, segment, options));
  const totalGain = view.gain
    ? `<p>Together, from the baseline to #${view.champion!.n}: <b>${esc(view.gain.effect.text)}</b>.</p>`
    : '';
  const n = view.champion && view.champion.n > 0 ? view.champion.n : (view.incumbent?.n ?? 0);
  const wholeDiff = diffHtml(
    `The whole change, from the baseline to #${n}`,
    n > 0 ? options.diffOf?.(0, n) : undefined,
  );
  return sectionHtml('worked', 'What worked', `${segmentSections.join('\n')}\n${totalGain}${wholeDiff}`);
}

function segmentHtml(view: LabView, segment: SegmentView, options: ReportOptions): string {
  const heading = segment.claim
    ? `<p><b>Confirmed</b>: ${esc(segment.claim.text)}.</p>`
    : '<p><b>Steps, not confirmed</b>: some of them may not help.</p>';
  const experiments = segment.steps.map((n) => view.experiments[n]!);
  const stepTable = tableHtml(
    ['#', 'idea', 'effect when decided (95 %)', 'shrunken effect', 'chance that it is better', 'measured', 'lines'],
    experiments.map((experiment) => [
      signHtml(experiment),
      `${foreignHtml(shortIdea(experiment))}${experiment.standing === 'not shown' ? ` <span class="soft">${STANDING_TEXTS['not shown']}</span>` : ''}`,
      esc(keptEffectText(experiment)),
      esc(experiment.shrunken?.words ?? ''),
      esc(experiment.chance ?? ''),
      measuredHtml(experiment),
      esc(experiment.lines),
    ]),
    { numeric: [0, 4, 5, 6], wide: 1 },
  );
  const diffs = experiments.map((experiment) =>
    diffHtml(`Diff of #${experiment.n}`, options.diffOf?.(experiment.parent, experiment.n)),
  );
  return `${heading}${stepTable}${diffs.join('')}`;
}

const signHtml = (experiment: ExperimentView): string =>
  `<span class="k-${kindOf(experiment).replaceAll(' ', '-')}">${GLYPHS[kindOf(experiment)]}</span> ${experiment.n}`;
const measuredHtml = (experiment: ExperimentView): string =>
  experiment.mean
    ? `${esc(experiment.mean.text)}${experiment.half ? `&nbsp;±&nbsp;${esc(experiment.half.text)}` : ''}`
    : '';

function diffHtml(title: string, diff: string | undefined): string {
  if (!diff) return '';
  const diffLines = cutText(diff.slice(0, MAX_DIFF_CHARS), MAX_DIFF_CHARS).trimEnd().split('\n');
  const coloredLines = diffLines.map((line) => {
    const className = line.startsWith('+') ? 'add' : line.startsWith('-') ? 'del' : line.startsWith('@') ? 'hunk' : '';
    return className ? `<span class="${className}">${esc(line)}</span>` : esc(line);
  });
  const cutNote = diff.length > MAX_DIFF_CHARS ? '\n… cut' : '';
  return `<details class="diff"><summary>${esc(title)}</summary><pre>${coloredLines.join('\n')}${cutNote}</pre></details>`;
}

function deadEndsHtml(view: LabView): string {
  const themeRows = view.deadEnds.map((theme) => {
    const bestExperiment = theme.best === undefined ? undefined : view.experiments[theme.best];
    const resultItems = theme.experiments.slice(0, 200).map((n) => `<li>${resultHtml(view.experiments[n]!)}</li>`);
    const moreItem = theme.experiments.length > 200 ? `<li>and ${theme.experiments.length - 200} more</li>` : '';
    const bestText = bestExperiment ? `. Best: ${resultHtml(bestExperiment)}` : '';
    const summary = `<b>${foreignHtml(theme.theme)}</b>: ${theme.tried} tried, ${esc(theme.text)}${bestText}`;
    return `<details><summary>${summary}</summary><ul>${resultItems.join('')}${moreItem}</ul></details>`;
  });
  return sectionHtml('did-not', 'What did not', themeRows.join('\n'));
}

function resultHtml(experiment: ExperimentView): string {
  const result = experiment.effect ? esc(experiment.effect.text) : foreignHtml(cutText(experiment.reason, 160));
  return `#${experiment.n} ${foreignHtml(cutText(titleWithPlace(experiment), 160))}: ${result}`;
}

function undecidedHtml(view: LabView): string {
  if (view.undecided.length === 0) return sectionHtml('undecided', 'Undecided', '<p>Nothing.</p>');
  const { shown, rest } = summarizeUndecided(view);
  const tableRows = shown.map((candidate) => [
    String(candidate.n),
    foreignHtml(cutText(ideaName(view.experiments[candidate.n]!), 120)),
    `${esc(candidate.what)}${candidate.effect ? `, ${esc(candidate.effect.text)}` : ''}`,
    esc(candidate.cost),
  ]);
  return sectionHtml(
    'undecided',
    'Undecided',
    `${tableHtml(['#', 'idea', 'state', 'to settle it'], tableRows, { numeric: [0], wide: 1 })}${rest === '' ? '' : `<p>${esc(rest)}</p>`}`,
  );
}

function healthHtml(view: LabView): string {
  const noiseEntries = view.noise
    ? [
        {
          label: 'Noise',
          html: `${esc(view.noise.text)}; a gain of ${esc(view.noise.detectable.text)} is confirmed in four of five sessions like this one, ${esc(view.noise.detectable3.text)} with three times the measurements`,
        },
      ]
    : [];
  const checkEntries = healthLines(view).map((healthCheck) => ({
    label: healthCheck.what,
    html: healthCheck.warning
      ? `<span class="warn">⚠ ${proseHtml(healthCheck.text)}</span>`
      : proseHtml(healthCheck.text),
  }));
  const entries = [...noiseEntries, ...checkEntries];
  return sectionHtml('health', 'Health', entries.length > 0 ? pairsHtml(entries) : '');
}

function standingHtml({ standings }: LabView): string {
  if (!isStandingShown(standings)) return '';
  const rows = standings.map((row) => standingCells(row).map(foreignHtml));
  return sectionHtml('proposers', STANDING_TITLE, tableHtml(STANDING_HEADINGS, rows));
}

function calibrationHtml({ calibration }: LabView): string {
  const rows = calibration.map((row) => calibrationCells(row).map(foreignHtml));
  return sectionHtml('calibration', CALIBRATION_TITLE, rows.length > 0 ? tableHtml(CALIBRATION_HEADINGS, rows) : '');
}

function costHtml(view: LabView): string {
  if (view.sessions.length === 0) return '';
  const { time, economics } = view;
  const measuredParts = [
    ['Training', time.text.training, time.trainingS],
    ['Starting up', time.text.startup, time.startupS],
    ['Evaluating', time.text.evaluating, time.evaluatingS],
    ['Guards', time.text.guards, time.guardsS],
    ['Preparing', time.text.stages, time.stagesS],
    ['Idle', `${time.text.idle} (${time.text.idleShare})`, time.idleS],
    [
      'Speed',
      `${time.text.perExperiment} of measuring per experiment, ${time.text.perHour} experiments per hour`,
      time.experimentsPerHour,
    ],
  ] as const;
  const entries = [
    ...(view.counts.tried > 0 ? [['Ideas', view.counts.text] as const] : []),
    ['In all', `${time.text.sessions} in ${formatCount(view.sessions.length, 'session')}`] as const,
    ...measuredParts.flatMap(([label, text, amount]) => (amount > 0 ? [[label, text] as const] : [])),
    ['Spent', view.spend.text] as const,
    ...economics.lines.filter(({ isKnown }) => isKnown).map(({ what, text }) => [what, text] as const),
  ];
  const sessionTable = tableHtml(
    ['session', 'started', 'length', 'end', 'device'],
    view.sessions.map((session) => [
      String(session.session + 1),
      esc(session.started),
      esc(session.length),
      `${esc(session.end)}${session.detail ? `: ${foreignHtml(session.detail)}` : ''}`,
      foreignHtml(session.device),
    ]),
    { numeric: [0] },
  );
  return sectionHtml(
    'cost',
    'Cost',
    view.baseline
      ? `${pairsHtml(entries.map(([label, content]) => ({ label, html: esc(content) })))}${sessionTable}`
      : sessionTable,
  );
}

function nextHtml(view: LabView): string {
  const stepItems = laterSteps(view).map((step) => `<li>${proseHtml(step)}</li>`);
  return sectionHtml('next', 'Next', stepItems.length > 0 ? `<ul>${stepItems.join('')}</ul>` : '');
}

function takeHtml(view: LabView): string {
  if (view.take.length === 0) return '';
  const commandWidth = Math.max(22, ...view.take.map((entry) => entry.command.length));
  const commandLines = view.take.map(
    (entry) => `${esc(entry.command.padEnd(commandWidth))} <span class="soft"># ${esc(entry.what)}</span>`,
  );
  return sectionHtml('take', 'Take it', `<pre>${commandLines.join('\n')}</pre>`);
}

const noteHtml = ({ at, from, text }: NoteView): string =>
  `<li>${esc(at)}, ${foreignHtml(from)}: ${foreignHtml(text)}</li>`;

/** What people and agents wrote into the record. */
function notesHtml({ notes }: LabView): string {
  const items = notes.map(noteHtml);
  return sectionHtml('notes', 'Notes', items.length > 0 ? `<ul>${items.join('')}</ul>` : '');
}

/** Experiments that people marked or wrote about, with their words. */
function annotatedHtml(view: LabView): string {
  const items = annotatedExperiments(view.experiments).map((experiment) => {
    const noteItems = (experiment.notes ?? []).map(noteHtml);
    const star = experiment.isStarred ? '★ ' : '';
    return `<li>${star}${resultHtml(experiment)}${noteItems.length > 0 ? `<ul>${noteItems.join('')}</ul>` : ''}</li>`;
  });
  return sectionHtml('annotated', ANNOTATED_TITLE, items.length > 0 ? `<ul>${items.join('')}</ul>` : '');
}

function everyExperimentHtml(view: LabView): string {
  const experiments = view.experiments;
  if (experiments.length === 0) return '';
  const shownExperiments =
    experiments.length > MAX_ROWS
      ? [...experiments.slice(0, MAX_ROWS / 2), ...experiments.slice(-MAX_ROWS / 2)]
      : experiments;
  const tableRows = shownExperiments.map((experiment) => [
    signHtml(experiment),
    esc(verdictWord(experiment.verdict, experiment.discard)),
    measuredHtml(experiment),
    esc(experiment.effect?.delta ?? ''),
    experiment.replicates > 0 ? String(experiment.replicates) : '',
    `${experiment.title ? `<b>${foreignHtml(experiment.title)}</b><br>` : ''}${foreignHtml(cutText(hypothesisWithPlace(experiment), 300))}${experiment.why ? `<br><span class="soft">${foreignHtml(cutText(experiment.why, 200))}</span>` : ''}`,
    experiment.n > 0 ? `#${experiment.parent}` : '',
    esc(experiment.duration),
    foreignHtml(cutText(experiment.reason, 160)),
  ]);
  const headings = ['#', 'verdict', esc(view.metric.name), 'change', 'n', 'idea', 'parent', 'time', 'reason'];
  const omittedCount = experiments.length - shownExperiments.length;
  const omissionNote =
    omittedCount > 0
      ? `<p>${omittedCount} in the middle are left out here; <code>overnight log</code> shows all.</p>`
      : '';
  return sectionHtml(
    'all',
    'Every experiment',
    `${omissionNote}<details><summary>${formatCount(experiments.length, 'row')}</summary>${tableHtml(headings, tableRows, { numeric: [0, 2, 3, 4, 7], wide: 5 })}</details>`,
  );
}

function finePrintHtml(view: LabView): string {
  const entries = view.finePrint.map(({ label, text }) => ({ label, html: foreignHtml(text) }));
  return sectionHtml('fine-print', 'Fine print', pairsHtml([...entries, { label: 'Written', html: esc(view.madeAt) }]));
}
