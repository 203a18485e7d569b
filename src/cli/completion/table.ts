/** What a completion script needs of the table of commands. */
import type { Completion } from '../command.ts';

interface Completed {
  readonly completes: Completion;
  /** Every word that is possible, where they are known. */
  readonly words: readonly string[];
}

export interface CompletedOption extends Completed {
  readonly long: string;
  readonly short: string | undefined;
  readonly text: string;
  readonly hasValue: boolean;
  readonly isValueOptional: boolean;
  /** The value is words separated by commas. */
  readonly isList: boolean;
}

export interface CompletedArgument extends Completed {
  readonly name: string;
  readonly isRepeated: boolean;
}

export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly args: readonly CompletedArgument[];
  readonly options: readonly CompletedOption[];
}
