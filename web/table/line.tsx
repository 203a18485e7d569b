/** The heading and the lines of the table of experiments. */
import { kindOf, WORDS } from '../../src/render/marks.ts';
import type { BoardRow } from '../../src/view/board.ts';
import { goTo, hrefOf } from '../url.ts';
import type { Column } from './columns.ts';
import { toggleCompare } from './compare.ts';

export function ColumnHeading({ column, sort }: { column: Column; sort: string }) {
  const isSorted = sort.replace(/^-/, '') === column.sort;
  const isDescending = sort.startsWith('-');
  const sortOrder = isSorted ? (isDescending ? 'descending' : 'ascending') : 'none';
  const titleAttribute = column.name ? { title: column.name } : {};
  if (!column.sort)
    return (
      <span class={`cell ${column.className}`} role="columnheader" {...titleAttribute}>
        {column.title}
      </span>
    );
  return (
    <span class={`cell ${column.className}`} role="columnheader" aria-sort={sortOrder} {...titleAttribute}>
      <button type="button" onClick={() => goTo({ sort: isSorted && isDescending ? column.sort! : `-${column.sort}` })}>
        {column.title}
        {isSorted ? (isDescending ? ' ↓' : ' ↑') : ''}
      </button>
    </span>
  );
}

interface LineProps {
  readonly row: BoardRow;
  readonly top: number;
  readonly index: number;
  readonly columns: readonly Column[];
  readonly isChosen: boolean;
  readonly isCompared: boolean;
}

export function TableLine({ row, top, index, columns, isChosen, isCompared }: LineProps) {
  const kind = kindOf(row);
  return (
    <div
      class={`line v-${kind.replace(' ', '-')}${isCompared ? ' compared' : ''}`}
      role="row"
      id={`row-${row.n}`}
      aria-rowindex={index}
      aria-selected={isChosen}
      style={{ transform: `translateY(${top}px)` }}
      onClick={(event) => (event.shiftKey ? toggleCompare(row.n) : goTo({ page: 'experiment', n: row.n, row: row.n }))}
    >
      {columns.map((column) => (
        <span
          key={column.id}
          class={`cell ${column.className}`}
          role="gridcell"
          {...(column.id === 'verdict' && { title: WORDS[kind] })}
        >
          {column.id === 'what' ? (
            <a
              href={hrefOf({ page: 'experiment', n: row.n })}
              tabIndex={-1}
              onClick={(event) => event.preventDefault()}
            >
              {row.isStarred && (
                <span class="star" role="img" aria-label="starred">
                  ★{' '}
                </span>
              )}
              <bdi>{column.cell(row)}</bdi>
            </a>
          ) : (
            column.cell(row)
          )}
        </span>
      ))}
    </div>
  );
}
