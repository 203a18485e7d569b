/**
 * The history of the best: the staircase with its family lines, and the kept steps with the other ideas tried on each.
 */
import type { Board, BoardRow } from '../../src/view/board.ts';
import { GLYPHS, kindOf, WORDS } from '../../src/render/marks.ts';
import { CopyMenu } from '../parts/copy.tsx';
import { PlaceLink } from '../parts/link.tsx';
import { StaircasePlot } from '../parts/stairs.tsx';
import { goTo } from '../url.ts';

export function LineagePage({ board }: { board: Board }) {
  const childrenByParent = new Map<number, BoardRow[]>();
  for (const row of board.experiments)
    if (row.n > 0) childrenByParent.set(row.parent, [...(childrenByParent.get(row.parent) ?? []), row]);
  const lineageNumbers = new Set(board.lineage);
  const abandoned = board.experiments.filter((row) => row.verdict === 'kept' && !lineageNumbers.has(row.n));
  return (
    <article class="lineage">
      <StaircasePlot board={board} tree />
      <h2>Steps</h2>
      <ol class="steps">
        {board.lineage.map((n) => (
          <KeptStep
            key={n}
            row={board.experiments[n]}
            tried={(childrenByParent.get(n) ?? []).filter((row) => !lineageNumbers.has(row.n))}
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
      {abandoned.length > 0 && (
        <p class="soft">
          Steps before, no longer in the lineage:{' '}
          {abandoned.map((row) => (
            <PlaceLink key={row.n} to={{ page: 'experiment', n: row.n }}>
              #{row.n}{' '}
            </PlaceLink>
          ))}
        </p>
      )}
    </article>
  );
}

function KeptStep({ row, tried, board }: { row: BoardRow | undefined; tried: readonly BoardRow[]; board: Board }) {
  if (!row) return null;
  const kind = kindOf(row);
  const claim = board.claims.findLast((candidate) => candidate.n === row.n);
  return (
    <li>
      <p>
        <span class={`mark p-${kind.replace(' ', '-')}`} title={WORDS[kind]}>
          {GLYPHS[kind]}
        </span>{' '}
        <PlaceLink to={{ page: 'experiment', n: row.n }}>#{row.n}</PlaceLink> <b>{row.mean?.text ?? '–'}</b>{' '}
        {row.effect && <span>{row.effect.delta}</span>} <bdi>{row.hypothesis}</bdi>
      </p>
      {claim && <p class="soft">{claim.text}</p>}
      {tried.length > 0 && (
        <p class="soft branch">
          └ {tried.length} tried on top of it and dropped: {countVerdicts(tried)}{' '}
          <button type="button" onClick={() => goTo({ page: 'overview', filter: `parent=${row.n}` })}>
            show
          </button>
        </p>
      )}
    </li>
  );
}

function countVerdicts(rows: readonly BoardRow[]): string {
  const verdictCounts = new Map<string, number>();
  for (const row of rows) verdictCounts.set(row.verdict, (verdictCounts.get(row.verdict) ?? 0) + 1);
  return [...verdictCounts].map(([verdict, count]) => `${count} ${verdict}`).join(', ');
}
