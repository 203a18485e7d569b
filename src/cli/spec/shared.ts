/** What several tables of commands share: exit statuses and arguments. */
import type { ArgumentSpec } from '../command.ts';

export const successExit = ['0', 'done'] as const;
export const interruptedExit = ['130', 'stopped at once by a second Ctrl-C; the same command goes on'] as const;

/** What every request to a lab ends with. */
export const requestExits = [
  ['0', 'in force, or waiting for the next `run`'],
  ['2', 'not possible at the moment'],
] as const;

export const experimentArgument: ArgumentSpec = { name: 'n', completes: 'experiment' };
export const optionalExperiment: ArgumentSpec = { ...experimentArgument, isOptional: true };
/** All words that follow, as one sentence. */
export const wordsArgument: ArgumentSpec = { name: 'words', isRepeated: true, completes: 'nothing' };
