/** Turns the ending of a process into an outcome: whose fault it was and which limit was exceeded. Pure. */
import { LabError } from '../base/error.ts';
import { sanitizeText } from '../base/text.ts';
import type { Arena } from '../core/arena.ts';
import type { FailureClass, Outcome } from '../core/outcome.ts';
import { clockWords } from '../core/clock-words.ts';
import type { RunResult } from '../core/ports.ts';
import { declaredClass, excerptOf, failureClass } from './protocol.ts';

/** Returns the outcome, or throws where the machine is to blame for it. */
export type Blame = (outcome: Outcome) => Outcome;

export const crashOutcome = (kind: FailureClass, message: string): Outcome => ({
  kind: 'crashed',
  class: kind,
  message,
});

/** Throws E_SPAWN where the sandbox never started the command: that is no fault of a candidate. */
export function requireStarted(result: RunResult): RunResult {
  if (result.startFailure === undefined) return result;
  throw new LabError('E_SPAWN', {
    what: 'A measurement could not be started in the sandbox.',
    why: `${result.startFailure.replace(/^./, (letter) => letter.toUpperCase())}.`,
    next: 'Let everybody enter that folder (`chmod a+x`), or move the arena to one where that is so.',
  });
}

export function candidateFault(arena: Arena, result: RunResult, blame: Blame): Outcome | undefined {
  const { budget, resources } = arena;
  const reasonText = (): string => failureReason(result);
  switch (result.ending) {
    case 'exited':
      return result.exitCode === 0
        ? undefined
        : blame(
            crashOutcome(
              failureClass(sanitizeText(result.stderr.text)),
              `the candidate ended with status ${result.exitCode}: ${reasonText()}`,
            ),
          );
    case 'cut':
      return undefined;
    case 'signalled':
      return crashOutcome('signal', `the candidate was ended by ${result.signal}: ${reasonText()}`);
    case 'wall':
      return {
        kind: 'timed out',
        class: 'timeout',
        message: `the candidate ran longer than its hard limit of ${budget.wall_s} s`,
      };
    case 'memory':
      return crashOutcome('out-of-memory', `the candidate needed more than its ${resources.memory_mb} MB of memory`);
    case 'pids':
      return crashOutcome('too-many-processes', `the candidate started more than its ${resources.pids} processes`);
    case 'cpu':
      return crashOutcome(
        'too-much-processor',
        `the candidate used ${result.cpuS.toFixed(2)} s of processor time in ${result.wallS.toFixed(2)} s, more than its ${resources.cpus} cores have`,
      );
    case 'disk':
      return crashOutcome('disk', `the candidate wrote more than its ${resources.disk_mb} MB`);
    case 'output':
      return crashOutcome(
        'output-flood',
        `the candidate printed ${Math.round(result.stdout.bytes / 1e6 + result.stderr.bytes / 1e6)} MB`,
      );
    case 'aborted':
      return crashOutcome('infrastructure', 'stopped by the person');
    default:
      return result.ending satisfies never;
  }
}

export function evaluatorFault(arena: Arena, result: RunResult, blame: Blame): Outcome | undefined {
  switch (result.ending) {
    case 'exited':
      return result.exitCode === 0
        ? undefined
        : blame(
            crashOutcome(
              declaredClass(sanitizeText(result.stderr.text)) ?? 'evaluator-exit',
              `the evaluator ended with status ${result.exitCode}: ${failureReason(result)}`,
            ),
          );
    case 'wall':
      return crashOutcome(
        'evaluator-timeout',
        `the evaluator ran longer than its hard limit of ${arena.evaluate!.wall_s} s`,
      );
    case 'output':
      return crashOutcome(
        'evaluator-flood',
        `the evaluator printed more than ${Math.round((result.stdout.bytes + result.stderr.bytes) / 1e6)} MB`,
      );
    case 'aborted':
      return crashOutcome('infrastructure', 'stopped by the person');
    case 'cut':
    case 'signalled':
    case 'memory':
    case 'pids':
    case 'cpu':
    case 'disk':
      return crashOutcome(
        'evaluator-exit',
        `the evaluator was ended (${result.ending}${result.signal ? ` ${result.signal}` : ''}): ${failureReason(result)}`,
      );
    default:
      return result.ending satisfies never;
  }
}

/** Who is to blame when two joined processes fail: a candidate that failed by itself, else the evaluator. */
export function joinedFault(
  arena: Arena,
  candidate: RunResult,
  evaluator: RunResult,
  blame: Blame,
): Outcome | undefined {
  const evaluatorFailure = evaluatorFault(arena, evaluator, blame);
  if (candidate.ending === 'cut' && evaluatorFailure) {
    const { budget } = arena;
    const message = `the candidate’s ${budget.seconds} s${clockWords(budget)} ended before the evaluator had all its answers`;
    return { kind: 'timed out', class: 'timeout', message };
  }
  // An evaluator that ended first ends by SIGPIPE whoever still answers it.
  const isBlameless =
    candidate.ending === 'aborted' ||
    (candidate.ending === 'signalled' && (!evaluatorFailure || candidate.signal === 'SIGPIPE'));
  if (isBlameless) return evaluatorFailure;
  return candidateFault(arena, candidate, blame) ?? evaluatorFailure;
}

export function failureReason(result: RunResult): string {
  const lastWords = excerptOf(sanitizeText(result.stderr.text), sanitizeText(result.stdout.text));
  return lastWords === '' ? 'it printed nothing' : lastWords;
}
