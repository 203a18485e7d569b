/**
 * The staircase in the page: the report's own drawing, with a crosshair that names the nearest mark, and axes that can
 * be changed.
 */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { staircaseFrame, staircaseSvg } from '../../src/render/svg.ts';
import type { Board } from '../../src/view/board.ts';
import { type Mark, viewStaircase, type XAxis, type YAxis } from '../../src/view/pictures/staircase.ts';
import { go, usePlace } from '../url.ts';
import { CopyMenu } from './copy.tsx';

export const X_AXES: readonly (readonly [XAxis, string])[] = [
  ['experiment', '#'],
  ['clock', 'time'],
  ['device', 'device-h'],
  ['money', '$'],
];
export const Y_AXES: readonly (readonly [YAxis, string])[] = [
  ['value', 'value'],
  ['percent', '%'],
  ['noise', 'noise'],
];

interface Props {
  readonly board: Board;
  readonly height?: number;
  readonly tree?: boolean;
}

/** Marks above which the picture follows a moment after the table: drawing them all takes longer than one frame. */
const LARGE = 1500;
const LATER_MS = 200;

function useSettled(board: Board): Board {
  const [settled, set] = useState(board);
  const small = board.experiments.length <= LARGE;
  useEffect(() => {
    if (small) return undefined;
    const timer = setTimeout(() => set(board), LATER_MS);
    return () => clearTimeout(timer);
  }, [board, small]);
  return small ? board : settled;
}

export function Stairs({ board: newest, height = 380, tree = false }: Props) {
  const board = useSettled(newest);
  const place = usePlace();
  const [box, width] = useWidth();
  const [x, y] = [place.x as XAxis, place.y as YAxis];
  const picture = useMemo(() => viewStaircase(board, { x, y }), [board, x, y]);
  const options = { width, height, title: false, style: false, id: tree ? 'tree' : 'staircase' };
  const parents = useMemo(
    () => (tree ? new Map(board.experiments.map((row) => [row.n, row.parent])) : undefined),
    [board, tree],
  );
  const drawn = { ...options, ...(parents && { parents }) };
  const svg = useMemo(() => (width > 0 ? staircaseSvg(picture, drawn) : ''), [picture, width, height, parents]);
  const [near, setNear] = useState<Mark>();
  const frame = useMemo(() => (width > 0 ? staircaseFrame(picture, options) : undefined), [picture, width, height]);
  const at = (mark: Mark): readonly [number, number] => [
    frame!.x(mark.x),
    mark.y === undefined ? frame!.rugY : frame!.y(mark.y),
  ];
  const nearest = (event: MouseEvent): Mark | undefined => {
    if (!frame) return undefined;
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const [px, py] = [event.clientX - box.left, event.clientY - box.top];
    let [best, found]: [number, Mark | undefined] = [30 ** 2, undefined];
    for (const mark of picture.marks) {
      const [mx, my] = at(mark);
      const far = (mx - px) ** 2 + (my - py) ** 2;
      if (far < best) [best, found] = [far, mark];
    }
    return found;
  };
  const money = board.experiments.some((row) => row.costUsd);
  const selected = picture.marks.find((mark) => mark.n === place.row);
  const shown = near ?? selected;
  return (
    <figure class="stairs" aria-label={picture.title}>
      <div class="axes">
        <Switch
          label="x"
          options={X_AXES.filter(([id]) => id !== 'money' || money)}
          value={x}
          pick={(id) => go({ x: id })}
        />
        <Switch label="y" options={Y_AXES} value={y} pick={(id) => go({ y: id })} />
        <CopyMenu
          what="staircase"
          svg={() => staircaseSvg(picture, { width: 960, ...(parents && { parents }) })}
          table={() => table(board)}
        />
      </div>
      <div
        class="picture"
        ref={box}
        onMouseMove={(event) => setNear(nearest(event))}
        onMouseLeave={() => setNear(undefined)}
        onClick={(event) => {
          const mark = nearest(event);
          if (mark) go({ page: 'experiment', n: mark.n, row: mark.n });
        }}
      >
        <div dangerouslySetInnerHTML={{ __html: svg }} />
        {shown && frame && <Cross mark={shown} at={at(shown)} width={width} height={height} />}
      </div>
      <figcaption class="soft">{picture.caption}</figcaption>
    </figure>
  );
}

function Cross({
  mark,
  at: [x, y],
  width,
  height,
}: {
  mark: Mark;
  at: readonly [number, number];
  width: number;
  height: number;
}) {
  const left = x > width / 2;
  const low = y < height / 2;
  const style = {
    [left ? 'right' : 'left']: `${left ? width - x + 12 : x + 12}px`,
    [low ? 'top' : 'bottom']: `${low ? y + 10 : height - y + 10}px`,
  };
  return (
    <>
      <span class="ring" style={{ left: `${x - 9}px`, top: `${y - 9}px` }} />
      <span class="tip" style={style}>
        <bdi>{mark.text}</bdi>
      </span>
    </>
  );
}

function Switch<T extends string>(props: {
  label: string;
  options: readonly (readonly [T, string])[];
  value: T;
  pick: (id: T) => void;
}) {
  return (
    <span class="switch" role="group" aria-label={`${props.label} axis`}>
      <span class="soft">{props.label}</span>
      {props.options.map(([id, text]) => (
        <button key={id} type="button" aria-pressed={id === props.value} onClick={() => props.pick(id)}>
          {text}
        </button>
      ))}
    </span>
  );
}

/** Width of an element, kept up to date. */
export function useWidth() {
  const box = useRef<HTMLDivElement>(null);
  const [width, set] = useState(0);
  useEffect(() => {
    if (!box.current) return undefined;
    const measure = (): void => set(Math.round(box.current!.clientWidth));
    measure();
    const watch = new ResizeObserver(measure);
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  return [box, width] as const;
}

function table(board: Board): string[][] {
  const head = [
    '#',
    'verdict',
    'standing',
    board.metric.name,
    '±',
    'change',
    'n',
    'hypothesis',
    'parent',
    'lines',
    'seconds',
  ];
  const rows = board.experiments.map((row) => [
    String(row.n),
    row.verdict,
    row.standing,
    row.mean?.text ?? '',
    row.half?.text ?? '',
    row.effect?.delta ?? '',
    String(row.replicates),
    row.hypothesis,
    String(row.parent),
    row.lines,
    row.durationS.toFixed(1),
  ]);
  return [head, ...rows];
}
