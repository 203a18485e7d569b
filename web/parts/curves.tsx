/**
 * Curves of a few experiments over their steps: the newest measurement of each, thinned by the server, fetched finer
 * when zoomed.
 */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { CURVE_COLOURS, CURVE_DASHES, curvesSvg, type NamedCurve } from '../../src/render/plots.ts';
import type { CurveData } from '../../src/view/answers.ts';
import { apiAddress } from '../live.ts';
import { usePlace } from '../url.ts';
import { CopyMenu } from './copy.tsx';
import { useWidth } from './stairs.tsx';

export interface CurveRef {
  readonly label: string;
  readonly blob: string;
}

export function Curves({ refs }: { readonly refs: readonly CurveRef[] }) {
  const { lab } = usePlace();
  const [boxRef, width] = useWidth();
  const hostRef = useRef<HTMLDivElement>(null);
  const [range, setRange] = useState<readonly [number, number]>();
  const [column, setColumn] = useState<number>();
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
  useEffect(() => {
    if (!hostRef.current || !curves || curves.length === 0) return undefined;
    const plot = drawCurves(hostRef.current, curves, width, setRange);
    return () => plot.destroy();
  }, [curves, width]);
  const table = useMemo(() => (): string[][] => tableOf(curves ?? []), [curves]);
  const firstCurve = curves?.[0]?.data;
  const stepsPerBucket = Math.max(1, ...(curves ?? []).map((curve) => curve.data.per));
  return (
    <div class="curves" ref={boxRef}>
      {refs.length === 0 && (
        <p class="soft">
          No curve was left: candidates may write <code>curve.csv</code>.
        </p>
      )}
      {curves?.length === 0 && refs.length > 0 && <p class="soft">The curve cannot be read.</p>}
      <div ref={hostRef} />
      {firstCurve && (
        <p class="soft row">
          <span>
            {firstCurve.columns.map((name, columnIndex) =>
              columnIndex === 0 ? null : (
                <button
                  key={name}
                  type="button"
                  aria-pressed={columnIndex === firstCurve.column}
                  onClick={() => setColumn(columnIndex)}
                >
                  {name}
                </button>
              ),
            )}
          </span>
          <span>
            {stepsPerBucket > 1 ? `band: least and greatest of ${stepsPerBucket} steps a bucket` : 'every step'}; drag
            to zoom
            {range && (
              <>
                {' '}
                <button type="button" onClick={() => setRange(undefined)}>
                  all steps
                </button>
              </>
            )}
          </span>
          <CopyMenu what="curves" svg={() => curvesSvg(curves ?? [])} table={table} />
        </p>
      )}
    </div>
  );
}

function drawCurves(
  host: HTMLElement,
  curves: readonly NamedCurve[],
  width: number,
  onZoom: (range: readonly [number, number]) => void,
): uPlot {
  const inkColor = getComputedStyle(host).color;
  const alignedData = curves.map(
    ({ data }) => [data.x, data.last, data.low, data.high] as unknown as uPlot.AlignedData,
  );
  const series: uPlot.Series[] = [{ label: curves[0]!.data.columns[0]! }];
  const bands: uPlot.Band[] = [];
  curves.forEach(({ label }, curveIndex) => {
    const stroke = CURVE_COLOURS[curveIndex % CURVE_COLOURS.length]!;
    const seriesIndex = series.length;
    series.push({
      label,
      stroke,
      width: 1.6,
      dash: [...CURVE_DASHES[curveIndex % CURVE_DASHES.length]!],
      spanGaps: true,
      points: { show: false },
    });
    series.push({ label: `${label} least`, stroke: 'transparent', spanGaps: true, points: { show: false } });
    series.push({ label: `${label} greatest`, stroke: 'transparent', spanGaps: true, points: { show: false } });
    bands.push({ series: [seriesIndex + 2, seriesIndex + 1], fill: `${stroke}33` });
  });
  const grid = { stroke: '#8884', width: 0.5 };
  const plot = new uPlot(
    {
      width,
      height: 280,
      series,
      bands,
      scales: { x: { time: false } },
      axes: [
        { stroke: inkColor, grid, label: curves[0]!.data.columns[0]! },
        { stroke: inkColor, grid, size: 64 },
      ],
      legend: { show: false },
      cursor: { drag: { setScale: false } },
      hooks: {
        setSelect: [
          (chart) => {
            if (chart.select.width < 4) return;
            onZoom([
              Math.floor(chart.posToVal(chart.select.left, 'x')),
              Math.ceil(chart.posToVal(chart.select.left + chart.select.width, 'x')),
            ]);
            chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          },
        ],
      },
    },
    alignedData.length === 1 ? alignedData[0]! : uPlot.join(alignedData),
    host,
  );
  plot.root.setAttribute('role', 'img');
  plot.root.setAttribute('aria-label', `Curves of ${curves.map((curve) => curve.label).join(', ')}`);
  return plot;
}

function tableOf(curves: readonly NamedCurve[]): string[][] {
  const headings = ['experiment', curves[0]?.data.columns[0] ?? 'step', 'last', 'least', 'greatest'];
  return [
    headings,
    ...curves.flatMap(({ label, data }) =>
      data.x.map((step, index) => [label, step, data.last[index], data.low[index], data.high[index]].map(String)),
    ),
  ];
}

export function Legend({ labels }: { readonly labels: readonly string[] }) {
  return (
    <p class="legend">
      {labels.map((label, index) => (
        <span key={label}>
          <svg width="26" height="8" aria-hidden="true">
            <path
              d="M0 4h26"
              stroke={CURVE_COLOURS[index % CURVE_COLOURS.length]}
              stroke-width="2"
              stroke-dasharray={CURVE_DASHES[index % CURVE_DASHES.length]!.join(' ')}
            />
          </svg>{' '}
          {label}
        </span>
      ))}
    </p>
  );
}
