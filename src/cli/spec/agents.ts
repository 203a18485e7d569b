/** The commands for agents that propose changes from outside. */
import { type CommandSpec, defineCommand } from '../command.ts';
import {
  BRIEF_OPTIONS,
  CHECKOUT_OPTIONS,
  INSTALL_OPTIONS,
  LAB_OPTIONS,
  MCP_OPTIONS,
  NOTE_OPTIONS,
  POLL_OPTIONS,
  SUBMIT_OPTIONS,
} from '../options.ts';
import { successExit, wordsArgument } from './shared.ts';

export const AGENT_COMMANDS: readonly CommandSpec[] = [
  defineCommand({
    name: 'install',
    group: 'For agents',
    short: 'tell agents how to propose: AGENTS.md and a skill',
    summary: 'tell the agents that work in this folder how to use Overnight: marked blocks in AGENTS.md and a skill',
    options: INSTALL_OPTIONS,
    examples: [
      ['overnight install', ''],
      ['overnight install --remove', 'removes the blocks'],
    ],
    exits: [successExit],
    loadMain: () => import('../install.ts'),
  }),
  defineCommand({
    name: 'mcp',
    group: 'For agents',
    short: 'the same for agents that speak MCP',
    summary: 'offer brief, propose, poll, history, diff and note to an agent as MCP tools on standard input and output',
    options: MCP_OPTIONS,
    examples: [['overnight mcp --http', 'on a free port, with a token; prints both']],
    exits: [successExit],
    loadMain: () => import('../mcp.ts'),
  }),
  defineCommand({
    name: 'brief',
    group: 'For agents',
    summary: 'what an agent reads: the goal, what may change, the state of the lab, what was tried',
    options: BRIEF_OPTIONS,
    examples: [
      ['overnight brief', 'at most 1,200 tokens of four bytes'],
      ['overnight brief --since 1', 'only what is new after experiment #1: at most 250'],
    ],
    exits: [successExit],
    loadMain: async () => ({ main: (await import('../desk.ts')).printBrief }),
  }),
  defineCommand({
    name: 'checkout',
    group: 'For agents',
    args: [{ name: 'folder', completes: 'folder' }],
    summary: 'make a working copy of the best code, or move one to it; what you change there is what you submit',
    options: CHECKOUT_OPTIONS,
    examples: [
      ['overnight checkout ../copy', 'the best code, in a new folder; later again: moves the copy to the new best'],
      ['overnight checkout ../first --of 1', 'the code of experiment #1'],
    ],
    exits: [successExit],
    loadMain: () => import('../checkout.ts'),
  }),
  defineCommand({
    name: 'submit',
    group: 'For agents',
    args: [{ name: 'diff', isOptional: true, completes: 'file' }],
    summary: 'propose a change: what differs in a working copy, or a unified diff; it is measured and decided',
    options: SUBMIT_OPTIONS,
    examples: [
      [
        'overnight submit --from ../copy --hypothesis "a smaller step is more stable"',
        'the folder that `checkout` made',
      ],
      ['git diff | overnight submit --hypothesis "a smaller step is more stable"', 'prints an id for `poll`'],
    ],
    exits: [successExit],
    loadMain: async () => ({ main: (await import('../desk.ts')).submitIdea }),
  }),
  defineCommand({
    name: 'poll',
    group: 'For agents',
    args: [{ name: 'id', completes: 'nothing' }],
    summary: 'the result of a submission',
    options: POLL_OPTIONS,
    examples: [['overnight poll ID --wait 25', 'ID is what `submit` printed']],
    exits: [
      ['0', 'it is decided'],
      ['10', 'not yet'],
    ],
    loadMain: async () => ({ main: (await import('../desk.ts')).pollSubmission }),
  }),
  defineCommand({
    name: 'note',
    group: 'For agents',
    args: [wordsArgument],
    summary: 'write words into the record and the report, about the lab or, after its number, about one experiment',
    options: NOTE_OPTIONS,
    examples: [
      ['overnight note "the fan was loud at 3 am"', 'about the lab'],
      ['overnight note 1 "looks like luck: repeat it"', 'about experiment #1'],
    ],
    exits: [successExit],
    loadMain: async () => ({ main: (await import('../desk.ts')).recordNote }),
  }),
  defineCommand({
    name: 'compare-programs',
    group: 'For agents',
    args: [
      { name: 'a', isOptional: true, completes: 'file' },
      { name: 'b', isOptional: true, completes: 'file' },
    ],
    summary: 'compare the experiments under two versions of program.md, given as files or as first digits of hashes',
    options: LAB_OPTIONS,
    examples: [['overnight compare-programs program.md other.md', 'after `overnight run --program-b other.md`']],
    exits: [successExit],
    loadMain: () => import('../compare-programs.ts'),
  }),
];
