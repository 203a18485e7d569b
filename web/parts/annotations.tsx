/** The star and the notes of an experiment. With --control they are made here, otherwise on the command line. */
import { useState } from 'preact/hooks';
import type { Board, BoardRow } from '../../src/view/board.ts';
import type { ExperimentPage } from '../../src/view/lab/experiment.ts';
import { isControlAllowed, useRequests } from '../frame/requests.ts';
import { usePlace } from '../url.ts';
import { PageSection } from './section.tsx';

/** A lab as it was earlier, and a damaged record, take no notes. */
function useIsWritable(board: Board): boolean {
  const { at } = usePlace();
  return isControlAllowed && at === undefined && !board.state.isRecordDamaged;
}

export function StarButton({ board, row }: { board: Board; row: BoardRow }) {
  const { lab } = usePlace();
  const { answer, sendRequest } = useRequests(lab);
  const isStarred = row.isStarred === true;
  if (!useIsWritable(board))
    return isStarred ? (
      <span class="star" role="img" aria-label="starred">
        ★
      </span>
    ) : null;
  return (
    <>
      <button
        type="button"
        class="star"
        aria-pressed={isStarred}
        onClick={() => sendRequest({ verb: isStarred ? 'unstar' : 'star', n: row.n }, '')}
      >
        {isStarred ? '★ starred' : '☆ star'}
      </button>
      <span role="status">{answer}</span>
    </>
  );
}

export function ExperimentNotes({ board, page, n }: { board: Board; page: ExperimentPage; n: number }) {
  const isWritable = useIsWritable(board);
  const notes = page.row.notes ?? [];
  return (
    <PageSection id="notes" title="Notes">
      {notes.length > 0 && (
        <ul class="notes">
          {notes.map((note, index) => (
            <li key={index}>
              <bdi>{note.text}</bdi>
              <br />
              <span class="soft">
                {note.at}, <bdi>{note.from}</bdi>
              </span>
            </li>
          ))}
        </ul>
      )}
      {isWritable ? (
        <NoteForm n={n} />
      ) : (
        <p class="soft">
          {notes.length === 0 && 'None. '}
          <code>overnight note {n} "…"</code> adds one, <code>overnight star {n}</code> marks the experiment;{' '}
          <code>overnight serve --control</code> allows both here.
        </p>
      )}
    </PageSection>
  );
}

function NoteForm({ n }: { n: number }) {
  const { lab } = usePlace();
  const { answer, sendRequest } = useRequests(lab);
  const [draft, setDraft] = useState('');
  const submitNote = (event: Event): void => {
    event.preventDefault();
    const text = draft.trim();
    if (text === '') return;
    sendRequest({ verb: 'note', n, text }, 'Sent.');
    setDraft('');
  };
  return (
    <form class="note-form" onSubmit={submitNote}>
      <textarea
        value={draft}
        rows={2}
        maxLength={4000}
        placeholder={`a note on #${n}`}
        aria-label={`A note on #${n}`}
        onInput={(event) => setDraft(event.currentTarget.value)}
      />
      <button type="submit">add the note</button>
      <span role="status">{answer}</span>
    </form>
  );
}
