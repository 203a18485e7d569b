/** A picture of experiments as points: the one nearest to the pointer is named, and a press opens it. */
import { useMemo, useState } from 'preact/hooks';
import type { PickPoint } from '../../src/render/factor-plots.ts';
import { goTo } from '../url.ts';
import { CopyMenu } from './copy.tsx';
import { useWidth } from './stairs.tsx';

interface PickPlotProps {
  readonly what: string;
  readonly drawSvg: (width: number) => string;
  /** In the pixels of the picture. */
  readonly pointsAt: (width: number) => readonly PickPoint[];
  readonly table: () => string[][];
  /** What pictures are made of: they are drawn again when it changes. */
  readonly source: unknown;
}

/** Pixels between the pointer and a point at most. */
const MAX_DISTANCE = 16;

export function PickPlot({ what, drawSvg, pointsAt, table, source }: PickPlotProps) {
  const [boxRef, width] = useWidth();
  const [near, setNear] = useState<PickPoint>();
  const svg = useMemo(() => (width > 0 ? drawSvg(width) : ''), [width, source]);
  const points = useMemo(() => (width > 0 ? pointsAt(width) : []), [width, source]);
  const pointAt = (event: MouseEvent): PickPoint | undefined => {
    const bounds = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const [pointerX, pointerY] = [event.clientX - bounds.left, event.clientY - bounds.top];
    let [closest, smallest]: [PickPoint | undefined, number] = [undefined, MAX_DISTANCE];
    for (const point of points) {
      const distance = Math.hypot(point.x - pointerX, point.y - pointerY);
      if (distance < smallest) [closest, smallest] = [point, distance];
    }
    return closest;
  };
  return (
    <div class="drawing">
      <div
        class="picture"
        ref={boxRef}
        onPointerMove={(event) => setNear(pointAt(event))}
        onPointerLeave={() => setNear(undefined)}
        onClick={(event) => {
          const point = pointAt(event);
          if (point) goTo({ page: 'experiment', n: point.n, row: point.n });
        }}
      >
        <div dangerouslySetInnerHTML={{ __html: svg }} />
        {near && (
          <>
            <span class="ring" style={{ left: `${near.x - 9}px`, top: `${near.y - 9}px` }} />
            <span
              class="tip"
              style={{
                top: `${near.y + 12}px`,
                ...(near.x > width / 2 ? { right: `${Math.max(0, width - near.x)}px` } : { left: `${near.x}px` }),
              }}
            >
              <bdi>{near.text}</bdi>
            </span>
          </>
        )}
      </div>
      <CopyMenu what={what} svg={() => drawSvg(800)} table={table} />
    </div>
  );
}
