/** How far something is that takes a while: read from what it says, or from what is known of a session. Pure. */

/**
 * The share that a line of output tells: `62 %`, `3/8`, `3 of 8`. The last one in the line counts; undefined where it
 * tells none.
 */
export function shareIn(line: string): number | undefined {
  const found = [...line.slice(-400).matchAll(/(\d+(?:\.\d+)?) ?%|\b(\d[\d,]*)(?: of |\/| \/ )(\d[\d,]*)\b/g)].at(-1);
  if (!found) return undefined;
  const [, percent, done, all] = found;
  const number = (text: string): number => Number(text.replaceAll(',', ''));
  const share = percent === undefined ? number(done!) / number(all!) : Number(percent) / 100;
  return Number.isFinite(share) && share <= 1 ? share : undefined;
}
