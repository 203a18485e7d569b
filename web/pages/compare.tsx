/** Two to six experiments side by side: intervals, what their knobs differ in, their code, their curves. */
import { useEffect, useState } from 'preact/hooks';
import type { Board } from '../../src/view/board.ts';
import type { ExperimentPage } from '../../src/view/lab/experiment.ts';
import { apiAddress } from '../live.ts';
import { Curves, Legend } from '../parts/curves.tsx';
import { Link } from '../parts/frame.tsx';
import { Diff, PlainTable, Strip, stripLine } from '../parts/pieces.tsx';
import { toggleCompare } from '../parts/table.tsx';
import { usePlace } from '../url.ts';
import { curveRef, Section } from './experiment.tsx';

export function Compare({ board }: { board: Board }) {
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
  if (compare.length === 0)
    return (
      <p>
        Nothing is chosen yet. On the overview press <kbd>c</kbd> on a row, or Shift-click it; up to six.
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
            <Link to={{ page: 'experiment', n }}>#{n}</Link>{' '}
            <bdi>{board.experiments[n]?.hypothesis ?? 'not there'}</bdi>{' '}
            <button type="button" aria-label={`Take #${n} out`} onClick={() => toggleCompare(n)}>
              ✕
            </button>
          </li>
        ))}
      </ul>
      <Section id="intervals" title="Means and 95 % intervals">
        <Strip lines={stripLines} />
      </Section>
      <Section id="knobs" title="Knobs that differ">
        <Knobs pages={pages} />
      </Section>
      <Section id="curves" title="Curves">
        <Legend labels={curveRefs.map((reference) => reference.label)} />
        <Curves refs={curveRefs} />
      </Section>
      {first &&
        others.map((page) => (
          <Section key={page.row.n} id={`diff-${page.row.n}`} title={`Code: #${first.row.n} to #${page.row.n}`}>
            <Diff from={first.row.n} to={page.row.n} />
          </Section>
        ))}
    </article>
  );
}

/** Only what differs. */
function Knobs({ pages }: { pages: readonly ExperimentPage[] }) {
  const knobNames = [...new Set(pages.flatMap((page) => Object.keys(page.row.knobs ?? {})))];
  const knobText = (page: ExperimentPage, name: string): string => String(page.row.knobs?.[name] ?? '–');
  const differingNames = knobNames.filter((name) => new Set(pages.map((page) => knobText(page, name))).size > 1);
  if (differingNames.length === 0)
    return <p class="soft">{knobNames.length === 0 ? 'These experiments have no knobs.' : 'All knobs are equal.'}</p>;
  const rows = differingNames.map((name) => [name, ...pages.map((page) => knobText(page, name))]);
  return <PlainTable what="knobs" headings={['knob', ...pages.map((page) => `#${page.row.n}`)]} rows={rows} />;
}
