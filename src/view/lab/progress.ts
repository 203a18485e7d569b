/** How far something is that takes a while: read from what it says, or from what is known of a session. Pure. */

/**
 * The share that a line of output tells: `62 %`, `3/8`, `3 of 8`. The last one in the line counts; undefined where it
 * tells none.
 */
export function shareIn(outputLine: string): number | undefined {
  const match = [...outputLine.slice(-400).matchAll(/(\d+(?:\.\d+)?) ?%|\b(\d[\d,]*)(?: of |\/| \/ )(\d[\d,]*)\b/g)].at(
    -1,
  );
  if (!match) return undefined;
  const [, percentText, doneText, totalText] = match;
  const parseNumber = (digits: string): number => Number(digits.replaceAll(',', ''));
  const share =
    percentText === undefined ? parseNumber(doneText!) / parseNumber(totalText!) : Number(percentText) / 100;
  return Number.isFinite(share) && share <= 1 ? share : undefined;
}
