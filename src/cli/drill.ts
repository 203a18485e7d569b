/** `overnight drill`: plant known cheats in copies of shipped arenas, and say which were caught. */
import { fileURLToPath } from 'node:url';
import { count, oneLine } from '../base/text.ts';
import { type DrillLine, drill } from '../drill/drill.ts';
import { openLab } from '../app/open-lab.ts';
import { print, printJson } from './output.ts';
import { openProgress } from './progress.ts';
import type { Call } from './spec.ts';

const SHIPPED = fileURLToPath(new URL('../../arenas', import.meta.url));

export async function main(call: Call): Promise<number> {
  const progress = openProgress('drill');
  const show = ({ arena, cheat, variant, ok, text }: DrillLine): void => {
    progress.hide();
    if (!call.json) print(`${ok ? '✓' : '✗'} ${arena}: ${cheat} (${variant}): ${oneLine(text, 110)}`);
  };
  const only = call.args[0];
  const onBegin = (arena: string, cheat: string, share: number): void => progress.at(share, `${arena}: ${cheat}`);
  const lines = await drill(openLab, {
    arenas: SHIPPED,
    onLine: show,
    onBegin,
    ...(only !== undefined && { only }),
  }).finally(() => progress.end());
  const missed = lines.filter((line) => !line.ok);
  if (call.json) printJson({ ok: missed.length === 0, lines });
  else if (missed.length > 0) print(`${missed.length} of ${lines.length} went wrong.`);
  else print(`${count(lines.length, 'check')}: every cheat was caught, every honest twin was measured.`);
  return missed.length === 0 ? 0 : 4;
}
