/** The commands that show a lab while it runs and later. They only read. */
import { type CommandSpec, defineCommand } from '../command.ts';
import { LAB_OPTIONS, SERVE_OPTIONS } from '../options.ts';
import { experimentArgument, successExit } from './shared.ts';

export const WATCH_COMMANDS: readonly CommandSpec[] = [
  defineCommand({
    name: 'status',
    group: 'Watch',
    short: 'three lines: state, result, cost',
    summary: 'three lines: is it running, is it better, what did it cost',
    options: LAB_OPTIONS,
    examples: [['overnight status --json', 'the same for a program; the exit status says the state']],
    exits: [
      ['0', 'running, or finished as planned'],
      ['1', 'broken'],
      ['10', 'stalled: running, but nothing was recorded for long'],
      ['11', 'stopped on budget'],
      ['12', 'stopped by a person, or died'],
    ],
    loadMain: () => import('../status.ts'),
  }),
  defineCommand({
    name: 'attach',
    group: 'Watch',
    summary: 'the live view of a running lab, in the background or in another terminal; Ctrl-C leaves it running',
    options: LAB_OPTIONS,
    examples: [['overnight attach', 'after `overnight run --detach`, or over any other run']],
    exits: [
      ['0', 'left, or the run ended as planned'],
      ['1, 10, 11, 12', 'how the run ended, as for `overnight status`'],
    ],
    loadMain: () => import('../attach.ts'),
  }),
  defineCommand({
    name: 'log',
    group: 'Watch',
    short: 'every experiment, one line each',
    summary: 'every experiment, one line each',
    options: LAB_OPTIONS,
    examples: [['overnight log', 'oldest first']],
    exits: [successExit],
    loadMain: () => import('../log.ts'),
  }),
  defineCommand({
    name: 'show',
    group: 'Watch',
    short: 'one experiment: measurements, verdict, output',
    args: [experimentArgument],
    summary: 'one experiment: the idea, its measurements, the verdict with its reason, the end of its output',
    options: LAB_OPTIONS,
    examples: [['overnight show 1', 'experiment #1']],
    exits: [successExit],
    loadMain: () => import('../show.ts'),
  }),
  defineCommand({
    name: 'serve',
    group: 'Watch',
    short: 'the dashboard in the browser, live',
    summary: 'the dashboard of all labs below a folder, in the browser: live, read-only, on this machine only',
    options: SERVE_OPTIONS,
    examples: [
      ['overnight serve', 'prints the address'],
      ['overnight serve --control', 'with buttons for pause, stop, skip, replicate, steer, notes and stars'],
    ],
    exits: [successExit],
    loadMain: () => import('../serve.ts'),
  }),
];
