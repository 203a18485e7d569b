/** What `overnight new` finds out: by looking, by running the command outside and inside, and by asking the rest. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { defined } from '../../base/defined.ts';
import { LabError } from '../../base/error.ts';
import { oneLine } from '../../base/text.ts';
import type { Sandbox } from '../../core/ports.ts';
import { readMetric } from '../../core/reading/read-metric.ts';
import { excerptOf } from '../../loop/protocol.ts';
import { whyPairs } from '../../discover/pairs-advice.ts';
import { detectSetups, editableFor } from '../../discover/detect.ts';
import {
  directionOf,
  listPrintedMetrics,
  plausibleAround,
  type PrintedMetric,
} from '../../discover/printed-metrics.ts';
import type { Project, Suggestion } from '../../discover/project.ts';
import { readText, removeTree, writeAtomic } from '../../os/files.ts';
import { allowedCores, loadAverage } from '../../os/machine.ts';
import { listFolder } from '../../workspace/source.ts';
import type { Invocation } from '../command.ts';
import type { NEW_OPTIONS } from '../options.ts';
import { printRemark } from '../output.ts';
import { rawText } from '../../view/format.ts';
import { budgetOf, manifestText, selfTimedBudget, type ArenaDraft } from './draft.ts';
import { interpreterFolders, withoutManager } from './environment.ts';
import type { Prompter } from './prompter.ts';
import { tryArena } from './try-arena.ts';
import { tryOutside, type TriedCommand } from './try-command.ts';

/** A draft with what is guessed in it, and one sentence on what was measured. */
export interface Explored {
  readonly draft: ArenaDraft;
  readonly guesses: readonly string[];
  readonly measuredText?: string;
}

/** Gives the sandbox of this machine; probes it at the first call only. */
export type SandboxSource = () => Promise<Sandbox>;

const DEFAULT_SECONDS = 300;
const MAX_READ_BYTES = 1 << 20;

type NewInvocation = Invocation<typeof NEW_OPTIONS>;

/** When files, command and metric are all given, nothing needs to be tried. */
export function draftFromFlags({ folder, options, args }: NewInvocation): Explored | undefined {
  const command = args[0] ?? options.run;
  if (command === undefined || options.edit === undefined || options.metric === undefined) return undefined;
  const draft: ArenaDraft = {
    ...emptyDraft(folder, options.name, command),
    editable: splitList(options.edit),
    ...(options.evaluate ? { evaluate: options.evaluate } : {}),
    artefact: splitList(options.artefact ?? ''),
    metric: { name: options.metric, direction: options.maximize ? 'maximize' : 'minimize' },
    budget: budgetOf(options.seconds ?? DEFAULT_SECONDS),
  };
  return withPairs({ guesses: [], draft });
}

/** A timing is compared in pairs where the machine is busy, or where two runs of the same code did not agree. */
function withPairs({ draft, guesses, measuredText }: Explored, values?: readonly [number, number]): Explored {
  const { name, unit = '', read } = draft.metric;
  const seen = defined({ load: loadAverage(), cores: allowedCores().length, values });
  const why = whyPairs(defined({ name, unit, read }), seen);
  if (why === undefined) return defined({ draft, guesses, measuredText });
  const advice = draft.evaluate ? 'docs/arena.md says how to measure steadier' : 'metric.read: cpu_s may be steadier';
  const guess = `decide.rule is paired, because ${name} is a timing and ${why}; ${advice}`;
  const said = measuredText && `${measuredText} Compared in pairs: ${why}.`;
  return defined({ draft: { ...draft, comesInPairs: true }, guesses: [...guesses, guess], measuredText: said });
}

export async function exploreFolder(
  invocation: NewInvocation,
  manifestFile: string,
  prompter: Prompter,
  sandboxOnce: SandboxSource,
): Promise<Explored> {
  const { folder, options } = invocation;
  const project = await readProject(folder);
  const suggestion = await chooseSuggestion(invocation, project, prompter);
  const command = suggestion.command!;
  printRemark(`Command: ${command} (${suggestion.found})`);
  const editable = await chooseEditable(invocation, project, suggestion, prompter);
  printRemark(`May change: ${editable.join(', ')}`);
  const installed = (suggestion.installed ?? ['node_modules', '.venv']).filter((entry) =>
    fs.existsSync(path.join(folder, entry)),
  );
  printRemark('Running it once outside of the sandbox, in a copy of the folder …');
  const outside = await tryOutside(folder, command, installed);
  const metric = options.evaluate ? undefined : await chooseMetric(invocation, suggestion, outside, prompter);
  const draft: ArenaDraft = {
    ...emptyDraft(folder, options.name, withoutManager(command, installed)),
    editable,
    ...(options.evaluate ? { evaluate: options.evaluate } : {}),
    artefact: splitList(options.artefact ?? ''),
    metric: metric ?? { name: options.metric ?? 'score', direction: options.maximize ? 'maximize' : 'minimize' },
    budget: chooseBudget(options.seconds, suggestion, outside),
    resources: resourcesFor(outside),
    guards: suggestion.guards ?? [],
    sandbox: { read: interpreterFolders(folder, installed), home: [], installed },
    isWritable: suggestion.isBuiltInPlace ?? false,
  };
  const explored = await tryAndTell({ folder, manifestFile, sandbox: await sandboxOnce() }, draft, outside);
  const isGuessed =
    metric !== undefined && !prompter.isTerminal && !options.maximize && saysNoDirection(metric, suggestion);
  return isGuessed ? withGuessedDirection(explored, metric.name) : explored;
}

/** Neither the set-up nor name or unit of the metric says which is better. */
const saysNoDirection = ({ name, unit = '', read }: ArenaDraft['metric'], suggestion: Suggestion): boolean =>
  typeof read !== 'string' && suggestion.metric?.direction === undefined && directionOf(name, unit) === undefined;

function withGuessedDirection({ draft, guesses, measuredText = '' }: Explored, name: string): Explored {
  return {
    draft,
    guesses: [`lower ${name} is better; if higher is, set metric.direction to maximize`, ...guesses],
    measuredText: `${measuredText.replace(/\.$/, '')} (a guess: nothing says it; give --maximize if higher is).`,
  };
}

async function tryAndTell(
  { folder, manifestFile, sandbox }: { folder: string; manifestFile: string; sandbox: Sandbox },
  draft: ArenaDraft,
  outside: TriedCommand,
): Promise<Explored> {
  const home = path.join(folder, '.overnight');
  const isFresh = !fs.existsSync(home);
  try {
    const tried = await tryArena(
      {
        folder,
        sandbox,
        writeManifest: (each) => writeAtomic(manifestFile, manifestText(each)),
        onTry: (number) => printRemark(number === 1 ? 'Measuring it once inside the sandbox …' : 'Trying again …'),
        onRepair: (why, fix) =>
          printRemark(`  ${why}: ${fix.replace(/^set /, 'setting ').replace(' in arena.yaml', '')}`),
        outsideS: outside.wallS,
      },
      draft,
    );
    if (!tried.measured) throw unmeasured(tried.failure!);
    const { value, wallS } = tried.measured;
    const plausible = tried.draft.evaluate ? undefined : plausibleAround(value, tried.draft.metric.unit ?? '');
    const measured = plausible ? { ...tried.draft, metric: { ...tried.draft.metric, plausible } } : tried.draft;
    const { name, unit = '', direction } = tried.draft.metric;
    const explored = {
      draft: measured,
      guesses: guessesOf(measured),
      measuredText: `Measured: ${name} = ${rawText(value)}${unit ? ` ${unit}` : ''} in ${wallS.toFixed(1)} s; ${direction === 'minimize' ? 'lower' : 'higher'} is better.`,
    };
    const outsideValue = valueOutside(measured.metric, outside);
    return withPairs(explored, outsideValue === undefined ? undefined : [outsideValue, value]);
  } finally {
    fs.rmSync(manifestFile, { force: true });
    if (isFresh) removeTree(home);
  }
}

/** The metric's number in the run outside of the sandbox; undefined where that run does not show it. */
function valueOutside({ name, unit = '', read }: ArenaDraft['metric'], outside: TriedCommand): number | undefined {
  const { stdout, stderr, wallS, cpuS, memoryMb } = outside;
  const reading = readMetric(defined({ name, unit, read }), {
    stdout,
    stderr,
    readFile: () => undefined,
    sizeOf: () => undefined,
    measured: { wall_s: wallS, cpu_s: cpuS, memory_mb: memoryMb },
  });
  return 'value' in reading ? reading.value : undefined;
}

function guessesOf({ metric, budget, guards }: ArenaDraft): string[] {
  return [
    ...(metric.plausible
      ? [`metric.plausible is as wide as one measurement suggests; make it narrower if you can`]
      : []),
    `budget.seconds is ${budget.seconds}; raise it if a good candidate may take longer`,
    ...(guards.length > 0 ? [`the guard "${guards[0]!.name}" must pass before a candidate is carried on`] : []),
  ];
}

function unmeasured({ text, fix }: { text: string; fix?: string }): LabError {
  return new LabError('E_BASELINE', {
    what: 'The command works outside of the sandbox, but could not be measured inside.',
    why: endSentence(oneLine(text, 600)),
    next: `${fix ? `Probably ${fix}.` : 'Look at the last lines of its output above.'} Nothing was written; run \`overnight new\` again with the flags that you know.`,
  });
}

function emptyDraft(folder: string, name: string | undefined, command: string): ArenaDraft {
  return {
    name: name ?? defaultName(folder),
    editable: [],
    command,
    artefact: [],
    metric: { name: 'score', direction: 'minimize' },
    budget: budgetOf(DEFAULT_SECONDS),
    resources: { cpus: 1, memory_mb: 4096, gpus: 0 },
    guards: [],
    sandbox: { read: [], home: [], installed: [] },
    isWritable: false,
  };
}

async function readProject(folder: string): Promise<Project> {
  const files = await listFolder(folder);
  return { files, read: (file) => readText(path.join(folder, file))?.slice(0, MAX_READ_BYTES) };
}

/** The command that was given, with what is known of it; else the suggestion that the person chooses. */
async function chooseSuggestion(
  { args, options, folder }: NewInvocation,
  project: Project,
  prompter: Prompter,
): Promise<Suggestion> {
  const suggestions = detectSetups(project).filter(({ command }) => command !== undefined);
  const given = args[0] ?? options.run;
  if (given !== undefined) {
    const known = suggestions.find(({ command }) => command === given);
    return known ?? { found: 'as given', command: given };
  }
  if (suggestions.length > 0)
    return prompter.choose(
      'Which command is measured?',
      suggestions.map((each) => ({ label: `${each.command}   (${each.found})`, value: each })),
    );
  if (prompter.isTerminal)
    return { found: 'as given', command: await prompter.ask('command that runs a candidate, e.g. python3 train.py') };
  throw missing('run', 'the command that runs a candidate', `no known set-up was found in ${folder}`);
}

async function chooseEditable(
  { options }: NewInvocation,
  project: Project,
  suggestion: Suggestion,
  prompter: Prompter,
): Promise<readonly string[]> {
  if (options.edit !== undefined) return splitList(options.edit);
  const found = suggestion.editable?.length ? suggestion.editable : editableFor(project, suggestion.command!);
  if (prompter.isTerminal)
    return splitList(await prompter.ask('files that may change, as globs separated by commas', found?.join(',')));
  return found ?? throwMissingFiles();
}

function throwMissingFiles(): never {
  throw missing('edit', 'the files that may change', 'no code was found that the command names');
}

/** The named one, the suggested one, or the one that the person chooses among all numbers that were printed. */
async function chooseMetric(
  { options }: NewInvocation,
  suggestion: Suggestion,
  outside: TriedCommand,
  prompter: Prompter,
): Promise<ArenaDraft['metric']> {
  if (!outside.ok) throw failedOutside(suggestion.command!, outside);
  const measuredHere: PrintedMetric[] = [
    {
      name: 'wall',
      unit: 's',
      direction: 'minimize',
      read: 'wall_s',
      value: outside.wallS,
      line: 'measured: wall time',
    },
    {
      name: 'cpu',
      unit: 's',
      direction: 'minimize',
      read: 'cpu_s',
      value: outside.cpuS,
      line: 'measured: processor time',
    },
    {
      name: 'memory',
      unit: 'MB',
      direction: 'minimize',
      read: 'memory_mb',
      value: outside.memoryMb,
      line: 'measured: peak memory',
    },
  ];
  const printed = listPrintedMetrics(outside.stdout, outside.stderr);
  const all = [...printed, ...measuredHere];
  if (options.metric !== undefined) {
    const named = all.find(({ name }) => name === options.metric);
    return metricOf(named ?? { name: options.metric }, options.maximize);
  }
  if (suggestion.metric?.direction) return metricOf(suggestion.metric, options.maximize);
  if (!prompter.isTerminal && printed.length !== 1) throw ambiguous(printed, outside);
  const chosen = await prompter.choose(
    'Which number should get better?',
    (prompter.isTerminal ? all : printed).map((metric) => ({ label: describeMetric(metric), value: metric })),
  );
  const direction = options.maximize
    ? 'maximize'
    : (chosen.direction ??
      (await prompter.choose('Which is better?', [
        { label: 'lower', value: 'minimize' as const },
        { label: 'higher', value: 'maximize' as const },
      ])));
  const name = chosen.name === 'value' ? await prompter.ask('name of this number', 'value') : chosen.name;
  return metricOf({ ...chosen, name: name || 'value', direction }, options.maximize);
}

const describeMetric = ({ name, value, unit = '', line }: PrintedMetric): string =>
  `${name} = ${rawText(value)}${unit ? ` ${unit}` : ''}   (${oneLine(line, 70)})`;

function metricOf(metric: Suggestion['metric'] & object, maximize: boolean): ArenaDraft['metric'] {
  const { name, unit, read, direction = directionOf(name, unit ?? '') ?? 'minimize' } = metric;
  return {
    name,
    direction: maximize ? 'maximize' : direction,
    ...(unit && { unit }),
    ...(read && { read }),
  };
}

const endSentence = (text: string): string => text.replace(/[^.;)]$/, '$&.');

function failedOutside(command: string, { ending, stderr, stdout }: TriedCommand): LabError {
  return new LabError('E_BASELINE', {
    what: 'The command fails before anything is changed.',
    why: endSentence(
      `\`${command}\` ended with ${ending} outside of the sandbox: ${oneLine(excerptOf(stderr, stdout, 6), 500) || 'it printed nothing'}`,
    ),
    next: 'Correct the command or the code until it works in this folder, then run `overnight new` again.',
  });
}

function ambiguous(printed: readonly PrintedMetric[], { stdout, stderr }: TriedCommand): LabError {
  const lastWords = oneLine(excerptOf(stderr, stdout, 4), 300);
  const shown = printed.map(({ name, value }) => `${name} = ${value}`).join(', ');
  return new LabError('E_USAGE', {
    what: 'Which number counts is not known.',
    why:
      printed.length === 0
        ? `No number was found in what the command printed${lastWords === '' ? ', which is nothing' : `: ${lastWords}`}.`
        : `The command printed ${shown}.`,
    next: 'Name one with --metric, or use what is measured: --metric wall, cpu or memory. --maximize where higher is better.',
  });
}

function missing(option: string, meaning: string, why: string): LabError {
  return new LabError('E_USAGE', {
    what: `--${option} is missing.`,
    why: `This is no terminal where it could be asked for, and ${why}.`,
    next: `Give it: --${option} "…" (${meaning}).`,
  });
}

/** Twice what the unchanged program took, or what the person says. */
function chooseBudget(
  given: number | undefined,
  { selfTimedS }: Suggestion,
  { wallS }: TriedCommand,
): ArenaDraft['budget'] {
  if (selfTimedS !== undefined) return selfTimedBudget(given ?? selfTimedS);
  return budgetOf(given ?? Math.max(10, Math.ceil(wallS * 2)));
}

function resourcesFor({ cpuS, wallS, memoryMb }: TriedCommand): ArenaDraft['resources'] {
  const cores = Math.round(cpuS / Math.max(0.1, wallS));
  return {
    cpus: Math.min(Math.max(1, cores), Math.max(1, allowedCores().length)),
    memory_mb: Math.max(2048, 1024 * Math.ceil((4 * memoryMb) / 1024)),
    gpus: 0,
  };
}

function splitList(listText: string): string[] {
  return listText
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
}

/** The folder's name as the name of an arena. */
const defaultName = (folder: string): string =>
  path
    .basename(path.resolve(folder))
    .replace(/[^A-Za-z0-9_.-]/g, '-')
    .replace(/^[^A-Za-z_]+/, '') || 'arena';
