/**
 * What a drill does from outside a candidate: it changes files between their commit and their run, as a formatter in an
 * editor does, and it edits the ledger of a finished lab.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { auditLab } from '../audit/audit.ts';
import type { Experiment } from '../core/experiment.ts';
import { captureOutput } from '../os/spawn.ts';
import type { DrillLine, DrillLab } from './drill-lab.ts';

type DrillVariant = DrillLine['variant'];

interface Meddling {
  readonly opened: DrillLab;
  /** The arena's copy. */
  readonly folder: string;
  /** The file that is changed. */
  readonly editable: string;
  readonly fast: boolean;
  /** Run an honest idea through the pipeline. */
  readonly submitIdea: (hypothesis: string) => Promise<Experiment>;
  readonly reportOutcome: (variant: DrillVariant, experiment: Experiment) => void;
}

/**
 * A process beside the harness that rewrites the file of a candidate: before the run, and in the middle of it. The
 * honest twin rewrites the file in the person's folder.
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
    // It ends by itself as soon as the file that it waits for exists.
    const formatter = captureOutput('sh', ['-c', script]);
    const experiment = await submitIdea(`formatted, ${variant}`);
    await formatter;
    reportOutcome(variant, experiment);
  }
}

/** Another number, whatever its first digit is. */
const forgeValue = (line: string): string =>
  line.replace(/"value":-?(\d)/, (_, digit) => `"value":${digit === '9' ? 8 : 9}`);

/** Audit the finished ledger with one line changed, with one line left out, and unchanged. */
export async function meddleWithLedger(
  { paths }: DrillLab,
  reportOutcome: (variant: DrillVariant, ok: boolean, text: string) => void,
): Promise<void> {
  const ledgerFile = path.join(paths.lab, 'ledger.jsonl');
  const ledgerLines = fs.readFileSync(ledgerFile, 'utf8').split('\n');
  const measuredIndex = ledgerLines.findIndex((line) => line.includes('"kind":"measured"'));
  const forgeries = [
    ['first', ledgerLines.map((line, i) => (i === measuredIndex ? forgeValue(line) : line))],
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
