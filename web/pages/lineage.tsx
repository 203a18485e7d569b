/**
 * Where the best comes from: the staircase with its family lines, and the kept steps with what else was tried on each.
 */
import type { Board, BoardRow } from '../../src/view/board.ts';
import { GLYPHS, kindOf, WORDS } from '../../src/render/marks.ts';
import { CopyMenu } from '../parts/copy.tsx';
import { Link } from '../parts/frame.tsx';
import { Stairs } from '../parts/stairs.tsx';
import { go } from '../url.ts';

export function Lineage({ board }: { board: Board }) {
  const children = new Map<number, BoardRow[]>();
  for (const row of board.experiments)
    if (row.n > 0) children.set(row.parent, [...(children.get(row.parent) ?? []), row]);
  const path = new Set(board.lineage);
  const off = board.experiments.filter((row) => row.verdict === 'kept' && !path.has(row.n));
  return (
    <article class="lineage">
      <Stairs board={board} tree />
      <h2>Kept steps</h2>
      <ol class="steps">
        {board.lineage.map((n) => (
          <Step
            key={n}
            row={board.experiments[n]}
            tried={(children.get(n) ?? []).filter((row) => !path.has(row.n))}
            board={board}
          />
        ))}
      </ol>
      <CopyMenu
        what="kept-steps"
        table={() => [
          ['#', board.metric.name, 'change', 'standing', 'hypothesis'],
          ...board.lineage
            .flatMap((n) => board.experiments[n] ?? [])
            .map((row) => [String(row.n), row.mean?.text ?? '', row.effect?.delta ?? '', row.standing, row.hypothesis]),
        ]}
      />
      {off.length > 0 && (
        <p class="soft">
          Kept once and no longer in the line:{' '}
          {off.map((row) => (
            <Link key={row.n} to={{ page: 'experiment', n: row.n }}>
              #{row.n}{' '}
            </Link>
          ))}
        </p>
      )}
    </article>
  );
}

function Step({ row, tried, board }: { row: BoardRow | undefined; tried: readonly BoardRow[]; board: Board }) {
  if (!row) return null;
  const kind = kindOf(row);
  const claim = board.claims.findLast((c) => c.n === row.n);
  return (
    <li>
      <p>
        <span class={`mark p-${kind.replace(' ', '-')}`} title={WORDS[kind]}>
          {GLYPHS[kind]}
        </span>{' '}
        <Link to={{ page: 'experiment', n: row.n }}>#{row.n}</Link> <b>{row.mean?.text ?? '–'}</b>{' '}
        {row.effect && <span>{row.effect.delta}</span>} <bdi>{row.hypothesis}</bdi>
      </p>
      {claim && <p class="soft">{claim.text}</p>}
      {tried.length > 0 && (
        <p class="soft branch">
          └ {tried.length} tried on it and left: {counts(tried)}{' '}
          <button type="button" onClick={() => go({ page: 'overview', filter: `parent=${row.n}` })}>
            show
          </button>
        </p>
      )}
    </li>
  );
}

function counts(rows: readonly BoardRow[]): string {
  const found = new Map<string, number>();
  for (const row of rows) found.set(row.verdict, (found.get(row.verdict) ?? 0) + 1);
  return [...found].map(([verdict, n]) => `${n} ${verdict}`).join(', ');
}
