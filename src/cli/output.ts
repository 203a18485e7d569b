/**
 * How commands print: text for people on standard output, one JSON value a line with --json. Knows what a terminal can
 * do, not what is printed.
 */
import type { Style } from '../render/text.ts';

/**
 * A reader that has gone (`| head -1`, a closed terminal) ends nothing: the program goes on without that output, and its
 * exit status says what it says otherwise. Another failure to write, a full disk for one, is kept in `outputFailure`.
 */
export function tolerateLostOutput(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (thrown: NodeJS.ErrnoException) => {
      if (!GONE_CODES.has(thrown.code ?? '')) firstFailure ??= thrown;
    });
}

/** What the system says when nobody can read any more. */
const GONE_CODES: ReadonlySet<string> = new Set(['EPIPE', 'EIO', 'ECONNRESET', 'ERR_STREAM_DESTROYED']);
let firstFailure: Error | undefined;

/** Why output is missing although somebody waits for it. */
export const outputFailure = (): Error | undefined => firstFailure;

export const printText = (message: string): void =>
  void process.stdout.write(message.endsWith('\n') ? message : `${message}\n`);
export const printJson = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

/** Progress and other text that is not the answer. */
export const printRemark = (message: string): void =>
  void process.stderr.write(message.endsWith('\n') ? message : `${message}\n`);

/** Colours only on a terminal, and never against NO_COLOR (no-color.org); Unicode unless the locale says otherwise. */
export function styleOf(stream: NodeJS.WriteStream): Style {
  const isTerminal = stream.isTTY === true && process.env.TERM !== 'dumb';
  const isForced = process.env.FORCE_COLOR !== undefined && process.env.FORCE_COLOR !== '0';
  const hasColor = process.env.NO_COLOR ? false : isForced || isTerminal;
  const locale = process.env.LC_ALL || process.env.LC_CTYPE || process.env.LANG || '';
  const hasUnicode = process.env.TERM !== 'linux' && !/^(C|POSIX)$/.test(locale);
  return { color: hasColor, unicode: hasUnicode, columns: isTerminal ? Math.max(40, stream.columns ?? 80) : 100 };
}

/** Minutes east of UTC of the person's clock. */
export const zoneMinutes = (): number => -new Date().getTimezoneOffset();
