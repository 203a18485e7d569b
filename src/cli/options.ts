/** The options of every command, as tables. The types that the commands read are derived from these. */
import type { OptionTable } from './command.ts';

const dir = {
  kind: 'text',
  short: 'C',
  value: '<folder>',
  completes: 'folder',
  text: 'the arena’s folder (default: this folder)',
} as const;
const tag = {
  kind: 'text',
  value: '<name>',
  completes: 'lab',
  text: 'the lab’s name (default: the lab used last)',
} as const;
const json = { kind: 'flag', text: 'machine-readable output' } as const;
/** Commands about a folder. */
export const FOLDER_OPTIONS = { dir, json } as const satisfies OptionTable;
/** Commands about a lab. */
export const LAB_OPTIONS = { tag, dir, json } as const satisfies OptionTable;

export const AUDIT_OPTIONS = {
  ...LAB_OPTIONS,
  tip: {
    kind: 'text',
    value: '<hash>',
    completes: 'nothing',
    text: 'a tip that you kept: the ledger must still contain it',
  },
} as const satisfies OptionTable;

/** When a run stops. */
export const LIMIT_OPTIONS = {
  experiments: { kind: 'number', isWhole: true, value: '<n>', text: 'stop after n more experiments' },
  hours: { kind: 'number', value: '<h>', text: 'stop after h hours' },
  until: {
    kind: 'text',
    value: '<when>',
    completes: 'nothing',
    text: 'stop at a time (06:30), a date, or a value of the metric (0.97)',
  },
} as const satisfies OptionTable;

/** What a run may cost, and when it gives up. */
export const SPENDING_OPTIONS = {
  maxUsd: {
    kind: 'number',
    allowsZero: true,
    value: '<amount>',
    text: 'dollars for agents in this session; 0: no agent',
  },
  maxTokens: {
    kind: 'number',
    isWhole: true,
    allowsZero: true,
    value: '<n>',
    text: 'tokens for agents in this session',
  },
  labUsd: {
    kind: 'number',
    allowsZero: true,
    value: '<amount>',
    text: 'dollars for agents in all sessions of this lab',
  },
  labTokens: {
    kind: 'number',
    isWhole: true,
    allowsZero: true,
    value: '<n>',
    text: 'tokens for agents in all sessions of this lab',
  },
  plateau: { kind: 'number', isWhole: true, value: '<n>', text: 'stop after n experiments without a lasting gain' },
  idle: { kind: 'number', value: '<minutes>', text: 'stop when no measurement succeeds for so long' },
} as const satisfies OptionTable;

/** Who proposes changes. */
export const AGENT_OPTIONS = {
  agent: {
    kind: 'list',
    value: '<names>',
    text: 'who proposes, in order of preference (default: the best one found)',
    loadWords: async () => (await import('./agent-names.ts')).AGENT_NAMES,
  },
  model: { kind: 'list', value: '<names>', text: 'the models of these agents, in the same order' },
  agentCommand: { kind: 'text', value: '<line>', completes: 'nothing', text: 'what the agents acp and command start' },
  unsafe: { kind: 'flag', text: 'let an agent run without a sandbox' },
  callUsd: { kind: 'number', value: '<amount>', text: 'dollars for one call; an experiment takes one to three calls' },
  callTokens: { kind: 'number', isWhole: true, value: '<n>', text: 'tokens for one call' },
  callMinutes: { kind: 'number', value: '<m>', text: 'longest call of an agent (default: 10)' },
  adviser: {
    kind: 'text',
    value: '<model>',
    completes: 'nothing',
    text: 'a second model that reads what was tried and says what it misses',
  },
  adviserEvery: {
    kind: 'number',
    isWhole: true,
    max: 1000,
    value: '<n>',
    text: 'ideas of a block; of two blocks one has advice (default: 8)',
  },
  adviserMayStop: { kind: 'flag', text: 'the session ends when the adviser would stop' },
  programB: {
    kind: 'text',
    value: '<file>',
    completes: 'file',
    text: 'a second program.md, shown in turn with the first: see compare-programs',
  },
} as const satisfies OptionTable;

/** Whom a run notifies. */
export const NOTIFY_OPTIONS = {
  notify: {
    kind: 'text',
    value: '<target>',
    completes: 'nothing',
    text: 'a URL or a command that gets notices (also $OVERNIGHT_NOTIFY)',
  },
  notifyCommand: {
    kind: 'text',
    value: '<command>',
    completes: 'nothing',
    text: 'a command that gets each notice as JSON on standard input',
  },
  stallMinutes: { kind: 'number', value: '<minutes>', text: 'how long a silence is before a notice says so' },
} as const satisfies OptionTable;

export const TRY_OPTIONS = {
  quick: { kind: 'flag', text: 'a shorter budget, 3 calibration runs, 6 experiments' },
  ...LIMIT_OPTIONS,
  ...FOLDER_OPTIONS,
} as const satisfies OptionTable;

export const NEW_OPTIONS = {
  like: {
    kind: 'text',
    value: '<kind>',
    completes: 'nothing',
    text: 'begin with a skeleton that runs: table, cases, episodes, bench or build',
  },
  from: {
    kind: 'text',
    value: '<arena>',
    completes: 'arena',
    text: 'begin with a copy of a shipped arena, for data of your own',
  },
  name: { kind: 'text', value: '<name>', completes: 'nothing', text: 'name of the arena (default: the folder’s name)' },
  edit: { kind: 'text', value: '<globs>', completes: 'file', text: 'files that may change, separated by commas' },
  run: { kind: 'text', value: '<command>', completes: 'nothing', text: 'the command that runs a candidate' },
  evaluate: {
    kind: 'text',
    value: '<command>',
    completes: 'nothing',
    text: 'the command that scores it (default: the candidate prints the number)',
  },
  artefact: {
    kind: 'text',
    value: '<files>',
    completes: 'nothing',
    text: 'files that a candidate leaves in $OVERNIGHT_OUT',
  },
  metric: {
    kind: 'text',
    value: '<name>',
    completes: 'nothing',
    text: 'the name that is printed before the number and a colon',
  },
  maximize: { kind: 'flag', text: 'larger is better (default: smaller)' },
  seconds: {
    kind: 'number',
    value: '<s>',
    text: 'budget of one run in seconds (default: twice what the command took)',
  },
  ...FOLDER_OPTIONS,
} as const satisfies OptionTable;

export const DOCTOR_OPTIONS = {
  write: { kind: 'flag', text: 'make the changes of arena.yaml that it advises (default: only show them)' },
  slots: {
    kind: 'text',
    value: '<n>',
    completes: 'nothing',
    text: 'also measure so many at once, and say whether they disturb each other',
  },
  ...FOLDER_OPTIONS,
} as const satisfies OptionTable;

export const KNOBS_OPTIONS = {
  write: { kind: 'flag', text: 'add them to arena.yaml (default: only show them)' },
  only: { kind: 'list', value: '<names>', text: 'only these, separated by commas' },
  ...FOLDER_OPTIONS,
} as const satisfies OptionTable;

export const RUN_OPTIONS = {
  tag,
  detach: { kind: 'flag', text: 'run in the background, also when this terminal is closed; see attach' },
  replicates: {
    kind: 'number',
    isWhole: true,
    max: 20,
    value: '<n>',
    text: 'measurements of each idea, for a new lab (default: the manifest’s)',
  },
  slots: {
    kind: 'text',
    value: '<n>',
    completes: 'nothing',
    text: 'measurements at once; auto: as many as the machine has room for (default: 1)',
  },
  calls: { kind: 'number', isWhole: true, max: 64, value: '<n>', text: 'calls of agents at once (default: 1)' },
  ...LIMIT_OPTIONS,
  ...AGENT_OPTIONS,
  ...SPENDING_OPTIONS,
  ...NOTIFY_OPTIONS,
  ...FOLDER_OPTIONS,
} as const satisfies OptionTable;

export const STEER_OPTIONS = {
  forget: { kind: 'flag', text: 'take back every direction given so far' },
  ...LAB_OPTIONS,
} as const satisfies OptionTable;

export const PARK_OPTIONS = {
  forget: { kind: 'flag', text: 'no longer keep it' },
  ...LAB_OPTIONS,
} as const satisfies OptionTable;

export const STAR_OPTIONS = {
  off: { kind: 'flag', text: 'remove the star' },
  ...LAB_OPTIONS,
} as const satisfies OptionTable;

export const REPORT_OPTIONS = {
  out: { kind: 'text', value: '<folder>', completes: 'folder', text: 'where to write (default: the lab’s folder)' },
  ...LAB_OPTIONS,
} as const satisfies OptionTable;

export const EXPORT_OPTIONS = {
  format: {
    kind: 'choice',
    value: '<name>',
    words: ['csv', 'jsonl', 'tsv'],
    text: 'the format (default: by the ending of --out, otherwise csv)',
  },
  out: { kind: 'text', value: '<file>', completes: 'file', text: 'write here instead of standard output' },
  ...LAB_OPTIONS,
} as const satisfies OptionTable;

export const SERVE_OPTIONS = {
  port: {
    kind: 'number',
    isWhole: true,
    allowsZero: true,
    max: 65_535,
    value: '<n>',
    text: 'listen on this port (default: one that belongs to the folder)',
  },
  control: { kind: 'flag', text: 'also allow pause, resume, stop, skip, replicate, steer, notes and stars' },
  ...FOLDER_OPTIONS,
} as const satisfies OptionTable;

export const TAKE_OPTIONS = {
  branch: {
    kind: 'text',
    value: '<name>',
    completes: 'nothing',
    text: 'create this branch (default: overnight-TAG); it must not exist',
  },
  patches: {
    kind: 'text',
    value: '<folder>',
    completes: 'folder',
    text: 'write patches into this folder; it must not exist',
  },
  confirmed: { kind: 'flag', text: 'only up to the confirmed champion' },
  experiment: {
    kind: 'text',
    value: '<n>',
    completes: 'experiment',
    text: 'this experiment and those it is built on, steps or not',
  },
  ...LAB_OPTIONS,
} as const satisfies OptionTable;

export const IMPORT_OPTIONS = {
  submit: { kind: 'flag', text: 'measure the kept commits that git still has, as ideas' },
  ...LAB_OPTIONS,
} as const satisfies OptionTable;

export const INSTALL_OPTIONS = {
  remove: { kind: 'flag', text: 'remove the blocks' },
  ...FOLDER_OPTIONS,
} as const satisfies OptionTable;

export const DRILL_OPTIONS = { json } as const satisfies OptionTable;
export const COMPLETION_OPTIONS = {} as const satisfies OptionTable;
export const HELP_OPTIONS = {
  all: { kind: 'flag', text: 'every command' },
} as const satisfies OptionTable;
