/**
 * What a drill does from outside of a candidate: changes files between their commit and their run, as a formatter of an
 * editor would, and edits the ledger of a finished lab.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { auditLab } from '../audit/audit.ts';
import type { Experiment } from '../core/experiment.ts';
import { captureOutput } from '../os/spawn.ts';
import type { DrillLine, DrillLab } from './drill.ts';

type DrillVariant = DrillLine['variant'];

interface Meddling {
  readonly opened: DrillLab;
  /** The arena's copy, and the file that is changed. */
  readonly folder: string;
  readonly editable: string;
  readonly fast: boolean;
  /** Send an honest idea through the pipeline. */
  readonly submitIdea: (hypothesis: string) => Promise<Experiment>;
  readonly reportOutcome: (variant: DrillVariant, experiment: Experiment) => void;
}

/**
 * A process beside the harness that rewrites the laid-out file: as soon as it can, and in the middle of the run. The
 * twin rewrites the person's own.
 */
export async function meddleWithFiles({
  opened,
  folder,
  editable,
  fast,
  submitIdea,
  reportOutcome,
}: Meddling): Promise<void> {
  const workDirs = `${opened.paths.work}/m${'*'}`;
  const whenSeen = (awaitedPath: string, command: string): string =>
    `while :; do for r in ${workDirs}; do if [ -e "$r/${awaitedPath}" ]; then ${command}; exit; fi; done; done`;
  const laidOutFile = `"$r/arena/${editable}"`;
  const startFile = '.overnight-start';
  const scripts: readonly (readonly [DrillVariant, string])[] = [
    ['first', whenSeen('result', `printf '\\n' >> ${laidOutFile}`)],
    [
      'second',
      whenSeen(
        `out/${startFile}`,
        `cp ${laidOutFile} ${laidOutFile}.new; mv ${laidOutFile}.new ${laidOutFile}; printf ' ' >> ${laidOutFile}`,
      ),
    ],
    ['honest twin', whenSeen('result', `printf '\\n' >> '${path.join(folder, editable)}'`)],
  ];
  for (const [variant, script] of scripts) {
    if (fast && variant !== 'first') continue;
    // It ends by itself, once it has found what it waits for.
    const formatter = captureOutput('sh', ['-c', script]);
    const experiment = await submitIdea(`formatted, ${variant}`);
    await formatter;
    reportOutcome(variant, experiment);
  }
}

/** The finished ledger with one line changed, and with one line left out. */
export async function meddleWithLedger(
  { paths }: DrillLab,
  reportOutcome: (variant: DrillVariant, ok: boolean, text: string) => void,
): Promise<void> {
  const ledgerFile = path.join(paths.lab, 'ledger.jsonl');
  const ledgerLines = fs.readFileSync(ledgerFile, 'utf8').split('\n');
  const measuredIndex = ledgerLines.findIndex((line) => line.includes('"kind":"measured"'));
  const forgeries = [
    ['first', ledgerLines.map((line, i) => (i === measuredIndex ? line.replace(/"value":-?\d/, '"value":9') : line))],
    ['second', ledgerLines.filter((_line, i) => i !== measuredIndex)],
    ['honest twin', ledgerLines],
  ] as const;
  for (const [variant, forgedLines] of forgeries) {
    fs.writeFileSync(ledgerFile, forgedLines.join('\n'));
    const { ok, checks } = await auditLab(paths.lab, paths.store);
    const failedCheck = checks.find((check) => !check.ok);
    reportOutcome(
      variant,
      ok === (variant === 'honest twin'),
      failedCheck ? `${failedCheck.name}: ${failedCheck.detail}` : 'the audit finds nothing',
    );
  }
}
