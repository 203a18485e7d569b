import { describe, expect, it } from 'vitest';
import { defineCommand, flagsOf, type Invocation, type OptionTable } from './command.ts';
import { RUN_OPTIONS, TAKE_OPTIONS } from './options.ts';
import { parseOptions } from './parse-options.ts';

const OPTIONS = {
  quick: { kind: 'flag', text: 'less' },
  maxUsd: { kind: 'number', allowsZero: true, value: '<amount>', text: 'dollars' },
  times: { kind: 'number', isWhole: true, default: 3, value: '<n>', text: 'how often' },
  names: { kind: 'list', value: '<names>', text: 'whom' },
  format: { kind: 'choice', words: ['csv', 'tsv'], value: '<name>', text: 'how' },
  http: { kind: 'number', isOptional: true, max: 10, value: '[port]', text: 'where' },
} as const satisfies OptionTable;
type Options = typeof OPTIONS;

const parts = { name: 'x', group: 'Start', summary: 'x', options: OPTIONS, examples: [], exits: [] } as const;
const mainOf = <Taken extends OptionTable>(main: (invocation: Invocation<Taken>) => Promise<number>) => ({
  ...parts,
  loadMain: async () => ({ main }),
});

describe('the options of a command', () => {
  it('have the types of their table', () => {
    const { quick, maxUsd, times, names, format, http } = parseOptions(OPTIONS, {});
    const typed: [boolean, number | undefined, number, readonly string[] | undefined] = [quick, maxUsd, times, names];
    const words: ['csv' | 'tsv' | undefined, number | true | undefined] = [format, http];
    expect([...typed, ...words]).toEqual([false, undefined, 3, undefined, undefined, undefined]);
    // @ts-expect-error A number that may be absent is not a number.
    const certain: number = maxUsd;
    expect(certain).toBeUndefined();
  });

  it('do not compile where one is misspelt or belongs to another command', () => {
    const run = parseOptions(RUN_OPTIONS, { agentCommand: 'x' });
    expect(run.agentCommand).toBe('x');
    // @ts-expect-error It is called agentCommand.
    expect(run.agentComand).toBeUndefined();
    // @ts-expect-error `take` has it.
    expect(run.patches).toBeUndefined();
    expect(parseOptions(TAKE_OPTIONS, {}).patches).toBeUndefined();
  });

  it('are exactly those that the main takes', () => {
    defineCommand(mainOf<Options>(async ({ options }) => options.times));
    // @ts-expect-error This main asks for an option that the table lacks.
    defineCommand(mainOf<Options & { tag: { kind: 'flag'; text: '' } }>(async () => 0));
    // @ts-expect-error This main does not take --format.
    defineCommand(mainOf<Omit<Options, 'format'>>(async () => 0));
    // @ts-expect-error This main takes --times as text.
    defineCommand(mainOf<Omit<Options, 'times'> & { times: { kind: 'text'; value: '<n>'; text: '' } }>(async () => 0));
  });

  it('are converted in one place, with the value seen in the complaint', () => {
    const raw = { quick: true, maxUsd: '0', times: '2', names: 'a, b,', format: 'tsv', http: true };
    const expected = { quick: true, maxUsd: 0, times: 2, names: ['a', 'b', ''], format: 'tsv', http: true };
    expect(parseOptions(OPTIONS, raw)).toEqual(expected);
    const complaint = (given: Record<string, string>): string => {
      try {
        return JSON.stringify(parseOptions(OPTIONS, given));
      } catch (thrown) {
        return String(thrown);
      }
    };
    expect(complaint({ maxUsd: '-1' })).toMatch(/--max-usd cannot be understood\. "-1" is not a number of 0 or more\./);
    expect(complaint({ times: '1.5' })).toMatch(/"1\.5" is not a whole number above 0/);
    expect(complaint({ times: '' })).toMatch(/"" is not a whole number above 0/);
    expect(complaint({ format: 'xml' })).toMatch(/"xml" is not one of csv, tsv/);
    expect(complaint({ http: '11' })).toMatch(/"11" is not a number from 1 to 10/);
  });

  it('are written with dashes', () => {
    expect(Object.entries(OPTIONS).map(([name, option]) => flagsOf(name, option))).toEqual([
      '--quick',
      '--max-usd <amount>',
      '--times <n>',
      '--names <names>',
      '--format <name>',
      '--http [port]',
    ]);
  });
});
