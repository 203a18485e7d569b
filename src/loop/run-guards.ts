/**
 * Guards on one exact commit: a fresh directory, then one command after the other in the sandbox until one fails.
 * Decides nothing and records nothing. What goes wrong with a candidate is data; only a broken machine throws.
 */
import { defined } from '../base/defined.ts';
import { usefulLines } from '../base/excerpt.ts';
import { oneLine, sanitizeText } from '../base/text.ts';
import type { Arena } from '../core/arena.ts';
import type { GuardFailure, GuardOutcome } from '../core/guard-run.ts';
import type { RunResult, RunSpec } from '../core/ports.ts';
import { measureTree } from '../os/files.ts';
import { requireStarted } from './faults.ts';
import { layOutFresh } from './fresh-folders.ts';
import { findTampering } from './integrity.ts';
import { type Bench, linkInstalled, ProcessSpecs } from './process-specs.ts';

export interface GuardRequest {
  readonly g: number;
  readonly commit: string;
  readonly guards: Arena['guards'];
  readonly onTick?: RunSpec['onTick'];
  /** Receives each running process tree, so that it can be ended. */
  readonly onStart?: (killRun: () => void) => void;
}

export interface GuardResult {
  readonly outcomes: readonly GuardOutcome[];
  /** Absent where all passed. */
  readonly failure?: GuardFailure;
  readonly log: string;
  /** True when the harness itself ended it: not a result. */
  readonly wasAborted: boolean;
}

/** Lines that are kept of a guard that passed, and of one that failed. */
const MAX_LINES = { passed: 2, failed: 8 } as const;
const MAX_LINE_CHARS = 200;

export async function runGuards(bench: Bench, request: GuardRequest): Promise<GuardResult> {
  const folders = await layOutFresh(bench, `g${request.g}`, request.commit);
  const { directories } = folders;
  let isUnchanged = false;
  try {
    const before = measureTree(directories.arena, { memo: bench.fileHashes });
    const foreignFile = await bench.workspace.findDifference(request.commit, directories.arena, folders.isHidden);
    linkInstalled(bench, directories.arena);
    // Seeds of measurements are drawn anew; guards get always the same one, because a test that fails now and then is
    // hard to understand.
    const specRequest = {
      seed: bench.arena.seeds.first,
      judgeSeed: 1,
      nonce: '',
      ...defined({ onTick: request.onTick }),
    };
    const ran = await runInTurn(bench, request, new ProcessSpecs(bench, specRequest, directories));
    const foreign =
      foreignFile !== undefined && `${foreignFile} was changed by somebody between its commit and its guards`;
    const tampering = foreign
      ? { class: 'frozen-changed' as const, message: foreign }
      : failureOf(findTampering(bench, directories.arena, before));
    isUnchanged = tampering === undefined;
    return tampering ? { ...ran, failure: tampering } : ran;
  } finally {
    folders.discard(isUnchanged);
  }
}

function failureOf(outcome: ReturnType<typeof findTampering>): GuardFailure | undefined {
  return outcome === undefined || outcome.kind === 'measured'
    ? undefined
    : { class: outcome.class, message: outcome.message };
}

async function runInTurn(bench: Bench, request: GuardRequest, specs: ProcessSpecs): Promise<GuardResult> {
  const outcomes: GuardOutcome[] = [];
  const logs: string[] = [];
  for (const guard of request.guards) {
    const runningProcess = bench.sandbox.start(specs.guardSpec(guard));
    request.onStart?.(() => runningProcess.kill());
    const result = requireStarted(await runningProcess.done);
    const passed = result.ending === 'exited' && result.exitCode === 0;
    const output = outputOf(result);
    const lines = usefulLines(output, passed ? MAX_LINES.passed : MAX_LINES.failed).map((line) =>
      oneLine(line, MAX_LINE_CHARS),
    );
    outcomes.push({ name: guard.name, passed, wallS: result.wallS, lines: lines.join('\n') });
    logs.push(`== guard ${guard.name}: ${endingOf(result)} ==\n${output}`.trimEnd());
    if (passed) continue;
    const message = `guard ${guard.name} failed: ${[...limitWords(guard, result), ...lines].join('\n') || 'it printed nothing'}`;
    return {
      outcomes,
      failure: { class: 'guard', message },
      log: logs.join('\n'),
      wasAborted: result.ending === 'aborted',
    };
  }
  return { outcomes, log: logs.join('\n'), wasAborted: false };
}

/** Test runners print to either, so both count; what is on standard error comes last. */
const outputOf = ({ stdout, stderr }: RunResult): string =>
  [stdout, stderr]
    .map(({ text }) => sanitizeText(text).trimEnd())
    .filter((text) => text !== '')
    .join('\n');

const endingOf = ({ ending, exitCode }: RunResult): string =>
  exitCode === undefined ? ending : `${ending} ${exitCode}`;

/** A guard that was ended by a limit says so first: its output does not know. */
function limitWords(guard: Arena['guards'][number], { ending, signal }: RunResult): string[] {
  if (ending === 'exited') return [];
  if (ending === 'wall') return [`it ran longer than its ${guard.wall_s} s`];
  return [`it was ended (${ending}${signal === undefined ? '' : ` ${signal}`})`];
}
