/**
 * Pause, stop, skip, replicate, steer: shown only where the server was started with --control and the address carried
 * its token.
 */
import { useState } from 'preact/hooks';
import type { Board } from '../../src/view/board.ts';
import { api } from '../live.ts';
import { usePlace } from '../url.ts';

/** From the part of the address that no server sees; kept for this tab only, and taken out of the address. */
function takeToken(): string | undefined {
  const found = /^#token=([\w-]+)$/.exec(location.hash)?.[1];
  if (found) {
    sessionStorage.setItem('token', found);
    history.replaceState(null, '', location.pathname + location.search);
  }
  return found ?? sessionStorage.getItem('token') ?? undefined;
}
const token = takeToken();
const allowed = document.documentElement.dataset.control === 'yes' && token !== undefined;

export function ControlBar({ board }: { board: Board }) {
  const { lab } = usePlace();
  const [words, type] = useState('');
  const [answer, say] = useState('');
  // A broken record is shown, not acted on.
  if (!allowed || board.state.text.startsWith('broken: ')) return null;
  const wish = async (body: object, done: string): Promise<void> => {
    try {
      const result = await fetch(api('wish', { lab }), {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      const said = (await result.json()) as { error?: string };
      say(result.ok ? done : (said.error ?? `refused with ${result.status}`));
    } catch {
      say('The server does not answer.');
    }
  };
  const running = board.now.find((m) => m.purpose === 'idea' || m.purpose === 'replicate');
  const steer = (event: Event): void => {
    event.preventDefault();
    if (words.trim() === '') return;
    void wish({ verb: 'steer', text: words.trim() }, 'Handed over; it stands in every brief until “forget”.');
    type('');
  };
  return (
    <section class="control" aria-label="Control">
      {board.paused ? (
        <button type="button" onClick={() => void wish({ verb: 'resume' }, 'Going on.')}>
          ▶ resume
        </button>
      ) : (
        <button type="button" onClick={() => void wish({ verb: 'pause' }, 'Pausing after what is open.')}>
          ‖ pause
        </button>
      )}
      <button type="button" onClick={() => void wish({ verb: 'stop' }, 'Stopping after this experiment.')}>
        ■ stop after this one
      </button>
      <button
        type="button"
        disabled={!running}
        onClick={() => running && void wish({ verb: 'skip', n: running.n }, `Skipping #${running.n}.`)}
      >
        » skip
      </button>
      <button
        type="button"
        onClick={() => void wish({ verb: 'replicate' }, 'The incumbent will be measured once more.')}
      >
        ↻ replicate best
      </button>
      <form onSubmit={steer}>
        <input
          type="text"
          value={words}
          maxLength={2000}
          placeholder="steer: words for whoever proposes"
          aria-label="Steer"
          onInput={(event) => type(event.currentTarget.value)}
        />
        <button type="submit">steer</button>
      </form>
      <span role="status">{answer}</span>
    </section>
  );
}
