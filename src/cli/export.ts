/**
 * `overnight export`: every experiment as CSV, JSON Lines or upstream's results.tsv, on standard output or into a file.
 */
import * as path from 'node:path';
import { stringifyJson } from '../base/escape.ts';
import { LabError } from '../base/error.ts';
import { writeAtomic } from '../os/files.ts';
import { csvText } from '../render/tables.ts';
import { resultsTsv } from '../render/tsv.ts';
import type { ExperimentView, LabView } from '../view/types.ts';
import { findLab, viewOf } from './find.ts';
import { printText } from './output.ts';
import type { Invocation } from './command.ts';
import { EXPORT_OPTIONS } from './options.ts';

type ExportFormat = (typeof EXPORT_OPTIONS.format.words)[number];

export async function main(invocation: Invocation<typeof EXPORT_OPTIONS>): Promise<number> {
  const format = formatFrom(invocation);
  const { view, state } = viewOf(findLab(invocation));
  const exportText = format === 'tsv' ? resultsTsv(state) : format === 'csv' ? formatCsv(view) : formatJsonLines(view);
  if (invocation.options.out === undefined) process.stdout.write(exportText);
  else {
    const outputFile = path.resolve(invocation.options.out);
    writeAtomic(outputFile, exportText);
    printText(`Wrote ${outputFile}`);
  }
  return 0;
}

/** From --format, otherwise from the file's ending, otherwise CSV; --json means JSON Lines. */
function formatFrom({ options, wantsJson }: Invocation<typeof EXPORT_OPTIONS>): ExportFormat {
  if (options.format !== undefined) return options.format;
  if (wantsJson) return 'jsonl';
  const ending = path.extname(options.out ?? '').slice(1) || 'csv';
  const knownFormat = EXPORT_OPTIONS.format.words.find((format) => format === ending);
  if (knownFormat) return knownFormat;
  throw new LabError('E_USAGE', {
    what: 'This format cannot be exported.',
    why: `"${ending}" is not one of ${EXPORT_OPTIONS.format.words.join(', ')}.`,
    next: 'Name one with --format, or give the file one of these endings.',
  });
}

type ExportColumn = readonly [name: string, value: (experiment: ExperimentView) => string | number | undefined];

/** Numbers as they are, not as they are shown: this is for other programs. */
function exportColumns(view: LabView): readonly ExportColumn[] {
  const knobNames = [...new Set(view.experiments.flatMap((experiment) => Object.keys(experiment.knobs ?? {})))];
  return [
    ['n', (experiment) => experiment.n],
    ['verdict', (experiment) => experiment.verdict],
    ['standing', (experiment) => experiment.standing],
    [view.metric.name, (experiment) => experiment.mean?.raw],
    ['half_95', (experiment) => experiment.half?.raw],
    ['measurements', (experiment) => experiment.replicates],
    ['gain', (experiment) => experiment.effect?.raw],
    ['gain_low_95', (experiment) => experiment.effect?.interval?.[0]],
    ['gain_high_95', (experiment) => experiment.effect?.interval?.[1]],
    ['probability', (experiment) => experiment.effect?.probability],
    ['parent', (experiment) => experiment.parent],
    ['proposer', (experiment) => experiment.proposer],
    ['hypothesis', (experiment) => experiment.hypothesis],
    ['reason', (experiment) => experiment.reason],
    ['failure', (experiment) => experiment.failure],
    ['lines_added', (experiment) => experiment.added],
    ['lines_deleted', (experiment) => experiment.deleted],
    ['seconds', (experiment) => experiment.durationS],
    ['cost_usd', (experiment) => experiment.costUsd],
    ['at', (experiment) => experiment.at],
    ['commit', (experiment) => experiment.commit],
    ...knobNames.map((knobName): ExportColumn => [`knob_${knobName}`, (experiment) => experiment.knobs?.[knobName]]),
  ];
}

function formatCsv(view: LabView): string {
  const columns = exportColumns(view);
  const rows = view.experiments.map((experiment) =>
    columns.map(([, readValue]) => String(readValue(experiment) ?? '')),
  );
  return csvText([columns.map(([columnName]) => columnName), ...rows]);
}

const formatJsonLines = (view: LabView): string =>
  view.experiments.map((experiment) => `${stringifyJson(experiment)}\n`).join('');
