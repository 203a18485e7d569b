/** `overnight status`: state, result and cost in three lines and an exit status. */
import { statusText } from '../render/terminal.ts';
import type { LabStateKind } from '../view/types.ts';
import { findLab, viewEvenDamaged } from './find.ts';
import { printText, printJson, styleOf } from './output.ts';
import type { Invocation } from './command.ts';
import type { LAB_OPTIONS } from './options.ts';

export const EXIT_STATUSES: Readonly<Record<LabStateKind, number>> = {
  running: 0,
  finished: 0,
  'never run': 0,
  broken: 1,
  stalled: 10,
  'stopped on budget': 11,
  'stopped by person': 12,
  died: 12,
};

export async function main(invocation: Invocation<typeof LAB_OPTIONS>): Promise<number> {
  const view = viewEvenDamaged(findLab(invocation));
  if (invocation.wantsJson) {
    const { experiments: _experiments, ...rest } = view;
    printJson(rest);
  } else printText(statusText(view, styleOf(process.stdout)));
  return EXIT_STATUSES[view.state.kind];
}
