import { describe, expect, it } from 'vitest';
import type { RunResult } from '../core/ports.ts';
import { CLEAN_END } from '../testing/sandbox-conformance.ts';
import { arenaWith } from '../testing/script.ts';
import { candidateFault, evaluatorFault, failureReason } from './faults.ts';

const arena = arenaWith({ evaluate: { command: 'judge', wall_s: 9 } });
const ended = (change: Partial<RunResult>): RunResult => ({ ...CLEAN_END, ...change });
const same = <T>(outcome: T): T => outcome;

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
