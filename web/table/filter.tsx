/** The filter above the table of experiments. */
import { goTo, hrefOf, usePlace } from '../url.ts';
import { CopyMenu } from '../parts/copy.tsx';

const CHIPS = ['kept', 'confirmed', 'inconclusive', 'discarded', 'crashed', 'running'];

export function TableFilter({
  total,
  shownCount,
  toTable,
}: {
  total: number;
  shownCount: number;
  toTable: () => string[][];
}) {
  const { filter, compare } = usePlace();
  return (
    <div class="filter">
      <label>
        <span class="soft">/</span>
        <input
          id="filter"
          type="search"
          value={filter}
          placeholder="status:kept gain>0.001 words"
          aria-label="Filter experiments"
          onInput={(event) => goTo({ filter: event.currentTarget.value })}
        />
      </label>
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
      <span class="soft" role="status">
        {shownCount === total ? '' : `${shownCount} of ${total}`}
      </span>
      {compare.length > 0 && (
        <a
          class="button"
          href={hrefOf({ page: 'compare' })}
          onClick={(event) => {
            event.preventDefault();
            goTo({ page: 'compare' });
          }}
        >
          compare {compare.length}
        </a>
      )}
      <CopyMenu what="experiments" table={toTable} />
    </div>
  );
}
