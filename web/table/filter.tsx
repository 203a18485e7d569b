/** The filter above the table of experiments, and above the picture of all knobs: one text, which the address holds. */
import { useMemo } from 'preact/hooks';
import { formatCount } from '../../src/base/text.ts';
import type { Board } from '../../src/view/board.ts';
import { parseFilter } from '../../src/view/filter.ts';
import { CopyMenu } from '../parts/copy.tsx';
import { PlaceLink } from '../parts/link.tsx';
import { ProseWithCode } from '../parts/prose.tsx';
import { goTo, usePlace } from '../url.ts';

const CHIPS = ['kept', 'confirmed', 'inconclusive', 'discarded', 'crashed', 'running'];

interface TableFilterProps {
  readonly board: Board;
  readonly shownCount: number;
  readonly toTable: () => string[][];
  readonly children?: preact.ComponentChildren;
}

export function TableFilter({ board, shownCount, toTable, children }: TableFilterProps) {
  const { filter, compare } = usePlace();
  return (
    <FilterField board={board} shownCount={shownCount}>
      <span class="chips">
        {CHIPS.map((chip) => {
          const statusFilter = `status:${chip}`;
          return (
            <button
              key={chip}
              type="button"
              aria-pressed={filter === statusFilter}
              onClick={() => goTo({ filter: filter === statusFilter ? '' : statusFilter })}
            >
              {chip === 'kept' ? 'steps' : chip}
            </button>
          );
        })}
      </span>
      {compare.length > 0 && (
        <PlaceLink class="button" to={{ page: 'compare' }}>
          compare {compare.length}
        </PlaceLink>
      )}
      {children}
      <CopyMenu what="experiments" table={toTable} />
    </FilterField>
  );
}

/** Letters of a knob's name that the field has room for. */
const MAX_EXAMPLE_LENGTH = 9;

function exampleFilter({ knobList }: Board): string {
  const knob = knobList.find(({ name, kind }) => kind === 'number' && name.length <= MAX_EXAMPLE_LENGTH);
  return `status:kept gain>0.001 ${knob ? `${knob.name}>2` : 'words'}`;
}

interface FilterFieldProps {
  readonly board: Board;
  /** Rows that fit. */
  readonly shownCount: number;
  readonly children?: preact.ComponentChildren;
}

/** The field itself: how many rows fit, what in it was not understood, and a way to be rid of it. */
export function FilterField({ board, shownCount, children }: FilterFieldProps) {
  const { filter } = usePlace();
  const { problems } = useMemo(() => parseFilter(filter, board.knobList), [filter, board.knobList]);
  const total = board.experiments.length;
  const isWrong = problems.length > 0;
  return (
    <div class="filter">
      <label>
        <span class="soft">/</span>
        <input
          id="filter"
          type="search"
          value={filter}
          placeholder={exampleFilter(board)}
          aria-label="Filter experiments"
          aria-invalid={isWrong}
          {...(isWrong && { 'aria-describedby': 'filter-problems' })}
          onInput={(event) => goTo({ filter: event.currentTarget.value })}
        />
      </label>
      {filter !== '' && (
        <button type="button" onClick={() => goTo({ filter: '' })}>
          clear
        </button>
      )}
      <span class="soft count" role="status">
        {filter === '' ? formatCount(total, 'experiment') : `${shownCount} of ${total}`}
      </span>
      {children}
      <div class="problems" id="filter-problems" role="status">
        {problems.map((problem) => (
          <p key={problem}>
            <ProseWithCode text={problem} />
          </p>
        ))}
      </div>
    </div>
  );
}
