/** The completion script for fish. */
import type { CompletedArgument, CompletedCommand, CompletedOption } from './table.ts';

export const fishScript = (
  commands: readonly CompletedCommand[],
): string => `# Completion of overnight for fish: overnight completion fish | source
function __overnight_labs
    for ledger in .overnight/labs/*/ledger.jsonl .overnight/try/*/.overnight/labs/*/ledger.jsonl
        basename (dirname $ledger)
    end
end
complete -c overnight -f
complete -c overnight -n __fish_use_subcommand -s h -l help -d 'the commands'
complete -c overnight -n __fish_use_subcommand -s v -l version -d 'print the version'
${commands.flatMap(commandLines).join('\n')}
`;

function commandLines({ name, summary, args, options }: CompletedCommand): readonly string[] {
  const inCommand = `complete -c overnight -n '__fish_seen_subcommand_from ${name}'`;
  return [
    `complete -c overnight -n __fish_use_subcommand -a ${name} -d ${quote(summary)}`,
    ...args.flatMap((argument) => {
      const action = fishAction(argument);
      return action === '' ? [] : [`${inCommand} ${action}`];
    }),
    ...options.map((option) => `${inCommand} ${optionText(option)}`),
  ];
}

function optionText(option: CompletedOption): string {
  const action = fishAction(option);
  const value = !option.hasValue || option.isValueOptional ? '' : option.completes === 'file' ? ' -r' : ' -x';
  const short = option.short === undefined ? '' : `-s ${option.short} `;
  return `${short}-l ${option.long}${value}${action === '' ? '' : ` ${action}`} -d ${quote(option.text)}`;
}

function fishAction(completed: CompletedOption | CompletedArgument): string {
  if (completed.words.length > 0) return `-a ${quote(completed.words.join(' '))}`;
  switch (completed.completes) {
    case 'file':
      return '-F';
    case 'folder':
      return `-a '(__fish_complete_directories)'`;
    case 'lab':
      return `-a '(__overnight_labs)'`;
    default:
      return '';
  }
}

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
