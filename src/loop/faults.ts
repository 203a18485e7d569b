/** How processes ended, as outcomes in words: whose fault it was and which limit was met. Pure. */
import { sanitize } from '../base/text.ts';
import type { Arena } from '../core/arena.ts';
import type { FailureClass, Outcome } from '../core/event.ts';
import type { RunResult } from '../core/ports.ts';
import { declaredClass, excerpt, failureClass } from './protocol.ts';

/** May throw instead, when the machine is to blame for what looks like a failure. */
export type Blame = (outcome: Outcome) => Outcome;

export const crash = (kind: FailureClass, message: string): Outcome => ({ kind: 'crashed', class: kind, message });

export function candidateFault(arena: Arena, result: RunResult, blame: Blame): Outcome | undefined {
  const { budget, resources } = arena;
  const reason = (): string => oneReason(result);
  switch (result.ending) {
    case 'exited':
      return result.exitCode === 0
        ? undefined
        : blame(
            crash(
              failureClass(sanitize(result.stderr.text)),
              `the candidate ended with status ${result.exitCode}: ${reason()}`,
            ),
          );
    case 'cut':
      return undefined;
    case 'signalled':
      return crash('signal', `the candidate was ended by ${result.signal}: ${reason()}`);
    case 'wall':
      return {
        kind: 'timed out',
        class: 'timeout',
        message: `the candidate ran longer than its hard limit of ${budget.wall_s} s`,
      };
    case 'memory':
      return crash('out-of-memory', `the candidate needed more than its ${resources.memory_mb} MB of memory`);
    case 'pids':
      return crash('too-many-processes', `the candidate started more than its ${resources.pids} processes`);
    case 'disk':
      return crash('disk', `the candidate wrote more than its ${resources.disk_mb} MB`);
    case 'output':
      return crash(
        'output-flood',
        `the candidate printed ${Math.round(result.stdout.bytes / 1e6 + result.stderr.bytes / 1e6)} MB`,
      );
    case 'aborted':
      return crash('infrastructure', 'stopped by the person');
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
            crash(
              declaredClass(sanitize(result.stderr.text)) ?? 'evaluator-exit',
              `the evaluator ended with status ${result.exitCode}: ${oneReason(result)}`,
            ),
          );
    case 'wall':
      return crash('evaluator-timeout', `the evaluator ran longer than its hard limit of ${arena.evaluate!.wall_s} s`);
    case 'output':
      return crash(
        'evaluator-flood',
        `the evaluator printed more than ${Math.round((result.stdout.bytes + result.stderr.bytes) / 1e6)} MB`,
      );
    case 'aborted':
      return crash('infrastructure', 'stopped by the person');
    case 'cut':
    case 'signalled':
    case 'memory':
    case 'pids':
    case 'disk':
      return crash(
        'evaluator-exit',
        `the evaluator was ended (${result.ending}${result.signal ? ` ${result.signal}` : ''}): ${oneReason(result)}`,
      );
    default:
      return result.ending satisfies never;
  }
}

export function oneReason(result: RunResult): string {
  const text = excerpt(sanitize(result.stderr.text), sanitize(result.stdout.text));
  return text === '' ? 'it printed nothing' : text;
}
