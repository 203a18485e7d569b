/**
 * What a command is: its options as a table, the type of the parsed options derived from that table, and one call of
 * it. Types and small helpers only; loads nothing.
 */

/** Files, folders and names that a shell can complete. */
export type Completion = 'file' | 'folder' | 'lab' | 'arena' | 'experiment' | 'command' | 'shell' | 'nothing';

interface OptionBase {
  /** One sentence without a full stop, at most 80 columns. */
  readonly text: string;
  /** The letter after a single dash. */
  readonly short?: string;
}

/** Present or absent. */
interface FlagOption extends OptionBase {
  readonly kind: 'flag';
}

interface ValueOption extends OptionBase {
  /** The value as help writes it: `<folder>`; `[port]` where it may be left out. */
  readonly value: `<${string}>` | `[${string}]`;
  readonly completes?: Completion;
}

interface TextOption extends ValueOption {
  readonly kind: 'text';
  readonly default?: string;
}

/** Words separated by commas. */
interface ListOption extends ValueOption {
  readonly kind: 'list';
  /** Every word that is known; loaded only for help and completion. */
  readonly loadWords?: () => Promise<readonly string[]>;
}

/** One of a few words. */
interface ChoiceOption extends ValueOption {
  readonly kind: 'choice';
  readonly words: readonly string[];
}

interface NumberOption extends ValueOption {
  readonly kind: 'number';
  readonly default?: number;
  readonly isWhole?: true;
  /** Zero means something; without this a number is above 0. */
  readonly allowsZero?: true;
  readonly max?: number;
  /** The value may be left out; the option is then `true`. */
  readonly isOptional?: true;
}

export type OptionSpec = FlagOption | TextOption | ListOption | ChoiceOption | NumberOption;

/** Options by name. `maxUsd` is written `--max-usd` on the command line. */
export type OptionTable = Readonly<Record<string, OptionSpec>>;

type ValueOf<Option extends OptionSpec> = Option extends { kind: 'choice'; words: readonly (infer Word)[] }
  ? Word
  : Option extends { kind: 'list' }
    ? readonly string[]
    : Option extends { kind: 'number'; isOptional: true }
      ? number | true
      : Option extends { kind: 'number' }
        ? number
        : string;

type ParsedOption<Option extends OptionSpec> = Option extends { kind: 'flag' }
  ? boolean
  : Option extends { default: string | number }
    ? ValueOf<Option>
    : ValueOf<Option> | undefined;

/** The options of a table after parsing: flags are booleans; a value that is absent and has no default is undefined. */
export type ParsedOptions<Options extends OptionTable> = {
  readonly [Name in keyof Options]: ParsedOption<Options[Name]>;
};

/** One call of a command, parsed. */
export interface Invocation<Options extends OptionTable> {
  readonly args: readonly string[];
  readonly options: ParsedOptions<Options>;
  /** The arena's folder. */
  readonly folder: string;
  readonly wantsJson: boolean;
  /** The text with every command in backticks written so that it works where the person stands. */
  readonly spellCommands: (text: string, labFolder?: string) => string;
}

export interface ArgumentSpec {
  /** As help writes it: `n`, `words`. */
  readonly name: string;
  readonly isOptional?: true;
  /** Takes all words that follow. Only the last argument. */
  readonly isRepeated?: true;
  readonly completes: Completion;
}

/** The parts of `overnight --help`, in their order. */
export const GROUPS = ['Start', 'Watch', 'Steer', 'Take the result', 'For agents', 'Other'] as const;

interface CommandParts<Options extends OptionTable> {
  readonly name: string;
  readonly group: (typeof GROUPS)[number];
  /** A few words for the short help; a command without them is listed by `overnight help --all` only. */
  readonly short?: string;
  readonly args?: readonly ArgumentSpec[];
  readonly summary: string;
  readonly options: Options;
  /** Command lines that work, with what they do. */
  readonly examples: readonly (readonly [line: string, what: string])[];
  readonly exits: readonly (readonly [code: string, meaning: string])[];
}

type Main<Options extends OptionTable> = (invocation: Invocation<Options>) => Promise<number>;
type LoadMain<Options extends OptionTable> = () => Promise<{ readonly main: Main<Options> }>;

export interface CommandSpec extends CommandParts<OptionTable> {
  /** Loads the file that does it. */
  readonly loadMain: LoadMain<OptionTable>;
}

/** The options that a main takes. */
type TakenBy<Load> = Load extends () => Promise<{ readonly main: (invocation: infer Taken) => Promise<number> }>
  ? Taken extends { readonly options: infer Options }
    ? Options
    : never
  : never;

/**
 * A command whose main takes exactly the options of its table: a main that asks for an option that the table lacks does
 * not compile, and neither does one that does not take an option of the table.
 */
export function defineCommand<const Options extends OptionTable, Load extends LoadMain<Options>>(
  parts: CommandParts<Options> & {
    readonly loadMain: Load &
      ([keyof Options] extends [keyof TakenBy<Load>]
        ? unknown
        : { readonly notTakenByMain: Exclude<keyof Options, keyof TakenBy<Load>> });
  },
): CommandSpec {
  return parts as unknown as CommandSpec;
}

/** `maxUsd` as a person types it: `max-usd`. */
export const dashedName = (optionName: string): string =>
  optionName.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** `-C, --dir <folder>`. */
export function flagsOf(optionName: string, option: OptionSpec): string {
  const short = option.short === undefined ? '' : `-${option.short}, `;
  return `${short}--${dashedName(optionName)}${option.kind === 'flag' ? '' : ` ${option.value}`}`;
}

/** `<n>`, `[words...]`. */
export function argumentText({ name, isOptional, isRepeated }: ArgumentSpec): string {
  const inner = `${name}${isRepeated ? '...' : ''}`;
  return isOptional ? `[${inner}]` : `<${inner}>`;
}
