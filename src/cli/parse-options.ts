/** From words on the command line to typed options: every conversion, default and complaint in one place. */
import { LabError } from '../base/error.ts';
import { dashedName, type OptionSpec, type OptionTable, type ParsedOptions } from './command.ts';

/** Options as commander leaves them. */
export type RawOptions = Readonly<Record<string, string | boolean | undefined>>;

/** Throws E_USAGE with the value seen. */
export function parseOptions<Options extends OptionTable>(table: Options, raw: RawOptions): ParsedOptions<Options> {
  const parsed = Object.entries(table).map(([name, option]) => [name, parseOption(name, option, raw[name])]);
  return Object.fromEntries(parsed) as ParsedOptions<Options>;
}

function parseOption(name: string, option: OptionSpec, given: string | boolean | undefined): unknown {
  if (option.kind === 'flag') return given === true;
  if (given === undefined) return 'default' in option ? option.default : undefined;
  if (given === true) return true;
  const text = String(given);
  switch (option.kind) {
    case 'text':
      return text;
    case 'list':
      return text.split(',').map((word) => word.trim());
    case 'choice':
      if (option.words.includes(text)) return text;
      throw optionError(name, text, `one of ${option.words.join(', ')}`, option.words[0]!);
    case 'number':
      return parseNumber(name, option, text);
    default:
      return option satisfies never;
  }
}

function parseNumber(name: string, option: OptionSpec & { kind: 'number' }, text: string): number {
  const { isWhole = false, allowsZero = false, max = Number.POSITIVE_INFINITY } = option;
  const value = Number(text);
  const isUsable =
    text.trim() !== '' &&
    Number.isFinite(value) &&
    (value > 0 || (allowsZero && value === 0)) &&
    value <= max &&
    (!isWhole || Number.isInteger(value));
  if (isUsable) return value;
  const noun = isWhole ? 'a whole number' : 'a number';
  if (Number.isFinite(max)) throw optionError(name, text, `${noun} from ${allowsZero ? 0 : 1} to ${max}`, '8080');
  throw optionError(name, text, `${noun} ${allowsZero ? 'of 0 or more' : 'above 0'}`, '8');
}

export const optionError = (optionName: string, value: string, expected: string, example: string): LabError =>
  new LabError('E_USAGE', {
    what: `--${dashedName(optionName)} cannot be understood.`,
    why: `"${value}" is not ${expected}.`,
    next: `Give ${expected}, for example --${dashedName(optionName)} ${example}.`,
  });
