/** The knobs: all side by side, their importance, each alone, and the trade-off with a second metric. */
import { paretoSvg, parallelSvg, sliceSvg } from '../../src/render/plots.ts';
import type { FactorsAnswer } from '../../src/view/answers.ts';
import type { Board } from '../../src/view/board.ts';
import { formatPercent } from '../../src/view/format.ts';
import { apiAddress, useRead } from '../live.ts';
import { CopyMenu } from '../parts/copy.tsx';
import { CopyableDrawing } from '../parts/pieces.tsx';
import { PageSection } from '../parts/section.tsx';
import { ShareBar } from '../parts/share-bar.tsx';
import { usePlace } from '../url.ts';

/** Pixels between two axes, at least. */
const MIN_AXIS_WIDTH = 84;

export function FactorsPage({ board }: { board: Board }) {
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
  return (
    <article class="factors">
      <PageSection id="parallel" title="All knobs">
        <AllKnobs factors={data} metric={board.metric.name} />
      </PageSection>
      <PageSection id="importance" title="Which knobs matter">
        <KnobImportance factors={data} />
      </PageSection>
      <PageSection id="slices" title="Each knob alone">
        <KnobSlices factors={data} metric={board.metric.name} />
      </PageSection>
      {data.points.length > 0 && (
        <PageSection id="pareto" title={`${data.metrics[0]} and ${data.metrics[1]}`}>
          <TradeOff factors={data} />
        </PageSection>
      )}
    </article>
  );
}

function AllKnobs({ factors, metric }: { factors: FactorsAnswer; metric: string }) {
  const { axes, lines, more } = factors;
  const knobTable = (): string[][] => [
    ['#', ...axes.map((axis) => axis.name), metric],
    ...lines.map((line) => [String(line.n), ...line.texts, line.value?.text ?? '']),
  ];
  return (
    <>
      <p class="soft">
        One line per experiment, stronger where better; the last axis is the rank, best on top.
        {more > 0 && ` The newest ${lines.length} and all steps; ${more} older ones are left out.`}
      </p>
      <div class="wide" tabIndex={0} role="region" aria-label="All knobs">
        <CopyableDrawing
          what="knobs"
          drawSvg={(width) => parallelSvg(factors, Math.max(width, MIN_AXIS_WIDTH * (axes.length + 1)), metric)}
          table={knobTable}
        />
      </div>
    </>
  );
}

function KnobImportance({ factors }: { factors: FactorsAnswer }) {
  const { importance } = factors;
  const importanceTable = (): string[][] => [
    ['knob', 'share'],
    ...importance.map((knob) => [knob.name, String(knob.share)]),
  ];
  return (
    <>
      <p class="soft">
        Permutation importance in the optimizer’s model of everything measured: a guess from few points, not a
        measurement.
      </p>
      {importance.length === 0 && <p class="soft">Too few experiments to say.</p>}
      <ul class="importance">
        {importance.map((knob) => (
          <li key={knob.name}>
            <ShareBar label={`${knob.name} ${formatPercent(knob.share)}`} share={knob.share} />
          </li>
        ))}
      </ul>
      {importance.length > 0 && <CopyMenu what="importance" table={importanceTable} />}
    </>
  );
}

function KnobSlices({ factors, metric }: { factors: FactorsAnswer; metric: string }) {
  const sliceTable = (axisIndex: number): string[][] => [
    ['#', factors.axes[axisIndex]!.name, metric],
    ...factors.lines.map((line) => [String(line.n), line.texts[axisIndex] ?? '', line.value?.text ?? '']),
  ];
  return (
    <>
      <p class="soft">Across: the knob. Up: the rank of the experiment, best on top.</p>
      <div class="slices">
        {factors.axes.map((axis, axisIndex) => (
          <CopyableDrawing
            key={axis.name}
            what={axis.name}
            drawSvg={(width) => sliceSvg(factors, axisIndex, width)}
            table={() => sliceTable(axisIndex)}
          />
        ))}
      </div>
    </>
  );
}

function TradeOff({ factors }: { factors: FactorsAnswer }) {
  const { metrics, points, second } = factors;
  const frontTable = (): string[][] => [
    ['#', ...metrics, 'unbeaten'],
    ...points.map((point) => [String(point.n), ...point.values.map(String), point.front ? 'yes' : 'no']),
  ];
  return (
    <>
      <p class="soft">
        The line joins the experiments that no other beats in both metrics; {second === 'maximize' ? 'more' : 'less'}{' '}
        {metrics[1]} is better.
      </p>
      <CopyableDrawing what="pareto" drawSvg={(width) => paretoSvg(factors, width)} table={frontTable} />
    </>
  );
}
