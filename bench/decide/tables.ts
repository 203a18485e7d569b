/** The tables of bench/decide.ts as Markdown, every figure with its 95 % interval. */
import { mean, standardDeviationOf } from '../../src/base/stats.ts';
import type { Cell } from './cells.ts';
import type { Figures, TextbookFigures } from './figures.ts';

export interface Result {
  readonly cell: Cell;
  readonly sessions: readonly Figures[];
  readonly textbook: readonly TextbookFigures[];
}

/** Wilson's 95 % interval of a share. */
export function wilsonInterval(count: number, total: number): readonly [number, number] {
  if (total === 0) return [0, 1];
  const z = 1.959964;
  const share = count / total;
  const centre = (share + z ** 2 / (2 * total)) / (1 + z ** 2 / total);
  const half = (z / (1 + z ** 2 / total)) * Math.sqrt((share * (1 - share)) / total + z ** 2 / (4 * total ** 2));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

const percent = (share: number): string => (100 * share).toFixed(1);

/** "2.1 [1.5, 2.8] %". */
export function formatShare(count: number, total: number): string {
  if (total === 0) return '–';
  const [low, high] = wilsonInterval(count, total);
  return `${percent(count / total)} [${percent(low)}, ${percent(high)}] %`;
}

/** "4.04 ± 0.26". */
export function formatMean(values: readonly number[]): string {
  if (values.length === 0) return '–';
  return `${mean(values).toFixed(2)} ± ${((1.96 * standardDeviationOf(values)) / Math.sqrt(values.length)).toFixed(2)}`;
}

const sum = <T>(rows: readonly T[], of: (row: T) => number): number => rows.reduce((total, row) => total + of(row), 0);

/** The share of one total in another, over sessions, with its interval by the delta method. */
function formatRatio(
  rows: readonly Figures[],
  part: (row: Figures) => number,
  whole: (row: Figures) => number,
): string {
  const total = sum(rows, whole);
  if (total === 0) return '–';
  const ratio = sum(rows, part) / total;
  const residuals = rows.map((row) => part(row) - ratio * whole(row));
  const standardError = (standardDeviationOf(residuals) * Math.sqrt(rows.length)) / total;
  return `${percent(ratio)} ± ${percent(1.96 * standardError)} %`;
}

type Column = readonly [heading: string, cell: (result: Result) => string];

const count = ({ sessions }: Result): string => String(sessions.length);
const falseSteps: Column = [
  'steps called confirmed: false',
  ({ sessions }) =>
    formatShare(
      sum(sessions, (row) => row.falseSteps),
      sum(sessions, (row) => row.steps),
    ),
];
const carried: Column = [
  'they carry',
  ({ sessions }) =>
    formatRatio(
      sessions,
      (row) => row.stepGain,
      (row) => row.gain,
    ),
];
const trueGain: Column = ['true gain', ({ sessions }) => formatMean(sessions.map((row) => row.gain))];
const confirmedShare: Column = [
  'confirmed',
  ({ sessions }) =>
    formatShare(
      sum(sessions, (row) => row.confirmed),
      sessions.length,
    ),
];
const falseClaims: Column = [
  'false claims',
  ({ sessions }) =>
    formatShare(
      sum(sessions, (row) => row.falsePassed),
      sum(sessions, (row) => row.passed),
    ),
];

/** A published figure, in the columns of the public table. */
const PUBLISHED: readonly (readonly string[])[] = [
  ['60 trials, pure noise', 'labloop 0.2.0, plain', '4.8', '–', '–', '23.5 %'],
  ['60 trials, pure noise', 'labloop 0.2.0, `--min-delta` and `--confirm`', '2.1', '–', '–', '9.9 %'],
  ['10 rounds, 24 yes/no trials', 'chimera-agent, one level a round', '–', '–', '1 in 5', '–'],
  ['10 rounds, 24 yes/no trials', 'chimera-agent, one budget', '–', '–', '< 3 %', '–'],
  ['null, agents’ commits', 'greedy in PACE (arXiv 2606.08106)', '13 to 21', '–', '–', '–'],
  ['null, agents’ commits', 'PACE, e-process for each decision', 'about 0', '–', '–', '–'],
];
/** The published metric’s noise is not given: with 10 % a plain loop claims what labloop’s plain loop does. */
const PUBLIC_DEVIATION = 0.1;

const column = (heading: string, cell: (result: Result) => string): Column => [heading, cell];
const formatGain = (deviations: readonly number[]): string => `${percent(PUBLIC_DEVIATION * mean(deviations))} %`;
const PUBLIC_COLUMNS: readonly Column[] = [
  column('null sessions', ({ cell }) => cell.title),
  column('system', () => '**Overnight**'),
  column('carried on, not confirmed', ({ sessions }) => formatMean(sessions.map((row) => row.kept))),
  column('steps called confirmed', ({ sessions }) => formatMean(sessions.map((row) => row.steps))),
  column('sessions that claim', ({ sessions }) =>
    formatShare(
      sum(sessions, (row) => row.confirmed),
      sessions.length,
    ),
  ),
  column('claimed gain', ({ sessions }) => formatGain(sessions.map((row) => row.claimed))),
];

/** What a plain loop does in the same sessions. */
const plainRow = ({ cell, textbook }: Result): readonly string[] => [
  cell.title,
  'a plain loop, simulated',
  formatMean(textbook.map((row) => row.kept)),
  '–',
  '–',
  formatGain(textbook.map((row) => row.reported)),
];

const COLUMNS: Readonly<Record<Cell['group'], readonly Column[]>> = {
  public: PUBLIC_COLUMNS,
  null: [
    ['null sessions of 60 ideas', ({ cell }) => cell.title],
    [
      'sessions with a false claim',
      ({ sessions }) =>
        formatShare(
          sum(sessions, (row) => row.falselyConfirmed),
          sessions.length,
        ),
    ],
    ['carried on', ({ sessions }) => formatMean(sessions.map((row) => row.kept))],
    ['sessions', count],
  ],
  one: [
    ['one idea among 60 is worth', ({ cell }) => `${cell.title} σ`],
    [
      'in the stack',
      ({ sessions }) =>
        formatShare(
          sum(sessions, (row) => row.inStack),
          sessions.length,
        ),
    ],
    confirmedShare,
    ['measurements', ({ sessions }) => formatMean(sessions.map((row) => row.used))],
    [
      'textbook, 71 measurements: confirmed',
      ({ textbook }) =>
        formatShare(
          sum(textbook, (row) => row.confirmed),
          textbook.length,
        ),
    ],
    ['sessions', count],
  ],
  power: [
    ['one idea is worth', ({ cell }) => cell.title],
    ['what doctor says', ({ cell }) => `${percent(cell.predicted!)} %`],
    confirmedShare,
    ['sessions', count],
  ],
  gain: [
    ['ideas', ({ cell }) => cell.title],
    trueGain,
    ['of greedy', ({ sessions, textbook }) => formatQuotient(sessions, textbook)],
    ['confirmed gain', ({ sessions }) => formatMean(sessions.map((row) => row.confirmedGain))],
    ['textbook: confirmed gain', ({ textbook }) => formatMean(textbook.map((row) => row.confirmedGain))],
    confirmedShare,
    falseClaims,
    [
      'intervals that hold the truth',
      ({ sessions }) =>
        formatShare(
          sum(sessions, (row) => row.covered),
          sum(sessions, (row) => row.claims),
        ),
    ],
    [
      'claimed − true',
      ({ sessions }) => formatMean(sessions.filter((row) => row.passed > 0).map((row) => row.inflation)),
    ],
    falseSteps,
    carried,
    ['sessions', count],
  ],
  pairs: [
    ['pairs, 130 measurements', ({ cell }) => cell.title],
    trueGain,
    ['confirmed gain', ({ sessions }) => formatMean(sessions.map((row) => row.confirmedGain))],
    falseClaims,
    falseSteps,
    carried,
    ['sessions', count],
  ],
  noise: [
    ['study, 130 measurements, noise', ({ cell }) => cell.title],
    trueGain,
    ['confirmed gain', ({ sessions }) => formatMean(sessions.map((row) => row.confirmedGain))],
    confirmedShare,
    falseClaims,
    falseSteps,
    carried,
    ['sessions', count],
  ],
};

/** True gain over that of the textbook's greedy session, which keeps every better number. */
function formatQuotient(sessions: readonly Figures[], textbook: readonly TextbookFigures[]): string {
  const [own, other] = [mean(sessions.map((row) => row.gain)), mean(textbook.map((row) => row.gain))];
  return `${percent(own / other)} %`;
}

const formatRow = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** The table of one group, as Markdown. */
export function tableOf(group: Cell['group'], results: readonly Result[]): string {
  const columns = COLUMNS[group];
  const rows = results.filter(({ cell }) => cell.group === group);
  if (rows.length === 0) return '';
  return [
    formatRow(columns.map(([heading]) => heading)),
    formatRow(columns.map(() => '---')),
    ...(group === 'public' ? [...PUBLISHED, plainRow(rows[0]!)].map(formatRow) : []),
    ...rows.map((result) => formatRow(columns.map(([, cell]) => cell(result)))),
  ].join('\n');
}
