/** The completion script for bash. */
import type { CompletedArgument, CompletedCommand, CompletedOption } from './table.ts';

export const bashScript = (
  commands: readonly CompletedCommand[],
): string => `# Completion of overnight for bash: source <(overnight completion bash)
_overnight_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur"); }
_overnight_list() {
  local head=
  case "$cur" in *,*) head="\${cur%,*}," ;; esac
  mapfile -t COMPREPLY < <(compgen -P "$head" -W "$1" -- "\${cur##*,}")
  compopt -o nospace
}
_overnight_files() { mapfile -t COMPREPLY < <(compgen -f -- "$cur"); compopt -o filenames; }
_overnight_folders() { mapfile -t COMPREPLY < <(compgen -d -- "$cur"); compopt -o filenames; }
_overnight_labs() {
  local lab labs=
  for lab in .overnight/labs/*/ .overnight/try/*/.overnight/labs/*/; do
    [ -f "$lab/ledger.jsonl" ] && lab="\${lab%/}" && labs="$labs \${lab##*/}"
  done
  _overnight_words "$labs"
}
_overnight() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}"
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    _overnight_words "${commands.map(({ name }) => name).join(' ')} --help --version"
    return
  fi
  case "$command $prev" in
${commands.flatMap(({ name, options }) => options.filter(takesValue).map((option) => valueCase(name, option))).join('\n')}
  esac
  case "$cur" in
    -*)
      case "$command" in
${commands.map(({ name, options }) => `        ${name}) _overnight_words "${[...options.map(({ long }) => `--${long}`), '--help'].join(' ')}" ;;`).join('\n')}
      esac
      return
      ;;
  esac
  case "$command" in
${commands.flatMap(({ name, args }) => (args.some((argument) => bashAction(argument)) ? [`    ${name}) ${bashAction(args[0]!)} ;;`] : [])).join('\n')}
  esac
}
complete -F _overnight overnight
`;

const takesValue = ({ hasValue, isValueOptional }: CompletedOption): boolean => hasValue && !isValueOptional;

function valueCase(command: string, option: CompletedOption): string {
  const spellings = [`--${option.long}`, ...(option.short === undefined ? [] : [`-${option.short}`])];
  return `    ${spellings.map((spelling) => `'${command} ${spelling}'`).join(' | ')}) ${bashAction(option)}${bashAction(option) ? '; ' : ''}return ;;`;
}

function bashAction(completed: CompletedOption | CompletedArgument): string {
  if (completed.words.length > 0)
    return `${'isList' in completed && completed.isList ? '_overnight_list' : '_overnight_words'} "${completed.words.join(' ')}"`;
  switch (completed.completes) {
    case 'file':
      return '_overnight_files';
    case 'folder':
      return '_overnight_folders';
    case 'lab':
      return '_overnight_labs';
    default:
      return '';
  }
}
