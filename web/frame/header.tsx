/** The header of every page of a lab: name, state, navigation, tools. */
import type { Board } from '../../src/view/board.ts';
import type { Connection } from '../live.ts';
import { PlaceLink } from '../parts/link.tsx';
import { goTo, PAGES, type Page, usePlace } from '../url.ts';
import { AuditBadge } from './audit-badge.tsx';
import { StatePill } from './state-pill.tsx';
import { ThemeButton } from './theme-button.tsx';
import { TimeSlider } from './time-slider.tsx';

const TITLES: Readonly<Record<Page, string>> = {
  overview: 'Overview',
  experiment: 'Experiment',
  compare: 'Compare',
  lineage: 'Lineage',
  machines: 'Machines & money',
  factors: 'Factors',
};

interface HeaderProps {
  readonly board: Board;
  readonly connection: Connection;
  readonly seq: number;
  readonly showHelp: () => void;
}

export function PageHeader({ board, connection, seq, showHelp }: HeaderProps) {
  const place = usePlace();
  const hasFactors = board.knobs > 0;
  const pages = PAGES.filter((page) => page !== 'factors' || hasFactors);
  const shownN = place.n ?? place.row ?? board.incumbent?.n ?? 0;
  return (
    <header>
      <div class="top">
        <PlaceLink
          to={{ lab: '', page: 'overview', n: undefined, row: undefined, at: undefined, compare: [], filter: '' }}
          class="home"
          label="All labs"
        >
          ◐
        </PlaceLink>
        <h1>
          <bdi>{board.arena}</bdi>{' '}
          <span class="soft">
            <bdi>{board.tag}</bdi> · {board.metric.name} {board.metric.arrow}
          </span>
        </h1>
        <StatePill board={board} connection={connection} isPast={place.at !== undefined} />
        <span class="tools">
          <span class="soft seq">event {seq.toLocaleString('en-US')}</span>
          <AuditBadge board={board} />
          <button type="button" aria-pressed={place.notebook} onClick={() => goTo({ notebook: !place.notebook })}>
            Notebook
          </button>
          <ThemeButton />
          <button type="button" onClick={showHelp} aria-label="Keys">
            ?
          </button>
        </span>
      </div>
      <nav aria-label="Pages">
        {pages.map((page) => (
          <PlaceLink
            key={page}
            to={page === 'experiment' ? { page, n: shownN } : { page }}
            isCurrent={page === place.page}
          >
            {page === 'experiment'
              ? `Experiment #${shownN}`
              : page === 'compare' && place.compare.length > 0
                ? `Compare ${place.compare.length}`
                : TITLES[page]}
          </PlaceLink>
        ))}
        <TimeSlider seq={seq} />
      </nav>
    </header>
  );
}
