/** `overnight log`: every experiment, a line each; with --json one object a line. */
import { logText } from '../render/terminal.ts';
import { findLab, viewOf } from './find.ts';
import { print, printJson, styleOf } from './output.ts';
import type { Call } from './spec.ts';

export async function main(call: Call): Promise<number> {
  const { view } = viewOf(findLab(call));
  if (call.json) for (const row of view.experiments) printJson(row);
  else print(logText(view, styleOf(process.stdout)));
  return 0;
}
