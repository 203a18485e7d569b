/**
 * `overnight attach`: the live view of a running lab, from its ledger alone. It works over every run, in the background
 * or in another terminal. Ctrl-C leaves, and the run goes on.
 */
import { LedgerTail } from '../ledger/tail.ts';
import { sleep } from '../os/clock.ts';
import { statusText, summaryText } from '../render/terminal.ts';
import type { Invocation } from './command.ts';
import { Display } from './display.ts';
import { findLab, type FoundLab, viewEvenDamaged } from './find.ts';
import type { LAB_OPTIONS } from './options.ts';
import { printJson, printText, styleOf } from './output.ts';
import { spellView } from './spell-commands.ts';
import { EXIT_STATUSES } from './status.ts';

const LOOK_MS = 250;
const KEYS_HINT = 'Ctrl-C leaves, the run goes on';

export async function main(invocation: Invocation<typeof LAB_OPTIONS>): Promise<number> {
  const foundLab = findLab(invocation);
  const tail = new LedgerTail(foundLab.paths.lab);
  tail.readUpdate();
  if (!tail.isAlive) return showWhatIsThere(foundLab, invocation);
  const display = new Display(invocation.wantsJson, invocation.spellCommands, KEYS_HINT);
  const leaving = new AbortController();
  const leave = (): void => leaving.abort();
  process.on('SIGINT', leave).on('SIGTERM', leave).on('SIGHUP', leave);
  try {
    display.showAttached({ ...foundLab, state: tail.state, resumed: true });
    await follow(tail, display, leaving.signal);
  } finally {
    display.close();
    process.off('SIGINT', leave).off('SIGTERM', leave).off('SIGHUP', leave);
  }
  if (!leaving.signal.aborted) return showWhatIsThere(foundLab, invocation);
  if (!invocation.wantsJson)
    printText(
      invocation.spellCommands(
        'The run goes on. `overnight attach` shows it again, `overnight stop` ends it after the current experiment.',
      ),
    );
  return 0;
}

/** Until the process that writes the ledger lets go of it, or the person leaves. */
async function follow(tail: LedgerTail, display: Display, leaving: AbortSignal): Promise<void> {
  while (!leaving.aborted) {
    const { events } = tail.readUpdate();
    for (const event of events) display.watch.onEvent?.(event, tail.state);
    if (!tail.isAlive || tail.problem !== undefined) return;
    display.followRunning(tail.state);
    await sleep(LOOK_MS, leaving);
  }
}

/** The lab as the last run left it: its summary, or its state where nothing was tried. */
function showWhatIsThere(foundLab: FoundLab, { wantsJson, spellCommands }: Invocation<typeof LAB_OPTIONS>): number {
  const view = spellView(viewEvenDamaged(foundLab), (text) => spellCommands(text, foundLab.paths.arena));
  const style = styleOf(process.stdout);
  if (wantsJson) printJson({ state: view.state });
  else if (view.experiments.length > 1) printText(`\n${summaryText(view, style)}`);
  else printText(statusText(view, style));
  return EXIT_STATUSES[view.state.kind];
}
