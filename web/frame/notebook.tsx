/** The notebook beside every page: next steps, ideas, undecided experiments, dead ends, notes. */
import { summarizeUndecided } from '../../src/render/markdown.ts';
import type { Board } from '../../src/view/board.ts';
import { annotatedExperiments } from '../../src/view/lab/notes.ts';
import { PlaceLink } from '../parts/link.tsx';
import { ProseWithCode } from '../parts/prose.tsx';
import { goTo } from '../url.ts';

/** Entries of a list; the report has them all. */
const [MAX_UNDECIDED, MAX_THEMES, MAX_ANNOTATED] = [30, 40, 60];

export function NotebookPanel({ board }: { board: Board }) {
  return (
    <aside class="notebook" aria-label="Notebook">
      <div class="title">
        <h2>Notebook</h2>
        <button type="button" onClick={() => goTo({ notebook: false })} aria-label="Close the notebook">
          ✕
        </button>
      </div>
      <NextSteps board={board} />
      <UntriedIdeas board={board} />
      <UndecidedList board={board} />
      <DeadEnds board={board} />
      <AnnotatedExperiments board={board} />
      <PeopleNotes board={board} />
    </aside>
  );
}

function NextSteps({ board }: { board: Board }) {
  return (
    <>
      <h3>Next</h3>
      <ul>
        {board.next.map((text) => (
          <li key={text}>
            <ProseWithCode text={text} />
          </li>
        ))}
      </ul>
    </>
  );
}

function UntriedIdeas({ board }: { board: Board }) {
  return (
    <>
      <h3>Ideas not tried yet</h3>
      {board.ideas.length === 0 && <p class="soft">No proposer has suggested an idea.</p>}
      <ul>
        {board.ideas.map((idea) => (
          <li key={idea.text}>
            <bdi>{idea.text}</bdi>{' '}
            <span class="soft">
              suggested at <PlaceLink to={{ page: 'experiment', n: idea.n }}>#{idea.n}</PlaceLink>
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

function UndecidedList({ board }: { board: Board }) {
  const { shown, rest } = summarizeUndecided(board);
  return (
    <>
      <h3>Undecided</h3>
      {board.undecided.length === 0 && <p class="soft">Nothing is open.</p>}
      <ul>
        {shown.slice(0, MAX_UNDECIDED).map((candidate) => (
          <li key={candidate.n}>
            <PlaceLink to={{ page: 'experiment', n: candidate.n }}>#{candidate.n}</PlaceLink> {candidate.what}
            <br />
            <span class="soft">{candidate.cost}</span>
          </li>
        ))}
      </ul>
      {rest !== '' && <p class="soft">{rest}</p>}
    </>
  );
}

function DeadEnds({ board }: { board: Board }) {
  return (
    <>
      <h3>Dead ends</h3>
      {board.deadEnds.length === 0 && <p class="soft">None yet.</p>}
      <ul>
        {board.deadEnds.slice(0, MAX_THEMES).map((theme) => (
          <li key={theme.theme}>
            <button
              type="button"
              class="plain"
              onClick={() => goTo({ page: 'overview', filter: `theme:"${theme.theme}"` })}
            >
              <bdi>{theme.theme}</bdi>
            </button>
            <br />
            <span class="soft">{theme.text}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

/** Entries are links: the experiment's page has who wrote what, and when. */
function AnnotatedExperiments({ board }: { board: Board }) {
  const experiments = annotatedExperiments(board.experiments);
  if (experiments.length === 0) return null;
  return (
    <>
      <h3>Starred and noted</h3>
      <ul>
        {experiments.slice(0, MAX_ANNOTATED).map((row) => (
          <li key={row.n}>
            <PlaceLink to={{ page: 'experiment', n: row.n }}>
              {row.isStarred ? '★ ' : ''}#{row.n}
            </PlaceLink>{' '}
            <bdi>{row.hypothesis}</bdi>
            {row.notes?.map((text, index) => (
              <p key={index} class="soft">
                <bdi>{text}</bdi>
              </p>
            ))}
          </li>
        ))}
      </ul>
      {experiments.length > MAX_ANNOTATED && <p class="soft">and {experiments.length - MAX_ANNOTATED} more</p>}
    </>
  );
}

function PeopleNotes({ board }: { board: Board }) {
  const notes = [...board.steering, ...board.notes];
  return (
    <>
      <h3>Steering and notes</h3>
      {notes.length === 0 && <p class="soft">Nobody has written anything.</p>}
      <ul>
        {notes.map((note) => (
          <li key={note.at + note.text}>
            <span class="soft">
              {note.at}, <bdi>{note.from}</bdi>
            </span>
            <br />
            <bdi>{note.text}</bdi>
          </li>
        ))}
      </ul>
    </>
  );
}
