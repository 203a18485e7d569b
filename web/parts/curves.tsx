/**
 * Curves of a few experiments over their steps: the newest measurement of each, thinned by the server, fetched finer
 * when zoomed.
 */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { CURVE_COLOURS, CURVE_DASHES, curvesSvg, type NamedCurve } from '../../src/render/plots.ts';
import type { CurveData } from '../../src/view/answers.ts';
import { exactText } from '../../src/view/format.ts';
import { MAX_SMOOTHING, smoothValues } from '../../src/view/pictures/smooth.ts';
import { apiAddress } from '../live.ts';
import { goTo, usePlace } from '../url.ts';
import { CopyMenu } from './copy.tsx';
import { CurveKey } from './curve-key.tsx';
import { useWidth } from './stairs.tsx';

export interface CurveRef {
  readonly label: string;
  readonly blob: string;
}

/** A range of steps that somebody zoomed into. */
type StepRange = readonly [number, number];

/** The curves of the references, thinned to a width, read again when the range or the column changes. */
function useCurves(
  refs: readonly CurveRef[],
  width: number,
  column: number | undefined,
  range: StepRange | undefined,
): readonly NamedCurve[] | undefined {
  const { lab } = usePlace();
  const [curves, setCurves] = useState<readonly NamedCurve[]>();
  const blobsKey = refs.map((reference) => reference.blob).join();
  useEffect(() => {
    if (width === 0 || refs.length === 0) return undefined;
    const controller = new AbortController();
    const fetchCurve = (reference: CurveRef): Promise<NamedCurve | undefined> =>
      fetch(apiAddress('curve', { lab, blob: reference.blob, width, column, from: range?.[0], to: range?.[1] }), {
        signal: controller.signal,
      })
        .then(async (response) =>
          response.ok ? { label: reference.label, data: (await response.json()) as CurveData } : undefined,
        )
        .catch(() => undefined);
    void Promise.all(refs.map(fetchCurve)).then((answers) => {
      if (!controller.signal.aborted) setCurves(answers.filter((curve) => curve !== undefined));
    });
    return () => controller.abort();
  }, [lab, blobsKey, width > 0, column, range?.[0], range?.[1]]);
  return curves;
}

export function CurvePlot({ refs }: { readonly refs: readonly CurveRef[] }) {
  const [boxRef, width] = useWidth();
  const hostRef = useRef<HTMLDivElement>(null);
  const [range, setRange] = useState<StepRange>();
  const [column, setColumn] = useState<number>();
  const { smooth } = usePlace();
  const curves = useCurves(refs, width, column, range);
  useEffect(() => {
    if (!hostRef.current || !curves || curves.length === 0) return undefined;
    const plot = drawCurves(hostRef.current, curves, width, smooth, setRange);
    return () => plot.destroy();
  }, [curves, width, smooth]);
  const table = useMemo(() => (): string[][] => tableOf(curves ?? [], smooth), [curves, smooth]);
  const firstCurve = curves?.[0]?.data;
  return (
    <div class="curves" ref={boxRef}>
      {refs.length === 0 && (
        <p class="soft">
          There is no curve: candidates may write <code>curve.csv</code>.
        </p>
      )}
      {curves?.length === 0 && refs.length > 0 && <p class="soft">The curve cannot be read.</p>}
      <div ref={hostRef} />
      {curves && firstCurve && (
        <p class="soft row">
          <ColumnSwitch data={firstCurve} onPick={setColumn} />
          <SmoothingSlider />
          <ZoomNote curves={curves} range={range} onReset={() => setRange(undefined)} />
          <CopyMenu
            what="curves"
            svg={() => curvesSvg(smooth > 0 ? curves.map((curve) => smoothCurve(curve, smooth)) : curves)}
            table={table}
          />
        </p>
      )}
    </div>
  );
}

/** How strongly the curves are smoothed: 0 shows them as they are. */
function SmoothingSlider() {
  const { smooth } = usePlace();
  return (
    <label class="smoothing">
      smoothing{' '}
      <input
        type="range"
        min={0}
        max={MAX_SMOOTHING}
        step={0.01}
        value={smooth}
        onInput={(event) => goTo({ smooth: Number(event.currentTarget.value) })}
      />{' '}
      {smooth.toFixed(2)}
    </label>
  );
}

const smoothCurve = ({ label, data }: NamedCurve, smooth: number): NamedCurve => ({
  label: `${label}, smoothed ${smooth.toFixed(2)}`,
  data: { ...data, last: smoothValues(data.last, smooth) },
});

/** Which column of the curve is drawn; the first is the step. */
function ColumnSwitch({ data, onPick }: { data: CurveData; onPick: (column: number) => void }) {
  return (
    <span>
      {data.columns.map((name, columnIndex) =>
        columnIndex === 0 ? null : (
          <button
            key={name}
            type="button"
            aria-pressed={columnIndex === data.column}
            onClick={() => onPick(columnIndex)}
          >
            {name}
          </button>
        ),
      )}
    </span>
  );
}

function ZoomNote(props: { curves: readonly NamedCurve[]; range: StepRange | undefined; onReset: () => void }) {
  const stepsPerBucket = Math.max(1, ...props.curves.map((curve) => curve.data.per));
  return (
    <span>
      {stepsPerBucket > 1 ? `band: lowest and highest of ${stepsPerBucket} steps` : 'every step'}; drag to zoom
      {props.range && (
        <>
          {' '}
          <button type="button" onClick={props.onReset}>
            all steps
          </button>
        </>
      )}
    </span>
  );
}

const tickTexts = (_: uPlot, ticks: readonly number[]): string[] =>
  ticks.map((tick) => exactText(Number(tick.toPrecision(6))));

function drawCurves(
  host: HTMLElement,
  curves: readonly NamedCurve[],
  width: number,
  smooth: number,
  onZoom: (range: StepRange) => void,
): uPlot {
  const inkColor = getComputedStyle(host).color;
  const alignedData = curves.map(
    ({ data }) =>
      [data.x, data.last, data.low, data.high, smoothValues(data.last, smooth)] as unknown as uPlot.AlignedData,
  );
  const stepName = curves[0]!.data.columns[0]!;
  const grid = { stroke: '#8884', width: 0.5 };
  const plot = new uPlot(
    {
      width,
      height: 280,
      ...seriesOf(curves, stepName, smooth > 0),
      scales: { x: { time: false } },
      axes: [
        { stroke: inkColor, grid, values: tickTexts, label: stepName },
        { stroke: inkColor, grid, values: tickTexts, size: 64 },
      ],
      legend: { show: false },
      cursor: { drag: { setScale: false } },
      hooks: { setSelect: [(chart) => zoomToSelection(chart, onZoom)] },
    },
    alignedData.length === 1 ? alignedData[0]! : uPlot.join(alignedData),
    host,
  );
  plot.root.setAttribute('role', 'img');
  plot.root.setAttribute('aria-label', `Curves of ${curves.map((curve) => curve.label).join(', ')}`);
  return plot;
}

/** A line for each curve, and a band from the lowest to the highest of each bucket. Smoothed, the line stays faint. */
function seriesOf(
  curves: readonly NamedCurve[],
  stepName: string,
  isSmoothed: boolean,
): { series: uPlot.Series[]; bands: uPlot.Band[] } {
  const edge = { stroke: 'transparent', spanGaps: true, points: { show: false } };
  const series: uPlot.Series[] = [{ label: stepName }];
  const bands: uPlot.Band[] = [];
  curves.forEach(({ label }, curveIndex) => {
    const stroke = CURVE_COLOURS[curveIndex % CURVE_COLOURS.length]!;
    const dash = [...CURVE_DASHES[curveIndex % CURVE_DASHES.length]!];
    const seriesIndex = series.length;
    const line = { dash, spanGaps: true, points: { show: false } };
    series.push({ ...line, label, stroke: isSmoothed ? `${stroke}55` : stroke, width: isSmoothed ? 1 : 1.6 });
    series.push({ ...edge, label: `${label} lowest` }, { ...edge, label: `${label} highest` });
    series.push({ ...line, label: `${label} smoothed`, stroke, width: 2.2, show: isSmoothed });
    bands.push({ series: [seriesIndex + 2, seriesIndex + 1], fill: `${stroke}${isSmoothed ? '18' : '33'}` });
  });
  return { series, bands };
}

function zoomToSelection(chart: uPlot, onZoom: (range: StepRange) => void): void {
  const { left, width } = chart.select;
  if (width < 4) return;
  onZoom([Math.floor(chart.posToVal(left, 'x')), Math.ceil(chart.posToVal(left + width, 'x'))]);
  chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}

function tableOf(curves: readonly NamedCurve[], smooth: number): string[][] {
  const headings = ['experiment', curves[0]?.data.columns[0] ?? 'step', 'last', 'least', 'greatest'];
  const rows = curves.flatMap(({ label, data }) => {
    const smoothed = smoothValues(data.last, smooth);
    return data.x.map((step, index) => [
      ...[label, step, data.last[index], data.low[index], data.high[index]].map(String),
      ...(smooth > 0 ? [String(smoothed[index])] : []),
    ]);
  });
  return [smooth > 0 ? [...headings, `smoothed ${smooth}`] : headings, ...rows];
}

export function CurveLegend({ labels }: { readonly labels: readonly string[] }) {
  const { smooth } = usePlace();
  return (
    <p class="legend">
      {labels.map((label, index) => (
        <CurveKey key={label} index={index} width={2} label={label} />
      ))}
      {labels.length > 0 && smooth > 0 && (
        <span class="soft">
          thick: smoothed {smooth.toFixed(2)} (moving average of the points drawn) · faint: as it was written
        </span>
      )}
    </p>
  );
}
