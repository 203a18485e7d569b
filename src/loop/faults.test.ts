import { describe, expect, it } from 'vitest';
import type { LabError } from '../base/error.ts';
import type { RunResult } from '../core/ports.ts';
import { CLEAN_END } from '../testing/sandbox-conformance.ts';
import { arenaWith } from '../testing/script.ts';
import { candidateFault, evaluatorFault, failureReason, requireStarted } from './faults.ts';

const arena = arenaWith({ evaluate: { command: 'judge', wall_s: 9 } });
const ended = (change: Partial<RunResult>): RunResult => ({ ...CLEAN_END, ...change });
const same = <T>(outcome: T): T => outcome;

describe('a command that the sandbox never started', () => {
  it('ends the lab with what the system said, as a sentence', () => {
    let thrown: unknown;
    try {
      requireStarted(ended({ startFailure: 'cannot enter /home/me/arena' }));
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'E_SPAWN', parts: { why: 'Cannot enter /home/me/arena.' } });
    expect((thrown as LabError).parts.what).toMatch(/^A measurement .*\.$/);
  });

  it('is no other one: its result is handed on', () => {
    const result = ended({ exitCode: 1 });
    expect(requireStarted(result)).toBe(result);
  });
});

describe('how a process ended', () => {
  it('well, or cut by the clock, is no fault of a candidate', () => {
    expect(candidateFault(arena, ended({}), same)).toBeUndefined();
    expect(candidateFault(arena, ended({ ending: 'cut' }), same)).toBeUndefined();
    expect(evaluatorFault(arena, ended({}), same)).toBeUndefined();
  });

  it.each([
    ['signalled', 'crashed', 'signal'],
    ['wall', 'timed out', 'timeout'],
    ['memory', 'crashed', 'out-of-memory'],
    ['pids', 'crashed', 'too-many-processes'],
    ['cpu', 'crashed', 'too-much-processor'],
    ['disk', 'crashed', 'disk'],
    ['output', 'crashed', 'output-flood'],
    ['aborted', 'crashed', 'infrastructure'],
  ] as const)('%s is %s as %s for a candidate', (ending, kind, name) => {
    expect(candidateFault(arena, ended({ ending }), same)).toMatchObject({ kind, class: name });
  });

  it.each([
    ['wall', 'evaluator-timeout'],
    ['output', 'evaluator-flood'],
    ['memory', 'evaluator-exit'],
    ['cpu', 'evaluator-exit'],
    ['signalled', 'evaluator-exit'],
    ['cut', 'evaluator-exit'],
  ] as const)('%s is %s for an evaluator, never the candidate’s timeout', (ending, name) => {
    expect(evaluatorFault(arena, ended({ ending }), same)).toMatchObject({ kind: 'crashed', class: name });
  });

  it('of an evaluator that says why it refused the artefact has that class', () => {
    const refused = (text: string): unknown =>
      evaluatorFault(arena, ended({ exitCode: 1, stderr: { text, bytes: text.length } }), same);
    expect(refused('a logit is not a number\novernight-failure: nan\n')).toMatchObject({
      kind: 'crashed',
      class: 'nan',
    });
    expect(refused('std::bad_alloc in the judge itself\n')).toMatchObject({ class: 'evaluator-exit' });
  });

  it('says by numbers how much was allowed and how much was seen', () => {
    const limited = arenaWith({
      evaluate: { command: 'judge', wall_s: 9 },
      budget: { seconds: 1, wall_s: 77 },
      resources: { memory_mb: 333, pids: 44, disk_mb: 555 },
    });
    const messageOf = (ending: RunResult['ending'], change: Partial<RunResult> = {}): string =>
      (candidateFault(limited, ended({ ending, ...change }), same) as { message: string }).message;
    expect(messageOf('wall')).toContain('77');
    expect(messageOf('memory')).toContain('333');
    expect(messageOf('pids')).toContain('44');
    expect(messageOf('disk')).toContain('555');
    const flood = { stdout: { text: '', bytes: 31_000_000 }, stderr: { text: '', bytes: 8_600_000 } };
    expect(messageOf('output', flood)).toContain('40 MB');
    expect(messageOf('signalled', { signal: 'SIGBUS' })).toContain('SIGBUS');
    expect(evaluatorFault(limited, ended({ ending: 'wall' }), same)).toMatchObject({
      message: expect.stringContaining('9'),
    });
    expect(evaluatorFault(limited, ended({ ending: 'output', ...flood }), same)).toMatchObject({
      message: expect.stringContaining('40 MB'),
    });
    const killed = evaluatorFault(limited, ended({ ending: 'signalled', signal: 'SIGBUS' }), same);
    expect(killed).toMatchObject({ message: expect.stringContaining('signalled SIGBUS') });
    expect(evaluatorFault(limited, ended({ ending: 'memory' }), same)).toMatchObject({
      message: expect.stringMatching(/\(memory\)/),
    });
  });

  it.each(['pids', 'disk'] as const)('%s is a fault of the evaluator too, and a stop is nobody’s', (ending) => {
    expect(evaluatorFault(arena, ended({ ending }), same)).toMatchObject({ class: 'evaluator-exit' });
    expect(evaluatorFault(arena, ended({ ending: 'aborted' }), same)).toMatchObject({ class: 'infrastructure' });
  });

  it('with a status is what the machine is asked about, and its answer counts', () => {
    const failed = ended({ exitCode: 3, stdout: { text: 'MemoryError', bytes: 11 } });
    const other = (): { kind: 'crashed'; class: 'disk'; message: string } => ({
      kind: 'crashed',
      class: 'disk',
      message: 'full',
    });
    expect(candidateFault(arena, failed, other)).toEqual(other());
    expect(evaluatorFault(arena, failed, other)).toEqual(other());
    // The class is what the error stream says; the last words may come from the output.
    expect(candidateFault(arena, failed, same)).toEqual({
      kind: 'crashed',
      class: 'exit',
      message: 'the candidate ended with status 3: MemoryError',
    });
    const coloured = ended({
      exitCode: 3,
      stderr: { text: 'overnight-failure: \u001b[1mnan\u001b[0m\nlast words', bytes: 1 },
    });
    expect(candidateFault(arena, coloured, same)).toMatchObject({ class: 'nan' });
    expect(evaluatorFault(arena, coloured, same)).toMatchObject({ class: 'nan' });
    expect(failureReason(coloured)).toBe('last words');
    expect(failureReason(ended({ stdout: { text: '\u001b[1mbold\u001b[0m', bytes: 1 } }))).toBe('bold');
  });

  it('shows the last words, without escape sequences, and asks first whether the machine is to blame', () => {
    const result = ended({ exitCode: 2, stderr: { text: '\u001b[31mno such file\u001b[0m\n', bytes: 20 } });
    expect(candidateFault(arena, result, same)).toMatchObject({
      message: 'the candidate ended with status 2: no such file',
    });
    const blamed = (): never => {
      throw new Error('the disk');
    };
    expect(() => candidateFault(arena, result, blamed)).toThrow('the disk');
    expect(failureReason(ended({}))).toBe('it printed nothing');
  });
});
