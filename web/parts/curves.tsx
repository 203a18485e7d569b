/**
 * Curves of a few experiments over their steps: the newest measurement of each, thinned by the server, fetched finer
 * when zoomed.
 */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { CURVE_COLOURS, CURVE_DASHES, curvesSvg, type NamedCurve } from '../../src/render/plots.ts';
import type { CurveData } from '../../src/view/answers.ts';
import { api } from '../live.ts';
import { usePlace } from '../url.ts';
import { CopyMenu } from './copy.tsx';
import { useWidth } from './stairs.tsx';

export interface CurveRef {
  readonly label: string;
  readonly blob: string;
}

export function Curves({ refs }: { readonly refs: readonly CurveRef[] }) {
  const { lab } = usePlace();
  const [box, width] = useWidth();
  const host = useRef<HTMLDivElement>(null);
  const [range, zoom] = useState<readonly [number, number]>();
  const [column, pick] = useState<number>();
  const [curves, set] = useState<readonly NamedCurve[]>();
  const key = refs.map((r) => r.blob).join();
  useEffect(() => {
    if (width === 0 || refs.length === 0) return undefined;
    const ended = new AbortController();
    const ask = (r: CurveRef): Promise<NamedCurve | undefined> =>
      fetch(api('curve', { lab, blob: r.blob, width, column, from: range?.[0], to: range?.[1] }), {
        signal: ended.signal,
      })
        .then(async (answer) => (answer.ok ? { label: r.label, data: (await answer.json()) as CurveData } : undefined))
        .catch(() => undefined);
    void Promise.all(refs.map(ask)).then((found) => {
      if (!ended.signal.aborted) set(found.filter((c) => c !== undefined));
    });
    return () => ended.abort();
  }, [lab, key, width > 0, column, range?.[0], range?.[1]]);
  useEffect(() => {
    if (!host.current || !curves || curves.length === 0) return undefined;
    const plot = draw(host.current, curves, width, zoom);
    return () => plot.destroy();
  }, [curves, width]);
  const table = useMemo(() => (): string[][] => tableOf(curves ?? []), [curves]);
  const first = curves?.[0]?.data;
  const per = Math.max(1, ...(curves ?? []).map((c) => c.data.per));
  return (
    <div class="curves" ref={box}>
      {refs.length === 0 && (
        <p class="soft">
          No curve was left: candidates may write <code>curve.csv</code>.
        </p>
      )}
      {curves?.length === 0 && refs.length > 0 && <p class="soft">The curve cannot be read.</p>}
      <div ref={host} />
      {first && (
        <p class="soft row">
          <span>
            {first.columns.map((name, k) =>
              k === 0 ? null : (
                <button key={name} type="button" aria-pressed={k === first.column} onClick={() => pick(k)}>
                  {name}
                </button>
              ),
            )}
          </span>
          <span>
            {per > 1 ? `band: least and greatest of ${per} steps a bucket` : 'every step'}; drag to zoom
            {range && (
              <>
                {' '}
                <button type="button" onClick={() => zoom(undefined)}>
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

function draw(
  host: HTMLElement,
  curves: readonly NamedCurve[],
  width: number,
  zoom: (range: readonly [number, number]) => void,
): uPlot {
  const ink = getComputedStyle(host).color;
  const tables = curves.map(({ data }) => [data.x, data.last, data.low, data.high] as unknown as uPlot.AlignedData);
  const series: uPlot.Series[] = [{ label: curves[0]!.data.columns[0]! }];
  const bands: uPlot.Band[] = [];
  curves.forEach(({ label }, k) => {
    const stroke = CURVE_COLOURS[k % CURVE_COLOURS.length]!;
    const at = series.length;
    series.push({
      label,
      stroke,
      width: 1.6,
      dash: [...CURVE_DASHES[k % CURVE_DASHES.length]!],
      spanGaps: true,
      points: { show: false },
    });
    series.push({ label: `${label} least`, stroke: 'transparent', spanGaps: true, points: { show: false } });
    series.push({ label: `${label} greatest`, stroke: 'transparent', spanGaps: true, points: { show: false } });
    bands.push({ series: [at + 2, at + 1], fill: `${stroke}33` });
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
        { stroke: ink, grid, label: curves[0]!.data.columns[0]! },
        { stroke: ink, grid, size: 64 },
      ],
      legend: { show: false },
      cursor: { drag: { setScale: false } },
      hooks: {
        setSelect: [
          (u) => {
            if (u.select.width < 4) return;
            zoom([
              Math.floor(u.posToVal(u.select.left, 'x')),
              Math.ceil(u.posToVal(u.select.left + u.select.width, 'x')),
            ]);
            u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          },
        ],
      },
    },
    tables.length === 1 ? tables[0]! : uPlot.join(tables),
    host,
  );
  plot.root.setAttribute('role', 'img');
  plot.root.setAttribute('aria-label', `Curves of ${curves.map((c) => c.label).join(', ')}`);
  return plot;
}

function tableOf(curves: readonly NamedCurve[]): string[][] {
  const head = ['experiment', curves[0]?.data.columns[0] ?? 'step', 'last', 'least', 'greatest'];
  return [
    head,
    ...curves.flatMap(({ label, data }) =>
      data.x.map((x, k) => [label, x, data.last[k], data.low[k], data.high[k]].map(String)),
    ),
  ];
}

export function Legend({ labels }: { readonly labels: readonly string[] }) {
  return (
    <p class="legend">
      {labels.map((label, k) => (
        <span key={label}>
          <svg width="26" height="8" aria-hidden="true">
            <path
              d="M0 4h26"
              stroke={CURVE_COLOURS[k % CURVE_COLOURS.length]}
              stroke-width="2"
              stroke-dasharray={CURVE_DASHES[k % CURVE_DASHES.length]!.join(' ')}
            />
          </svg>{' '}
          {label}
        </span>
      ))}
    </p>
  );
}
