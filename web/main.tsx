/**
 * The browser half: one page of one lab, or the list of all labs, as its address says. Numbers come from the server's
 * views; none is made here.
 */
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Board, BoardRow } from '../src/view/board.ts';
import { apiAddress, type LiveLab, useLab, useRead } from './live.ts';
import { ComparePage } from './pages/compare.tsx';
import { ExperimentDetails } from './pages/experiment.tsx';
import { FactorsPage } from './pages/factors.tsx';
import { LineagePage } from './pages/lineage.tsx';
import { MachinesPage } from './pages/machines.tsx';
import { OverviewPage } from './pages/overview.tsx';
import { StartPage } from './pages/start.tsx';
import { ControlBar } from './frame/control.tsx';
import { PageHeader } from './frame/header.tsx';
import { KeyHelp, useKeys } from './frame/keys.tsx';
import { NotebookPanel } from './frame/notebook.tsx';
import { useRows } from './table/table.tsx';
import { usePlace } from './url.ts';
import './style/index.css';

function DashboardApp() {
  const place = usePlace();
  return place.lab === '' ? <StartPage /> : <LabPage key={place.lab} lab={place.lab} />;
}

const NO_BOARD = { experiments: [], knobList: [] } as unknown as Board;

function LabPage({ lab }: { lab: string }) {
  const place = usePlace();
  const live = useLab(lab);
  // The last picture stays until the next one is there, so that the slider can be dragged.
  const past = useRead<Board>(place.at === undefined ? undefined : apiAddress('board', { lab, at: place.at }));
  const board = place.at === undefined ? live.board : (past.data ?? live.board);
  const [isHelpShown, setHelpShown] = useState(false);
  const rows = useRows(board ?? NO_BOARD);
  useKeys(board, rows, live.seq, (request) => setHelpShown((isShown) => (request === 'turn' ? !isShown : request)));
  useEffect(() => {
    document.title = board
      ? `${board.state.kind === 'running' ? '● ' : ''}${board.verdict.headline} · ${board.arena}`
      : 'Overnight';
  }, [board]);
  if (live.error && !board)
    return (
      <main class="alone">
        <h1>Overnight</h1>
        <p role="alert">{live.error}</p>
        <p>
          <a href="/">All labs</a>
        </p>
      </main>
    );
  if (!board) return <WaitingPage live={live} lab={lab} />;
  return (
    <div class={place.notebook ? 'with-notebook' : ''}>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <PageHeader board={board} connection={live.connection} seq={live.seq} showHelp={() => setHelpShown(true)} />
      {place.at === undefined && <ControlBar board={board} />}
      <main id="main">
        <PageOf board={board} rows={rows} seq={place.at ?? live.seq} />
      </main>
      {place.notebook && <NotebookPanel board={board} />}
      {isHelpShown && <KeyHelp close={() => setHelpShown(false)} />}
    </div>
  );
}

/** A ledger that is still being read: how far it is. */
function WaitingPage({ live, lab }: { live: LiveLab; lab: string }) {
  const { reading, connection } = live;
  return (
    <main class="alone waiting">
      <h1>
        <bdi>{lab}</bdi>
      </h1>
      <p class="loading" role="status">
        {connection === 'lost'
          ? 'The server does not answer. Trying again …'
          : reading
            ? `Still loading: ${reading.text} …`
            : 'Still loading …'}
      </p>
      {reading && connection !== 'lost' && <progress max={1} value={reading.share} aria-label="Ledger read" />}
      <p>
        <a href="/">All labs</a>
      </p>
    </main>
  );
}

function PageOf({ board, rows, seq }: { board: Board; rows: readonly BoardRow[]; seq: number }) {
  const place = usePlace();
  switch (place.page) {
    case 'overview':
      return <OverviewPage board={board} rows={rows} />;
    case 'experiment':
      return <ExperimentDetails key={place.n} board={board} n={place.n ?? board.incumbent?.n ?? 0} />;
    case 'compare':
      return <ComparePage board={board} />;
    case 'lineage':
      return <LineagePage board={board} />;
    case 'machines':
      return <MachinesPage board={board} seq={seq} />;
    case 'factors':
      return <FactorsPage board={board} rows={rows} />;
    default:
      return place.page satisfies never;
  }
}

const root = document.getElementById('app')!;
root.replaceChildren();
render(<DashboardApp />, root);
