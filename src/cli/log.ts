/** `overnight log`: every experiment, a line each; with --json one object a line. */
import { currentDevice } from '../core/state.ts';
import { logText } from '../render/terminal.ts';
import { phasesOf } from '../view/lab/phases.ts';
import { secondaryMetricsOf, secondaryNoiseOf } from '../view/lab/secondary.ts';
import { findLab, viewOf } from './find.ts';
import { printText, printJson, styleOf } from './output.ts';
import type { Invocation } from './command.ts';
import type { LAB_OPTIONS } from './options.ts';

/** In a pipe or a file nothing breaks a long line: ideas are shown at some length. */
const PIPE_COLUMNS = 240;

export async function main(invocation: Invocation<typeof LAB_OPTIONS>): Promise<number> {
  const { view, state } = viewOf(findLab(invocation));
  const device = currentDevice(state);
  const noise = invocation.wantsJson ? secondaryNoiseOf(state, device) : undefined;
  if (invocation.wantsJson)
    for (const experiment of view.experiments) {
      const [secondary, phases] = [
        secondaryMetricsOf(state, experiment.n, device, noise),
        phasesOf(state, experiment.n, device),
      ];
      printJson({ ...experiment, ...(secondary.length > 0 && { secondary }), ...(phases.length > 0 && { phases }) });
    }
  else {
    const style = styleOf(process.stdout);
    printText(logText(view, process.stdout.isTTY ? style : { ...style, columns: PIPE_COLUMNS }));
  }
  return 0;
}
