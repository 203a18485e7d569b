/** `overnight completion`: a script for bash, zsh or fish, made from the table of commands. */
import { LabError } from '../base/error.ts';
import type { CommandSpec, Completion, Invocation, OptionSpec } from './command.ts';
import { dashedName } from './command.ts';
import { bashScript } from './completion/bash.ts';
import { fishScript } from './completion/fish.ts';
import type { CompletedCommand, CompletedOption } from './completion/table.ts';
import { zshScript } from './completion/zsh.ts';
import { loadOptionWords } from './help.ts';
import type { COMPLETION_OPTIONS } from './options.ts';
import { printText } from './output.ts';
import { shippedNames } from './shipped-arenas.ts';

const SCRIPTS: Readonly<Record<string, (commands: readonly CompletedCommand[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

export const printCompletion =
  (commands: readonly CommandSpec[]) =>
  async ({ args: [shell = ''] }: Invocation<typeof COMPLETION_OPTIONS>): Promise<number> => {
    const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
    if (!script)
      throw new LabError('E_USAGE', {
        what: 'There is no completion for this shell.',
        why: `"${shell}" is not one of ${Object.keys(SCRIPTS).join(', ')}.`,
        next: 'Name one of them.',
      });
    printText(script(await completedCommands(commands)));
    return 0;
  };

async function completedCommands(commands: readonly CommandSpec[]): Promise<readonly CompletedCommand[]> {
  const knownWords: Partial<Record<Completion, readonly string[]>> = {
    arena: shippedNames(),
    command: commands.map((command) => command.name),
    shell: Object.keys(SCRIPTS),
  };
  const completed: CompletedCommand[] = [];
  for (const command of commands) {
    const optionWords = await loadOptionWords(command);
    completed.push({
      name: command.name,
      summary: command.summary,
      args: (command.args ?? []).map(({ name, completes, isRepeated }) => ({
        name,
        completes,
        words: knownWords[completes] ?? [],
        isRepeated: isRepeated === true,
      })),
      options: Object.entries(command.options).map(([name, option]) =>
        completedOption(name, option, optionWords[name] ?? []),
      ),
    });
  }
  return completed;
}

const completedOption = (name: string, option: OptionSpec, words: readonly string[]): CompletedOption => ({
  long: dashedName(name),
  short: option.short,
  text: option.text,
  hasValue: option.kind !== 'flag',
  isValueOptional: option.kind !== 'flag' && option.value.startsWith('['),
  isList: option.kind === 'list',
  completes: option.kind === 'flag' ? 'nothing' : (option.completes ?? 'nothing'),
  words,
});
