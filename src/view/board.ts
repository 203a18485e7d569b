/**
 * A lab as the dashboard's browser holds it: the view of the lab with slim rows, and patches between two of them. The
 * browser draws from this with the same pure functions as the report. Knows nothing about transport.
 */
import { defined } from '../base/defined.ts';
import { oneLine } from '../base/text.ts';
import type { FormattedNumber } from './format.ts';
import type { ExperimentView, KnobView, LabView } from './types.ts';

/**
 * One line of the table, and a mark of the staircase. Texts that follow the noise stand beside raw numbers that do not.
 */
export interface BoardRow extends Pick<
  ExperimentView,
  | 'n'
  | 'verdict'
  | 'standing'
  | 'mean'
  | 'asDecided'
  | 'isChampion'
  | 'replicates'
  | 'title'
  | 'hypothesis'
  | 'parent'
  | 'lines'
  | 'durationS'
  | 'duration'
  | 'theme'
  | 'workedS'
  | 'otherDevice'
  | 'discard'
  | 'proposer'
  | 'isStarred'
> {
  readonly half?: { readonly text: string };
  readonly effect?: { readonly raw: number; readonly delta: string };
  readonly costUsd?: number;
  readonly cost?: string;
  /** In the order of the board's list of knobs; null where it has none. Numbers in the six figures that are shown. */
  readonly knobs?: readonly KnobValue[];
  /** Places in that list of the knobs that differ from the parent's. */
  readonly changed?: readonly number[];
  /** What people wrote about it, cut to a line each; the experiment's page has the whole texts. */
  readonly notes?: readonly string[];
}

export type KnobValue = number | string | null;

export type BoardHead = Omit<LabView, 'experiments'>;
export interface Board extends BoardHead {
  readonly experiments: readonly BoardRow[];
}

/** What changed since an earlier board: whole top-level parts, whole rows. */
export interface BoardPatch {
  readonly head: Partial<BoardHead>;
  /** Packed. */
  readonly rows: readonly (readonly unknown[])[];
  /** Rows there are now; a reader cuts what lies behind. */
  readonly count: number;
}

export function boardRow(row: ExperimentView, knobList: readonly KnobView[]): BoardRow {
  const { n, verdict, standing, mean, replicates, hypothesis, parent, lines, duration, theme } = row;
  const {
    otherDevice,
    discard,
    title,
    proposer,
    half,
    effect,
    costUsd,
    cost,
    isStarred,
    notes,
    asDecided,
    isChampion,
  } = row;
  const roundToMillis = (seconds: number): number => Math.round(1000 * seconds) / 1000;
  return defined({
    n,
    verdict,
    standing,
    replicates,
    title,
    hypothesis,
    parent,
    lines,
    durationS: roundToMillis(row.durationS),
    duration,
    theme,
    workedS: roundToMillis(row.workedS),
    otherDevice,
    proposer,
    mean,
    asDecided,
    isChampion,
    discard,
    half: half && { text: half.text },
    effect: effect && { raw: effect.raw, delta: effect.delta },
    costUsd,
    cost,
    isStarred,
    notes: notes?.map((note) => oneLine(note.text, MAX_NOTE_LENGTH)),
    ...knobCells(row, knobList),
  });
}

function knobCells(row: ExperimentView, knobList: readonly KnobView[]): Partial<Pick<BoardRow, 'knobs' | 'changed'>> {
  const { knobs: valueByName } = row;
  if (!valueByName || knobList.length === 0) return {};
  const changedNames = new Set(row.changed.map((change) => change.name));
  const changed = knobList.flatMap(({ name }, index) => (changedNames.has(name) ? [index] : []));
  return {
    knobs: knobList.map(({ name }) => shownKnob(Object.hasOwn(valueByName, name) ? valueByName[name] : undefined)),
    ...(changed.length > 0 && { changed }),
  };
}

function shownKnob(value: number | string | undefined): KnobValue {
  if (typeof value === 'number') return Number(value.toPrecision(6));
  return value === undefined ? null : oneLine(value, 200);
}

const MAX_NOTE_LENGTH = 300;

export function boardOf(labView: LabView): Board {
  return { ...labView, experiments: labView.experiments.map((row) => boardRow(row, labView.knobList)) };
}

/** Columns of a row on the wire, in order: names would be half of what is sent. Missing parts are null. */
const WIRE_KEYS = [
  'n',
  'verdict',
  'standing',
  'mean',
  'half',
  'effect',
  'replicates',
  'hypothesis',
  'parent',
  'lines',
  'durationS',
  'duration',
  'workedS',
  'theme',
  'proposer',
  'otherDevice',
  'discard',
  'costUsd',
  'cost',
  'knobs',
  'changed',
  'isStarred',
  'notes',
  'isChampion',
  'asDecided',
  'title',
] as const satisfies readonly (keyof BoardRow)[];

const packNumber = (formatted: FormattedNumber | undefined): unknown[] | null =>
  formatted ? [formatted.raw, formatted.text] : null;

/** A row as values only; numbers with their texts as pairs. */
export function packRow(row: BoardRow): unknown[] {
  const cells: unknown[] = WIRE_KEYS.map((key) => {
    if (key === 'mean' || key === 'asDecided') return packNumber(row[key]);
    if (key === 'half') return row.half?.text ?? null;
    if (key === 'effect') return row.effect ? [row.effect.raw, row.effect.delta] : null;
    if (key === 'otherDevice' || key === 'isChampion') return row[key] ? 1 : null;
    return row[key] ?? null;
  });
  while (cells.at(-1) === null) cells.pop();
  return cells;
}

export function unpackRow(cells: readonly unknown[]): BoardRow {
  const row: Record<string, unknown> = { otherDevice: false };
  WIRE_KEYS.forEach((key, index) => {
    const value = cells[index];
    if (value === null || value === undefined) return;
    if (key === 'mean' || key === 'asDecided')
      row[key] = { raw: (value as unknown[])[0], text: (value as unknown[])[1] };
    else if (key === 'effect') row.effect = { raw: (value as unknown[])[0], delta: (value as unknown[])[1] };
    else if (key === 'half') row.half = { text: value };
    else row[key] = key === 'otherDevice' || key === 'isChampion' ? true : value;
  });
  return row as unknown as BoardRow;
}

/** The parts of a head that differ; compared by what they say. */
export function changedHead(before: Partial<BoardHead>, after: BoardHead): Partial<BoardHead> {
  const changedEntries = Object.entries(after).filter(
    ([key, value]) => JSON.stringify(before[key as keyof BoardHead]) !== JSON.stringify(value),
  );
  const removedKeys = Object.keys(before).filter((key) => !(key in after));
  return Object.fromEntries([
    ...changedEntries,
    ...removedKeys.map((key) => [key, null] as const),
  ]) as Partial<BoardHead>;
}

/** A board after a patch. Untouched rows stay the same objects. */
export function applyPatch(board: Board, patch: BoardPatch): Board {
  const experiments = board.experiments.slice(0, patch.count);
  for (const cells of patch.rows) {
    const row = unpackRow(cells);
    experiments[row.n] = row;
  }
  const patchedHead = Object.fromEntries(
    Object.entries({ ...board, ...patch.head }).filter(([, value]) => value !== null),
  ) as unknown as Board;
  return { ...patchedHead, experiments };
}
