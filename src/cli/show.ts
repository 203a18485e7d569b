/** `overnight show`: one experiment, whole: what was expected, measured, decided and why, and the end of its output. */
import { tail } from '../base/text.ts';
import { measurementsOf } from '../core/state.ts';
import { readBlobText } from '../ledger/jsonl.ts';
import { showText } from '../render/terminal.ts';
import { viewExperiment } from '../view/lab/experiment.ts';
import { experimentNumber, findLab, viewOf } from './find.ts';
import { print, printJson, styleOf } from './output.ts';
import type { Call } from './spec.ts';

const MOST_LOG = 4000;

export async function main(call: Call): Promise<number> {
  const found = findLab(call);
  const { state, facts } = viewOf(found);
  const n = experimentNumber(call.args[0], state.experiments.length);
  const page = viewExperiment(state, n, facts)!;
  const last = measurementsOf(state, n).findLast((m) => m.state === 'finished' && m.conditions.log !== undefined);
  const blob = last?.state === 'finished' ? last.conditions.log : undefined;
  const log = blob === undefined ? undefined : readBlobText(found.paths.lab, blob);
  if (call.json) printJson({ ...page, ...(log !== undefined && { log }) });
  else {
    print(showText(page, styleOf(process.stdout)));
    if (log) print(`\nEnd of the output of its last measurement (text of untrusted code):\n${tail(log, MOST_LOG)}`);
  }
  return 0;
}
