/** What the knobs do: all side by side, which matter, each alone, and the trade against a second metric. */
import { paretoSvg, parallelSvg, sliceSvg } from '../../src/render/plots.ts';
import type { FactorsAnswer } from '../../src/view/answers.ts';
import type { Board } from '../../src/view/board.ts';
import { formatPercent } from '../../src/view/format.ts';
import { apiAddress, useRead } from '../live.ts';
import { CopyMenu } from '../parts/copy.tsx';
import { Drawing } from '../parts/pieces.tsx';
import { usePlace } from '../url.ts';
import { Section } from './experiment.tsx';
import { Bar } from './overview.tsx';

export function Factors({ board }: { board: Board }) {
  const { lab, at } = usePlace();
  const { data, error } = useRead<FactorsAnswer>(apiAddress('factors', { lab, at }), String(board.counts.tried));
  if (error) return <p role="alert">{error}</p>;
  if (!data)
    return (
      <p class="loading" role="status">
        Reading …
      </p>
    );
  if (data.axes.length === 0) return <p>This arena declares no knobs.</p>;
  const knobTable = (): string[][] => [
    ['#', ...data.axes.map((axis) => axis.name), board.metric.name],
    ...data.lines.map((line) => [String(line.n), ...line.texts, line.value?.text ?? '']),
  ];
  const sliceTable = (axisIndex: number): string[][] => [
    ['#', data.axes[axisIndex]!.name, board.metric.name],
    ...data.lines.map((line) => [String(line.n), line.texts[axisIndex] ?? '', line.value?.text ?? '']),
  ];
  const frontTable = (): string[][] => [
    ['#', ...data.metrics, 'unbeaten'],
    ...data.points.map((point) => [String(point.n), ...point.values.map(String), point.front ? 'yes' : 'no']),
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
            drawSvg={(width) => parallelSvg(data, Math.max(width, 84 * (data.axes.length + 1)), board.metric.name)}
            table={knobTable}
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
          {data.importance.map((knob) => (
            <li key={knob.name}>
              <Bar label={`${knob.name} ${formatPercent(knob.share)}`} share={knob.share} />
            </li>
          ))}
        </ul>
        {data.importance.length > 0 && (
          <CopyMenu
            what="importance"
            table={() => [['knob', 'share'], ...data.importance.map((knob) => [knob.name, String(knob.share)])]}
          />
        )}
      </Section>
      <Section id="slices" title="Each alone">
        <p class="soft">Across: the knob. Up: the rank of what was measured with it, the best on top.</p>
        <div class="slices">
          {data.axes.map((axis, axisIndex) => (
            <Drawing
              key={axis.name}
              what={axis.name}
              drawSvg={(width) => sliceSvg(data, axisIndex, width)}
              table={() => sliceTable(axisIndex)}
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
          <Drawing what="pareto" drawSvg={(width) => paretoSvg(data, width)} table={frontTable} />
        </Section>
      )}
    </article>
  );
}
