/**
 * The pinned window of a run, and the line of what takes a while: the CLI owns the cursor and decides how often. Costs
 * nothing that grows with the lab.
 */
import type { LabView } from '../view/types.ts';
import { trust } from './terminal.ts';
import { bar, cut, pad, paint, type Style, spell, widthOf } from './text.ts';

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
const MOST_TICKS = 4;

export function liveWindow(
  view: LabView,
  ticks: readonly LiveTick[],
  style: Style,
  options: LiveOptions = {},
): string[] {
  const { columns } = style;
  const since = `since best ${view.sinceBest.text}`;
  const lines = [
    paint(style, 'dim', '─'.repeat(columns)),
    `${twoEnds(` ${view.verdict.headline}`, since, columns - view.trust.grade.length - 4)} ${trust(view, style)}`,
    ...(view.verdict.progress === undefined
      ? []
      : [cut(` measuring the noise of the unchanged code ${bar(view.verdict.progress)}`, columns)]),
    cut(` ${view.counts.text}`, columns),
    ...budgetLine(view, columns),
    ...ticks.slice(0, MOST_TICKS).map((tick) => tickLine(view, tick, columns)),
    ...(ticks.length > MOST_TICKS ? [` and ${ticks.length - MOST_TICKS} more`] : []),
    ...(ticks.length === 0 ? [cut(` ${view.state.text}`, columns)] : []),
    ...(options.thinking ? [cut(` thinking: ${options.thinking}`, columns)] : []),
    ...(options.keys ? [paint(style, 'dim', cut(` ${options.keys}`, columns))] : []),
  ];
  return lines.map((line) => spell(line, style));
}

function twoEnds(left: string, right: string, columns: number): string {
  const room = columns - widthOf(right) - 2;
  return room < 24 ? pad(left, columns) : `${pad(left, room)}  ${right}`;
}

function budgetLine(view: LabView, columns: number): string[] {
  const bars = view.limits.bars.map(({ label, share }) => `${label} ${bar(share)}`);
  const rate = view.time.experimentsPerHour > 0 ? `${view.time.text.perHour} per hour` : '';
  const parts = [...bars, view.limits.projection ?? '', rate].filter((part) => part !== '');
  return parts.length > 0 ? [cut(` ${parts.join('  ')}`, columns)] : [];
}

/** One running measurement: how far, what for, and how it does beside the incumbent. */
export function tickLine(view: LabView, tick: LiveTick, columns: number): string {
  const { seconds, wallS } = view.budget;
  const training = tick.budgetedS > 0;
  const [done, all] = training ? [tick.budgetedS, seconds] : [tick.wallS, wallS];
  const row = view.experiments[tick.n];
  const what =
    tick.purpose === 'calibrate'
      ? 'measuring the noise of the baseline'
      : `${tick.purpose === 'idea' ? '' : `${tick.purpose} `}${row?.hypothesis ?? ''}`;
  const said = tick.said ? `  ${tick.said}` : '';
  return cut(` #${tick.n} ${bar(all > 0 ? done / all : 0)} ${minutes(done)}/${minutes(all)} ${what}${said}`, columns);
}

const minutes = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;

/** What takes a while. */
export interface Doing {
  readonly what: string;
  /** 0 to 1; absent where nobody knows. */
  readonly share?: number;
  readonly words?: string;
}

/**
 * ` setup ▓▓▓░░░░░░░ 30 % 0:12  words`. Where no share is known, a piece of bar wanders: it lives. Plain lines have
 * words instead of bars.
 */
export function progressLine({ what, share, words }: Doing, elapsedS: number, style: Style, drawn = true): string {
  const known = share === undefined ? [] : [`${Math.floor(100 * share)} %`];
  const place = share === undefined ? wandering(elapsedS) : bar(share);
  const line = drawn
    ? [` ${what}`, place, ...known, minutes(elapsedS), ...(words ? ['', words] : [])].join(' ')
    : `${what}: ${[...known, `${minutes(elapsedS)} so far`, ...(words ? [words] : [])].join(', ')}`;
  return spell(cut(line, style.columns - 1), style);
}

function wandering(elapsedS: number): string {
  const at = Math.floor(elapsedS * 4) % 10;
  return [...bar(0)].map((cell, k) => (k === at || k === (at + 1) % 10 ? '▓' : cell)).join('');
}
