/** `overnight log`: every experiment, a line each; with --json one object a line. */
import { logText } from '../render/terminal.ts';
import { findLab, viewOf } from './find.ts';
import { printText, printJson, styleOf } from './output.ts';
import type { Invocation } from './command.ts';
import type { LAB_OPTIONS } from './options.ts';

export async function main(invocation: Invocation<typeof LAB_OPTIONS>): Promise<number> {
  const { view } = viewOf(findLab(invocation));
  if (invocation.wantsJson) for (const experiment of view.experiments) printJson(experiment);
  else printText(logText(view, styleOf(process.stdout)));
  return 0;
}
