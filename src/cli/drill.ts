/** `overnight drill`: plant known cheats in copies of shipped arenas, and say which were caught. */
import { fileURLToPath } from 'node:url';
import { formatCount, oneLine } from '../base/text.ts';
import { type DrillLine, drillArenas } from '../drill/drill.ts';
import { openLab } from '../app/open-lab.ts';
import { printText, printJson } from './output.ts';
import { openProgress } from './progress.ts';
import type { Invocation } from './spec.ts';

const SHIPPED_ARENAS = fileURLToPath(new URL('../../arenas', import.meta.url));

export async function main(invocation: Invocation): Promise<number> {
  const progress = openProgress('drill');
  const showLine = ({ arena, cheat, variant, ok, text }: DrillLine): void => {
    progress.hideLine();
    if (!invocation.wantsJson) printText(`${ok ? '✓' : '✗'} ${arena}: ${cheat} (${variant}): ${oneLine(text, 110)}`);
  };
  const onlyArena = invocation.args[0];
  const onBegin = (arena: string, cheat: string, share: number): void =>
    progress.updateShare(share, `${arena}: ${cheat}`);
  const drillLines = await drillArenas(openLab, {
    arenas: SHIPPED_ARENAS,
    onLine: showLine,
    onBegin,
    ...(onlyArena !== undefined && { only: onlyArena }),
  }).finally(() => progress.endProgress());
  const missedLines = drillLines.filter((drillLine) => !drillLine.ok);
  if (invocation.wantsJson) printJson({ ok: missedLines.length === 0, lines: drillLines });
  else if (missedLines.length > 0) printText(`${missedLines.length} of ${drillLines.length} went wrong.`);
  else printText(`${formatCount(drillLines.length, 'check')}: every cheat was caught, every honest twin was measured.`);
  return missedLines.length === 0 ? 0 : 4;
}
