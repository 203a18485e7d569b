/** `overnight status`: is it alive, is it better, what did it cost, in three lines and an exit status. */
import { statusText } from '../render/terminal.ts';
import type { LabStateKind } from '../view/types.ts';
import { findLab, viewAnyhow } from './find.ts';
import { print, printJson, styleOf } from './output.ts';
import type { Call } from './spec.ts';

const EXIT: Readonly<Record<LabStateKind, number>> = {
  running: 0,
  finished: 0,
  'never run': 0,
  broken: 1,
  stalled: 10,
  'stopped on budget': 11,
  'stopped by person': 12,
  died: 12,
};

export async function main(call: Call): Promise<number> {
  const view = viewAnyhow(findLab(call));
  if (call.json) {
    const { experiments: _, ...rest } = view;
    printJson(rest);
  } else print(statusText(view, styleOf(process.stdout)));
  return EXIT[view.state.kind];
}
