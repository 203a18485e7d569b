/** The knobs: all side by side, their importance, each alone, and the trade-off with a second metric. */
import { useMemo } from 'preact/hooks';
import { formatCount } from '../../src/base/text.ts';
import { parallelAxes, slicePoints, sliceSvg } from '../../src/render/factor-plots.ts';
import { paretoSvg } from '../../src/render/plots.ts';
import type { FactorsAnswer } from '../../src/view/answers.ts';
import type { Board, BoardRow } from '../../src/view/board.ts';
import { formatPercent } from '../../src/view/format.ts';
import { apiAddress, useRead } from '../live.ts';
import { CopyMenu } from '../parts/copy.tsx';
import { KnobPair } from '../parts/contour.tsx';
import { PlaceLink } from '../parts/link.tsx';
import { ParallelPlot } from '../parts/parallel.tsx';
import { PickPlot } from '../parts/pick.tsx';
import { CopyableDrawing } from '../parts/pieces.tsx';
import { RangeFields, SelectedRanges } from '../parts/ranges.tsx';
import { PageSection } from '../parts/section.tsx';
import { ShareBar } from '../parts/share-bar.tsx';
import { FilterField } from '../table/filter.tsx';
import { usePlace } from '../url.ts';

export function FactorsPage({ board, rows }: { board: Board; rows: readonly BoardRow[] }) {
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
      <FilterField board={board} shownCount={rows.length}>
        <PlaceLink to={{ page: 'overview', part: '' }}>show them in the table</PlaceLink>
      </FilterField>
      <PageSection id="parallel" title="All knobs">
        <AllKnobs factors={data} board={board} />
      </PageSection>
      <PageSection id="importance" title="Which knobs matter">
        <KnobImportance factors={data} />
      </PageSection>
      <PageSection id="slices" title="Each knob alone">
        <KnobSlices factors={data} metric={board.metric.name} />
      </PageSection>
      <PageSection id="pair" title="Two knobs together">
        <KnobPair factors={data} board={board} />
      </PageSection>
      {data.points.length > 0 && (
        <PageSection id="pareto" title={`${data.metrics[0]} and ${data.metrics[1]}`}>
          <TradeOff factors={data} />
        </PageSection>
      )}
    </article>
  );
}

function AllKnobs({ factors, board }: { factors: FactorsAnswer; board: Board }) {
  const { axes, lines, more, metric } = factors;
  const allAxes = useMemo(() => parallelAxes(factors), [factors]);
  const clipped = metric?.clipped ?? 0;
  return (
    <>
      <p class="soft">
        One line per experiment, stronger where better
        {axes.length > 0 && metric && '; the last axis is the metric, best on top'}.
        {clipped > 0 &&
          ` ${formatCount(clipped, 'value')} far beyond it ${clipped === 1 ? 'is' : 'are'} drawn at its end.`}
        {more > 0 && ` The newest ${lines.length} and all steps; ${more} older ones are left out.`}
      </p>
      <SelectedRanges board={board} axes={allAxes} />
      <ParallelPlot factors={factors} board={board} />
      <RangeFields board={board} axes={allAxes} />
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
  const clipped = factors.metric?.clipped ?? 0;
  return (
    <>
      <p class="soft">
        Across: the knob. Up: {metric}, best on top.
        {clipped > 0 && ` ${formatCount(clipped, 'value')} far from all others: triangles at the edge.`}
      </p>
      <div class="slices">
        {factors.axes.map((axis, axisIndex) => (
          <PickPlot
            key={axis.name}
            what={axis.name}
            drawSvg={(width) => sliceSvg(factors, axisIndex, width)}
            pointsAt={(width) => slicePoints(factors, axisIndex, width)}
            table={() => sliceTable(axisIndex)}
            source={factors}
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
