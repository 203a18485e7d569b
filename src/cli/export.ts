/**
 * `overnight export`: every experiment as CSV, JSON Lines or upstream's results.tsv, on standard output or into a file.
 */
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import { writeAtomic } from '../os/files.ts';
import { csvText } from '../render/tables.ts';
import { resultsTsv } from '../render/tsv.ts';
import type { ExperimentView, LabView } from '../view/types.ts';
import { findLab, viewOf } from './find.ts';
import { print } from './output.ts';
import type { Call } from './spec.ts';

const FORMATS = ['csv', 'jsonl', 'tsv'] as const;
type Format = (typeof FORMATS)[number];

export async function main(call: Call): Promise<number> {
  const format = formatFrom(call);
  const { view, state } = viewOf(findLab(call));
  const text = format === 'tsv' ? resultsTsv(state) : format === 'csv' ? csv(view) : jsonLines(view);
  if (call.options.out === undefined) process.stdout.write(text);
  else {
    const file = path.resolve(String(call.options.out));
    writeAtomic(file, text);
    print(`Wrote ${file}`);
  }
  return 0;
}

/** As asked, else by the file's ending, else CSV; --json means JSON Lines. */
function formatFrom(call: Call): Format {
  const given =
    call.options.format ?? (call.json ? 'jsonl' : path.extname(String(call.options.out ?? '')).slice(1) || 'csv');
  const found = FORMATS.find((format) => format === given);
  if (found) return found;
  throw new LabError('E_USAGE', {
    what: 'This format cannot be exported.',
    why: `"${String(given)}" is none of ${FORMATS.join(', ')}.`,
    next: 'Name one with --format, or give the file one of these endings.',
  });
}

type Column = readonly [name: string, value: (row: ExperimentView) => string | number | undefined];

/** Numbers as they are, not as they are shown: this is for other programs. */
function columns(view: LabView): readonly Column[] {
  const knobs = [...new Set(view.experiments.flatMap((row) => Object.keys(row.knobs ?? {})))];
  return [
    ['n', (row) => row.n],
    ['verdict', (row) => row.verdict],
    ['standing', (row) => row.standing],
    [view.metric.name, (row) => row.mean?.raw],
    ['half_95', (row) => row.half?.raw],
    ['measurements', (row) => row.replicates],
    ['gain', (row) => row.effect?.raw],
    ['gain_low_95', (row) => row.effect?.interval?.[0]],
    ['gain_high_95', (row) => row.effect?.interval?.[1]],
    ['probability', (row) => row.effect?.probability],
    ['parent', (row) => row.parent],
    ['proposer', (row) => row.proposer],
    ['hypothesis', (row) => row.hypothesis],
    ['reason', (row) => row.reason],
    ['failure', (row) => row.failure],
    ['lines_added', (row) => row.added],
    ['lines_deleted', (row) => row.deleted],
    ['seconds', (row) => row.durationS],
    ['cost_usd', (row) => row.costUsd],
    ['at', (row) => row.at],
    ['commit', (row) => row.commit],
    ...knobs.map((name): Column => [`knob_${name}`, (row) => row.knobs?.[name]]),
  ];
}

function csv(view: LabView): string {
  const all = columns(view);
  const rows = view.experiments.map((row) => all.map(([, value]) => String(value(row) ?? '')));
  return csvText([all.map(([name]) => name), ...rows]);
}

const jsonLines = (view: LabView): string => view.experiments.map((row) => `${JSON.stringify(row)}\n`).join('');
