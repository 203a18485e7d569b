/**
 * The morning report as one HTML file: no network, no scripts, light and dark, printable. Everything from a ledger is
 * escaped and isolated, so that neither markup nor writing direction can leak out of its place.
 */
import { STANDING } from '../view/lab/experiment.ts';
import { viewStaircase } from '../view/pictures/staircase.ts';
import type { ExperimentView, LabView, SegmentView } from '../view/types.ts';
import { affordable, MOST_DIFF, type ReportOptions, ideaText } from './markdown.ts';
import { GLYPHS, kindOf } from './marks.ts';
import { PAGE_STYLE } from './page-style.ts';
import { staircaseSvg } from './svg.ts';
import { cut, escapeHtml as esc } from './text.ts';

/** Rows of the table of all experiments; above, the middle is left out and said to be. */
const MOST_ROWS = 3000;

export function reportHtml(view: LabView, options: ReportOptions = {}): string {
  const sections = [
    header(view),
    staircase(view),
    worked(view, options),
    didNot(view),
    undecided(view),
    health(view),
    cost(view),
    next(view),
    take(view),
    everything(view),
    finePrint(view),
  ];
  const title = `${view.arena}: ${view.verdict.headline}`;
  const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta http-equiv="Content-Security-Policy" content="${policy}"><title>${esc(title)}</title><style>${PAGE_STYLE}</style></head>
<body><main>
${sections.filter((s) => s !== '').join('\n')}
</main></body></html>
`;
}

/** Foreign text: escaped, in its own direction. */
const foreign = (text: string): string => `<bdi>${esc(text)}</bdi>`;

/** Our sentences; commands in backticks become code. */
const prose = (text: string): string => esc(text).replace(/`(overnight[^`]*)`/g, '<code>$1</code>');

const section = (id: string, title: string, body: string): string =>
  body === '' ? '' : `<section id="${id}"><h2>${title}</h2>\n${body}</section>`;

function table(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  numeric: readonly number[] = [],
): string {
  const cell = (tag: string, html: string, k: number): string =>
    `<${tag}${numeric.includes(k) ? ' class="n"' : ''}>${html}</${tag}>`;
  const head = heads.map((h, k) => cell('th', h, k)).join('');
  const body = rows.map((row) => `<tr>${row.map((html, k) => cell('td', html, k)).join('')}</tr>`).join('\n');
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table></div>`;
}

// ------------------------------------------------------------------------------------------- first screen

function header(view: LabView): string {
  const { grade, reason } = view.trust;
  const tiles: [string, string][] = [
    ['result', esc(view.verdict.headline)],
    ['noise', view.noise ? `±${esc(view.noise.sigma.text)}` : 'not known yet'],
    ['false keeps', esc(view.luck.short)],
    ['since best', esc(view.sinceBest.long)],
    ['tried', esc(view.counts.text)],
    ['time', `${esc(view.time.text.sessions)}, ${esc(view.time.text.perHour)} per hour`],
    ['spent', esc(view.spend.text)],
    ['next', prose(view.next[0] ?? 'nothing')],
  ];
  return `<header>
<h1>${foreign(view.arena)} <span class="soft">${foreign(view.metric.name)} ${view.metric.arrow}</span></h1>
<p class="verdict">${esc(view.verdict.sentence)}</p>
<p><span class="state s-${view.state.kind.replaceAll(' ', '-')}">${foreign(view.state.text)}</span></p>
<p class="trust t-${grade}"><b>Trust: ${grade}</b>, because ${esc(reason)}.</p>
<dl class="tiles">${tiles.map(([label, html]) => `<div><dt>${label}</dt><dd>${html}</dd></div>`).join('')}</dl>
</header>`;
}

function staircase(view: LabView): string {
  const picture = viewStaircase(view);
  return `<figure>${staircaseSvg(picture, { title: false }).trim()}<figcaption>${esc(picture.caption)}</figcaption></figure>`;
}

// ------------------------------------------------------------------------------------------- what happened

function worked(view: LabView, options: ReportOptions): string {
  if (view.segments.length === 0) return section('worked', 'What worked', '<p>Nothing was kept.</p>');
  const parts = view.segments.map((segment) => segmentHtml(view, segment, options));
  const total = view.gain
    ? `<p>Together, from the baseline to #${view.champion!.n}: <b>${esc(view.gain.effect.text)}</b>.</p>`
    : '';
  const n = view.champion && view.champion.n > 0 ? view.champion.n : (view.incumbent?.n ?? 0);
  const whole = diffHtml(`The whole change, from the baseline to #${n}`, n > 0 ? options.diffOf?.(0, n) : undefined);
  return section('worked', 'What worked', `${parts.join('\n')}\n${total}${whole}`);
}

function segmentHtml(view: LabView, segment: SegmentView, options: ReportOptions): string {
  const title = segment.claim
    ? `<p><b>Confirmed</b>: ${esc(segment.claim.text)}.</p>`
    : '<p><b>Kept, not confirmed</b>: these may be luck.</p>';
  const rows = segment.steps.map((n) => view.experiments[n]!);
  const body = table(
    ['#', 'idea', 'effect when kept', '95 %', 'without luck', 'better', 'measured', 'lines'],
    rows.map((row) => [
      sign(row),
      `${foreign(row.hypothesis)}${row.standing === 'not shown' ? ` <span class="soft">${STANDING['not shown']}</span>` : ''}`,
      row.effect?.delta ?? '',
      row.effect?.intervalText ?? '',
      row.shrunken?.delta ?? '',
      row.chance ?? '',
      measured(row),
      row.lines,
    ]),
    [0, 2, 4, 5, 6, 7],
  );
  const diffs = rows.map((row) => diffHtml(`Diff of #${row.n}`, options.diffOf?.(row.parent, row.n)));
  return `${title}${body}${diffs.join('')}`;
}

const sign = (row: ExperimentView): string =>
  `<span class="k-${kindOf(row).replaceAll(' ', '-')}">${GLYPHS[kindOf(row)]}</span> ${row.n}`;
const measured = (row: ExperimentView): string =>
  row.mean ? `${row.mean.text}${row.half ? `&nbsp;±&nbsp;${row.half.text}` : ''}` : '';

function diffHtml(title: string, diff: string | undefined): string {
  if (!diff) return '';
  const lines = cut(diff.slice(0, MOST_DIFF), MOST_DIFF).trimEnd().split('\n');
  const colored = lines.map((line) => {
    const name = line.startsWith('+') ? 'add' : line.startsWith('-') ? 'del' : line.startsWith('@') ? 'hunk' : '';
    return name ? `<span class="${name}">${esc(line)}</span>` : esc(line);
  });
  const more = diff.length > MOST_DIFF ? '\n… cut' : '';
  return `<details><summary>${esc(title)}</summary><pre>${colored.join('\n')}${more}</pre></details>`;
}

function didNot(view: LabView): string {
  const rows = view.deadEnds.map((theme) => {
    const best = theme.best === undefined ? undefined : view.experiments[theme.best];
    const all = theme.experiments.slice(0, 200).map((n) => `<li>${oneResult(view.experiments[n]!)}</li>`);
    const more = theme.experiments.length > 200 ? `<li>and ${theme.experiments.length - 200} more</li>` : '';
    return `<details><summary><b>${foreign(theme.theme)}</b>: ${theme.tried} tried, ${esc(theme.text)}${best ? `. Best: ${oneResult(best)}` : ''}</summary><ul>${all.join('')}${more}</ul></details>`;
  });
  return section('did-not', 'What did not', rows.join('\n'));
}

function oneResult(row: ExperimentView): string {
  return `#${row.n} ${foreign(cut(row.hypothesis, 120))}: ${row.effect ? esc(row.effect.text) : foreign(cut(row.reason, 160))}`;
}

function undecided(view: LabView): string {
  if (view.undecided.length === 0) return section('undecided', 'Undecided', '<p>Nothing.</p>');
  const { shown, rest } = affordable(view);
  const rows = shown.map((u) => [
    String(u.n),
    foreign(cut(view.experiments[u.n]!.hypothesis, 120)),
    `${esc(u.what)}${u.effect ? `, ${esc(u.effect.text)}` : ''}`,
    esc(u.cost),
  ]);
  return section(
    'undecided',
    'Undecided',
    `${table(['#', 'idea', 'now', 'to settle'], rows, [0])}${rest === '' ? '' : `<p>${esc(rest)}</p>`}`,
  );
}

// ----------------------------------------------------------------------------------- the rest of the page

function pairs(items: readonly { readonly label: string; readonly html: string }[]): string {
  return `<dl class="pairs">${items.map(({ label, html }) => `<dt>${esc(label)}</dt><dd>${html}</dd>`).join('\n')}</dl>`;
}

function health(view: LabView): string {
  const noise = view.noise
    ? [
        {
          label: 'Noise',
          html: `${esc(view.noise.text)}; one measurement a side shows an improvement of ${esc(view.noise.detectable.text)} in four of five cases, three a side ${esc(view.noise.detectable3.text)}`,
        },
      ]
    : [];
  const lines = view.health.map((h) => ({
    label: h.what,
    html: h.warning ? `<span class="warn">⚠ ${esc(h.text)}</span>` : esc(h.text),
  }));
  const all = [...noise, ...lines];
  return section('health', 'Health', all.length > 0 ? pairs(all) : '');
}

function cost(view: LabView): string {
  if (view.sessions.length === 0) return '';
  const t = view.time.text;
  const items = [
    ['All', t.sessions],
    ['Training', t.training],
    ['Starting up', t.startup],
    ['Evaluating', t.evaluating],
    ['Preparing', t.stages],
    ['Between', `${t.idle} (${t.idleShare})`],
    ['Speed', `${t.perExperiment} of measuring per experiment, ${t.perHour} experiments per hour`],
    ['Spent', view.spend.text],
    ...view.economics.lines.map(({ what, text }) => [what, text] as const),
  ] as const;
  const sessions = table(
    ['session', 'started', 'length', 'end', 'device'],
    view.sessions.map((s) => [
      String(s.session),
      s.started,
      s.length,
      `${esc(s.end)}${s.detail ? `: ${foreign(s.detail)}` : ''}`,
      foreign(s.device),
    ]),
    [0],
  );
  return section('cost', 'Cost', `${pairs(items.map(([label, text]) => ({ label, html: esc(text) })))}${sessions}`);
}

function next(view: LabView): string {
  const items = [...view.next, ...view.ideas.map(ideaText)].map((step) => `<li>${prose(step)}</li>`);
  return section('next', 'Next', items.length > 0 ? `<ul>${items.join('')}</ul>` : '');
}

function take(view: LabView): string {
  if (view.take.length === 0) return '';
  const commands = view.take.map((t) => `${esc(t.command.padEnd(22))} <span class="soft"># ${esc(t.what)}</span>`);
  return section('take', 'Take it', `<pre>${commands.join('\n')}</pre>`);
}

function everything(view: LabView): string {
  const all = view.experiments;
  if (all.length === 0) return '';
  const shown = all.length > MOST_ROWS ? [...all.slice(0, MOST_ROWS / 2), ...all.slice(-MOST_ROWS / 2)] : all;
  const rows = shown.map((row) => [
    sign(row),
    esc(row.verdict),
    measured(row),
    row.effect?.delta ?? '',
    row.replicates > 0 ? String(row.replicates) : '',
    `${foreign(cut(row.hypothesis, 300))}${row.why ? `<br><span class="soft">${foreign(cut(row.why, 200))}</span>` : ''}`,
    row.n > 0 ? `#${row.parent}` : '',
    row.duration,
    foreign(cut(row.reason, 160)),
  ]);
  const heads = ['#', 'verdict', esc(view.metric.name), 'change', 'n', 'idea', 'parent', 'time', 'reason'];
  const left = all.length - shown.length;
  const note = left > 0 ? `<p>${left} in the middle are left out here; <code>overnight log</code> has all.</p>` : '';
  return section(
    'all',
    'Every experiment',
    `${note}<details><summary>${all.length} rows</summary>${table(heads, rows, [0, 2, 3, 4, 7])}</details>`,
  );
}

function finePrint(view: LabView): string {
  const lines = view.finePrint.map(({ label, text }) => ({ label, html: foreign(text) }));
  return section('fine-print', 'Fine print', pairs([...lines, { label: 'Written', html: esc(view.madeAt) }]));
}
