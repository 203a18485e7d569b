/** Which knobs the table shows until somebody chooses. Pure. */
import type { Board } from './board.ts';

/**
 * Names of the knobs that kept steps changed most often, then those that ideas changed most often; at most so many.
 * Knobs that nothing changed say nothing.
 */
export function knobsWorthShowing(board: Pick<Board, 'experiments' | 'knobList'>, maxCount: number): string[] {
  const counts = board.knobList.map(({ name }) => ({ name, kept: 0, tried: 0 }));
  for (const row of board.experiments)
    for (const index of row.changed ?? []) {
      const count = counts[index];
      if (!count) continue;
      count.tried++;
      if (row.verdict === 'kept') count.kept++;
    }
  return counts
    .filter(({ tried }) => tried > 0)
    .sort((left, right) => right.kept - left.kept || right.tried - left.tried)
    .slice(0, maxCount)
    .map(({ name }) => name);
}
