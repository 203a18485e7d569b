/**
 * Pause, stop, skip, replicate, steer: shown only where the server was started with --control and the address carried
 * its token.
 */
import { useState } from 'preact/hooks';
import type { Board } from '../../src/view/board.ts';
import { apiAddress } from '../live.ts';
import { usePlace } from '../url.ts';

/** From the part of the address that no server sees; kept for this tab only, and taken out of the address. */
function takeToken(): string | undefined {
  const addressToken = /^#token=([\w-]+)$/.exec(location.hash)?.[1];
  if (addressToken) {
    sessionStorage.setItem('token', addressToken);
    history.replaceState(null, '', location.pathname + location.search);
  }
  return addressToken ?? sessionStorage.getItem('token') ?? undefined;
}
const token = takeToken();
const isAllowed = document.documentElement.dataset.control === 'yes' && token !== undefined;

export function ControlBar({ board }: { board: Board }) {
  const { lab } = usePlace();
  const [draft, setDraft] = useState('');
  const [answer, setAnswer] = useState('');
  // A broken record is shown, not acted on.
  if (!isAllowed || board.state.text.startsWith('broken: ')) return null;
  const sendRequest = async (body: object, confirmation: string): Promise<void> => {
    try {
      const response = await fetch(apiAddress('wish', { lab }), {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      const reply = (await response.json()) as { error?: string };
      setAnswer(response.ok ? confirmation : (reply.error ?? `refused with ${response.status}`));
    } catch {
      setAnswer('The server does not answer.');
    }
  };
  const running = board.now.find(
    (measurement) => measurement.purpose === 'idea' || measurement.purpose === 'replicate',
  );
  const submitSteering = (event: Event): void => {
    event.preventDefault();
    if (draft.trim() === '') return;
    void sendRequest({ verb: 'steer', text: draft.trim() }, 'Handed over; it stands in every brief until “forget”.');
    setDraft('');
  };
  return (
    <section class="control" aria-label="Control">
      {board.paused ? (
        <button type="button" onClick={() => void sendRequest({ verb: 'resume' }, 'Going on.')}>
          ▶ resume
        </button>
      ) : (
        <button type="button" onClick={() => void sendRequest({ verb: 'pause' }, 'Pausing after what is open.')}>
          ‖ pause
        </button>
      )}
      <button type="button" onClick={() => void sendRequest({ verb: 'stop' }, 'Stopping after this experiment.')}>
        ■ stop after this one
      </button>
      <button
        type="button"
        disabled={!running}
        onClick={() => running && void sendRequest({ verb: 'skip', n: running.n }, `Skipping #${running.n}.`)}
      >
        » skip
      </button>
      <button
        type="button"
        onClick={() => void sendRequest({ verb: 'replicate' }, 'The incumbent will be measured once more.')}
      >
        ↻ replicate best
      </button>
      <form onSubmit={submitSteering}>
        <input
          type="text"
          value={draft}
          maxLength={2000}
          placeholder="steer: words for whoever proposes"
          aria-label="Steer"
          onInput={(event) => setDraft(event.currentTarget.value)}
        />
        <button type="submit">steer</button>
      </form>
      <span role="status">{answer}</span>
    </section>
  );
}
