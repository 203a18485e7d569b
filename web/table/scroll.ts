/** Which part of a long list is in sight, and keeping the chosen row in it. */
import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';

export const ROW_HEIGHT = 30;

export interface Viewport {
  readonly top: number;
  readonly height: number;
  readonly width: number;
}

/** The part of a scroll box that is in sight, kept up to date. */
export function useViewport(boxRef: RefObject<HTMLElement | null>): Viewport {
  const [viewport, setViewport] = useState<Viewport>({ top: 0, height: 600, width: innerWidth - 40 });
  useEffect(() => {
    const scrollBox = boxRef.current;
    if (!scrollBox) return undefined;
    const measureView = (): void =>
      setViewport({ top: scrollBox.scrollTop, height: scrollBox.clientHeight, width: scrollBox.clientWidth });
    measureView();
    scrollBox.addEventListener('scroll', measureView, { passive: true });
    const observer = new ResizeObserver(measureView);
    observer.observe(scrollBox);
    return () => {
      scrollBox.removeEventListener('scroll', measureView);
      observer.disconnect();
    };
  }, []);
  return viewport;
}

/** Scrolls just as far as the row needs to be in sight; the heading covers one row. */
export function useRowInSight(boxRef: RefObject<HTMLElement | null>, rowIndex: number): void {
  useEffect(() => {
    const scrollBox = boxRef.current;
    if (!scrollBox || rowIndex < 0) return;
    const [rowTop, rowBottom] = [rowIndex * ROW_HEIGHT, (rowIndex + 2) * ROW_HEIGHT];
    if (rowTop < scrollBox.scrollTop) scrollBox.scrollTop = rowTop;
    else if (rowBottom > scrollBox.scrollTop + scrollBox.clientHeight)
      scrollBox.scrollTop = rowBottom - scrollBox.clientHeight;
  }, [rowIndex]);
}
