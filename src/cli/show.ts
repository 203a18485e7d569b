/** `overnight show`: one experiment: hypothesis, measurements, verdict with its reason, end of the output. */
import { defined } from '../base/defined.ts';
import { keepTail } from '../base/text.ts';
import { decodeNote } from '../core/items.ts';
import { newestProfile } from '../core/profile.ts';
import { measurementsOf } from '../core/state.ts';
import { readBlobText } from '../ledger/jsonl.ts';
import { showText } from '../render/show.ts';
import { conflictText, readConflict } from '../mcp/conflict.ts';
import { curveText } from '../view/brief/digest.ts';
import { viewExperiment } from '../view/lab/experiment.ts';
import { experimentNumber, findLab, viewOf } from './find.ts';
import { printText, printJson, styleOf } from './output.ts';
import type { Invocation } from './command.ts';
import type { LAB_OPTIONS } from './options.ts';

const MAX_LOG_LENGTH = 4000;
/** Points of a curve that are shown. */
const CURVE_POINTS = 8;

export async function main(invocation: Invocation<typeof LAB_OPTIONS>): Promise<number> {
  const foundLab = findLab(invocation);
  const { state, facts } = viewOf(foundLab);
  const n = experimentNumber(invocation.args[0], state.experiments.length);
  const experimentView = viewExperiment(state, n, facts)!;
  const lastLogged = measurementsOf(state, n).findLast(
    (measurement) => measurement.state === 'finished' && measurement.conditions.log !== undefined,
  );
  const { guardLog } = experimentView;
  const logBlob = guardLog ?? (lastLogged?.state === 'finished' ? lastLogged.conditions.log : undefined);
  const logText = logBlob === undefined ? undefined : readBlobText(foundLab.paths.lab, logBlob);
  const lastCurve = measurementsOf(state, n).findLast(
    (measurement) => measurement.state === 'finished' && measurement.conditions.curve !== undefined,
  );
  const curveBlob = lastCurve?.state === 'finished' ? lastCurve.conditions.curve : undefined;
  const curveCsv = curveBlob === undefined ? undefined : readBlobText(foundLab.paths.lab, curveBlob);
  const curve = curveCsv === undefined ? undefined : curveText(curveCsv, CURVE_POINTS);
  const itemNote = measurementsOf(state, n).findLast(
    (measurement) => measurement.state === 'finished' && measurement.conditions.itemNote !== undefined,
  );
  const noteBlob = itemNote?.state === 'finished' ? itemNote.conditions.itemNote : undefined;
  const noteText = noteBlob === undefined ? undefined : readBlobText(foundLab.paths.lab, noteBlob);
  const itemNames = noteText === undefined ? undefined : decodeNote(noteText);
  const profileBlob = newestProfile(state, n)?.end?.output;
  const profileText = profileBlob === undefined ? undefined : readBlobText(foundLab.paths.lab, profileBlob);
  const conflict = readConflict(foundLab.paths.lab, experimentView.conflict);
  if (invocation.wantsJson)
    printJson({ ...experimentView, log: logText, ...defined({ itemNames, conflict, curve, profile: profileText }) });
  else {
    printText(showText(experimentView, styleOf(process.stdout)));
    if (conflict) printText(`\n${conflictText(conflict)}`);
    if (curve) printText(`\nCurve of its last measurement: ${curve}`);
    if (profileText)
      printText(`\nProfile (text of untrusted code):\n${keepTail(profileText, MAX_LOG_LENGTH).trimEnd()}`);
    if (itemNames) printText(`\nItems of its last failure: ${itemNames}`);
    if (logText)
      printText(
        `\nEnd of the output of ${guardLog === undefined ? 'its last measurement' : 'the guard that failed'} (text of untrusted code):\n${keepTail(logText, MAX_LOG_LENGTH)}`,
      );
  }
  return 0;
}
