/** What lies over the picture of all knobs and moves: the line that is pointed at, and the selected ranges. */
import { useRef } from 'preact/hooks';
import { parallelAxes, type ParallelFrame, parallelPath, parallelPositions } from '../../src/render/factor-plots.ts';
import { coveredParts, rangeInFilter } from '../../src/view/filter-ranges.ts';
import type { FactorLine, FactorsView } from '../../src/view/pictures/factors.ts';
import type { KnobView } from '../../src/view/types.ts';

/** A range of an axis that is being dragged: places from 0 to 1. */
export interface Drag {
  readonly axisIndex: number;
  readonly from: number;
  readonly to: number;
}

interface DragStart {
  readonly axisIndex: number;
  readonly from: number;
  readonly startY: number;
  hasMoved: boolean;
}

interface ParallelOverlayProps {
  readonly factors: FactorsView;
  readonly knobList: readonly KnobView[];
  /** With the range that is being dragged. */
  readonly filter: string;
  readonly frame: ParallelFrame;
  readonly activeLine: FactorLine | undefined;
  readonly onDrag: (drag: Drag | undefined) => void;
  /** A drag of no length takes the range away. */
  readonly onDragEnd: (drag: Drag) => void;
  /** Pixels; undefined when the pointer leaves. */
  readonly onPoint: (pointerX?: number, pointerY?: number) => void;
  readonly onOpen: (pointerX: number, pointerY: number) => void;
}

/** Pixels on each side of an axis where a drag begins, and half of the width of a selected range. */
const [GRIP, BRUSH] = [13, 7];
/** Pixels that a press may move and still be no drag. */
const STILL = 4;

export function ParallelOverlay(props: ParallelOverlayProps) {
  const { factors, knobList, filter, frame, activeLine, onDrag, onDragEnd, onPoint, onOpen } = props;
  const started = useRef<DragStart | undefined>(undefined);
  const overlayRef = useRef<SVGSVGElement>(null);
  const pixelsOf = (event: MouseEvent): readonly [number, number] => {
    const bounds = overlayRef.current!.getBoundingClientRect();
    return [event.clientX - bounds.left, event.clientY - bounds.top];
  };
  const positionOf = (pointerY: number): number =>
    Math.max(0, Math.min(1, (frame.bottom - pointerY) / (frame.bottom - frame.top)));
  const beginDrag = (event: PointerEvent, axisIndex: number): void => {
    const [, pointerY] = pixelsOf(event);
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    started.current = { axisIndex, from: positionOf(pointerY), startY: pointerY, hasMoved: false };
  };
  const followDrag = (event: PointerEvent): void => {
    const [pointerX, pointerY] = pixelsOf(event);
    const start = started.current;
    if (!start) return onPoint(pointerX, pointerY);
    start.hasMoved ||= Math.abs(pointerY - start.startY) > STILL;
    if (start.hasMoved) onDrag({ axisIndex: start.axisIndex, from: start.from, to: positionOf(pointerY) });
  };
  const endDrag = (event: PointerEvent): void => {
    const start = started.current;
    started.current = undefined;
    if (!start) return;
    const [pointerX, pointerY] = pixelsOf(event);
    const axis = axes[start.axisIndex]!;
    if (start.hasMoved) onDragEnd({ axisIndex: start.axisIndex, from: start.from, to: positionOf(pointerY) });
    // A press on a range takes it away: all of the axis is selected again.
    else if (rangeInFilter(filter, axis, knobList)) onDragEnd({ axisIndex: start.axisIndex, from: 0, to: 1 });
    else onOpen(pointerX, pointerY);
  };
  const axes = parallelAxes(factors);
  return (
    <svg
      class="overlay"
      ref={overlayRef}
      width={frame.width}
      height={frame.height}
      aria-hidden="true"
      onPointerMove={followDrag}
      onPointerLeave={() => onPoint()}
      onClick={(event) => {
        if (!(event.target as Element).matches('.grip')) onOpen(...pixelsOf(event));
      }}
    >
      {activeLine && <ActiveLine factors={factors} line={activeLine} frame={frame} />}
      {axes.map((axis, axisIndex) => {
        const range = rangeInFilter(filter, axis, knobList);
        return (
          <g key={axis.key}>
            {range &&
              coveredParts(axis, range).map(([low, high]) => (
                <rect
                  key={low}
                  class="brush"
                  x={frame.toX(axisIndex) - BRUSH}
                  y={frame.toY(high)}
                  width={2 * BRUSH}
                  height={Math.max(3, frame.toY(low) - frame.toY(high))}
                />
              ))}
            <rect
              class="grip"
              x={frame.toX(axisIndex) - GRIP}
              y={frame.top - 8}
              width={2 * GRIP}
              height={frame.bottom - frame.top + 16}
              onPointerDown={(event) => beginDrag(event, axisIndex)}
              onPointerUp={endDrag}
              onPointerCancel={() => {
                started.current = undefined;
                onDrag(undefined);
              }}
            />
          </g>
        );
      })}
    </svg>
  );
}

/** One experiment's line with its values. */
function ActiveLine({ factors, line, frame }: { factors: FactorsView; line: FactorLine; frame: ParallelFrame }) {
  const texts = [...line.texts, line.value?.text ?? ''];
  return (
    <g class="active">
      <path d={parallelPath(factors, line, frame)} />
      {parallelPositions(factors, line).map((position, index) =>
        position === null ? null : (
          <text key={index} x={frame.toX(index)} y={frame.toY(position) - 6} text-anchor="middle">
            {texts[index]}
          </text>
        ),
      )}
    </g>
  );
}

/** Pixels between the pointer and a line at most. */
const MAX_DISTANCE = 14;

/** The line nearest to the pointer, above or below it; the better one of equals. */
export function nearestLine(
  factors: FactorsView,
  lines: readonly FactorLine[],
  frame: ParallelFrame,
  pointerX: number | undefined,
  pointerY: number | undefined,
): FactorLine | undefined {
  if (pointerX === undefined || pointerY === undefined) return undefined;
  let [closest, smallest]: [FactorLine | undefined, number] = [undefined, MAX_DISTANCE];
  for (const line of lines) {
    const lineY = heightAt(parallelPositions(factors, line), frame, pointerX);
    if (lineY === undefined) continue;
    const distance = Math.abs(lineY - pointerY);
    const isBetter = distance === smallest && (line.rank ?? -1) > (closest?.rank ?? -1);
    if (distance < smallest || isBetter) [closest, smallest] = [line, distance];
  }
  return closest;
}

/** Pixels from the top where a line is at `atX`; undefined left and right of it. */
function heightAt(positions: readonly (number | null)[], frame: ParallelFrame, atX: number): number | undefined {
  let previous: readonly [number, number] | undefined;
  for (const [index, position] of positions.entries()) {
    if (position === null) continue;
    const point = [frame.toX(index), frame.toY(position)] as const;
    if (point[0] >= atX) {
      if (!previous) return point[0] - atX < MAX_DISTANCE ? point[1] : undefined;
      const share = (atX - previous[0]) / (point[0] - previous[0]);
      return previous[1] + share * (point[1] - previous[1]);
    }
    previous = point;
  }
  return previous && atX - previous[0] < MAX_DISTANCE ? previous[1] : undefined;
}
