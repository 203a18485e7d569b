/** From words on the command line to a call of one command. Knows the options (spec.ts), not what they do. */
import * as path from 'node:path';
import { Command, CommanderError } from 'commander';
import { LabError } from '../base/error.ts';
import { VERSION } from '../version.ts';
import { COMMANDS, type CommandSpec } from './spec.ts';

const FOOTER = `
Start with \`overnight try hello\` (20 seconds) or \`overnight try nano-llm\` (10 minutes, really trains language models).
On your own code: \`overnight new\`, \`overnight doctor\`, \`overnight run\`; in the morning \`overnight report\`.`;

/** Parse and run. Resolves with the exit status; wrong words are E_USAGE. */
export async function dispatch(argv: readonly string[]): Promise<number> {
  let status = 0;
  const program = new Command('overnight')
    .description(
      'Autoresearch for any number that can be measured: tries ideas, measures them honestly, keeps what is really better.',
    )
    .version(VERSION)
    .addHelpText('after', FOOTER)
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  for (const spec of COMMANDS) {
    add(program, spec, (code) => {
      status = code;
    });
  }
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    if (thrown.exitCode === 0) return 0;
    if (thrown.code === 'commander.help') {
      process.stdout.write(`${program.helpInformation() + FOOTER}\n`);
      return 2;
    }
    throw new LabError('E_USAGE', {
      what: 'The command line does not make sense.',
      why: `${thrown.message.replace(/^error: /, '')}.`,
      next: 'See `overnight --help`, or `overnight COMMAND --help`.',
    });
  }
  return status;
}

function add(program: Command, spec: CommandSpec, done: (status: number) => void): void {
  const command = program
    .command(`${spec.name}${spec.args ? ` ${spec.args}` : ''}`)
    .description(spec.summary)
    .exitOverride();
  for (const option of spec.options) command.option(option.flags, option.text);
  if (spec.exits.length > 1)
    command.addHelpText(
      'after',
      `\nExit status: ${spec.exits.map(([code, meaning]) => `${code} ${meaning}`).join('; ')}.`,
    );
  command.action(async () => {
    const options = command.opts() as Record<string, string | boolean | undefined>;
    const { main } = await spec.load();
    done(
      await main({
        args: command.args,
        options,
        folder: path.resolve(String(options.dir ?? '.')),
        json: options.json === true,
      }),
    );
  });
}
