/**
 * Reads the items that an evaluator reports, strictly: `items.csv` beside the result, or a line `items:` in it. What is
 * missing, doubled, unreadable or foreign is a failure of the measurement. Its message counts items; their names are
 * for the person alone and stand in a note of their own, because proposers read messages.
 */
import * as fs from 'node:fs';
import { defined } from '../base/defined.ts';
import { oneLine } from '../base/text.ts';
import type { Arena } from '../core/arena.ts';
import { type ItemScores, type ItemTable, scoreOf, sortItems } from '../core/items.ts';
import type { FailureClass, Outcome } from '../core/outcome.ts';
import { isProblem, openLeftFile } from '../os/left-files.ts';
import { crashOutcome } from './faults.ts';
import { DECIMAL_NUMBER, MAX_METRIC, parseResult } from './protocol.ts';
import { readResultFile, readSideFile } from './side-files.ts';

export const ITEMS_FILE = 'items.csv';
/** More items or bytes are refused: a decision must cost milliseconds and a lab must fit on a disk. */
export const MAX_ITEMS = 100_000;
export const MAX_ITEMS_BYTES = 16_000_000;
/** With fewer independent units no comparison of a half of them says anything. */
export const MIN_UNITS = 20;
const MAX_ID_CHARS = 200;
/** Names in a note. */
const MAX_NAMED = 3;
const COUNTED_PIECE_BYTES = 1 << 20;
// eslint-disable-next-line no-control-regex -- an id must not hold them
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f]/;

export interface ReportedItems {
  readonly table: ItemTable;
  readonly scores: ItemScores;
}

/** A failure, and what only the person may read of it. */
export interface ItemFailure {
  readonly failure: Outcome;
  readonly note?: string;
}

export interface ItemRequest {
  readonly arena: Pick<Arena, 'decide' | 'metric'>;
  readonly nonce: string;
  /** The items of the baseline; absent while they are not known. */
  readonly expected?: ItemTable | undefined;
}

interface Row {
  readonly id: string;
  readonly value: number;
  readonly block?: string | undefined;
  readonly weight?: number | undefined;
}

const fail = (kind: FailureClass, message: string, named: readonly string[] = []): ItemFailure => ({
  failure: crashOutcome(kind, message),
  ...(named.length > 0 && { note: namesOf(named) }),
});

/** The first names, each on one line. */
const namesOf = (ids: readonly string[]): string =>
  `${ids
    .slice(0, MAX_NAMED)
    .map((id) => `"${oneLine(id, 60)}"`)
    .join(', ')}${ids.length > MAX_NAMED ? ` and ${ids.length - MAX_NAMED} more` : ''}`;

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

/** The result without its line of items, which is no metric. */
const withoutItems = (resultText: string): string => resultText.replace(/^[ \t]*items[ \t]*:.*$/gm, '');

export const reportsItems = ({ decide }: Pick<Arena, 'decide'>): boolean => decide.rule === 'items';

/** The evaluator's result and the items beside it. A number without its items is none. */
export function readResultWithItems(
  resultDir: string,
  request: ItemRequest,
): { readonly outcome: Outcome; readonly items?: ReportedItems; readonly note?: string } {
  const resultText = readResultFile(resultDir);
  const outcome = parseResult(withoutItems(resultText), request.arena.metric, request.nonce);
  if (outcome.kind !== 'measured') return { outcome };
  if (outcome.samples)
    return {
      outcome: crashOutcome(
        'items-text',
        'the result has a line "samples:": with decide.rule items, single values are items',
      ),
    };
  const items = readItems(resultDir, resultText, outcome.value, request);
  if (!('failure' in items)) return { outcome, items };
  return { outcome: items.failure, ...defined({ note: items.note }) };
}

/** What the evaluator reported beside a metric of `value`. */
function readItems(
  resultDir: string,
  resultText: string,
  value: number,
  request: ItemRequest,
): ReportedItems | ItemFailure {
  const rows = readRows(resultDir, resultText, request.nonce);
  if (!Array.isArray(rows)) return rows;
  const problem = checkRows(rows, request.arena);
  if (problem) return problem;
  const [hasBlocks, hasWeights] = [rows[0]!.block !== undefined, rows[0]!.weight !== undefined];
  const { table, scores } = sortItems(
    rows.map(({ id }) => id),
    hasBlocks ? rows.map(({ block }) => block!) : undefined,
    {
      values: rows.map((row) => row.value),
      ...defined({ weights: hasWeights ? rows.map(({ weight }) => weight!) : undefined }),
    },
  );
  return (
    compareTables(table, request.expected) ?? checkScore(scores, value, request.arena.metric.name) ?? { table, scores }
  );
}

/** From the file or from the line; several or none of them are a failure. */
function readRows(resultDir: string, resultText: string, nonce: string): Row[] | ItemFailure {
  const lines = [...resultText.matchAll(/^[ \t]*items[ \t]*:(.*)$/gm)].map(([, list]) => list!.trim());
  const file = openLeftFile(resultDir, ITEMS_FILE);
  const hasFile = !isProblem(file);
  if (!hasFile && file.kind === 'not-plain') return fail('items-text', `${ITEMS_FILE} ${file.problem}`);
  if (lines.length + (hasFile ? 1 : 0) > 1)
    return fail('items-text', `the items are reported ${lines.length + (hasFile ? 1 : 0)} times`);
  if (lines.length === 1) return readLine(lines[0]!);
  if (!hasFile)
    return fail(
      'items-missing',
      `no ${ITEMS_FILE} beside the result and no line "items:" in it, but decide.rule is items`,
    );
  try {
    if (file.stats.size > MAX_ITEMS_BYTES) return tooMany(countLines(file.descriptor) - 2, file.stats.size);
  } finally {
    file.close();
  }
  return readTable(readSideFile(resultDir, ITEMS_FILE, MAX_ITEMS_BYTES) ?? '', nonce);
}

const tooMany = (items: number, bytes: number): ItemFailure =>
  fail(
    'items-count',
    `${count(items, 'item')} in ${bytes} bytes, at most ${MAX_ITEMS} items in ${MAX_ITEMS_BYTES} bytes are read; report sums over blocks instead`,
  );

/** Lines of a file that is too long to be read at once. */
function countLines(descriptor: number): number {
  const piece = Buffer.alloc(COUNTED_PIECE_BYTES);
  let [lines, at] = [0, 0];
  for (;;) {
    const byteCount = fs.readSync(descriptor, piece, 0, piece.length, at);
    if (byteCount === 0) return lines;
    for (let i = piece.indexOf(10); i >= 0 && i < byteCount; i = piece.indexOf(10, i + 1)) lines++;
    at += byteCount;
  }
}

/** `items: q1=0.5 q2=1` in the result, which carries the nonce. */
function readLine(list: string): Row[] | ItemFailure {
  const parts = list.split(/\s+/).filter(Boolean);
  if (parts.length > MAX_ITEMS) return tooMany(parts.length, list.length);
  return readEach(parts, (part) => {
    const equals = part.lastIndexOf('=');
    return equals < 1 ? undefined : { id: part.slice(0, equals), value: part.slice(equals + 1) };
  });
}

const COLUMNS = ['id', 'value', 'block', 'weight'] as const;
type Cells = { readonly id: string; readonly value: string } & Partial<Record<'block' | 'weight', string>>;

/** A line with the nonce, a header, then one line for each item. */
function readTable(text: string, nonce: string): Row[] | ItemFailure {
  const [nonceLine, header, ...body] = text.replace(/\r?\n$/, '').split(/\r?\n/);
  if (text.trim() === '') return fail('items-text', `${ITEMS_FILE} is empty`);
  const given = /^#\s*nonce\s*:\s*(\S+)\s*$/.exec(nonceLine ?? '')?.[1];
  if (given !== nonce)
    return fail(
      'items-foreign',
      `${ITEMS_FILE} does not begin with "# nonce: …" of this measurement (${given === undefined ? 'none given' : 'another one given'})`,
    );
  const columns = splitCells(header ?? '');
  const unknown = columns.filter((column) => !(COLUMNS as readonly string[]).includes(column));
  const isDoubled = new Set(columns).size < columns.length;
  if (unknown.length > 0 || isDoubled || !columns.includes('id') || !columns.includes('value'))
    return fail(
      'items-text',
      `the header of ${ITEMS_FILE} is "${oneLine(header ?? '', 60)}": id,value and, where wanted, block and weight, each once`,
    );
  if (body.length > MAX_ITEMS) return tooMany(body.length, text.length);
  return readEach(body, (line) => {
    const cells = splitCells(line);
    if (cells.length !== columns.length) return undefined;
    return Object.fromEntries(columns.map((column, i) => [column, cells[i]!])) as unknown as Cells;
  });
}

/** Cells of one line of CSV: quoted ones may hold commas and doubled quotes. */
function splitCells(line: string): string[] {
  // Each cell begins with a comma, the first one too: an empty match would skip the comma after it.
  return [...`,${line}`.matchAll(/,(?: *"((?:[^"]|"")*)" *(?=,|$)|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain!.trim(),
  );
}

/** Every line becomes a row, or the first bad one is named by its place. */
function readEach(lines: readonly string[], cellsOf: (line: string) => Cells | undefined): Row[] | ItemFailure {
  const rows: Row[] = [];
  for (const [i, line] of lines.entries()) {
    const place = `item ${i + 1} of ${lines.length}`;
    const cells = cellsOf(line);
    if (!cells) return fail('items-text', `${place} has another number of columns than the header`, [line]);
    const { id, value, block, weight } = cells;
    for (const [name, text_] of [
      ['id', id],
      ['block', block],
    ] as const)
      if (text_ !== undefined && (text_ === '' || text_.length > MAX_ID_CHARS || CONTROL_CHARACTER.test(text_)))
        return fail('items-text', `${place} has no ${name} of 1 to ${MAX_ID_CHARS} printable characters`, [line]);
    for (const [name, text] of [
      ['value', value],
      ['weight', weight],
    ] as const)
      if (text !== undefined && !isNumber(text))
        return fail(
          'items-text',
          `the ${name} of ${place} is "${oneLine(text, 30)}": one number within ±${MAX_METRIC} is wanted`,
          [id],
        );
    rows.push({ id, value: Number(value), block, weight: weight === undefined ? undefined : Number(weight) });
  }
  return rows;
}

const isNumber = (text: string): boolean => DECIMAL_NUMBER.test(text) && Math.abs(Number(text)) <= MAX_METRIC;

/** What no single row shows: ids that are there twice, too few units, weights that do not fit the aggregate. */
function checkRows(rows: readonly Row[], { decide }: ItemRequest['arena']): ItemFailure | undefined {
  const seen = new Set<string>();
  const doubled = [...new Set(rows.filter(({ id }) => seen.size === seen.add(id).size).map(({ id }) => id))];
  if (doubled.length > 0)
    return fail(
      'items-text',
      `${count(doubled.length, 'id')} of ${rows.length} items ${doubled.length === 1 ? 'is' : 'are'} there more than once`,
      doubled,
    );
  const isRatio = decide.items?.aggregate === 'ratio';
  const hasWeights = rows[0]?.weight !== undefined;
  if (isRatio !== hasWeights && rows.length > 0)
    return fail(
      'items-text',
      isRatio
        ? 'decide.items.aggregate is ratio, which needs a column weight'
        : 'there is a column weight, but decide.items.aggregate is mean',
    );
  if (rows.some(({ weight }) => weight !== undefined && weight < 0))
    return fail(
      'items-text',
      'a weight is below 0',
      rows.filter(({ weight = 0 }) => weight < 0).map(({ id }) => id),
    );
  const hasBlocks = rows[0]?.block !== undefined;
  const units = hasBlocks ? new Set(rows.map(({ block }) => block)).size : rows.length;
  if (hasBlocks && units === rows.length)
    return fail('items-count', `each of the ${units} blocks has one item: leave the column block out`);
  if (units < MIN_UNITS)
    return fail(
      'items-count',
      `${count(units, hasBlocks ? 'block' : 'item')}, at least ${MIN_UNITS} are needed to compare`,
    );
  if (isRatio && rows.every(({ weight }) => weight === 0)) return fail('items-text', 'all weights are 0');
  return undefined;
}

/** The baseline's items, and no others. */
function compareTables(table: ItemTable, expected: ItemTable | undefined): ItemFailure | undefined {
  if (!expected) return undefined;
  const [present, wanted] = [new Set(table.ids), new Set(expected.ids)];
  const missing = expected.ids.filter((id) => !present.has(id));
  const extra = table.ids.filter((id) => !wanted.has(id));
  if (missing.length + extra.length > 0) {
    const note = [missing.length > 0 && `missing: ${namesOf(missing)}`, extra.length > 0 && `new: ${namesOf(extra)}`];
    const message = `of the ${expected.ids.length} items of the baseline ${missing.length} ${missing.length === 1 ? 'is' : 'are'} missing, and ${extra.length} others are there`;
    return { ...fail('items-changed', message), note: note.filter(Boolean).join('; ') };
  }
  const moved = expected.ids.filter((_, i) => expected.blocks?.[i] !== table.blocks?.[i]);
  return moved.length > 0
    ? fail(
        'items-changed',
        `${count(moved.length, 'item')} of ${expected.ids.length} belong to another block than in the baseline`,
        moved,
      )
    : undefined;
}

/** The metric must be what its items add up to, as far as its digits say. */
function checkScore(scores: ItemScores, value: number, metricName: string): ItemFailure | undefined {
  const positions = Array.from(scores.values, (_, position) => position);
  const recomputed = scoreOf(scores, [positions]);
  if (Math.abs(recomputed - value) <= roundingOf(value) + 1e-9 * Math.max(Math.abs(value), Math.abs(recomputed)))
    return undefined;
  return fail(
    'items-differ',
    `${metricName} is ${value}, but its items make ${Number(recomputed.toPrecision(8))}: report items in the unit of the metric, and the aggregate that arena.yaml names`,
  );
}

/** Half a unit of the last digit that a number was written with. */
function roundingOf(value: number): number {
  const [digits = '', exponent = '0'] = String(value).split('e');
  return 0.5 * 10 ** (Number(exponent) - (digits.split('.')[1]?.length ?? 0));
}
