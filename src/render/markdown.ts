/** The morning report as Markdown: one page, every line from the view. Hostile text stays text. */
import { STANDING } from '../view/lab/experiment.ts';
import { viewStaircase } from '../view/pictures/staircase.ts';
import type { EffectView, ExperimentView, LabView, SegmentView } from '../view/types.ts';
import { GLYPHS, kindOf } from './marks.ts';
import { cut, escapeMarkdown as esc, revealBidi } from './text.ts';

export interface ReportOptions {
  /** Unified diff from one experiment to another, where there is one. */
  readonly diffOf?: (from: number, to: number) => string | undefined;
  /** Where the picture lies beside the report. */
  readonly picture?: string;
}

/** Experiments of one theme that get a line of their own in Markdown; the HTML report lists all. */
const MOST_LISTED = 3;
/** Characters of a diff that are shown before it is cut. */
export const MOST_DIFF = 6000;

export function reportMarkdown(view: LabView, options: ReportOptions = {}): string {
  const sections = [
    head(view, options),
    worked(view, options),
    didNot(view),
    undecided(view),
    health(view),
    cost(view),
    list('Next', [...view.next, ...view.ideas.map(ideaText)]),
    take(view),
    finePrint(view),
  ];
  return `${sections.filter((s) => s !== '').join('\n\n')}\n`;
}

const section = (title: string, lines: readonly string[]): string =>
  lines.length > 0 ? `## ${title}\n\n${lines.join('\n')}` : '';

/** Our own commands in backticks stay commands; everything else is escaped. */
function prose(text: string): string {
  return text
    .split(/(`overnight[^`]*`)/)
    .map((part) => (part.startsWith('`overnight') ? part : esc(part)))
    .join('');
}

const list = (title: string, items: readonly string[]): string =>
  section(
    title,
    items.map((item) => `- ${prose(item)}`),
  );

function head(view: LabView, options: ReportOptions): string {
  const picture = viewStaircase(view);
  const image = `![${esc(picture.title)}: ${esc(picture.description)}](${options.picture ?? 'progress.svg'})`;
  const warning = view.trust.grade === 'reported' ? '**🔴 ' : '**';
  return [
    `# ${esc(view.arena)}: ${esc(view.metric.name)} ${view.metric.arrow}`,
    `**${esc(view.verdict.sentence)}**`,
    `State: ${esc(view.state.text)}. ${warning}Trust: ${view.trust.grade}**, because ${esc(view.trust.reason)}.`,
    `False keeps: ${esc(view.luck.text)}.`,
    image,
    `*${esc(picture.caption)}*`,
  ].join('\n\n');
}

// ------------------------------------------------------------------------------------------ what worked

function worked(view: LabView, options: ReportOptions): string {
  if (view.segments.length === 0) return section('What worked', ['Nothing was kept.']);
  const lines = view.segments.flatMap((segment) => [...segmentLines(view, segment), '']);
  const total = view.gain
    ? [`Together, from the baseline to #${view.champion!.n}: ${esc(view.gain.effect.text)}.`]
    : [];
  const n = view.champion && view.champion.n > 0 ? view.champion.n : (view.incumbent?.n ?? 0);
  return section('What worked', [...lines, ...total, ...diffLines(n, options)]);
}

function segmentLines(view: LabView, segment: SegmentView): string[] {
  const title = segment.claim
    ? `**Confirmed**: ${esc(segment.claim.text)}.`
    : '**Kept, not confirmed**: these may be luck.';
  const rows = segment.steps.map((n) => stepRow(view.experiments[n]!));
  return [
    title,
    '',
    '| # | idea | effect when kept | 95 % | without luck | better | measured | lines |',
    '|--:|---|--:|---|--:|--:|--:|--:|',
    ...rows,
  ];
}

function stepRow(row: ExperimentView): string {
  const { effect } = row;
  const standing = row.standing === 'not shown' ? ` (${STANDING['not shown']})` : '';
  const cells = [
    `${GLYPHS[kindOf(row)]} ${row.n}`,
    `${esc(row.hypothesis)}${standing}`,
    effect?.delta ?? '',
    effect?.intervalText ?? '',
    row.shrunken?.delta ?? '',
    row.chance ?? '',
    `${row.mean?.text ?? ''}${row.half ? ` ± ${row.half.text}` : ''}`,
    row.lines,
  ];
  return `| ${cells.join(' | ')} |`;
}

function diffLines(n: number, options: ReportOptions): string[] {
  const diff = n > 0 ? options.diffOf?.(0, n) : undefined;
  if (!diff) return [];
  const shown =
    diff.length > MOST_DIFF ? `${diff.slice(0, MOST_DIFF)}\n… cut; \`overnight diff ${n}\` shows all` : diff;
  const fence = '`'.repeat(Math.max(3, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return ['', `The whole change, from the baseline to #${n}:`, '', `${fence}diff`, revealBidi(shown).trimEnd(), fence];
}

// ---------------------------------------------------------------------------------------- what did not

function didNot(view: LabView): string {
  const lines = view.deadEnds.flatMap((theme) => {
    const best = theme.best === undefined ? undefined : view.experiments[theme.best];
    const first = `- **${esc(theme.theme)}**: ${theme.tried} tried, ${theme.text}${best ? `. Best: ${oneResult(best)}` : ''}`;
    const others = theme.experiments
      .filter((n) => n !== theme.best)
      .slice(0, MOST_LISTED)
      .map((n) => `  - ${oneResult(view.experiments[n]!)}`);
    const more = theme.experiments.length - others.length - (best ? 1 : 0);
    return [first, ...others, ...(more > 0 ? [`  - and ${more} more`] : [])];
  });
  return section('What did not', lines);
}

/** `#12 DEPTH 4 → 8: +0.014 (95 %: …)`, or why there is no number. */
function oneResult(row: ExperimentView): string {
  return `#${row.n} ${esc(cut(row.hypothesis, 120))}: ${row.effect ? effectText(row.effect) : esc(cut(row.reason, 160))}`;
}

/** An untried idea of a proposer, in the words of one line. */
export const ideaText = ({ n, text }: LabView['ideas'][number]): string =>
  `Untried, said at #${n}: ${text.replaceAll('`', '’')}`;

const effectText = (effect: EffectView): string => esc(effect.text);

/** Those that can be settled one by one; the others, when there are many, only by their numbers. */
export function affordable({ undecided }: Pick<LabView, 'undecided'>): { shown: LabView['undecided']; rest: string } {
  const hard = undecided.filter((u) => u.measurements === undefined);
  if (undecided.length <= 6 || hard.length < 2) return { shown: undecided, rest: '' };
  const shown = undecided.filter((u) => u.measurements !== undefined);
  const numbers = hard
    .slice(0, 30)
    .map((u) => `#${u.n}`)
    .join(', ');
  const rest = `${shown.length > 0 ? 'Not worth settling' : 'None is worth settling'}, their effects being too small for this noise: ${numbers}${hard.length > 30 ? ` and ${hard.length - 30} more` : ''}.`;
  return shown.length > 0 ? { shown, rest } : { shown: hard.slice(0, 3), rest };
}

function undecided(view: LabView): string {
  const { shown, rest } = affordable(view);
  const lines = shown.map((u) => {
    const row = view.experiments[u.n]!;
    const effect = u.effect ? `, ${esc(u.effect.text)}` : '';
    return `| ${u.n} | ${esc(cut(row.hypothesis, 120))} | ${esc(u.what)}${effect} | ${esc(u.cost)} |`;
  });
  const table = ['| # | idea | now | to settle |', '|--:|---|---|---|', ...lines];
  const more = rest === '' ? [] : ['', esc(rest)];
  return section('Undecided', lines.length > 0 ? [...table, ...more] : ['Nothing.']);
}

// ----------------------------------------------------------------------------------- the rest of the page

function health(view: LabView): string {
  const lines = view.health.map((h) => `- ${h.warning ? '⚠ ' : ''}**${h.what}**: ${esc(h.text)}`);
  const noise = view.noise
    ? [
        `- **Noise**: ${esc(view.noise.text)}; one measurement a side shows an improvement of ${esc(view.noise.detectable.text)} in four of five cases, three a side ${esc(view.noise.detectable3.text)}`,
      ]
    : [];
  return section('Health', [...noise, ...lines]);
}

function cost(view: LabView): string {
  if (view.sessions.length === 0) return '';
  const t = view.time.text;
  const spent = [
    `- ${esc(view.counts.text)}`,
    `- ${t.sessions} in all: ${t.training} training, ${t.startup} starting up, ${t.evaluating} evaluating, ${t.stages} preparing, ${t.idle} between (${t.idleShare})`,
    `- ${t.perExperiment} of measuring per experiment, ${t.perHour} experiments per hour`,
    `- ${esc(view.spend.text)}`,
    ...view.economics.lines.map(({ what, text }) => `- ${what}: ${esc(text)}`),
  ];
  const sessions = view.sessions.map(
    (s) => `| ${s.session} | ${s.started} | ${s.length} | ${esc(s.end)}${s.detail ? `: ${esc(s.detail)}` : ''} |`,
  );
  const table = ['', '| session | started | length | end |', '|--:|---|---|---|', ...sessions];
  return section('Cost', [...spent, ...table]);
}

function take(view: LabView): string {
  if (view.take.length === 0) return '';
  const commands = view.take.map((t) => `${t.command.padEnd(22)} # ${t.what}`);
  return section('Take it', ['```sh', ...commands, '```']);
}

function finePrint(view: LabView): string {
  const lines = view.finePrint.map(({ label, text }) => `- ${label}: ${esc(text)}`);
  return section('Fine print', [...lines, `- Written: ${view.madeAt}`]);
}
