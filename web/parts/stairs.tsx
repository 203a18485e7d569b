/**
 * The staircase in the page: the report's own drawing, with a crosshair that names the nearest mark, and axes that can
 * be changed.
 */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { type PlotFrame, staircaseFrame, staircaseSvg } from '../../src/render/svg.ts';
import type { Board } from '../../src/view/board.ts';
import { type Mark, type StaircaseView, viewStaircase, type YAxis } from '../../src/view/pictures/staircase.ts';
import type { YScale } from '../../src/view/pictures/scale.ts';
import type { XAxis } from '../../src/view/pictures/ticks.ts';
import { goTo, usePlace } from '../url.ts';
import { CopyMenu } from './copy.tsx';
import { keyZoom, parseZoom, useZoomDrag, ZoomButtons } from './zoom.tsx';

export const X_AXES: readonly (readonly [XAxis, string])[] = [
  ['experiment', '#'],
  ['clock', 'time'],
  ['device', 'device-h'],
  ['money', '$'],
];
const SCALES: readonly (readonly [YScale, string])[] = [
  ['typical', 'typical'],
  ['all', 'all kept'],
  ['log', 'log'],
];
const scaleOf = (text: string): YScale => SCALES.find(([scale]) => scale === text)?.[0] ?? 'typical';
export const Y_AXES: readonly (readonly [YAxis, string])[] = [
  ['value', 'value'],
  ['percent', '%'],
  ['noise', 'noise'],
];

interface StairsProps {
  readonly board: Board;
  readonly height?: number;
  readonly tree?: boolean;
}

/** Marks above which the picture follows a moment after the table: drawing them all takes longer than one frame. */
const LARGE_LAB = 1500;
const LATER_MS = 200;

function useSettled(board: Board): Board {
  const [settled, setSettled] = useState(board);
  const isSmall = board.experiments.length <= LARGE_LAB;
  useEffect(() => {
    if (isSmall) return undefined;
    const timer = setTimeout(() => setSettled(board), LATER_MS);
    return () => clearTimeout(timer);
  }, [board, isSmall]);
  return isSmall ? board : settled;
}

export function StaircasePlot({ board: newest, height = 380, tree = false }: StairsProps) {
  const board = useSettled(newest);
  const place = usePlace();
  const [xAxis, yAxis, scale] = [place.x as XAxis, place.y as YAxis, scaleOf(place.scale)];
  const picture = useMemo(() => {
    const window = parseZoom(place.zoom);
    return viewStaircase(board, { x: xAxis, y: yAxis, scale, ...(window && { window }) });
  }, [board, xAxis, yAxis, scale, place.zoom]);
  const parents = useMemo(
    () => (tree ? new Map(board.experiments.map((row) => [row.n, row.parent])) : undefined),
    [board, tree],
  );
  const canBeLog = useMemo(
    () => yAxis === 'value' && board.experiments.every(({ mean }) => mean === undefined || mean.raw > 0),
    [board, yAxis],
  );
  const hasMoney = board.experiments.some((row) => row.costUsd);
  return (
    <figure class="stairs" aria-label={picture.title}>
      <div class="axes">
        <AxisSwitch
          label="x"
          options={X_AXES.filter(([axis]) => axis !== 'money' || hasMoney)}
          value={xAxis}
          onPick={(axis) => goTo({ x: axis, zoom: '' })}
        />
        <AxisSwitch label="y" options={Y_AXES} value={yAxis} onPick={(axis) => goTo({ y: axis })} />
        <AxisSwitch
          label="scale"
          options={canBeLog ? SCALES : SCALES.slice(0, 2)}
          value={scale}
          onPick={(kind) => goTo({ scale: kind })}
        />
        <ZoomButtons picture={picture} isZoomed={place.zoom !== ''} />
        <CopyMenu
          what="staircase"
          svg={() => staircaseSvg(picture, { width: 960, ...(parents && { parents }) })}
          table={() => experimentTable(board)}
        />
      </div>
      <StaircasePicture picture={picture} height={height} parents={parents} />
      <figcaption class="soft">
        {picture.caption}
        {place.zoom !== '' && ' A part is shown: a double click or “all of it” shows the rest.'}
      </figcaption>
    </figure>
  );
}

/** How long a second click may take. */
const DOUBLE_CLICK_MS = 300;

/** The drawing, and the name of the mark nearest to the pointer. */
function StaircasePicture(props: {
  picture: StaircaseView;
  height: number;
  parents: ReadonlyMap<number, number> | undefined;
}) {
  const { picture, height, parents } = props;
  const place = usePlace();
  const [boxRef, width] = useWidth();
  const options = { width, height, title: false, style: false, id: parents ? 'tree' : 'staircase' };
  const drawnOptions = { ...options, ...(parents && { parents }) };
  const svg = useMemo(() => (width > 0 ? staircaseSvg(picture, drawnOptions) : ''), [picture, width, height, parents]);
  const frame = useMemo(() => (width > 0 ? staircaseFrame(picture, options) : undefined), [picture, width, height]);
  const [nearMark, setNearMark] = useState<Mark>();
  const markAt = (event: MouseEvent): Mark | undefined => frame && nearestMark(event, picture.marks, frame);
  const shownMark = nearMark ?? picture.marks.find((mark) => mark.n === place.row);
  const drag = useZoomDrag(picture, frame);
  const opening = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  return (
    <div
      class="picture"
      ref={boxRef}
      tabIndex={0}
      role="group"
      aria-label="Staircase. Plus and minus zoom, arrows left and right move, 0 shows all of it."
      onKeyDown={(event) => keyZoom(event, picture)}
      onMouseMove={(event) => setNearMark(drag.box ? undefined : markAt(event))}
      onMouseLeave={() => setNearMark(undefined)}
      onPointerDown={drag.begin}
      onPointerMove={drag.follow}
      onPointerUp={drag.end}
      onPointerCancel={drag.cancel}
      onDblClick={() => {
        clearTimeout(opening.current);
        goTo({ zoom: '' });
      }}
      onClick={(event) => {
        const mark = drag.wasDragged() ? undefined : markAt(event);
        if (!mark) return;
        const openMark = (): void => goTo({ page: 'experiment', n: mark.n, row: mark.n });
        // Of a part a second click may mean all of it; then the first one opens nothing.
        clearTimeout(opening.current);
        if (place.zoom === '') openMark();
        else opening.current = setTimeout(openMark, DOUBLE_CLICK_MS);
      }}
    >
      <div dangerouslySetInnerHTML={{ __html: svg }} />
      {drag.box && <span class="zoom-box" style={drag.box} />}
      {shownMark && frame && (
        <MarkTip mark={shownMark} at={positionOf(shownMark, frame)} width={width} height={height} />
      )}
    </div>
  );
}

const positionOf = (mark: Mark, frame: PlotFrame): readonly [number, number] => [
  frame.toX(mark.x),
  mark.y === undefined ? frame.rugY : frame.toY(mark.y),
];

/** Pixels between the pointer and a mark at most. */
const MAX_DISTANCE = 30;

function nearestMark(event: MouseEvent, marks: readonly Mark[], frame: PlotFrame): Mark | undefined {
  const bounds = (event.currentTarget as HTMLElement).getBoundingClientRect();
  const [pointerX, pointerY] = [event.clientX - bounds.left, event.clientY - bounds.top];
  let [smallestDistance, closest]: [number, Mark | undefined] = [MAX_DISTANCE, undefined];
  for (const mark of marks) {
    const [markX, markY] = positionOf(mark, frame);
    const distance = Math.hypot(markX - pointerX, markY - pointerY);
    if (distance < smallestDistance) [smallestDistance, closest] = [distance, mark];
  }
  return closest;
}

function MarkTip({
  mark,
  at: [markX, markY],
  width,
  height,
}: {
  mark: Mark;
  at: readonly [number, number];
  width: number;
  height: number;
}) {
  const opensLeft = markX > width / 2;
  const opensDown = markY < height / 2;
  const style = {
    [opensLeft ? 'right' : 'left']: `${opensLeft ? width - markX + 12 : markX + 12}px`,
    [opensDown ? 'top' : 'bottom']: `${opensDown ? markY + 10 : height - markY + 10}px`,
  };
  return (
    <>
      <span class="ring" style={{ left: `${markX - 9}px`, top: `${markY - 9}px` }} />
      <span class="tip" style={style}>
        <bdi>{mark.text}</bdi>
      </span>
    </>
  );
}

function AxisSwitch<T extends string>(props: {
  label: string;
  options: readonly (readonly [T, string])[];
  value: T;
  onPick: (axis: T) => void;
}) {
  return (
    <span class="switch" role="group" aria-label={`${props.label} axis`}>
      <span class="soft">{props.label}</span>
      {props.options.map(([id, text]) => (
        <button key={id} type="button" aria-pressed={id === props.value} onClick={() => props.onPick(id)}>
          {text}
        </button>
      ))}
    </span>
  );
}

/** Width of an element, kept up to date. */
export function useWidth() {
  const boxRef = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!boxRef.current) return undefined;
    const measureWidth = (): void => setWidth(Math.round(boxRef.current!.clientWidth));
    measureWidth();
    const observer = new ResizeObserver(measureWidth);
    observer.observe(boxRef.current);
    return () => observer.disconnect();
  }, []);
  return [boxRef, width] as const;
}

function experimentTable(board: Board): string[][] {
  const headings = [
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
  return [headings, ...rows];
}
