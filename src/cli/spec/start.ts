/** The commands that start research: an example, an arena of your own, a check, a run. */
import { type CommandSpec, defineCommand } from '../command.ts';
import {
  DRILL_OPTIONS,
  DOCTOR_OPTIONS,
  IMPORT_OPTIONS,
  KNOBS_OPTIONS,
  NEW_OPTIONS,
  RUN_OPTIONS,
  TRY_OPTIONS,
} from '../options.ts';
import { interruptedExit, successExit } from './shared.ts';

export const START_COMMANDS: readonly CommandSpec[] = [
  defineCommand({
    name: 'try',
    group: 'Start',
    short: 'research an example; without a name: the list of them',
    args: [{ name: 'arena', isOptional: true, completes: 'arena' }],
    summary: 'research a shipped arena in a copy; without a name: list them by use, with size, needs and time',
    options: TRY_OPTIONS,
    examples: [
      ['overnight try', 'the list'],
      ['overnight try hello', 'the smallest arena, 20 seconds'],
    ],
    exits: [successExit, interruptedExit],
    loadMain: () => import('../try.ts'),
  }),
  defineCommand({
    name: 'new',
    group: 'Start',
    short: 'make this folder an arena: writes arena.yaml',
    summary:
      'make this folder an arena: look at it, run the command once outside and once inside the sandbox, write arena.yaml and program.md',
    args: [{ name: 'command', isOptional: true, completes: 'nothing' }],
    options: NEW_OPTIONS,
    examples: [
      ['overnight new', 'finds the command, tries it, and asks which of the printed numbers counts'],
      ['overnight new --like table', 'begins with a skeleton that runs at once'],
      ['overnight new --from contract-clauses --dir mine', 'begins with a shipped arena, to put your own data in'],
      ['overnight new "make bench"', 'the same with this command'],
      [
        'overnight new --edit train.py --run "python3 train.py" --metric val_loss',
        'asks and tries nothing; the candidate prints "val_loss: NUMBER"',
      ],
    ],
    exits: [successExit],
    loadMain: () => import('../new/new.ts'),
  }),
  defineCommand({
    name: 'import',
    group: 'Start',
    args: [{ name: 'history', completes: 'file' }],
    summary:
      'what another loop tried before: results.tsv, a log in JSON Lines, or a range of commits; noted as measured elsewhere',
    options: IMPORT_OPTIONS,
    examples: [
      ['overnight import results.tsv', 'the record, the report and the brief say what was tried'],
      ['overnight import results.tsv --submit', 'and the kept commits that git still has are measured here as ideas'],
    ],
    exits: [successExit],
    loadMain: () => import('../import.ts'),
  }),
  defineCommand({
    name: 'knobs',
    group: 'Start',
    short: 'propose constants that the optimizer may change',
    summary: 'propose knobs from the constants of the editable files, with ranges for you to confirm',
    options: KNOBS_OPTIONS,
    examples: [
      ['overnight knobs', 'show the proposals'],
      ['overnight knobs --write', 'add all of them to arena.yaml'],
    ],
    exits: [successExit],
    loadMain: () => import('../knobs.ts'),
  }),
  defineCommand({
    name: 'doctor',
    group: 'Start',
    short: 'check that this project and machine can be measured',
    summary: 'check that this project and this machine can be measured: git, sandbox, metric, noise, speed',
    options: DOCTOR_OPTIONS,
    examples: [
      ['overnight doctor', 'measures the unchanged code three times and plants cheats'],
      ['overnight doctor --write', 'also changes arena.yaml as it advises'],
      ['overnight doctor --slots 2', 'do two measurements at once disturb each other?'],
    ],
    exits: [
      ['0', 'every check passed'],
      ['6', 'a check failed'],
    ],
    loadMain: () => import('../doctor.ts'),
  }),
  defineCommand({
    name: 'run',
    group: 'Start',
    short: 'try ideas until a limit or Ctrl-C; run again to go on',
    summary: 'research this arena: measure, decide and record until a limit or Ctrl-C; run again to go on',
    options: RUN_OPTIONS,
    examples: [
      ['overnight run --until 06:30', 'until the morning'],
      ['overnight run --detach --until 06:30', 'the same in the background'],
      ['overnight run --agent search --experiments 50', 'the built-in optimizer, 50 experiments'],
      ['overnight run --slots auto --until 06:30', 'as many measurements at once as this machine has room for'],
    ],
    exits: [
      successExit,
      ['6', 'nothing can be measured any more, no measurement succeeded for too long, or every agent fails'],
      ['7', 'nobody can propose an idea'],
      interruptedExit,
    ],
    loadMain: () => import('../run.ts'),
  }),
  defineCommand({
    name: 'drill',
    group: 'Start',
    args: [{ name: 'arena', isOptional: true, completes: 'arena' }],
    summary: 'plant known cheats in copies of the shipped arenas, or of one, and require that each is caught',
    options: DRILL_OPTIONS,
    examples: [['overnight drill hello', 'the smallest arena, about two minutes']],
    exits: [successExit, ['4', 'a cheat was not caught, or an honest change was not measured']],
    loadMain: () => import('../drill.ts'),
  }),
];
