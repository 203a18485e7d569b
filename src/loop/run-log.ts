/** The log of a measurement: how each process ended and what it printed, without escape sequences. Pure. */
import { sanitizeText } from '../base/text.ts';
import type { RunResult } from '../core/ports.ts';

export function describeRuns(
  candidate: RunResult | undefined,
  evaluator: RunResult | undefined,
  remark: string | undefined,
): string {
  const sections = [sectionOf('candidate', candidate), sectionOf('evaluator', evaluator)];
  return [...sections, remark === undefined ? '' : `== harness ==\n${remark}`].filter(Boolean).join('\n');
}

/**
 * An evaluator that reports items, without what it printed: that may say how single items went. Of one that failed, the
 * output is the reason, and is kept.
 */
export function withoutAnswers(result: RunResult | undefined): RunResult | undefined {
  if (result?.exitCode !== 0) return result;
  return { ...result, stdout: { text: '', bytes: 0 }, stderr: { text: '', bytes: 0 } };
}

function sectionOf(processName: string, result: RunResult | undefined): string {
  if (result === undefined) return '';
  const exitCode = result.exitCode === undefined ? '' : ` ${result.exitCode}`;
  return [
    `== ${processName}: ${result.ending}${exitCode} ==`,
    sanitizeText(result.stdout.text).trimEnd(),
    sanitizeText(result.stderr.text).trimEnd(),
  ]
    .filter(Boolean)
    .join('\n');
}
