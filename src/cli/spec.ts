/** The commands as data: parsing, help, completion and docs/cli.md are made from this table. Loads no command. */
import { type CommandSpec, defineCommand } from './command.ts';
import { COMPLETION_OPTIONS, HELP_OPTIONS } from './options.ts';
import { AGENT_COMMANDS } from './spec/agents.ts';
import { RESULT_COMMANDS } from './spec/result.ts';
import { successExit } from './spec/shared.ts';
import { START_COMMANDS } from './spec/start.ts';
import { STEER_COMMANDS } from './spec/steer.ts';
import { WATCH_COMMANDS } from './spec/watch.ts';

/** About the command line itself. They are given the whole table. */
const OTHER_COMMANDS: readonly CommandSpec[] = [
  defineCommand({
    name: 'completion',
    group: 'Other',
    args: [{ name: 'shell', completes: 'shell' }],
    summary: 'print a completion script for bash, zsh or fish',
    options: COMPLETION_OPTIONS,
    examples: [
      ['source <(overnight completion bash)', 'in ~/.bashrc'],
      ['source <(overnight completion zsh)', 'in ~/.zshrc, after compinit'],
      ['overnight completion fish | source', 'in ~/.config/fish/config.fish'],
    ],
    exits: [successExit],
    loadMain: async () => ({ main: (await import('./completion.ts')).printCompletion(COMMANDS) }),
  }),
  defineCommand({
    name: 'help',
    group: 'Other',
    args: [{ name: 'command', isOptional: true, completes: 'command' }],
    summary: 'the commands, or one command with its options',
    options: HELP_OPTIONS,
    examples: [
      ['overnight help --all', 'every command'],
      ['overnight help run', 'one command'],
    ],
    exits: [successExit],
    loadMain: async () => ({ main: (await import('./help.ts')).printHelp(COMMANDS) }),
  }),
];

export const COMMANDS: readonly CommandSpec[] = [
  ...START_COMMANDS,
  ...WATCH_COMMANDS,
  ...STEER_COMMANDS,
  ...RESULT_COMMANDS,
  ...AGENT_COMMANDS,
  ...OTHER_COMMANDS,
];
