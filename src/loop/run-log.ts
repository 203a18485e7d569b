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
