/** The commands that put a request into the inbox of a lab. */
import { type CommandSpec, defineCommand } from '../command.ts';
import { LAB_OPTIONS, PARK_OPTIONS, STAR_OPTIONS, STEER_OPTIONS } from '../options.ts';
import { experimentArgument, optionalExperiment, wordsArgument } from './shared.ts';

/** What every request to a lab ends with. */
const requestExits = [
  ['0', 'in force, or waiting for the next `run`'],
  ['2', 'not possible at the moment'],
] as const;

export const STEER_COMMANDS: readonly CommandSpec[] = [
  defineCommand({
    name: 'steer',
    group: 'Steer',
    short: 'give the agents a direction in words',
    args: [{ ...wordsArgument, isOptional: true }],
    summary: 'give the agents a direction in words; it stays in every brief until --forget',
    options: STEER_OPTIONS,
    examples: [
      ['overnight steer "leave the tokenizer alone"', 'in the next brief and all later ones'],
      ['overnight steer --forget', 'take back every direction'],
    ],
    exits: requestExits,
    loadMain: async () => ({ main: (await import('../request.ts')).requestSteer }),
  }),
  defineCommand({
    name: 'pause',
    group: 'Steer',
    short: 'no new ideas until `resume`',
    summary: 'no new ideas until `resume`; experiments that are open are finished',
    options: LAB_OPTIONS,
    examples: [['overnight pause', '']],
    exits: requestExits,
    loadMain: async () => ({ main: (await import('../request.ts')).requestPause }),
  }),
  defineCommand({
    name: 'resume',
    group: 'Steer',
    summary: 'go on after `pause`',
    options: LAB_OPTIONS,
    examples: [['overnight resume', '']],
    exits: requestExits,
    loadMain: async () => ({ main: (await import('../request.ts')).requestResume }),
  }),
  defineCommand({
    name: 'stop',
    group: 'Steer',
    short: 'stop the run after the current experiment',
    summary: 'stop the run after the current experiment',
    options: LAB_OPTIONS,
    examples: [['overnight stop', '']],
    exits: requestExits,
    loadMain: async () => ({ main: (await import('../request.ts')).requestStop }),
  }),
  defineCommand({
    name: 'skip',
    group: 'Steer',
    short: 'give up the experiment that is being measured',
    args: [optionalExperiment],
    summary: 'give up the experiment that is being measured',
    options: LAB_OPTIONS,
    examples: [['overnight skip', '']],
    exits: requestExits,
    loadMain: async () => ({ main: (await import('../request.ts')).requestSkip }),
  }),
  defineCommand({
    name: 'replicate',
    group: 'Steer',
    summary: 'measure the best version once more',
    options: LAB_OPTIONS,
    examples: [['overnight replicate', '']],
    exits: requestExits,
    loadMain: async () => ({ main: (await import('../request.ts')).requestReplicate }),
  }),
  defineCommand({
    name: 'confirm',
    group: 'Steer',
    args: [optionalExperiment],
    summary:
      'test the claim of the best version, or of a step on the way to it, now; without a running session, in one of its own',
    options: LAB_OPTIONS,
    examples: [
      ['overnight confirm', 'the best version, on fresh measurements'],
      ['overnight confirm 1', 'an earlier step; a claim that failed can be tried again at a stricter level'],
    ],
    exits: requestExits,
    loadMain: () => import('../confirm.ts'),
  }),
  defineCommand({
    name: 'pin',
    group: 'Steer',
    args: [experimentArgument],
    summary: 'try an earlier idea once more, on the best version of today',
    options: LAB_OPTIONS,
    examples: [['overnight pin 1', '']],
    exits: requestExits,
    loadMain: async () => ({ main: (await import('../request.ts')).requestPin }),
  }),
  defineCommand({
    name: 'veto',
    group: 'Steer',
    args: [experimentArgument],
    summary: 'never build on this idea; if it is a step, go back to the version before it',
    options: LAB_OPTIONS,
    examples: [['overnight veto 1', '']],
    exits: requestExits,
    loadMain: async () => ({ main: (await import('../request.ts')).requestVeto }),
  }),
  defineCommand({
    name: 'park',
    group: 'Steer',
    args: [experimentArgument],
    summary: 'keep the code of an experiment as a start for later ideas (needs `search.branches` in arena.yaml)',
    options: PARK_OPTIONS,
    examples: [['overnight park 1', '']],
    exits: requestExits,
    loadMain: async () => ({ main: (await import('../request.ts')).requestPark }),
  }),
  defineCommand({
    name: 'star',
    group: 'Steer',
    args: [experimentArgument],
    summary: 'mark an experiment, so that people find it again; nothing is decided by it',
    options: STAR_OPTIONS,
    examples: [
      ['overnight star 1', 'shown in the report and the dashboard'],
      ['overnight star 1 --off', 'remove the star'],
    ],
    exits: requestExits,
    loadMain: async () => ({ main: (await import('../request.ts')).requestStar }),
  }),
];
