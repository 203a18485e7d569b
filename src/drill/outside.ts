/**
 * What a drill does from outside of a candidate: changes files between their commit and their run, as a formatter of an
 * editor would, and edits the ledger of a finished lab.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { audit } from '../audit/audit.ts';
import type { Experiment } from '../core/experiment.ts';
import { capture } from '../os/spawn.ts';
import type { DrillLine, OpenedLab } from './drill.ts';

type Variant = DrillLine['variant'];

interface Meddling {
  readonly opened: OpenedLab;
  /** The arena's copy, and the file that is changed. */
  readonly folder: string;
  readonly editable: string;
  readonly fast: boolean;
  /** Send an honest idea through the pipeline. */
  readonly submit: (name: string) => Promise<Experiment>;
  readonly tell: (variant: Variant, x: Experiment) => void;
}

/**
 * A process beside the harness that rewrites the laid-out file: as soon as it can, and in the middle of the run. The
 * twin rewrites the person's own.
 */
export async function meddleWithFiles({ opened, folder, editable, fast, submit, tell }: Meddling): Promise<void> {
  const room = `${opened.paths.work}/m${'*'}`;
  const when = (seen: string, act: string): string =>
    `while :; do for r in ${room}; do if [ -e "$r/${seen}" ]; then ${act}; exit; fi; done; done`;
  const laidOut = `"$r/arena/${editable}"`;
  const start = '.overnight-start';
  const plans: readonly (readonly [Variant, string])[] = [
    ['first', when('result', `printf '\\n' >> ${laidOut}`)],
    [
      'second',
      when(`out/${start}`, `cp ${laidOut} ${laidOut}.new; mv ${laidOut}.new ${laidOut}; printf ' ' >> ${laidOut}`),
    ],
    ['honest twin', when('result', `printf '\\n' >> '${path.join(folder, editable)}'`)],
  ];
  for (const [variant, script] of plans) {
    if (fast && variant !== 'first') continue;
    // It ends by itself, once it has found what it waits for.
    const formatter = capture('sh', ['-c', script]);
    const x = await submit(`formatted, ${variant}`);
    await formatter;
    tell(variant, x);
  }
}

/** The finished ledger with one line changed, and with one line left out. */
export async function meddleWithLedger(
  { paths }: OpenedLab,
  tell: (variant: Variant, ok: boolean, text: string) => void,
): Promise<void> {
  const file = path.join(paths.lab, 'ledger.jsonl');
  const lines = fs.readFileSync(file, 'utf8').split('\n');
  const at = lines.findIndex((line) => line.includes('"kind":"measured"'));
  const forged = [
    ['first', lines.map((line, i) => (i === at ? line.replace(/"value":-?\d/, '"value":9') : line))],
    ['second', lines.filter((_, i) => i !== at)],
    ['honest twin', lines],
  ] as const;
  for (const [variant, text] of forged) {
    fs.writeFileSync(file, text.join('\n'));
    const { ok, checks } = await audit(paths.lab, paths.store);
    const found = checks.find((check) => !check.ok);
    tell(
      variant,
      ok === (variant === 'honest twin'),
      found ? `${found.name}: ${found.detail}` : 'the audit finds nothing',
    );
  }
}
