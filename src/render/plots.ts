/**
 * The dashboard's smaller pictures as SVG: replicates on a strip, the device's time, knobs side by side, two metrics,
 * curves. Pure strings, coloured by the page's style (class names), readable without it.
 */
import type { CurveData } from '../view/answers.ts';
import type { FactorsView } from '../view/pictures/factors.ts';
import { fixed, secondaryTextOf } from '../view/format.ts';
import type { MachinesView } from '../view/pictures/machines.ts';
import { ticks } from '../view/pictures/scale.ts';
import type { MarkKind } from '../view/pictures/staircase.ts';
import { escapeHtml as esc } from './text.ts';

const n = (x: number): string => String(Math.round(x * 10) / 10);
const className = (kind: MarkKind): string => `p-${kind.replace(' ', '-')}`;

function svg(width: number, height: number, title: string, body: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" class="plot" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${esc(title)}"><title>${esc(title)}</title>${body}</svg>`;
}

const text = (x: number, y: number, words: string, anchor = 'start', name = ''): string =>
  `<text x="${n(x)}" y="${n(y)}" text-anchor="${anchor}"${name ? ` class="${name}"` : ''}>${esc(words)}</text>`;

export interface StripLine {
  readonly label: string;
  readonly values: readonly number[];
  readonly mean?: number;
  readonly half?: number;
  readonly text: string;
  readonly main: boolean;
}

/** Every measurement a tick, the mean with its 95 % interval above them, one line a side. */
export function stripSvg(lines: readonly StripLine[], width: number): string {
  const left = Math.min(width / 2.4, 24 + 6.6 * lines.reduce((a, l) => Math.max(a, l.text.length, l.label.length), 8));
  const right = width - 16;
  const all = lines.flatMap((l) => [
    ...l.values,
    ...(l.mean === undefined ? [] : [l.mean - (l.half ?? 0), l.mean + (l.half ?? 0)]),
  ]);
  if (all.length === 0)
    return svg(width, 40, 'no measurements', text(width / 2, 24, 'No number was measured.', 'middle'));
  const [low, high] = [all.reduce((a, b) => Math.min(a, b)), all.reduce((a, b) => Math.max(a, b))];
  const span = high - low;
  const x = (v: number): number => (span > 0 ? left + ((right - left) * (v - low)) / span : (left + right) / 2);
  const row = 44;
  const body = lines.map((l, k) => {
    const y = 24 + k * row;
    const marks = l.values.map((v) => `<path class="tickmark" d="M${n(x(v))} ${n(y + 4)}v12"/>`).join('');
    const half = l.half ?? 0;
    const interval =
      l.mean === undefined
        ? ''
        : `<path class="${l.main ? 'mine' : 'other'}" d="M${n(x(l.mean - half))} ${n(y)}H${n(x(l.mean + half))}m0 -4v8M${n(x(l.mean - half))} ${n(y - 4)}v8"/><circle class="${l.main ? 'mine' : 'other'}" cx="${n(x(l.mean))}" cy="${n(y)}" r="4.5"/>`;
    return `${text(left - 12, y + 4, l.label, 'end', 'strong')}${text(left - 12, y + 18, l.text, 'end')}${marks}${interval}`;
  });
  const bottom = 24 + lines.length * row;
  const axis = ticks(low, high, 5).map(
    (t) =>
      `<path class="gridline" d="M${n(x(t))} 6V${bottom - 14}"/>${text(x(t), bottom, tickText(t, span), 'middle')}`,
  );
  return svg(width, bottom + 8, lines.map((l) => `${l.label}: ${l.text}`).join('; '), axis.join('') + body.join(''));
}

const tickText = (at: number, span: number): string =>
  fixed(at, Math.min(12, Math.max(0, 1 - Math.floor(Math.log10(span || 1)))));

/** One lane a session: when the device measured what. */
export function ganttSvg(view: MachinesView, width: number): string {
  const left = 132;
  const row = 42;
  const longest = view.lanes.reduce((a, lane) => Math.max(a, lane.lengthS), 1);
  const x = (s: number): number => left + ((width - left - 8) * s) / longest;
  const body = view.lanes.map((lane, k) => {
    const y = 8 + k * row;
    const bars = lane.bars
      .map(
        (bar) =>
          `<rect class="g-${bar.kind}" x="${n(x(bar.from))}" y="${y}" width="${n(Math.max(0.6, x(bar.to) - x(bar.from)))}" height="18"><title>#${bar.n} ${bar.kind}</title></rect>`,
      )
      .join('');
    return `<rect class="lane" x="${left}" y="${y}" width="${n(Math.max(1, x(lane.lengthS) - left))}" height="18"/>${bars}${text(left - 8, y + 13, lane.label, 'end', 'strong')}${text(left, y + 31, lane.text)}`;
  });
  return svg(width, Math.max(40, 8 + view.lanes.length * row), `Use of the device: ${view.busy}`, body.join(''));
}

/** One vertical axis a knob, one line an experiment; better ones are stronger, kept ones marked. */
export function parallelSvg(view: FactorsView, width: number, metric: string): string {
  const height = 300;
  const [top, bottom, side] = [34, height - 26, 50];
  const axes = view.axes.length + 1;
  const x = (k: number): number => side + ((width - 2 * side) * k) / Math.max(1, axes - 1);
  const y = (u: number): number => bottom - (bottom - top) * u;
  const ordered = [...view.lines].sort((a, b) => (a.rank ?? -1) - (b.rank ?? -1));
  const paths = ordered.map((line) => {
    const points = [...line.at, line.rank ?? null].map((u, k) => (u === null ? undefined : `${n(x(k))} ${n(y(u))}`));
    const d = points
      .filter((p) => p !== undefined)
      .map((p, k) => `${k === 0 ? 'M' : 'L'}${p}`)
      .join('');
    const strength = line.rank === undefined ? 0.12 : 0.1 + 0.6 * line.rank ** 3;
    const words = `#${line.n}${line.value ? ` ${metric} ${line.value.text}` : ', no number'}: ${line.texts.map((t, k) => `${view.axes[k]!.name} ${t}`).join(', ')}`;
    return `<path class="thread ${className(line.kind)}" stroke-opacity="${strength.toFixed(2)}" d="${d}"><title>${esc(words)}</title></path>`;
  });
  const heads = [
    ...view.axes.map((a) => [a.name, ...a.ends, a.log] as const),
    [metric, 'worst', 'best', false] as const,
  ];
  const drawn = heads.map(([name, low, high, log], k) => {
    const above = k % 2 === 0 ? 12 : 24;
    return `<path class="axis" d="M${n(x(k))} ${top}V${bottom}"/>${text(x(k), above, `${name}${log ? ' (log)' : ''}`, 'middle', 'strong')}${text(x(k) + 4, top + 10, high)}${text(x(k) + 4, bottom - 2, low)}`;
  });
  return svg(width, height, 'Knobs of every experiment', paths.join('') + drawn.join(''));
}

/** One knob against the metric's rank. */
export function sliceSvg(view: FactorsView, axis: number, width: number): string {
  const height = 120;
  const { name, ends, log } = view.axes[axis]!;
  const dots = view.lines.flatMap((line) => {
    const u = line.at[axis];
    if (u === null || u === undefined || line.rank === undefined) return [];
    const [x, y] = [8 + (width - 16) * u, height - 22 - (height - 44) * line.rank];
    return [
      `<circle class="${className(line.kind)}" cx="${n(x)}" cy="${n(y)}" r="2.6"><title>#${line.n} ${esc(line.texts[axis]!)} → ${esc(line.value!.text)}</title></circle>`,
    ];
  });
  const words = `${text(8, 12, `${name}${log ? ' (log)' : ''}`, 'start', 'strong')}${text(8, height - 5, ends[0])}${text(width - 8, height - 5, ends[1], 'end')}`;
  return svg(
    width,
    height,
    `${name} against the metric, best on top`,
    `<path class="axis" d="M8 ${height - 18}H${width - 8}"/>${dots.join('')}${words}`,
  );
}

/** Two metrics; what no other beats in both is joined. */
export function paretoSvg(view: FactorsView, width: number): string {
  const height = 300;
  const values = view.points.map((p) => p.values);
  const ends = [0, 1].map(
    (k) =>
      [
        values.reduce((a, v) => Math.min(a, v[k]!), Number.POSITIVE_INFINITY),
        values.reduce((a, v) => Math.max(a, v[k]!), Number.NEGATIVE_INFINITY),
      ] as const,
  );
  const place = (k: 0 | 1, v: number, from: number, to: number): number => {
    const [low, high] = ends[k]!;
    return high > low ? from + ((to - from) * (v - low)) / (high - low) : (from + to) / 2;
  };
  const at = (v: readonly number[]): [number, number] => [
    place(0, v[0]!, 70, width - 16),
    place(1, v[1]!, height - 40, 14),
  ];
  const front = view.points
    .filter((p) => p.front)
    .sort((a, b) => a.values[0]! - b.values[0]!)
    .map((p) => at(p.values));
  const line = front.map(([x, y], k) => `${k === 0 ? 'M' : 'L'}${n(x)} ${n(y)}`).join('');
  const dots = view.points.map((p) => {
    const [x, y] = at(p.values);
    return `<circle class="${className(p.kind)}${p.front ? ' front' : ''}" cx="${n(x)}" cy="${n(y)}" r="${p.front ? 4 : 2.5}"><title>#${p.n}: ${fixed(p.values[0]!, 4)}, ${secondaryTextOf(p.values[1]!)}</title></circle>`;
  });
  const marks = [0, 1].flatMap((k) =>
    ticks(ends[k]![0], ends[k]![1], 4).map((t) =>
      k === 0
        ? text(place(0, t, 70, width - 16), height - 20, tickText(t, ends[0]![1] - ends[0]![0]), 'middle')
        : text(62, place(1, t, height - 40, 14) + 4, tickText(t, ends[1]![1] - ends[1]![0]), 'end'),
    ),
  );
  const titles = `${text(width / 2, height - 4, view.metrics[0]!, 'middle', 'strong')}${text(4, 12, view.metrics[1]!, 'start', 'strong')}`;
  return svg(
    width,
    height,
    `${view.metrics.join(' against ')}`,
    `<path class="frontline" d="${line}"/>${dots.join('')}${marks.join('')}${titles}`,
  );
}

export interface NamedCurve {
  readonly label: string;
  readonly data: CurveData;
}

/** Curves as they are shown, for copying. */
export function curvesSvg(curves: readonly NamedCurve[], width = 800, height = 320): string {
  const finite = curves.flatMap(({ data }) => [...data.low, ...data.high]).filter(Number.isFinite);
  const steps = curves.flatMap(({ data }) => data.x);
  if (finite.length === 0) return svg(width, 40, 'no curve', text(width / 2, 24, 'No curve was left.', 'middle'));
  const ends = (v: readonly number[]): [number, number] => [
    v.reduce((a, b) => Math.min(a, b)),
    v.reduce((a, b) => Math.max(a, b)),
  ];
  const [[x0, x1], [y0, y1]] = [ends(steps), ends(finite)];
  const x = (v: number): number => 60 + ((width - 76) * (v - x0)) / (x1 - x0 || 1);
  const y = (v: number): number => height - 36 - ((height - 56) * (v - y0)) / (y1 - y0 || 1);
  const lines = curves.map(({ label, data }, k) => {
    const points = data.x
      .map((s, i) => (Number.isFinite(data.last[i]) ? `${n(x(s))},${n(y(data.last[i]!))}` : ''))
      .filter(Boolean);
    return `<polyline class="c${k}" fill="none" stroke="${CURVE_COLOURS[k % CURVE_COLOURS.length]}" points="${points.join(' ')}"/>${text(width - 12, 18 + 15 * k, label, 'end', `c${k}`)}`;
  });
  const axes = [
    ...ticks(x0, x1, 6).map((t) => text(x(t), height - 18, tickText(t, x1 - x0), 'middle')),
    ...ticks(y0, y1, 5).map((t) => text(54, y(t) + 4, tickText(t, y1 - y0), 'end')),
  ];
  return svg(
    width,
    height,
    `${curves.map((c) => c.label).join(', ')}: ${curves[0]!.data.columns[curves[0]!.data.column]} by ${curves[0]!.data.columns[0]}`,
    axes.join('') + lines.join(''),
  );
}

/** Told apart by people who see few colours, on light and on dark; the lines differ in dashes too. */
export const CURVE_COLOURS = ['#0b7a5f', '#b3540a', '#4f6fd9', '#a03fa0', '#8a7500', '#5a6570'] as const;
export const CURVE_DASHES: readonly (readonly number[])[] = [[], [6, 4], [2, 3], [10, 4, 2, 4], [4, 2], [1, 2]];
