/**
 * Progress of something that takes a while: one line on a terminal that is redrawn and removed at the end, elsewhere a
 * plain line every few seconds. Prints nothing about a quick task. Works while the program is busy (`updateShare`) and
 * while it waits (a timer).
 */
import { defined } from '../base/defined.ts';
import { escapeTerminalLine } from '../base/escape.ts';
import { type TaskProgress, progressLine } from '../render/live.ts';
import type { Style } from '../render/text.ts';
import { printRemark, styleOf } from './output.ts';

/** Where progress is shown. */
export interface ProgressOutput {
  readonly style: Style;
  /** A terminal, which can redraw a line. */
  readonly isLive: boolean;
  showLine(line: string): void;
  clearLine(): void;
}

export interface Progress {
  /** Share done (0 to 1, absent when unknown), and the current part of the task. */
  updateShare(share: number | undefined, detail?: string): void;
  /** Remove the line until the next update, because something else is printed. */
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
      doing = defined({ what: subject, share, words: detail || undefined });
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

/** Standard error, because the answer goes to standard output. */
function standardErrorOutput(): ProgressOutput {
  const { stderr } = process;
  const isLive = stderr.isTTY === true && process.env.TERM !== 'dumb';
  let isShown = false;
  return {
    style: styleOf(stderr),
    isLive,
    showLine: (line) => {
      if (isLive) stderr.write(`\r\x1b[K${escapeTerminalLine(line, styleOf(stderr).color)}`);
      else printRemark(line);
      isShown = true;
    },
    clearLine: () => {
      if (isLive && isShown) stderr.write('\r\x1b[K');
      isShown = false;
    },
  };
}
