/**
 * That something takes a while, and how far it is: one line on a terminal that is drawn again and taken away at the
 * end, elsewhere a plain line now and then. Says nothing about what is done quickly. Works while the program is busy
 * (`updateShare`) and while it waits (a timer).
 */
import { type TaskProgress, progressLine } from '../render/live.ts';
import type { Style } from '../render/text.ts';
import { printRemark, styleOf } from './output.ts';

/** Where it is shown. */
export interface ProgressOutput {
  readonly style: Style;
  /** A terminal, on which a line can be drawn again. */
  readonly isLive: boolean;
  showLine(line: string): void;
  clearLine(): void;
}

export interface Progress {
  /** How far it is (0 to 1, absent where nobody knows), and what it does just now. */
  updateShare(share: number | undefined, detail?: string): void;
  /** Take the line away for a moment: something else is printed. */
  hideLine(): void;
  endProgress(): void;
}

const FIRST_LIVE_MS = 400;
const LIVE_MS = 150;
const FIRST_PLAIN_MS = 2_000;
const PLAIN_MS = 10_000;

export function openProgress(subject: string, output: ProgressOutput = standardErrorOutput()): Progress {
  const startedMs = performance.now();
  const [firstDelayMs, intervalMs] = output.isLive ? [FIRST_LIVE_MS, LIVE_MS] : [FIRST_PLAIN_MS, PLAIN_MS];
  let dueMs = startedMs + firstDelayMs;
  let doing: TaskProgress = { what: subject };
  const drawWhenDue = (): void => {
    const currentMs = performance.now();
    if (currentMs < dueMs) return;
    dueMs = currentMs + intervalMs;
    output.showLine(progressLine(doing, (currentMs - startedMs) / 1000, output.style, output.isLive));
  };
  const timer = setInterval(drawWhenDue, LIVE_MS).unref();
  return {
    updateShare: (share, detail) => {
      doing = { what: subject, ...(share !== undefined && { share }), ...(detail && { words: detail }) };
      drawWhenDue();
    },
    hideLine: () => output.clearLine(),
    endProgress: () => {
      clearInterval(timer);
      dueMs = Number.POSITIVE_INFINITY;
      output.clearLine();
    },
  };
}

/** Beside the answer, which goes to standard output. */
function standardErrorOutput(): ProgressOutput {
  const { stderr } = process;
  const isLive = stderr.isTTY === true && process.env.TERM !== 'dumb';
  let isShown = false;
  return {
    style: styleOf(stderr),
    isLive,
    showLine: (line) => {
      if (isLive) stderr.write(`\r\x1b[K${line}`);
      else printRemark(line);
      isShown = true;
    },
    clearLine: () => {
      if (isLive && isShown) stderr.write('\r\x1b[K');
      isShown = false;
    },
  };
}
