/**
 * The lines of a program's output that say why it failed: what failed, how much of it, which error, and the end. Tests
 * that passed and frames of a stack say nothing. Pure.
 */

/** `at file:1:2` of JavaScript and the JVM, the numbered frames of Rust and of debuggers. */
const STACK_FRAME =
  /^\s*(?:at .*:\d+(?::\d+)?\)?|at .+\((?:native|<anonymous>|.*\.java:\d+)\)|#?\d+: +\S+::\S+|from .*:\d+:in .*)$/;
/** What test runners print of a test that passed. */
const PASSED =
  /^\s*(?:PASS\b|--- PASS:|ok\s+\S|[✓✔√]|# Subtest:)|\bPASSED\b|\.{3} ok$|^\s*=== (?:RUN|PAUSE|CONT)\b|^# (?:pass|skipped|todo|cancelled|suites|duration_ms)\b/;
/** The name of a test that failed. */
const FAILED_NAME = /^\s*(?:●|✕|✗|✖|×|not ok\b|--- FAIL:|FAIL(?:ED|URE)?\b|FAIL:|ERROR:)|\.{3} FAILED$/;
/** How many failed. Nought failures are none. */
const COUNT =
  /\b[1-9]\d* (?:tests? |tests? of \d+ |specs? |examples?, )?(?:fail|error)|# fail [1-9]|\bfailures?[:=] *[1-9]|test result: FAILED/i;
const ERROR =
  /error|exception|traceback|panic|fatal|assert|nan\b|killed|out of memory|undefined|cannot|fail|segmentation|expected|mismatch/i;
/** "0 failed" looks like a failure and is none. */
const NO_FAILURE = /\b(?:0|no) (?:fail|error)/i;

const MAX_NAMES = 3;

export const looksLikeError = (line: string): boolean => ERROR.test(line) && !NO_FAILURE.test(line);

/**
 * At most so many lines, those that say most first: names of what failed, how many there are, errors, then the end of
 * the output in its order.
 */
export function usefulLines(output: string, maxLines: number): string[] {
  const lines = output
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line.trim() !== '');
  const telling = lines.filter((line) => !STACK_FRAME.test(line) && !PASSED.test(line));
  const names = telling.filter((line) => FAILED_NAME.test(line)).slice(0, MAX_NAMES);
  const counts = telling.filter((line) => COUNT.test(line)).slice(-1);
  const chosen = new Set([...names, ...counts].slice(0, maxLines));
  const errors = telling.filter((line) => looksLikeError(line) && !chosen.has(line));
  for (const line of errors.slice(0, Math.ceil((maxLines - chosen.size) / 2))) chosen.add(line);
  const rest = (telling.length > 0 ? telling : lines).filter((line) => !chosen.has(line));
  const freeCount = maxLines - chosen.size;
  return [...chosen, ...(freeCount > 0 ? rest.slice(-freeCount) : [])];
}
