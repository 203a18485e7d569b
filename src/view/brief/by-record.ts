/**
 * What was never tried, by the record: values of knobs, files. And whether the record contradicts somebody who says
 * that something was never tried. Pure: no model has a say in it.
 */
import { formatCount, oneLine } from '../../base/text.ts';
import { findKnob } from '../../core/admission/knobs.ts';
import type { Knob } from '../../core/arena.ts';
import { arenaOf, type LabState } from '../../core/state.ts';
import type { ExperimentView, LabView } from '../types.ts';

/** The experiments of a lab as people see them. */
export type Rows = Pick<LabView, 'experiments'>;

const MAX_NAMED = 8;

/** The values that a knob had, each with its first experiment; absent for a knob whose values are not all known. */
export type KnobRecord = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** From what was proposed for the files of the knobs, whoever proposed it. `blob` gives the content of a hash. */
export function knobRecord(state: LabState, blob: (hash: string) => string | undefined): KnobRecord {
  const record = new Map<string, ReadonlyMap<string, number>>();
  for (const knob of arenaOf(state).knobs) {
    const values = new Map<string, number>();
    const isKnown = state.experiments.every(({ idea }) => {
      const hash = idea.edits[knob.file];
      if (hash === null) return true;
      const value = hash === undefined ? idea.knobs?.[knob.name] : valueIn(knob, blob(hash));
      if (hash !== undefined && value === undefined) return false;
      if (value !== undefined && !values.has(String(value))) values.set(String(value), idea.n);
      return true;
    });
    if (isKnown) record.set(knob.name, values);
  }
  return record;
}

function valueIn(knob: Knob, source: string | undefined): string | number | undefined {
  const literal = source === undefined ? undefined : findKnob(knob, source);
  return literal?.ok ? literal.value : undefined;
}

/** Lines about knobs and files that no idea has turned or changed. `files` are the editable ones, by path. */
export function untriedLines(state: LabState, files: Iterable<string>, record: KnobRecord): string[] {
  const knobLines = arenaOf(state).knobs.flatMap((knob): string[] => {
    const values = record.get(knob.name);
    if (!values) return [];
    if (knob.kind === 'choice') {
      const left = knob.values.map(String).filter((value) => !values.has(value));
      return left.length === 0 ? [] : [`${knob.name} was never ${named(left, ' or ')}`];
    }
    const numbers = [...values.keys()].map(Number).filter(Number.isFinite);
    const range = `${knob.range[0]} to ${knob.range[1]}`;
    if (numbers.length < 2) return [`${knob.name} was never turned (${range})`];
    const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
    const isAtEnds = low <= knob.range[0] && high >= knob.range[1];
    return isAtEnds ? [] : [`${knob.name} was never outside ${low} to ${high} (it may be ${range})`];
  });
  const changed = new Set(state.experiments.flatMap(({ idea }) => Object.keys(idea.edits)));
  const untouched = [...files].filter((file) => !changed.has(file)).sort();
  const fileNames = untouched.map((file) => oneLine(file, 80));
  return [...knobLines, ...(untouched.length === 0 ? [] : [`no idea changed ${named(fileNames, ', ')}`])];
}

const named = (names: readonly string[], between: string): string =>
  names.length <= MAX_NAMED
    ? names.join(between)
    : `${names.slice(0, MAX_NAMED).join(between)} and ${formatCount(names.length - MAX_NAMED, 'other')}`;

/** As people read numbers, and as they are written. */
const plainNumber = (text: string): string => text.replaceAll(',', '').replaceAll('−', '-');

/** An experiment that did what somebody says was never tried, and why that is believed. */
export interface Contradiction {
  readonly n: number;
  readonly why: string;
}

/** Share of the words of a claim that an idea must have. */
const MIN_SHARE = 0.65;
const MIN_WORDS = 2;
const FILLERS = new Set(
  'the and for with from that this than then into onto was were has have had been being not never tried yet try use using instead more less each every all any one two its their a an of to in on at by as or is be it'.split(
    ' ',
  ),
);

/**
 * Experiments before `n` that the record holds against the claim that this was never tried, at most 2: those that had
 * the value of a knob which the claim names, then the newest whose words say the same.
 */
export function contradictionsOf(view: Rows, claim: string, n: number, record?: KnobRecord): Contradiction[] {
  const words = new Set(
    plainNumber(claim)
      .match(/[\p{L}\p{N}_.+-]+/gu)
      ?.map((word) => word.replace(/\.+$/, '')),
  );
  const byKnob = [...(record ?? [])].flatMap(([name, values]) =>
    [...values].flatMap(([value, first]): Contradiction[] =>
      first > 0 && first < n && words.has(name) && words.has(value) ? [{ n: first, why: `had ${name} ${value}` }] : [],
    ),
  );
  const byWords = view.experiments
    .filter((row) => row.n > 0 && row.n < n && row.discard !== 'control' && sharesWords(claim, row))
    .map((row): Contradiction => ({ n: row.n, why: `was “${oneLine(row.title ?? row.hypothesis, 80)}”` }));
  return [...byKnob, ...byWords.reverse()].slice(0, 2);
}

function sharesWords(claim: string, { title, hypothesis, changed }: ExperimentView): boolean {
  const claimed = wordsOf(claim);
  const tried = wordsOf([title ?? '', hypothesis, ...changed.map(({ name, to }) => `${name} ${to}`)].join(' '));
  const shared = [...claimed].filter((word) => tried.has(word)).length;
  return shared >= MIN_WORDS && shared / claimed.size >= MIN_SHARE;
}

/** Words without fillers and plural endings. */
const wordsOf = (text: string): Set<string> =>
  new Set(
    (text.toLowerCase().match(/[\p{L}\p{N}_.]+/gu) ?? [])
      .map((word) => word.replace(/\.+$/, '').replace(/(?<=\p{L}{3})s$/u, ''))
      .filter((word) => word.length > 1 && !FILLERS.has(word)),
  );
