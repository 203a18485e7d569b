/**
 * The filter that people type: `status:kept gain>0.001 DEPTH=2 theme:DEPTH words`. Every part must hold. A part that is
 * not understood is left out, and said. Pure.
 */
import { verdictWord } from './words.ts';
import { closestWord } from '../base/did-you-mean.ts';
import type { BoardRow } from './board.ts';
import type { KnobView } from './types.ts';

type Row = BoardRow;
export type RowTest = (row: Row) => boolean;

export interface ParsedFilter {
  /** True for the rows that fit every part that was understood. */
  readonly fits: RowTest;
  /** A sentence for each part that was not. */
  readonly problems: readonly string[];
}

/** Before the name of a knob that is named like a field: `knob.n`. */
export const KNOB_PREFIX = 'knob.';

/** Parsed as `key operator value`; a part without key and operator is a word. */
export interface FilterTerm {
  readonly text: string;
  readonly isNegated: boolean;
  readonly key: string;
  readonly operator: string;
  /** As typed, with its quotes. */
  readonly value: string;
}

type Field =
  | { readonly kind: 'number'; readonly read: (row: Row) => number | undefined }
  | { readonly kind: 'text'; readonly read: (row: Row) => string }
  | { readonly kind: 'knob'; readonly knob: KnobView; readonly index: number };

type ParsedTerm = RowTest | { readonly problem: string };

/** Every word that a person may call the state of an experiment by: as it is recorded, and as it is shown. */
function statusWords(row: Row): string {
  const shownAs = [row.isChampion && 'champion', row.isStarred && 'starred', row.notes && 'noted'];
  const standing = row.standing === 'none' ? '' : row.standing;
  return [row.verdict, verdictWord(row.verdict, row.discard), standing, ...shownAs.filter((word) => word)].join(' ');
}

/** What was tried and what people wrote about it. */
function textOf(row: Row): string {
  return [row.title ?? '', row.hypothesis, ...(row.notes ?? [])].join('\n');
}

const NUMBER_FIELDS: Readonly<Record<string, (row: Row) => number | undefined>> = {
  n: (row) => row.n,
  gain: (row) => row.effect?.raw,
  metric: (row) => row.mean?.raw,
  value: (row) => row.mean?.raw,
  replicates: (row) => row.replicates,
  parent: (row) => row.parent,
  seconds: (row) => row.durationS,
  cost: (row) => row.costUsd,
};
const TEXT_FIELDS: Readonly<Record<string, (row: Row) => string>> = {
  status: statusWords,
  verdict: (row) => row.verdict,
  standing: (row) => row.standing,
  theme: (row) => row.theme,
  file: (row) => row.theme,
  by: (row) => row.proposer,
  text: textOf,
};
export const FILTER_KEYS = [...Object.keys(TEXT_FIELDS), ...Object.keys(NUMBER_FIELDS)];

const OPERATORS = [':', '=', '==', '!=', '>', '<', '>=', '<='];
/** Knobs that a message lists; the others are counted. */
const MAX_LISTED_KNOBS = 12;

export function parseFilter(query: string, knobList: readonly KnobView[] = []): ParsedFilter {
  const parsedTerms = splitFilter(query).map((term) => parseTerm(term, knobList));
  const tests = parsedTerms.filter((parsed) => typeof parsed === 'function');
  const problems = parsedTerms.flatMap((parsed) => (typeof parsed === 'function' ? [] : [parsed.problem]));
  return { fits: (row) => tests.every((test) => test(row)), problems };
}

/** The parts between blanks; quotes hold blanks together. */
export const splitFilter = (query: string): string[] => query.match(/(?:[^\s"]+|"[^"]*"?)+/g) ?? [];

/** A part that names a key; undefined where it is a word. */
export function readTerm(term: string): FilterTerm | undefined {
  const [, negation, key, operator, value] = /^(-?)((?:knob\.)?[A-Za-z_]\w*)([:=<>!]+)(.*)$/s.exec(term) ?? [];
  return key === undefined
    ? undefined
    : { text: term, isNegated: negation === '-', key, operator: operator!, value: value! };
}

/** The knob that a key means: by its exact name, else whatever its case. −1 where there is none. */
export function knobIndexOf(key: string, knobList: readonly KnobView[]): number {
  const name = key.startsWith(KNOB_PREFIX) ? key.slice(KNOB_PREFIX.length) : key;
  const exactIndex = knobList.findIndex((knob) => knob.name === name);
  return exactIndex >= 0 ? exactIndex : knobList.findIndex((knob) => knob.name.toLowerCase() === name.toLowerCase());
}

/** The key by which a filter reaches a knob: its name, unless a field has that name. */
export const knobKeyOf = (knobName: string): string =>
  FILTER_KEYS.includes(knobName) ? KNOB_PREFIX + knobName : knobName;

function parseTerm(term: string, knobList: readonly KnobView[]): ParsedTerm {
  const named = readTerm(term);
  if (!named) {
    // Not a minus: `-0.5` is searched for.
    const isNegated = /^-["#\p{L}]/u.test(term);
    return negateIf(isNegated, wordTest(isNegated ? term.slice(1) : term));
  }
  const field = fieldOf(named.key, knobList);
  if (!field) return { problem: unknownKey(named.key, term, knobList) };
  const parsed = fieldTest(field, named, knobList);
  return typeof parsed === 'function' ? negateIf(named.isNegated, parsed) : parsed;
}

const negateIf = (isNegated: boolean, test: RowTest): RowTest => (isNegated ? (row) => !test(row) : test);

/** A field by its name, else a knob, else a field whatever its case. */
function fieldOf(key: string, knobList: readonly KnobView[]): Field | undefined {
  const builtIn = builtInField(key);
  if (builtIn) return builtIn;
  const index = knobIndexOf(key, knobList);
  return index >= 0 ? { kind: 'knob', knob: knobList[index]!, index } : builtInField(key.toLowerCase());
}

function builtInField(key: string): Field | undefined {
  if (Object.hasOwn(NUMBER_FIELDS, key)) return { kind: 'number', read: NUMBER_FIELDS[key]! };
  return Object.hasOwn(TEXT_FIELDS, key) ? { kind: 'text', read: TEXT_FIELDS[key]! } : undefined;
}

function unknownKey(key: string, term: string, knobList: readonly KnobView[]): string {
  const knobNames = knobList.map((knob) => knob.name);
  const closest = closestWord(key, [...FILTER_KEYS, ...knobNames]);
  const suggestion = closest === undefined ? '' : ` did you mean \`${closest}\`?`;
  const moreKnobs = knobNames.length > MAX_LISTED_KNOBS ? `, and ${knobNames.length - MAX_LISTED_KNOBS} more` : '';
  const knobsText =
    knobNames.length > 0 ? ` Knobs: ${knobNames.slice(0, MAX_LISTED_KNOBS).join(', ')}${moreKnobs}.` : '';
  return `Unknown key \`${key}\`:${suggestion} Keys: ${FILTER_KEYS.join(', ')}.${knobsText} To search for the words, write \`"${term.replaceAll('"', '')}"\`.`;
}

function fieldTest(field: Field, term: FilterTerm, knobList: readonly KnobView[]): ParsedTerm {
  const { key, operator, text } = term;
  if (!OPERATORS.includes(operator))
    return {
      problem: `\`${operator}\` in \`${text}\` is no operator: use ${OPERATORS.filter((known) => known !== '==').join(' ')}.`,
    };
  const values = splitValues(term.value);
  if (values.length === 0) return { problem: `\`${text}\` needs a value after \`${operator}\`.` };
  const isOrder = operator.startsWith('<') || operator.startsWith('>');
  if (field.kind === 'text') {
    if (isOrder)
      return {
        problem: `\`${key}\` holds words, which \`${operator}\` cannot compare: write \`${key}:${values[0]}\`.`,
      };
    return negateIf(operator === '!=', textTest(field.read, key, values, knobList));
  }
  const needsNumber = isOrder || field.kind === 'number' || field.knob.kind === 'number';
  const wrongValue = needsNumber ? values.find((value) => Number.isNaN(numberOf(value))) : undefined;
  if (wrongValue !== undefined) return { problem: `\`${wrongValue}\` in \`${text}\` is no number.` };
  if (isOrder && values.length > 1)
    return { problem: `\`${text}\` compares with several values: \`${operator}\` takes one.` };
  const read = field.kind === 'number' ? field.read : (row: Row) => row.knobs?.[field.index] ?? undefined;
  if (isOrder) return orderTest(read, operator, numberOf(values[0]!));
  return negateIf(operator === '!=', equalTest(read, values, operator === ':'));
}

/** `adam,sgd` are two values; quotes hold a comma. */
export const splitValues = (value: string): string[] =>
  (value.match(/(?:[^,"]+|"[^"]*"?)+/g) ?? []).map((part) => part.replaceAll('"', '').toLowerCase()).filter(Boolean);

function numberOf(value: string): number {
  const digits = value.replace('#', '').replace('−', '-').trim();
  return digits === '' ? Number.NaN : Number(digits);
}

type ReadValue = (row: Row) => number | string | undefined;

function orderTest(read: ReadValue, operator: string, wanted: number): RowTest {
  return (row) => {
    const actual = read(row);
    if (typeof actual !== 'number') return false;
    if (operator === '>') return actual > wanted;
    if (operator === '<') return actual < wanted;
    return operator === '>=' ? actual >= wanted : actual <= wanted;
  };
}

/** Numbers are equal in the six figures that are shown. Words are equal whatever their case; `:` finds a part. */
function equalTest(read: ReadValue, values: readonly string[], isPartEnough: boolean): RowTest {
  const wantedValues = values.map((value) => ({ word: value, number: sixFigures(numberOf(value)) }));
  return (row) => {
    const actual = read(row);
    if (actual === undefined) return false;
    if (typeof actual === 'number') return wantedValues.some(({ number }) => number === sixFigures(actual));
    const actualWord = actual.toLowerCase();
    return wantedValues.some(({ word }) => (isPartEnough ? actualWord.includes(word) : actualWord === word));
  };
}

const sixFigures = (value: number): number => (Number.isInteger(value) ? value : Number(value.toPrecision(6)));

/** A theme is a label, and every knob that the experiment changed: one that changed several has each of them. */
function textTest(
  read: (row: Row) => string,
  key: string,
  values: readonly string[],
  knobList: readonly KnobView[],
): RowTest {
  const hasWord = (text: string): boolean => values.some((value) => text.toLowerCase().includes(value));
  if (key.toLowerCase() !== 'theme') return (row) => hasWord(read(row));
  const wantedKnobs = new Set(knobList.flatMap((knob, index) => (hasWord(knob.name) ? [index] : [])));
  return (row) => hasWord(row.theme) || (row.changed?.some((index) => wantedKnobs.has(index)) ?? false);
}

function wordTest(term: string): RowTest {
  const word = term.replaceAll('"', '').toLowerCase();
  if (/^#\d+$/.test(word)) return (row) => row.n === Number(word.slice(1));
  return (row) => textOf(row).toLowerCase().includes(word) || statusWords(row).includes(word);
}
