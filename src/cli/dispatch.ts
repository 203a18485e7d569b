/** From words on the command line to a call of one command. Knows the options (spec.ts), not what they do. */
import * as path from 'node:path';
import { Command, CommanderError } from 'commander';
import { LabError } from '../base/error.ts';
import { VERSION } from '../version.ts';
import { COMMANDS, type CommandSpec } from './spec.ts';

const HELP_FOOTER = `
Start with \`overnight try hello\` (20 seconds) or \`overnight try nano-llm\` (10 minutes, really trains language models).
On your own code: \`overnight new\`, \`overnight doctor\`, \`overnight run\`; in the morning \`overnight report\`.`;

/** Parse and run. Resolves with the exit status; wrong words are E_USAGE. */
export async function dispatchCommand(argv: readonly string[]): Promise<number> {
  let exitStatus = 0;
  const program = new Command('overnight')
    .description(
      'Autoresearch for any number that can be measured: tries ideas, measures them honestly, keeps what is really better.',
    )
    .version(VERSION)
    .addHelpText('after', HELP_FOOTER)
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  for (const commandSpec of COMMANDS) {
    addCommand(program, commandSpec, (commandStatus) => {
      exitStatus = commandStatus;
    });
  }
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    if (thrown.exitCode === 0) return 0;
    if (thrown.code === 'commander.help') {
      process.stdout.write(`${program.helpInformation() + HELP_FOOTER}\n`);
      return 2;
    }
    throw new LabError('E_USAGE', {
      what: 'The command line does not make sense.',
      why: `${thrown.message.replace(/^error: /, '')}.`,
      next: 'See `overnight --help`, or `overnight COMMAND --help`.',
    });
  }
  return exitStatus;
}

function addCommand(program: Command, commandSpec: CommandSpec, onDone: (exitStatus: number) => void): void {
  const command = program
    .command(`${commandSpec.name}${commandSpec.args ? ` ${commandSpec.args}` : ''}`)
    .description(commandSpec.summary)
    .exitOverride();
  for (const option of commandSpec.options) command.option(option.flags, option.text);
  if (commandSpec.exits.length > 1)
    command.addHelpText(
      'after',
      `\nExit status: ${commandSpec.exits.map(([exitCode, meaning]) => `${exitCode} ${meaning}`).join('; ')}.`,
    );
  command.action(async () => {
    const options = command.opts() as Record<string, string | boolean | undefined>;
    const { main } = await commandSpec.loadMain();
    onDone(
      await main({
        args: command.args,
        options,
        folder: path.resolve(String(options.dir ?? '.')),
        wantsJson: options.json === true,
      }),
    );
  });
}
