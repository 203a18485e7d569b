/** Two to six experiments side by side: intervals, different knobs, code, curves. */
import { useEffect, useState } from 'preact/hooks';
import type { Board } from '../../src/view/board.ts';
import { exactText, NONE } from '../../src/view/format.ts';
import type { ExperimentPage } from '../../src/view/lab/experiment.ts';
import { apiAddress } from '../live.ts';
import { CurvePlot, CurveLegend } from '../parts/curves.tsx';
import { CodeDiff } from '../parts/diff.tsx';
import { PlaceLink } from '../parts/link.tsx';
import { PlainTable, StripPlot, stripLine } from '../parts/pieces.tsx';
import { PageSection } from '../parts/section.tsx';
import { toggleCompare } from '../table/compare.ts';
import { usePlace } from '../url.ts';
import { curveRef } from './experiment.tsx';

/** The pages of the chosen experiments, read again when one of them changed. */
function useChosenPages(board: Board): readonly ExperimentPage[] {
  const { lab, compare, at } = usePlace();
  const [pages, setPages] = useState<readonly ExperimentPage[]>([]);
  const pagesKey = compare.map((n) => `${n}:${board.experiments[n]?.replicates}`).join();
  useEffect(() => {
    const controller = new AbortController();
    void Promise.all(
      compare
        .filter((n) => board.experiments[n])
        .map((n) =>
          fetch(apiAddress('experiment', { lab, n, at }), { signal: controller.signal })
            .then(async (response) => (response.ok ? ((await response.json()) as ExperimentPage) : undefined))
            .catch(() => undefined),
        ),
    ).then((answers) => {
      if (!controller.signal.aborted) setPages(answers.filter((page) => page !== undefined));
    });
    return () => controller.abort();
  }, [lab, pagesKey, at]);
  return pages;
}

export function ComparePage({ board }: { board: Board }) {
  const { compare } = usePlace();
  const pages = useChosenPages(board);
  if (compare.length === 0)
    return (
      <p>
        No experiment is chosen yet. On the overview press <kbd>c</kbd> on a row, or Shift-click it; up to six.
      </p>
    );
  const stripLines = pages.map((page, index) => stripLine(page, page.mine, `#${page.row.n}`, index === 0));
  const curveRefs = pages.flatMap((page) => curveRef(page.mine, `#${page.row.n}`) ?? []);
  const [first, ...others] = pages;
  return (
    <article class="compare">
      <h2>Compare</h2>
      <ul class="chosen">
        {compare.map((n) => (
          <li key={n}>
            <PlaceLink to={{ page: 'experiment', n }}>#{n}</PlaceLink>{' '}
            <bdi>{board.experiments[n]?.hypothesis ?? 'not there'}</bdi>{' '}
            <button type="button" aria-label={`Remove #${n}`} onClick={() => toggleCompare(n)}>
              ✕
            </button>
          </li>
        ))}
      </ul>
      <PageSection id="intervals" title="Means and 95 % intervals">
        <StripPlot lines={stripLines} />
      </PageSection>
      <PageSection id="knobs" title="Knobs that differ">
        <DifferingKnobs pages={pages} />
      </PageSection>
      <PageSection id="curves" title="Curves">
        <CurveLegend labels={curveRefs.map((reference) => reference.label)} />
        <CurvePlot refs={curveRefs} />
      </PageSection>
      {first &&
        others.map((page) => (
          <PageSection
            key={page.row.n}
            id={`diff-${page.row.n}`}
            title={`Code: #${first.row.n} to #${page.row.n}`}
            isWide
          >
            <CodeDiff from={first.row.n} to={page.row.n} />
          </PageSection>
        ))}
    </article>
  );
}

/** Only what differs. */
function DifferingKnobs({ pages }: { pages: readonly ExperimentPage[] }) {
  const knobNames = [...new Set(pages.flatMap((page) => Object.keys(page.row.knobs ?? {})))];
  const valueText = (page: ExperimentPage, name: string): string => {
    const value = page.row.knobs?.[name];
    return value === undefined ? NONE : typeof value === 'number' ? exactText(value) : value;
  };
  const differingNames = knobNames.filter((name) => new Set(pages.map((page) => valueText(page, name))).size > 1);
  if (differingNames.length === 0)
    return <p class="soft">{knobNames.length === 0 ? 'These experiments have no knobs.' : 'All knobs are equal.'}</p>;
  const rows = differingNames.map((name) => [name, ...pages.map((page) => valueText(page, name))]);
  return <PlainTable what="knobs" headings={['knob', ...pages.map((page) => `#${page.row.n}`)]} rows={rows} />;
}
