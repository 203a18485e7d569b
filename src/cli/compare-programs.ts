/**
 * `overnight compare-programs`: what the experiments under two versions of program.md brought. Reads the record; `run
 * --program-b` makes it.
 */
import * as fs from 'node:fs';
import { sha256 } from '../base/hash.ts';
import { LabError } from '../base/error.ts';
import { viewPrograms } from '../view/lab/program-versions.ts';
import { findLab, viewOf } from './find.ts';
import { print, printJson } from './output.ts';
import type { Call } from './spec.ts';

export async function main(call: Call): Promise<number> {
  const { state, facts } = viewOf(findLab(call));
  const [a, b] = call.args.map((given) => (fs.existsSync(given) ? sha256(fs.readFileSync(given)) : given));
  const view = viewPrograms(state, facts, a, b);
  if (view.versions.length === 0) {
    throw new LabError('E_NOT_FOUND', {
      what: 'There is nothing to compare.',
      why: 'No experiment of this lab was proposed by an agent that was shown a program.md.',
      next: 'Run with an agent, and with --program-b FILE to alternate two versions.',
    });
  }
  if (call.json) printJson(view);
  else
    print(
      [
        ...view.versions.map((version) => version.text),
        view.comparison?.text ?? 'Two versions with experiments are needed for a comparison.',
      ].join('\n'),
    );
  return 0;
}
