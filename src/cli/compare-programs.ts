/**
 * `overnight compare-programs`: compares the experiments under two versions of program.md. `run --program-b` makes such
 * a record; this only reads it.
 */
import * as fs from 'node:fs';
import { sha256Hex } from '../base/hash.ts';
import { LabError } from '../base/error.ts';
import { viewPrograms } from '../view/lab/program-versions.ts';
import { findLab, viewOf } from './find.ts';
import { printText, printJson } from './output.ts';
import type { Invocation } from './command.ts';
import type { LAB_OPTIONS } from './options.ts';

export async function main(invocation: Invocation<typeof LAB_OPTIONS>): Promise<number> {
  const { state, facts } = viewOf(findLab(invocation));
  const [firstVersion, secondVersion] = invocation.args.map((fileOrHash) =>
    fs.existsSync(fileOrHash) ? sha256Hex(fs.readFileSync(fileOrHash)) : fileOrHash,
  );
  const programsView = viewPrograms(state, facts, firstVersion, secondVersion);
  if (programsView.versions.length === 0) {
    throw new LabError('E_NOT_FOUND', {
      what: 'There is nothing to compare.',
      why: 'No experiment of this lab was proposed by an agent that was shown a program.md.',
      next: '`overnight run --agent NAME --program-b FILE` shows two versions in turn.',
    });
  }
  if (invocation.wantsJson) printJson(programsView);
  else
    printText(
      [
        ...programsView.versions.map((version) => version.text),
        programsView.comparison?.text ?? 'A comparison needs two versions with experiments.',
      ].join('\n'),
    );
  return 0;
}
