/** What the knobs do: all side by side, which matter, each alone, and the trade against a second metric. */
import { paretoSvg, parallelSvg, sliceSvg } from '../../src/render/plots.ts';
import type { FactorsAnswer } from '../../src/view/answers.ts';
import type { Board } from '../../src/view/board.ts';
import { percent } from '../../src/view/format.ts';
import { api, useRead } from '../live.ts';
import { CopyMenu } from '../parts/copy.tsx';
import { Drawing } from '../parts/pieces.tsx';
import { usePlace } from '../url.ts';
import { Section } from './experiment.tsx';
import { Bar } from './overview.tsx';

export function Factors({ board }: { board: Board }) {
  const { lab, at } = usePlace();
  const { data, error } = useRead<FactorsAnswer>(api('factors', { lab, at }), String(board.counts.tried));
  if (error) return <p role="alert">{error}</p>;
  if (!data)
    return (
      <p class="loading" role="status">
        Reading …
      </p>
    );
  if (data.axes.length === 0) return <p>This arena declares no knobs.</p>;
  const table = (): string[][] => [
    ['#', ...data.axes.map((a) => a.name), board.metric.name],
    ...data.lines.map((l) => [String(l.n), ...l.texts, l.value?.text ?? '']),
  ];
  const slice = (k: number): string[][] => [
    ['#', data.axes[k]!.name, board.metric.name],
    ...data.lines.map((l) => [String(l.n), l.texts[k] ?? '', l.value?.text ?? '']),
  ];
  const front = (): string[][] => [
    ['#', ...data.metrics, 'unbeaten'],
    ...data.points.map((p) => [String(p.n), ...p.values.map(String), p.front ? 'yes' : 'no']),
  ];
  return (
    <article class="factors">
      <Section id="parallel" title="All knobs">
        <p class="soft">
          A line an experiment, stronger where better; the last axis is the rank, best on top.
          {data.more > 0 &&
            ` The newest ${data.lines.length} and all that were kept; ${data.more} older ones are left out.`}
        </p>
        <div class="wide" tabIndex={0} role="region" aria-label="All knobs">
          <Drawing
            what="knobs"
            draw={(width) => parallelSvg(data, Math.max(width, 84 * (data.axes.length + 1)), board.metric.name)}
            table={table}
          />
        </div>
      </Section>
      <Section id="importance" title="Which matter">
        <p class="soft">
          Permutation importance in the optimizer’s model of everything measured: a guess from few points, not a
          measurement.
        </p>
        {data.importance.length === 0 && <p class="soft">Too few experiments to say.</p>}
        <ul class="importance">
          {data.importance.map((i) => (
            <li key={i.name}>
              <Bar label={`${i.name} ${percent(i.share)}`} share={i.share} />
            </li>
          ))}
        </ul>
        {data.importance.length > 0 && (
          <CopyMenu
            what="importance"
            table={() => [['knob', 'share'], ...data.importance.map((i) => [i.name, String(i.share)])]}
          />
        )}
      </Section>
      <Section id="slices" title="Each alone">
        <p class="soft">Across: the knob. Up: the rank of what was measured with it, the best on top.</p>
        <div class="slices">
          {data.axes.map((axis, k) => (
            <Drawing
              key={axis.name}
              what={axis.name}
              draw={(width) => sliceSvg(data, k, width)}
              table={() => slice(k)}
            />
          ))}
        </div>
      </Section>
      {data.points.length > 0 && (
        <Section id="pareto" title={`${data.metrics[0]} and ${data.metrics[1]}`}>
          <p class="soft">
            Joined: what no other beats in both, taking {data.second === 'maximize' ? 'more' : 'less'} {data.metrics[1]}{' '}
            as better.
          </p>
          <Drawing what="pareto" draw={(width) => paretoSvg(data, width)} table={front} />
        </Section>
      )}
    </article>
  );
}
