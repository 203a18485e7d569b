/** The commands and their options as data: help, parsing and docs/cli.md are made from this. Loads nothing else. */

export interface OptionSpec {
  /** As commander writes it: `--tag <name>`. */
  readonly flags: string;
  readonly text: string;
}

export interface CommandSpec {
  readonly name: string;
  readonly args?: string;
  readonly summary: string;
  readonly options: readonly OptionSpec[];
  readonly exits: readonly (readonly [code: string, meaning: string])[];
  /** The file that does it. */
  readonly loadMain: () => Promise<{ readonly main: (invocation: Invocation) => Promise<number> }>;
}

/** One call of a command, parsed. */
export interface Invocation {
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  /** The arena's folder. */
  readonly folder: string;
  readonly wantsJson: boolean;
}

const dirOption: OptionSpec = { flags: '-C, --dir <folder>', text: 'the arena’s folder (default: here)' };
const tagOption: OptionSpec = { flags: '--tag <name>', text: 'the lab’s name (default: the one used last)' };
const jsonOption: OptionSpec = { flags: '--json', text: 'machine-readable output' };
const successExit = ['0', 'done'] as const;
const limitOptions: readonly OptionSpec[] = [
  { flags: '--experiments <n>', text: 'stop after n more experiments' },
  { flags: '--hours <h>', text: 'stop after h hours' },
  { flags: '--until <when>', text: 'stop at a time of day (06:30), a date, or a value of the metric (0.97)' },
];

/** A command that puts a wish into the lab's inbox. */
function requestSpec(
  verb: string,
  summary: string,
  extraParts: Partial<Pick<CommandSpec, 'args' | 'options'>> = {},
): CommandSpec {
  return {
    name: verb,
    ...(extraParts.args && { args: extraParts.args }),
    summary,
    options: [...(extraParts.options ?? []), tagOption, dirOption, jsonOption],
    exits: [
      ['0', 'in force, or waiting for the next `run`'],
      ['2', 'it cannot be obeyed as things stand'],
    ],
    loadMain: async () => ({ main: (await import('./request.ts')).requestCommand(verb) }),
  };
}

const notifyOptions: readonly OptionSpec[] = [
  {
    flags: '--notify <target>',
    text: 'tell of a new champion, budget, stall, failure, end: a URL to post to (slack+, discord+, ntfy+, json+ before it name its shape), or a command (also $OVERNIGHT_NOTIFY)',
  },
  {
    flags: '--stall-minutes <minutes>',
    text: 'silence that is told as a stall (default: four times what a measurement takes, two minutes at least)',
  },
  { flags: '--notify-command <command>', text: 'run this too, with the notice as JSON on its standard input' },
];

const agentOptions: readonly OptionSpec[] = [
  {
    flags: '--agent <names>',
    text: 'who proposes, in order of preference: claude, codex, opencode, gemini, qwen, pi, copilot, acp, command, model, search; last may be hybrid: the optimizer shares the budget with those before it; or submissions alone (default: the best that is found)',
  },
  { flags: '--model <names>', text: 'their models, by position' },
  { flags: '--agent-command <line>', text: 'what to start, for the agents acp and command' },
  { flags: '--unsafe', text: 'let an agent run without a sandbox' },
  { flags: '--max-usd <amount>', text: 'dollars that the agents of this session may spend; 0 = none is asked' },
  { flags: '--max-tokens <n>', text: 'tokens that they may use' },
  { flags: '--lab-usd <amount>', text: 'dollars that the agents of all sessions of this lab may spend' },
  { flags: '--lab-tokens <n>', text: 'tokens that they may use in all sessions of this lab' },
  {
    flags: '--call-usd <amount>',
    text: 'dollars that one call may spend; an experiment has one call, and at most two repairs',
  },
  { flags: '--call-tokens <n>', text: 'tokens that one call may use' },
  { flags: '--call-minutes <m>', text: 'longest call of an agent (default: 10)' },
  {
    flags: '--program-b <file>',
    text: 'a second page of instructions, taken in turn with program.md: see compare-programs',
  },
  { flags: '--plateau <n>', text: 'stop after n experiments without a lasting gain' },
  { flags: '--idle <minutes>', text: 'stop when nothing gave a number for so long' },
];

export const COMMANDS: readonly CommandSpec[] = [
  {
    name: 'try',
    args: '<arena>',
    summary: 'watch a shipped arena being researched: hello, sort-speed, nano-llm',
    options: [
      { flags: '--quick', text: 'a shorter budget, 3 calibration runs, 6 experiments' },
      ...limitOptions,
      dirOption,
      jsonOption,
    ],
    exits: [successExit, ['130', 'stopped at once by a second Ctrl-C']],
    loadMain: () => import('./try.ts'),
  },
  {
    name: 'new',
    summary: 'make this folder an arena: writes arena.yaml and program.md',
    options: [
      { flags: '--name <name>', text: 'name of the arena (default: the folder’s)' },
      { flags: '--edit <globs>', text: 'files that may change, separated by commas' },
      { flags: '--run <command>', text: 'the command that runs a candidate' },
      {
        flags: '--evaluate <command>',
        text: 'the command that scores it; without, the candidate prints the number itself',
      },
      { flags: '--artefact <files>', text: 'files a candidate leaves in $OVERNIGHT_OUT, separated by commas' },
      { flags: '--metric <name>', text: 'the number, as it is printed before its colon' },
      { flags: '--maximize', text: 'larger is better (default: smaller)' },
      { flags: '--seconds <s>', text: 'budget of one run (default: 300)' },
      dirOption,
      jsonOption,
    ],
    exits: [successExit],
    loadMain: () => import('./new.ts'),
  },
  {
    name: 'knobs',
    summary: 'propose knobs from the constants of the editable files, with ranges for you to confirm',
    options: [
      { flags: '--write', text: 'add them to arena.yaml (default: only show them)' },
      { flags: '--only <names>', text: 'these and no others, separated by commas' },
      dirOption,
      jsonOption,
    ],
    exits: [successExit],
    loadMain: () => import('./knobs.ts'),
  },
  {
    name: 'doctor',
    summary: 'prove, before the night, that this arena and this machine measure',
    options: [dirOption, jsonOption],
    exits: [
      ['0', 'every check passed'],
      ['6', 'a check failed'],
    ],
    loadMain: () => import('./doctor.ts'),
  },
  {
    name: 'run',
    summary: 'research this arena: measure, decide, record, until a limit or Ctrl-C',
    options: [tagOption, ...limitOptions, ...agentOptions, ...notifyOptions, dirOption, jsonOption],
    exits: [successExit, ['130', 'stopped at once by a second Ctrl-C; `run` goes on where it stopped']],
    loadMain: () => import('./run.ts'),
  },
  {
    name: 'finalize',
    summary: 'the finish line: drop kept steps that do not pay, measure the rest against the baseline in five pairs',
    options: [tagOption, dirOption, jsonOption],
    exits: [
      successExit,
      ['6', 'a side could not be measured'],
      ['130', 'stopped at once by a second Ctrl-C; `finalize` goes on'],
    ],
    loadMain: () => import('./finalize.ts'),
  },
  {
    name: 'status',
    summary: 'how is it going, in three lines',
    options: [tagOption, dirOption, jsonOption],
    exits: [
      ['0', 'running, or finished as planned'],
      ['1', 'broken'],
      ['10', 'stalled: running, but nothing was recorded for long'],
      ['11', 'stopped on budget'],
      ['12', 'stopped by a person, or died'],
    ],
    loadMain: () => import('./status.ts'),
  },
  {
    name: 'log',
    summary: 'every experiment, a line each',
    options: [tagOption, dirOption, jsonOption],
    exits: [successExit],
    loadMain: () => import('./log.ts'),
  },
  {
    name: 'show',
    args: '<n>',
    summary: 'one experiment, whole',
    options: [tagOption, dirOption, jsonOption],
    exits: [successExit],
    loadMain: () => import('./show.ts'),
  },
  {
    name: 'diff',
    args: '[n] [other]',
    summary: 'what an experiment changed, or the whole kept stack',
    options: [tagOption, dirOption, jsonOption],
    exits: [successExit],
    loadMain: () => import('./diff.ts'),
  },
  requestSpec('steer', 'give whoever proposes a direction; it stays in force until --forget', {
    args: '[words...]',
    options: [{ flags: '--forget', text: 'take back every direction given so far' }],
  }),
  requestSpec('pause', 'no new ideas until `resume`; what is open is finished'),
  requestSpec('resume', 'go on after `pause`'),
  requestSpec('stop', 'stop the running harness after the current experiment'),
  requestSpec('skip', 'give up the experiment that is being measured', { args: '[n]' }),
  requestSpec('replicate', 'measure the incumbent once more'),
  requestSpec('pin', 'try an earlier idea once more, on the incumbent of today', { args: '<n>' }),
  requestSpec('veto', 'never build on this idea: if it was kept, the branch goes back to before it', { args: '<n>' }),
  requestSpec(
    'park',
    'keep what this experiment left as code that ideas may start from (`search.branches` of the manifest)',
    {
      args: '<n>',
      options: [{ flags: '--forget', text: 'no longer' }],
    },
  ),
  {
    name: 'report',
    summary: 'write the morning report: Markdown, HTML, SVG, and PNG where a Chromium can draw it',
    options: [
      { flags: '--out <folder>', text: 'where to (default: the lab’s folder)' },
      tagOption,
      dirOption,
      jsonOption,
    ],
    exits: [successExit],
    loadMain: () => import('./report.ts'),
  },
  {
    name: 'export',
    summary: 'every experiment as CSV, JSON Lines, or results.tsv with upstream’s columns',
    options: [
      { flags: '--format <name>', text: 'csv, jsonl or tsv (default: by the file’s ending, else csv)' },
      { flags: '--out <file>', text: 'write here instead of standard output' },
      tagOption,
      dirOption,
      jsonOption,
    ],
    exits: [successExit],
    loadMain: () => import('./export.ts'),
  },
  {
    name: 'serve',
    summary: 'the dashboard of all labs below a folder, in the browser: live, read-only, this machine only',
    options: [
      { flags: '--port <n>', text: 'listen here (default: the folder’s own port, the same every time)' },
      {
        flags: '--control',
        text: 'let whoever has the printed address pause, resume, stop, skip, replicate and steer',
      },
      dirOption,
      jsonOption,
    ],
    exits: [successExit],
    loadMain: () => import('./serve.ts'),
  },
  {
    name: 'take',
    summary: 'the kept stack as a branch of your repository, or as patches; nothing else of yours is touched',
    options: [
      { flags: '--branch <name>', text: 'create this branch; it must not exist' },
      { flags: '--patches <folder>', text: 'write a patch series; the folder must not exist' },
      { flags: '--confirmed', text: 'only up to the confirmed champion' },
      {
        flags: '--experiment <n>',
        text: 'what this experiment is built on and itself, kept or not: a member of the front, a branch',
      },
      tagOption,
      dirOption,
      jsonOption,
    ],
    exits: [successExit],
    loadMain: () => import('./take.ts'),
  },
  {
    name: 'audit',
    summary: 're-derive the whole lab from its ledger and name the first mismatch',
    options: [tagOption, dirOption, jsonOption],
    exits: [
      ['0', 'no mismatch; checks marked with – were skipped, for the reason given'],
      ['4', 'a mismatch'],
    ],
    loadMain: () => import('./audit.ts'),
  },
  {
    name: 'brief',
    summary: 'what an agent is told: the goal, what may change, where it stands, what was tried',
    options: [tagOption, dirOption, jsonOption],
    exits: [successExit],
    loadMain: async () => ({ main: (await import('./desk.ts')).printBrief }),
  },
  {
    name: 'submit',
    args: '[diff]',
    summary: 'propose a change as a unified diff, from a file or standard input; the harness measures and decides',
    options: [
      { flags: '--hypothesis <text>', text: 'what should get better, and why' },
      { flags: '--parent <n>', text: 'the experiment it was made on (default: the best so far)' },
      { flags: '--from <name>', text: 'who proposes it (default: person)' },
      tagOption,
      dirOption,
      jsonOption,
    ],
    exits: [successExit],
    loadMain: async () => ({ main: (await import('./desk.ts')).submitIdea }),
  },
  {
    name: 'poll',
    args: '<id>',
    summary: 'what became of a submission',
    options: [
      { flags: '--wait <seconds>', text: 'wait for its end so long, at most 25' },
      tagOption,
      dirOption,
      jsonOption,
    ],
    exits: [
      ['0', 'it is decided'],
      ['10', 'not yet'],
    ],
    loadMain: async () => ({ main: (await import('./desk.ts')).pollSubmission }),
  },
  {
    name: 'note',
    args: '<words...>',
    summary: 'leave words for the record and the report',
    options: [{ flags: '--from <name>', text: 'who says so (default: person)' }, tagOption, dirOption, jsonOption],
    exits: [successExit],
    loadMain: async () => ({ main: (await import('./desk.ts')).recordNote }),
  },
  {
    name: 'compare-programs',
    args: '[a] [b]',
    summary:
      'what experiments under two versions of program.md brought; versions as files or beginnings of their hashes',
    options: [tagOption, dirOption, jsonOption],
    exits: [successExit],
    loadMain: () => import('./compare-programs.ts'),
  },
  {
    name: 'mcp',
    summary:
      'offer brief, propose, poll, history, diff and note to an agent as MCP tools, on standard input and output',
    options: [
      { flags: '--http [port]', text: 'on a loopback port instead, behind a token of this run' },
      { flags: '--from <name>', text: 'who proposes (default: mcp)' },
      tagOption,
      dirOption,
    ],
    exits: [successExit],
    loadMain: () => import('./mcp.ts'),
  },
  {
    name: 'install',
    summary: 'tell the agents that work in this folder how to use Overnight: AGENTS.md and a skill, in marked blocks',
    options: [{ flags: '--remove', text: 'take the blocks out again' }, dirOption, jsonOption],
    exits: [successExit],
    loadMain: () => import('./install.ts'),
  },
  {
    name: 'drill',
    args: '[arena]',
    summary: 'plant known cheats in copies of the shipped arenas (or of one), and require each to be caught',
    options: [jsonOption],
    exits: [successExit, ['4', 'a cheat was not caught, or an honest twin was not measured']],
    loadMain: () => import('./drill.ts'),
  },
];
