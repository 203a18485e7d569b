/** The state of a lab in a word: running, finished, died; or that the server is gone. */
import type { Board } from '../../src/view/board.ts';
import type { LabStateKind } from '../../src/view/types.ts';
import type { Connection } from '../live.ts';

/** States that somebody should look at. */
export const TROUBLED_STATES: ReadonlySet<LabStateKind> = new Set<LabStateKind>(['broken', 'died', 'stalled']);

export function StatePill({
  board,
  connection,
  isPast,
}: {
  board: Pick<Board, 'state'> & { readonly paused?: boolean };
  connection: Connection;
  isPast?: boolean;
}) {
  const { kind, text } = board.state;
  if (isPast)
    return (
      <span class="pill past" title={text}>
        ◷ as it was, {kind}
      </span>
    );
  if (connection === 'lost')
    return (
      <span class="pill bad" role="status">
        ✕ no connection to the server; last known: {kind}
      </span>
    );
  const tone = kind === 'running' ? 'good' : TROUBLED_STATES.has(kind) ? 'bad' : 'calm';
  const sign = tone === 'good' ? '●' : tone === 'bad' ? '✕' : '■';
  return (
    <span class={`pill ${tone}`} title={text}>
      {sign} {kind}
      {board.paused ? ', paused' : ''}
    </span>
  );
}
