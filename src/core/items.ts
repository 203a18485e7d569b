/**
 * Outcomes item by item: how they are stored, which items steer and which are kept in reserve, and how the rules read
 * them. What an item is called and what it scored never leaves the lab's store: no view, brief or event holds it.
 */
import { LabError } from '../base/error.ts';
import { seedOf } from '../base/random.ts';
import type { Measurement } from './experiment.ts';
import type { StoredItems } from './item-record.ts';

/** The items of a lab, sorted by id: the same in every measurement. */
export interface ItemTable {
  readonly ids: readonly string[];
  /** The block of each item, where blocks are declared: items of one block are not independent. */
  readonly blocks?: readonly string[];
}

/** What one measurement scored, in the order of the table. */
export interface ItemScores {
  readonly values: Float64Array;
  /** What each value is divided by; absent where the metric is a mean. */
  readonly weights?: Float64Array;
}

export interface MeasuredItems extends ItemScores {
  readonly stored: StoredItems;
  readonly table: ItemTable;
}

/** Reads stored items when a rule asks for them, and keeps what it read and what was computed from it. */
export interface ItemReader {
  read(stored: StoredItems): MeasuredItems;
  /** The value of `compute`, which must follow from the key. */
  remember<T>(key: string, compute: () => T): T;
}

/** Key of the reader in the state: a symbol, and not enumerable, so that nothing made of the state holds any of it. */
export const ITEM_READER: unique symbol = Symbol('items');

interface WithItems {
  readonly [ITEM_READER]?: ItemReader;
}

const TABLE_HEADER = 'overnight-item-ids 1';
const SCORES_HEADER = 'overnight-item-scores 1';
const NOTE_HEADER = 'overnight-item-note 1';
const ITEM_HEADERS = [TABLE_HEADER, SCORES_HEADER, NOTE_HEADER];
/** Share of the items that steer. Simulated with the levels of `rules/items.ts` (decision 0051). */
const STEERING_SHARE = 1 / 3;
/** Computed values that are kept. */
const MAX_REMEMBERED = 512;
/** Scores that are kept after they were read. */
const MAX_KEPT_SCORES = 4_000_000;

/** Sort items by id and bring their columns along. */
export function sortItems(
  ids: readonly string[],
  blocks: readonly string[] | undefined,
  { values, weights }: { readonly values: readonly number[]; readonly weights?: readonly number[] | undefined },
): { readonly table: ItemTable; readonly scores: ItemScores } {
  const order = ids.map((_, i) => i).sort((left, right) => (ids[left]! < ids[right]! ? -1 : 1));
  return {
    table: { ids: order.map((i) => ids[i]!), ...(blocks && { blocks: order.map((i) => blocks[i]!) }) },
    scores: {
      values: Float64Array.from(order, (i) => values[i]!),
      ...(weights && { weights: Float64Array.from(order, (i) => weights[i]!) }),
    },
  };
}

/** The table as text: equal tables are equal bytes. Neither ids nor blocks hold tabs or line ends. */
export const encodeTable = ({ ids, blocks }: ItemTable): string =>
  `${[TABLE_HEADER, ...ids.map((id, i) => (blocks ? `${id}\t${blocks[i]!}` : id))].join('\n')}\n`;

export const encodeScores = ({ values, weights }: ItemScores): string => {
  const lines = Array.from(values, (value, i) => (weights ? `${value}\t${weights[i]!}` : String(value)));
  return `${[SCORES_HEADER, ...lines].join('\n')}\n`;
};

/** Names of items in a failure, for the person alone. */
export const encodeNote = (note: string): string => `${NOTE_HEADER}\n${note}\n`;

export const decodeNote = (text: string): string => text.replace(`${NOTE_HEADER}\n`, '').trimEnd();

/** Does a blob that begins with these bytes tell anything of items? Whoever serves blobs to others leaves it out. */
export function isItemBlob(firstBytes: Uint8Array): boolean {
  const text = new TextDecoder().decode(firstBytes.subarray(0, 64));
  return ITEM_HEADERS.some((header) => text.startsWith(header));
}

function linesOf(bytes: Uint8Array | undefined, header: string): string[] | undefined {
  const lines = bytes === undefined ? [] : new TextDecoder().decode(bytes).split('\n');
  return lines[0] === header && lines.at(-1) === '' ? lines.slice(1, -1) : undefined;
}

export function decodeTable(bytes: Uint8Array | undefined): ItemTable | undefined {
  const rows = linesOf(bytes, TABLE_HEADER)?.map((line) => line.split('\t'));
  if (rows === undefined) return undefined;
  const hasBlocks = rows[0]?.length === 2;
  return { ids: rows.map(([id]) => id!), ...(hasBlocks && { blocks: rows.map((row) => row[1] ?? '') }) };
}

export function decodeScores(bytes: Uint8Array | undefined): ItemScores | undefined {
  const rows = linesOf(bytes, SCORES_HEADER)?.map((line) => line.split('\t').map(Number));
  if (rows === undefined) return undefined;
  const hasWeights = rows[0]?.length === 2;
  return {
    values: Float64Array.from(rows, ([value]) => value!),
    ...(hasWeights && { weights: Float64Array.from(rows, (row) => row[1]!) }),
  };
}

/** `readBlob` gives the bytes of a blob of the lab; undefined where there is none. */
export function createItemReader(readBlob: (blobHash: string) => Uint8Array | undefined): ItemReader {
  const tables = new Map<string, ItemTable>();
  const scores = new Map<string, ItemScores>();
  const remembered = new Map<string, unknown>();
  let keptScores = 0;
  const readTable = (stored: StoredItems): ItemTable => {
    const table = tables.get(stored.ids) ?? decodeTable(readBlob(stored.ids));
    if (table?.ids.length !== stored.count) throw lostItemsError(stored.ids, 'ids');
    tables.set(stored.ids, table);
    return table;
  };
  const readScores = (stored: StoredItems): ItemScores => {
    const kept = scores.get(stored.scores);
    if (kept) return kept;
    const read = decodeScores(readBlob(stored.scores));
    if (read?.values.length !== stored.count || !read.values.every(Number.isFinite))
      throw lostItemsError(stored.scores, 'scores');
    keptScores += stored.count;
    if (keptScores > MAX_KEPT_SCORES) {
      scores.clear();
      keptScores = stored.count;
    }
    scores.set(stored.scores, read);
    return read;
  };
  return {
    read: (stored) => ({ ...readScores(stored), table: readTable(stored), stored }),
    remember: <T>(key: string, compute: () => T): T => {
      if (remembered.has(key)) return remembered.get(key) as T;
      const value = compute();
      if (remembered.size >= MAX_REMEMBERED) remembered.clear();
      remembered.set(key, value);
      return value;
    },
  };
}

const lostItemsError = (blobHash: string, what: 'ids' | 'scores'): LabError =>
  new LabError('E_ITEMS', {
    what: 'The stored items of a measurement cannot be read.',
    why: `Blob ${blobHash.slice(0, 12)}… with their ${what} is missing, or does not hold what the ledger says.`,
    next: 'Restore the folder `blobs` of the lab from a copy; `overnight audit` names the measurement.',
  });

/** The reader that the fold was given. */
export function readerOf(state: WithItems): ItemReader {
  const reader = state[ITEM_READER];
  if (reader) return reader;
  throw new LabError('E_INTERNAL', {
    what: 'A rule asked for items where none can be read.',
    why: 'This state was folded without the lab’s blobs.',
    next: 'Please report this: it is a mistake in Overnight.',
  });
}

/** What a measurement stored about its items; undefined where it has no number or no items. */
export const storedItemsOf = (measurement: Measurement): StoredItems | undefined =>
  measurement.state === 'finished' && measurement.outcome.kind === 'measured'
    ? measurement.conditions.items
    : undefined;

/** `steering`: what ideas are compared on and numbers are made of. `reserve`: what only a verdict of "better" uses. */
export type ItemPart = 'steering' | 'reserve';

/** The independent units of one part, in the order of chance; each is a list of positions in the table. */
export type ItemSplit = Readonly<Record<ItemPart, readonly (readonly number[])[]>>;

/**
 * Which items steer. It follows from the lab's seed and the ids alone, so that no proposer can tell, and an item never
 * changes sides. A block stays whole.
 */
export function splitItems({ ids, blocks = ids }: ItemTable, labSeed: number): ItemSplit {
  const positions = new Map<string, number[]>();
  blocks.forEach((block, position) => {
    const unit = positions.get(block);
    if (unit) unit.push(position);
    else positions.set(block, [position]);
  });
  const ordered = [...positions.keys()]
    .map((name) => ({ name, key: seedOf(`${labSeed} item ${name}`) }))
    .sort((left, right) => left.key - right.key || (left.name < right.name ? -1 : 1))
    .map(({ name }) => positions.get(name)!);
  const steeringCount = Math.round(ordered.length * STEERING_SHARE);
  return { steering: ordered.slice(0, steeringCount), reserve: ordered.slice(steeringCount) };
}

/** The metric over some units: the sum of their values over the sum of their weights, or over their number. */
export function scoreOf({ values, weights }: ItemScores, units: readonly (readonly number[])[]): number {
  let [sum, weight] = [0, 0];
  for (const unit of units)
    for (const position of unit) {
      sum += values[position]!;
      weight += weights ? weights[position]! : 1;
    }
  return sum / weight;
}
