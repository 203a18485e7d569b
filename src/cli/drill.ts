/** `overnight drill`: plants known cheats in copies of shipped arenas, and prints which were caught. */
import { defined } from '../base/defined.ts';
import { suggestionFor } from '../base/did-you-mean.ts';
import { LabError } from '../base/error.ts';
import { formatCount, oneLine } from '../base/text.ts';
import { DRILLED_ARENAS, drillArenas } from '../drill/drill.ts';
import type { DrillLine } from '../drill/drill-lab.ts';
import { openLab } from '../app/open-lab.ts';
import { printText, printJson } from './output.ts';
import { openProgress } from './progress.ts';
import type { Invocation } from './command.ts';
import type { DRILL_OPTIONS } from './options.ts';
import { SHIPPED_ARENAS } from './shipped-arenas.ts';

export async function main(invocation: Invocation<typeof DRILL_OPTIONS>): Promise<number> {
  const progress = openProgress('drill');
  const showLine = ({ arena, cheat, variant, ok, text }: DrillLine): void => {
    progress.hideLine();
    if (!invocation.wantsJson) printText(`${ok ? '✓' : '✗'} ${arena}: ${cheat} (${variant}): ${oneLine(text, 110)}`);
  };
  const onlyArena = invocation.args[0];
  if (onlyArena !== undefined) requireDrilled(onlyArena);
  const onBegin = (arena: string, cheat: string, share: number): void =>
    progress.updateShare(share, `${arena}: ${cheat}`);
  const drillLines = await drillArenas(
    openLab,
    defined({ arenas: SHIPPED_ARENAS, onLine: showLine, onBegin, only: onlyArena }),
  ).finally(() => progress.endProgress());
  const missedLines = drillLines.filter((drillLine) => !drillLine.ok);
  if (invocation.wantsJson) printJson({ ok: missedLines.length === 0, lines: drillLines });
  else if (missedLines.length > 0) printText(`${missedLines.length} of ${drillLines.length} checks failed.`);
  else printText(`${formatCount(drillLines.length, 'check')}: every cheat was caught, every honest twin was measured.`);
  return missedLines.length === 0 ? 0 : 4;
}

function requireDrilled(arenaName: string): void {
  const names = DRILLED_ARENAS.map(({ name }) => name);
  if (names.includes(arenaName)) return;
  throw new LabError('E_NOT_FOUND', {
    what: `There is no drill for "${arenaName}".`,
    why: `The arenas with a drill are ${names.join(', ')}.${suggestionFor(arenaName, names)}`,
    next: 'Name one of them, or none for all.',
  });
}
