/**
 * Pause, stop, skip, replicate, steer: shown only where the server was started with --control and the address had its
 * token.
 */
import { useState } from 'preact/hooks';
import type { Board } from '../../src/view/board.ts';
import { usePlace } from '../url.ts';
import { isControlAllowed, type SendRequest, useRequests } from './requests.ts';

export function ControlBar({ board }: { board: Board }) {
  const { lab } = usePlace();
  const { answer, sendRequest } = useRequests(lab);
  // A damaged record is read-only.
  if (!isControlAllowed || board.state.isRecordDamaged) return null;
  const running = board.now.find(
    (measurement) => measurement.purpose === 'idea' || measurement.purpose === 'replicate',
  );
  return (
    <section class="control" aria-label="Control">
      <PauseButton isPaused={board.paused} sendRequest={sendRequest} />
      <button type="button" onClick={() => sendRequest({ verb: 'stop' }, 'Stopping after this experiment.')}>
        ■ stop after this one
      </button>
      <button
        type="button"
        disabled={!running}
        onClick={() => running && sendRequest({ verb: 'skip', n: running.n }, `Skipping #${running.n}.`)}
      >
        » skip
      </button>
      <button
        type="button"
        onClick={() => sendRequest({ verb: 'replicate' }, 'The incumbent will be measured once more.')}
      >
        ↻ replicate best
      </button>
      <SteeringForm sendRequest={sendRequest} />
      <span role="status">{answer}</span>
    </section>
  );
}

function PauseButton({ isPaused, sendRequest }: { isPaused: boolean; sendRequest: SendRequest }) {
  return isPaused ? (
    <button type="button" onClick={() => sendRequest({ verb: 'resume' }, 'Resuming.')}>
      ▶ resume
    </button>
  ) : (
    <button type="button" onClick={() => sendRequest({ verb: 'pause' }, 'Pausing after the open experiments.')}>
      ‖ pause
    </button>
  );
}

function SteeringForm({ sendRequest }: { sendRequest: SendRequest }) {
  const [draft, setDraft] = useState('');
  const submitSteering = (event: Event): void => {
    event.preventDefault();
    const text = draft.trim();
    if (text === '') return;
    sendRequest({ verb: 'steer', text }, 'Sent; it is in every brief until “overnight steer --forget”.');
    setDraft('');
  };
  return (
    <form onSubmit={submitSteering}>
      <input
        type="text"
        value={draft}
        maxLength={2000}
        placeholder="steer: instructions for the proposer"
        aria-label="Steer"
        onInput={(event) => setDraft(event.currentTarget.value)}
      />
      <button type="submit">steer</button>
    </form>
  );
}
