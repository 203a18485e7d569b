/**
 * That something takes a while, and how far it is: one line on a terminal that is drawn again and taken away at the
 * end, elsewhere a plain line now and then. Says nothing about what is done quickly. Works while the program is busy
 * (`at`) and while it waits (a timer).
 */
import { type Doing, progressLine } from '../render/live.ts';
import type { Style } from '../render/text.ts';
import { remark, styleOf } from './output.ts';

/** Where it is shown. */
export interface ProgressPlace {
  readonly style: Style;
  /** A terminal, on which a line can be drawn again. */
  readonly live: boolean;
  show(line: string): void;
  clear(): void;
}

export interface Progress {
  /** How far it is (0 to 1, absent where nobody knows), and what it does just now. */
  at(share: number | undefined, words?: string): void;
  /** Take the line away for a moment: something else is printed. */
  hide(): void;
  end(): void;
}

const FIRST_LIVE_MS = 400;
const LIVE_MS = 150;
const FIRST_PLAIN_MS = 2_000;
const PLAIN_MS = 10_000;

export function openProgress(what: string, place: ProgressPlace = standardError()): Progress {
  const began = performance.now();
  const [first, every] = place.live ? [FIRST_LIVE_MS, LIVE_MS] : [FIRST_PLAIN_MS, PLAIN_MS];
  let due = began + first;
  let doing: Doing = { what };
  const draw = (): void => {
    const now = performance.now();
    if (now < due) return;
    due = now + every;
    place.show(progressLine(doing, (now - began) / 1000, place.style, place.live));
  };
  const timer = setInterval(draw, LIVE_MS).unref();
  return {
    at: (share, words) => {
      doing = { what, ...(share !== undefined && { share }), ...(words && { words }) };
      draw();
    },
    hide: () => place.clear(),
    end: () => {
      clearInterval(timer);
      due = Number.POSITIVE_INFINITY;
      place.clear();
    },
  };
}

/** Beside the answer, which goes to standard output. */
function standardError(): ProgressPlace {
  const { stderr } = process;
  const live = stderr.isTTY === true && process.env.TERM !== 'dumb';
  let shown = false;
  return {
    style: styleOf(stderr),
    live,
    show: (line) => {
      if (live) stderr.write(`\r\x1b[K${line}`);
      else remark(line);
      shown = true;
    },
    clear: () => {
      if (live && shown) stderr.write('\r\x1b[K');
      shown = false;
    },
  };
}
