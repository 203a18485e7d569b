/**
 * The number of a candidate that makes it itself: what it printed and left in $OVERNIGHT_OUT, and what the harness
 * measured of it.
 */
import * as fs from 'node:fs';
import picomatch from 'picomatch';
import { oneLine, sanitizeText } from '../base/text.ts';
import type { Arena } from '../core/arena.ts';
import { clockWords } from '../core/clock-words.ts';
import type { Outcome } from '../core/outcome.ts';
import type { RunResult } from '../core/ports.ts';
import { linesOf } from '../core/reading/find-metric.ts';
import { type MetricReading, type ProgramOutput, readMetric } from '../core/reading/read-metric.ts';
import { walkTree } from '../os/trees.ts';
import { parsePrinted } from './protocol.ts';
import { readSideFile } from './side-files.ts';

/** A candidate that was cut before it printed its number is out of time, not without a number. */
export function readPrinted(arena: Arena, result: RunResult, outDir: string): Outcome {
  const output = outputOf(result, outDir);
  const outcome = parsePrinted(output, arena.metric);
  const isCut = result.ending === 'cut' && outcome.kind === 'crashed' && outcome.class === 'metric-missing';
  return isCut ? cutBeforeNumber(arena, output) : outcome;
}

/** What the harness measured of a candidate, where that is the metric; undefined where the evaluator writes it. */
export function readMeasured({ metric }: Arena, result: RunResult): MetricReading | undefined {
  if (typeof metric.read !== 'string') return undefined;
  return readMetric(metric, {
    stdout: '',
    stderr: '',
    readFile: () => undefined,
    sizeOf: () => undefined,
    measured: measuredOf(result),
  });
}

const measuredOf = ({ wallS, cpuS, peakMemoryMb }: RunResult): ProgramOutput['measured'] => ({
  wall_s: wallS,
  cpu_s: cpuS,
  memory_mb: peakMemoryMb,
});

function outputOf(result: RunResult, outDir: string): ProgramOutput {
  const { stdout, stderr } = result;
  return {
    stdout: sanitizeText(stdout.text),
    stderr: sanitizeText(stderr.text),
    readFile: (name) => readSideFile(outDir, name),
    sizeOf: (globs) => sizeOf(outDir, globs),
    measured: measuredOf(result),
  };
}

/** Links and other special files count nothing. */
function sizeOf(outDir: string, globs: readonly string[]): number | undefined {
  const isWanted = picomatch([...globs], { dot: true });
  const files = walkTree(outDir).filter(({ kind, path }) => kind === 'file' && isWanted(path));
  if (files.length === 0) return undefined;
  return files.reduce((bytes, { location }) => bytes + fs.lstatSync(location).size, 0);
}

function cutBeforeNumber({ metric, budget }: Arena, { stdout, stderr }: ProgramOutput): Outcome {
  const lastLine = linesOf(stdout).at(-1) ?? linesOf(stderr).at(-1);
  const progress = lastLine === undefined ? 'it had printed nothing' : `its last line is "${oneLine(lastLine, 100)}"`;
  const seconds = `${budget.seconds} s${clockWords(budget)}`;
  const clock = budget.grace_s > 0 ? `${seconds} + ${budget.grace_s} s of start-up` : seconds;
  const message = `the clock (${clock}) ended it before it printed ${metric.name}: ${progress}. Raise budget.seconds if that is too early`;
  return { kind: 'timed out', class: 'timeout', message };
}
