/**
 * `overnight compare-programs`: what the experiments under two versions of program.md brought. Reads the record; `run
 * --program-b` makes it.
 */
import * as fs from 'node:fs';
import { sha256Hex } from '../base/hash.ts';
import { LabError } from '../base/error.ts';
import { viewPrograms } from '../view/lab/program-versions.ts';
import { findLab, viewOf } from './find.ts';
import { printText, printJson } from './output.ts';
import type { Invocation } from './spec.ts';

export async function main(invocation: Invocation): Promise<number> {
  const { state, facts } = viewOf(findLab(invocation));
  const [firstVersion, secondVersion] = invocation.args.map((fileOrHash) =>
    fs.existsSync(fileOrHash) ? sha256Hex(fs.readFileSync(fileOrHash)) : fileOrHash,
  );
  const programsView = viewPrograms(state, facts, firstVersion, secondVersion);
  if (programsView.versions.length === 0) {
    throw new LabError('E_NOT_FOUND', {
      what: 'There is nothing to compare.',
      why: 'No experiment of this lab was proposed by an agent that was shown a program.md.',
      next: 'Run with an agent, and with --program-b FILE to alternate two versions.',
    });
  }
  if (invocation.wantsJson) printJson(programsView);
  else
    printText(
      [
        ...programsView.versions.map((version) => version.text),
        programsView.comparison?.text ?? 'Two versions with experiments are needed for a comparison.',
      ].join('\n'),
    );
  return 0;
}
