/** Zooming along the x axis of the staircase: by a drag, keys or buttons. The address holds the part that is shown. */
import { useRef, useState } from 'preact/hooks';
import type { PlotFrame } from '../../src/render/svg.ts';
import type { StaircaseView } from '../../src/view/pictures/staircase.ts';
import { goTo } from '../url.ts';

type ZoomWindow = readonly [start: number, end: number];

/** Share of the whole axis that is shown at least. */
const MIN_SHARE = 0.002;
/** From this share on it is all of it. */
const WHOLE = 0.999;
/** Pixels that a press may move and still be no drag. */
const STILL = 6;
/** Figures of the ends in the address. */
const FIGURES = 6;

/** The part that an address asks for; undefined where it asks for all, or for nonsense. */
export function parseZoom(text: string): ZoomWindow | undefined {
  const [start, end] = text.split('~').map(Number);
  return text !== '' &&
    start !== undefined &&
    end !== undefined &&
    Number.isFinite(start) &&
    Number.isFinite(end) &&
    start < end
    ? [start, end]
    : undefined;
}

/** Shows a part, within the whole; all of it where the part is as large. */
function zoomTo({ wholeX: [first, last] }: StaircaseView, start: number, end: number): void {
  const span = Math.min(last - first, Math.max(end - start, MIN_SHARE * (last - first)));
  const middle = Math.max(first + span / 2, Math.min(last - span / 2, (start + end) / 2));
  const ends = [middle - span / 2, middle + span / 2].map((value) => Number(value.toPrecision(FIGURES)));
  goTo({ zoom: span >= WHOLE * (last - first) ? '' : ends.join('~') });
}

function zoomBy(picture: StaircaseView, factor: number): void {
  const [start, end] = picture.x;
  const [middle, half] = [(start + end) / 2, (factor * (end - start)) / 2];
  zoomTo(picture, middle - half, middle + half);
}

function moveBy(picture: StaircaseView, share: number): void {
  const [start, end] = picture.x;
  zoomTo(picture, start + share * (end - start), end + share * (end - start));
}

export function keyZoom(event: KeyboardEvent, picture: StaircaseView): void {
  const actions: Readonly<Record<string, () => void>> = {
    '+': () => zoomBy(picture, 0.5),
    '=': () => zoomBy(picture, 0.5),
    '-': () => zoomBy(picture, 2),
    ArrowLeft: () => moveBy(picture, -0.25),
    ArrowRight: () => moveBy(picture, 0.25),
    '0': () => goTo({ zoom: '' }),
  };
  const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : actions[event.key];
  if (!act) return;
  event.preventDefault();
  event.stopPropagation();
  act();
}

export function ZoomButtons({ picture, isZoomed }: { picture: StaircaseView; isZoomed: boolean }) {
  if (picture.empty && !isZoomed) return null;
  return (
    <span class="switch" role="group" aria-label="Zoom">
      <span class="soft">zoom</span>
      <button type="button" aria-label="Zoom in" onClick={() => zoomBy(picture, 0.5)}>
        +
      </button>
      <button type="button" aria-label="Zoom out" disabled={!isZoomed} onClick={() => zoomBy(picture, 2)}>
        −
      </button>
      <button type="button" disabled={!isZoomed} onClick={() => goTo({ zoom: '' })}>
        all of it
      </button>
    </span>
  );
}

/** A drag over the picture: what it covers so far, and the part that it asks for at its end. */
export function useZoomDrag(picture: StaircaseView, frame: PlotFrame | undefined) {
  const [ends, setEnds] = useState<readonly [number, number]>();
  const startX = useRef<number | undefined>(undefined);
  const hasDragged = useRef(false);
  const pixelsOf = (event: PointerEvent): number =>
    event.clientX - (event.currentTarget as HTMLElement).getBoundingClientRect().left;
  const valueAt = (pixels: number): number => {
    const { x: plotLeft, w: plotWidth } = frame!.plot;
    const share = Math.max(0, Math.min(1, (pixels - plotLeft - 8) / (plotWidth - 8)));
    return picture.x[0] + share * (picture.x[1] - picture.x[0]);
  };
  const stop = (): void => {
    startX.current = undefined;
    setEnds(undefined);
  };
  return {
    /** The click that follows a drag opens nothing. */
    wasDragged: (): boolean => hasDragged.current,
    begin: (event: PointerEvent): void => {
      hasDragged.current = false;
      if (event.button === 0 && frame && !picture.empty) startX.current = pixelsOf(event);
    },
    follow: (event: PointerEvent): void => {
      if (startX.current === undefined) return;
      const pointerX = pixelsOf(event);
      if (!hasDragged.current && Math.abs(pointerX - startX.current) <= STILL) return;
      if (!hasDragged.current) (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
      hasDragged.current = true;
      setEnds([Math.min(startX.current, pointerX), Math.max(startX.current, pointerX)]);
    },
    end: (event: PointerEvent): void => {
      const from = startX.current;
      stop();
      if (from === undefined || !hasDragged.current) return;
      const [start, end] = [valueAt(from), valueAt(pixelsOf(event))].sort((left, right) => left - right);
      zoomTo(picture, start!, end!);
    },
    cancel: stop,
    box:
      ends && frame
        ? {
            left: `${Math.max(frame.plot.x, ends[0])}px`,
            width: `${Math.max(0, Math.min(frame.plot.x + frame.plot.w, ends[1]) - Math.max(frame.plot.x, ends[0]))}px`,
            top: `${frame.plot.y}px`,
            height: `${frame.plot.h}px`,
          }
        : undefined,
  };
}
