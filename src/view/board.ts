/**
 * A lab as the dashboard's browser holds it: the view of the lab with slim rows, and patches between two of them. The browser draws from
 * this with the same pure functions as the report. Knows nothing about transport.
 */
import type { ExperimentView, LabView } from './types.ts';

/** One line of the table, and a mark of the staircase. Texts that follow the noise stand beside raw numbers that do not. */
export interface BoardRow
  extends Pick<
    ExperimentView,
    | 'n'
    | 'verdict'
    | 'standing'
    | 'mean'
    | 'replicates'
    | 'hypothesis'
    | 'parent'
    | 'lines'
    | 'durationS'
    | 'duration'
    | 'theme'
    | 'reason'
    | 'at'
    | 'workedS'
    | 'otherDevice'
    | 'discard'
    | 'proposer'
    | 'changed'
  > {
  readonly half?: { readonly text: string };
  readonly effect?: { readonly raw: number; readonly delta: string };
  readonly costUsd?: number;
  readonly cost?: string;
}

export type BoardHead = Omit<LabView, 'experiments'>;
export interface Board extends BoardHead {
  readonly experiments: readonly BoardRow[];
}

/** What changed since an earlier board: whole top-level parts, whole rows. */
export interface BoardPatch {
  readonly head: Partial<BoardHead>;
  readonly rows: readonly BoardRow[];
  /** Rows there are now; a reader cuts what lies behind. */
  readonly count: number;
}

/** Longest reason in a row; the experiment's own page has it whole. */
const MOST_REASON = 160;

export function boardRow(row: ExperimentView): BoardRow {
  const { n, verdict, standing, mean, replicates, hypothesis, parent, lines, durationS, duration, theme } = row;
  const { at, workedS, otherDevice, discard, proposer, changed, half, effect, costUsd, cost } = row;
  const reason = row.reason.length > MOST_REASON ? `${row.reason.slice(0, MOST_REASON - 1)}…` : row.reason;
  return {
    n,
    verdict,
    standing,
    replicates,
    hypothesis,
    parent,
    lines,
    durationS,
    duration,
    theme,
    reason,
    at,
    workedS,
    otherDevice,
    proposer,
    changed,
    ...(mean && { mean }),
    ...(discard && { discard }),
    ...(half && { half: { text: half.text } }),
    ...(effect && { effect: { raw: effect.raw, delta: effect.delta } }),
    ...(costUsd !== undefined && { costUsd }),
    ...(cost !== undefined && { cost }),
  };
}

export function boardOf(view: LabView): Board {
  return { ...view, experiments: view.experiments.map(boardRow) };
}

/** The parts of a head that differ; compared by what they say. */
export function changedHead(before: Partial<BoardHead>, after: BoardHead): Partial<BoardHead> {
  const changed = Object.entries(after).filter(
    ([key, part]) => JSON.stringify(before[key as keyof BoardHead]) !== JSON.stringify(part),
  );
  const gone = Object.keys(before).filter((key) => !(key in after));
  return Object.fromEntries([...changed, ...gone.map((key) => [key, null] as const)]) as Partial<BoardHead>;
}

/** A board after a patch. Untouched rows stay the same objects. */
export function patched(board: Board, patch: BoardPatch): Board {
  const experiments = board.experiments.slice(0, patch.count);
  for (const row of patch.rows) experiments[row.n] = row;
  const head = Object.fromEntries(
    Object.entries({ ...board, ...patch.head }).filter(([, part]) => part !== null),
  ) as unknown as Board;
  return { ...head, experiments };
}
