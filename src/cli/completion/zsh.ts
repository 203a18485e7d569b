/** The completion script for zsh. */
import type { CompletedArgument, CompletedCommand, CompletedOption } from './table.ts';

export const zshScript = (commands: readonly CompletedCommand[]): string => `#compdef overnight
# Completion of overnight for zsh: source <(overnight completion zsh)
_overnight_labs() {
  local -a labs
  labs=(.overnight/labs/*/ledger.jsonl(N:h:t) .overnight/try/*/.overnight/labs/*/ledger.jsonl(N:h:t))
  compadd -a labs
}
_overnight() {
  local -a commands
  commands=(
${commands.map(({ name, summary }) => `    ${quote(`${name}:${summary}`)}`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  shift words
  (( CURRENT-- ))
  case $words[1] in
${commands.map(commandCase).join('\n')}
  esac
}
if [ "$funcstack[1]" = _overnight ]; then _overnight "$@"; else compdef _overnight overnight; fi
`;

function commandCase({ name, args, options }: CompletedCommand): string {
  const parts = [
    ...options.map(optionText),
    quote('(- *)--help[this page]'),
    ...args.map((argument) => quote(`${argument.isRepeated ? '*' : ''}:${argument.name}:${zshAction(argument)}`)),
  ];
  return `    ${name}) _arguments ${parts.join(' ')} ;;`;
}

function optionText(option: CompletedOption): string {
  const value = option.hasValue ? `${option.isValueOptional ? '::' : ':'}value:${zshAction(option)}` : '';
  const rest = `[${option.text.replace(/[[\]:]/g, '\\$&')}]${value}`;
  if (option.short === undefined) return quote(`--${option.long}${rest}`);
  return `${quote(`(-${option.short} --${option.long})`)}{-${option.short},--${option.long}}${quote(rest)}`;
}

function zshAction(completed: CompletedOption | CompletedArgument): string {
  if (completed.words.length > 0)
    return 'isList' in completed && completed.isList
      ? `_values -s , name ${completed.words.join(' ')}`
      : `(${completed.words.join(' ')})`;
  switch (completed.completes) {
    case 'file':
      return '_files';
    case 'folder':
      return '_files -/';
    case 'lab':
      return '_overnight_labs';
    default:
      return ' ';
  }
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
