/** Help as text, made from the table of commands: the short page, the page of all commands, the page of one. */
import { suggestionFor } from '../base/did-you-mean.ts';
import { LabError } from '../base/error.ts';
import { wrapText } from '../render/text.ts';
import { VERSION } from '../version.ts';
import { argumentText, type CommandSpec, flagsOf, GROUPS, type Invocation } from './command.ts';
import type { HELP_OPTIONS } from './options.ts';
import { printText } from './output.ts';
import type { SpellCommands } from './spell-commands.ts';

const COLUMNS = 80;
const GROUP_COLUMNS = 17;
const NAME_COLUMNS = 10;

/** Words that options of a command accept, by option. */
export type OptionWords = Readonly<Record<string, readonly string[]>>;

export async function loadOptionWords(spec: CommandSpec): Promise<OptionWords> {
  const words: Record<string, readonly string[]> = {};
  for (const [name, option] of Object.entries(spec.options)) {
    if (option.kind === 'choice') words[name] = option.words;
    if (option.kind === 'list' && option.loadWords) words[name] = await option.loadWords();
  }
  return words;
}

/** `overnight help`. */
export const printHelp =
  (commands: readonly CommandSpec[]) =>
  async ({ args: [name], options, spellCommands }: Invocation<typeof HELP_OPTIONS>): Promise<number> => {
    if (name === undefined) {
      printText(options.all ? fullHelp(commands, spellCommands) : shortHelp(commands, spellCommands));
      return 0;
    }
    const spec = commands.find((command) => command.name === name);
    if (!spec)
      throw new LabError('E_USAGE', {
        what: 'There is no such command.',
        why: `"${name}" is not a command.${suggestionFor(
          name,
          commands.map((command) => command.name),
        )}`,
        next: '`overnight help --all` lists the commands.',
      });
    printText(commandHelp(spec, await loadOptionWords(spec), spellCommands));
    return 0;
  };

/** What most people need, on one screen. */
export function shortHelp(commands: readonly CommandSpec[], spellCommands: SpellCommands): string {
  const groups = GROUPS.map((group) => {
    const listed = commands.filter((command) => command.group === group && command.short !== undefined);
    return listed.map(
      ({ name, short = '' }, i) =>
        `${(i === 0 ? group : '').padEnd(GROUP_COLUMNS)}${name.padEnd(NAME_COLUMNS)}${short}`,
    );
  }).filter((lines) => lines.length > 0);
  return [
    `overnight ${VERSION}: improves any number that can be measured, over night`,
    '',
    ...groups.flatMap((lines) => [...lines, '']),
    ...[
      'Begin with `overnight try hello` (20 seconds).',
      '`overnight help --all` lists every command.',
      '`overnight run --help` explains one.',
    ].map((line) => spellCommands(line)),
    '',
  ].join('\n');
}

/** Every command with its arguments and its summary. */
function fullHelp(commands: readonly CommandSpec[], spellCommands: SpellCommands): string {
  const lines = GROUPS.flatMap((group) => [
    group,
    ...commands
      .filter((command) => command.group === group)
      .flatMap((command) => [`  ${usageOf(command)}`, ...wrapText(command.summary, COLUMNS, '      ')]),
    '',
  ]);
  return [...lines, spellCommands('`overnight run --help` explains one command.'), ''].join('\n');
}

/** `take`, `diff [n] [other]`. */
export const usageOf = (spec: CommandSpec): string => [spec.name, ...(spec.args ?? []).map(argumentText)].join(' ');

export function commandHelp(spec: CommandSpec, words: OptionWords, spellCommands: SpellCommands): string {
  const spellExample = (line: string): string => spellCommands(`\`${line}\``).slice(1, -1);
  const flags = [
    ...Object.entries(spec.options).map(
      ([name, option]) => [flagsOf(name, option), describeOption(option), words[name]] as const,
    ),
    ['-h, --help', 'this page', undefined] as const,
  ];
  const flagColumns = Math.max(...flags.map(([flag]) => flag.length)) + 4;
  return [
    `overnight ${usageOf(spec)} [options]`,
    '',
    ...wrapText(`${spec.summary}.`, COLUMNS, '  '),
    '',
    'Options',
    ...flags.flatMap(([flag, text, known]) =>
      hang(`  ${flag}`, flagColumns, [text, ...(known ? [known.join(', ')] : [])]),
    ),
    '',
    'Examples',
    ...spec.examples.flatMap(([line, what]) => [
      `  ${spellExample(line)}`,
      ...(what ? wrapText(what, COLUMNS, '      ') : []),
    ]),
    '',
    'Exit status',
    ...spec.exits.flatMap(([code, meaning]) => hang(`  ${code}`, 8, [meaning])),
    '',
  ].join('\n');
}

/** The text of an option, with its default. */
export const describeOption = (option: CommandSpec['options'][string]): string =>
  'default' in option && option.default !== undefined ? `${option.text} (default: ${option.default})` : option.text;

/** A word, and beside it paragraphs that keep their column. */
function hang(word: string, columns: number, paragraphs: readonly string[]): string[] {
  const lines = paragraphs.flatMap((paragraph) => wrapText(paragraph, COLUMNS - columns));
  return lines.map((line, i) => (i === 0 ? word : '').padEnd(columns) + line);
}
