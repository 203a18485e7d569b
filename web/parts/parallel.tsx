/**
 * All knobs side by side, to be worked with: a line names its experiment and opens it, a drag along an axis selects a
 * range. What is selected is the filter, so the table shows the same experiments.
 */
import { useEffect, useLayoutEffect, useMemo, useState } from 'preact/hooks';
import { factorLineText, parallelAxes, parallelFrame, parallelSvg } from '../../src/render/factor-plots.ts';
import type { FactorsAnswer } from '../../src/view/answers.ts';
import type { Board } from '../../src/view/board.ts';
import { parseFilter } from '../../src/view/filter.ts';
import { rangeBetween, withRange } from '../../src/view/filter-ranges.ts';
import { goTo, usePlace } from '../url.ts';
import { CopyMenu } from './copy.tsx';
import { type Drag, nearestLine, ParallelOverlay } from './parallel-overlay.tsx';
import { useWidth } from './stairs.tsx';

/** Pixels between two axes, at least. */
const MIN_AXIS_WIDTH = 84;

interface ParallelPlotProps {
  readonly board: Board;
  readonly factors: FactorsAnswer;
}

export function ParallelPlot({ board, factors }: ParallelPlotProps) {
  const { filter } = usePlace();
  const [boxRef, boxWidth] = useWidth();
  const [drag, setDrag] = useState<Drag>();
  const [activeN, setActiveN] = useState<number>();
  const axes = useMemo(() => parallelAxes(factors), [factors]);
  const width = Math.max(boxWidth, MIN_AXIS_WIDTH * axes.length);
  const frame = useMemo(() => parallelFrame(factors, width), [factors, width]);
  const filterWith = (ended: Drag | undefined): string => {
    const axis = ended && axes[ended.axisIndex];
    return axis ? withRange(filter, axis, rangeBetween(axis, ended.from, ended.to), board.knobList) : filter;
  };
  const shownFilter = filterWith(drag);
  const selected = useMemo(() => selectedLines(shownFilter, factors, board), [shownFilter, factors, board.experiments]);
  const svg = useMemo(
    () => (boxWidth > 0 ? parallelSvg(factors, width, board.metric.name) : ''),
    [factors, width, boxWidth > 0],
  );
  const reachable = useMemo(
    () => factors.lines.filter((line) => !selected || selected.has(line.n)),
    [factors, selected],
  );
  const activeLine = reachable.find((line) => line.n === activeN);
  useFaintLines(boxRef, svg, selected);
  const openLine = (n: number | undefined): void => {
    if (n !== undefined) goTo({ page: 'experiment', n, row: n });
  };
  const handleKey = (event: KeyboardEvent): void => {
    const isArrow = event.key === 'ArrowDown' || event.key === 'ArrowUp';
    if (!isArrow && !(event.key === 'Enter' && activeN !== undefined)) return;
    event.preventDefault();
    event.stopPropagation();
    if (!isArrow) return openLine(activeN);
    const ordered = [...reachable].sort((left, right) => (right.rank ?? -1) - (left.rank ?? -1));
    const index = ordered.findIndex((line) => line.n === activeN);
    const next = index < 0 ? 0 : index + (event.key === 'ArrowDown' ? 1 : -1);
    setActiveN(ordered[Math.max(0, Math.min(ordered.length - 1, next))]?.n);
  };
  const knobTable = (): string[][] => [
    ['#', ...factors.axes.map((axis) => axis.name), board.metric.name],
    ...reachable.map((line) => [String(line.n), ...line.texts, line.value?.text ?? '']),
  ];
  return (
    <div class="drawing">
      <div
        class="wide parallel"
        ref={boxRef}
        tabIndex={0}
        role="group"
        aria-label="All knobs. Arrows up and down go from one experiment to the next, the best first; Enter opens it."
        onKeyDown={handleKey}
      >
        <div dangerouslySetInnerHTML={{ __html: svg }} />
        {boxWidth > 0 && (
          <ParallelOverlay
            factors={factors}
            knobList={board.knobList}
            filter={shownFilter}
            frame={frame}
            activeLine={activeLine}
            onDrag={setDrag}
            onDragEnd={(ended) => {
              setDrag(undefined);
              goTo({ filter: filterWith(ended) });
            }}
            onPoint={(pointerX, pointerY) =>
              setActiveN(
                pointerX === undefined ? undefined : nearestLine(factors, reachable, frame, pointerX, pointerY)?.n,
              )
            }
            onOpen={(pointerX, pointerY) => openLine(nearestLine(factors, reachable, frame, pointerX, pointerY)?.n)}
          />
        )}
      </div>
      <MoreAxes boxRef={boxRef} positions={axes.map((_, index) => frame.toX(index))} width={boxWidth} />
      <p class="readout" role="status">
        {activeLine ? (
          <>
            {factorLineText(factors, activeLine, board.metric.name)}{' '}
            <span class="soft">({verdictText(board, activeLine.n)})</span>
          </>
        ) : (
          <span class="soft">
            Point at a line for its experiment; press to open it. Drag along an axis to select a range.
          </span>
        )}
      </p>
      <CopyMenu
        what="knobs"
        svg={() => parallelSvg(factors, Math.max(800, MIN_AXIS_WIDTH * axes.length), board.metric.name, selected)}
        table={knobTable}
      />
    </div>
  );
}

const verdictText = (board: Board, n: number): string => board.experiments[n]?.verdict ?? '';

/** The experiments of the picture that fit the filter; undefined without one. */
function selectedLines(filter: string, factors: FactorsAnswer, board: Board): ReadonlySet<number> | undefined {
  if (filter.trim() === '') return undefined;
  const { fits } = parseFilter(filter, board.knobList);
  return new Set(
    factors.lines.flatMap(({ n }) => {
      const row = board.experiments[n];
      return row && fits(row) ? [n] : [];
    }),
  );
}

/** Lines that are not selected become faint without the picture being drawn again: a drag moves on every frame. */
function useFaintLines(
  boxRef: { readonly current: HTMLElement | null },
  svg: string,
  selected: ReadonlySet<number> | undefined,
): void {
  useLayoutEffect(() => {
    for (const path of boxRef.current?.querySelectorAll<SVGPathElement>('path[data-n]') ?? [])
      path.classList.toggle('out', selected !== undefined && !selected.has(Number(path.dataset.n)));
  }, [svg, selected]);
}

/** Says how many axes are out of sight, and brings them. */
function MoreAxes({
  boxRef,
  positions,
  width,
}: {
  boxRef: { readonly current: HTMLElement | null };
  positions: readonly number[];
  width: number;
}) {
  const [scrolled, setScrolled] = useState(0);
  useEffect(() => {
    const box = boxRef.current!;
    const follow = (): void => setScrolled(box.scrollLeft);
    box.addEventListener('scroll', follow, { passive: true });
    return () => box.removeEventListener('scroll', follow);
  }, []);
  const left = positions.filter((axisX) => axisX < scrolled).length;
  const right = positions.filter((axisX) => axisX > scrolled + width).length;
  if (width === 0 || left + right === 0) return null;
  const scroll = (direction: number): void => boxRef.current?.scrollBy({ left: direction * 0.8 * width });
  return (
    <p class="more-axes">
      <button type="button" disabled={left === 0} onClick={() => scroll(-1)}>
        ← {left} more
      </button>
      <span class="soft">axes out of sight</span>
      <button type="button" disabled={right === 0} onClick={() => scroll(1)}>
        {right} more →
      </button>
    </p>
  );
}
