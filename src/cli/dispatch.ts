/** From words on the command line to a call of one command. Knows the table of commands, not what they do. */
import * as path from 'node:path';
import { Command, CommanderError } from 'commander';
import { LabError } from '../base/error.ts';
import { VERSION } from '../version.ts';
import { argumentText, type CommandSpec, flagsOf } from './command.ts';
import { commandHelp, loadOptionWords, shortHelp } from './help.ts';
import { parseOptions, type RawOptions } from './parse-options.ts';
import { programName } from './program-name.ts';
import { COMMANDS } from './spec.ts';
import { commandSpeller, type SpellCommands } from './spell-commands.ts';

/** Parse and run. Resolves with the exit status; a line that cannot be understood is E_USAGE. */
export async function dispatchCommand(argv: readonly string[]): Promise<number> {
  const parsed = await parseCommandLine(argv);
  return typeof parsed === 'number' ? parsed : runCommand(parsed);
}

/** Parse only. A line that asks for help or the version is answered: its exit status instead of a command. */
export async function parseCommandLine(argv: readonly string[]): Promise<ParsedLine | number> {
  let parsed: ParsedLine | undefined;
  const program = await buildProgram(argv, (line) => {
    parsed = line;
  });
  try {
    program.parse([...argv], { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    if (thrown.exitCode === 0) return 0;
    if (thrown.code === 'commander.help') {
      process.stdout.write(shortHelp(COMMANDS, spellerFor({})));
      return 2;
    }
    throw usageError(thrown, argv[0]);
  }
  return parsed ?? 0;
}

export interface ParsedLine {
  readonly spec: CommandSpec;
  readonly args: readonly string[];
  readonly raw: RawOptions;
}

async function buildProgram(argv: readonly string[], onParsed: (line: ParsedLine) => void): Promise<Command> {
  const wantsHelp = argv.some((word) => word === '--help' || word === '-h');
  const program = new Command('overnight')
    .version(VERSION, '-v, --version', 'print the version')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .configureHelp({ formatHelp: () => shortHelp(COMMANDS, spellerFor({})) });
  for (const spec of COMMANDS) {
    const words = wantsHelp ? await loadOptionWords(spec) : {};
    const command = program
      .command([spec.name, ...(spec.args ?? []).map(argumentText)].join(' '))
      .exitOverride()
      .configureHelp({ formatHelp: () => commandHelp(spec, words, spellerFor({})) });
    for (const [name, option] of Object.entries(spec.options)) command.option(flagsOf(name, option), option.text);
    command.action(() => onParsed({ spec, args: command.args, raw: command.opts() as RawOptions }));
  }
  return program;
}

const spellerFor = (raw: RawOptions): SpellCommands => {
  const cwd = process.cwd();
  const text = (value: string | boolean | undefined): string | undefined =>
    typeof value === 'string' ? value : undefined;
  return commandSpeller(COMMANDS, {
    program: programName({ file: process.argv[1]!, env: process.env, cwd }),
    cwd,
    dir: text(raw.dir),
    tag: text(raw.tag),
  });
};

async function runCommand({ spec, args, raw }: ParsedLine): Promise<number> {
  const spellCommands = spellerFor(raw);
  try {
    const { main } = await spec.loadMain();
    return await main({
      args,
      options: parseOptions(spec.options, raw),
      folder: path.resolve(String(raw.dir ?? '.')),
      wantsJson: raw.json === true,
      spellCommands,
    });
  } catch (thrown) {
    throw thrown instanceof LabError ? withSpelledCommands(thrown, spellCommands) : thrown;
  }
}

function withSpelledCommands(error: LabError, spellCommands: SpellCommands): LabError {
  const { what, why, next } = error.parts;
  return new LabError(error.code, { what, why: spellCommands(why), next: spellCommands(next) }, error);
}

/** What commander found wrong, as sentences. */
function usageError(thrown: CommanderError, firstWord: string | undefined): LabError {
  const [problem = '', suggestion] = thrown.message.replace(/^error: /, '').split('\n');
  const sentence = `${problem[0]!.toUpperCase()}${problem.slice(1).replace(/\.$/, '')}.`;
  const command = COMMANDS.find((spec) => spec.name === firstWord);
  return new LabError('E_USAGE', {
    what: 'The command line cannot be understood.',
    why: suggestion === undefined ? sentence : `${sentence} ${suggestion}`,
    next: spellerFor({})(
      command ? `\`overnight ${command.name} --help\` lists its options.` : '`overnight --help` lists the commands.',
    ),
  });
}
