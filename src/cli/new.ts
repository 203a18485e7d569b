/**
 * `overnight new`: an arena from three answers: which files may change, which command runs, which number counts. Writes
 * a manifest that validates, and program.md.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as readline from 'node:readline/promises';
import { parse as parseYaml, stringify as toYaml } from 'yaml';
import { defined } from '../base/defined.ts';
import { LabError } from '../base/error.ts';
import { checkFiles, parseArena } from '../core/manifest-check.ts';
import { writeAtomic } from '../os/files.ts';
import { listFolder } from '../workspace/source.ts';
import { printText, printJson, printRemark } from './output.ts';
import { programText } from './program.ts';
import type { Invocation, ParsedOptions } from './command.ts';
import type { NEW_OPTIONS } from './options.ts';

interface ArenaAnswers {
  readonly name: string;
  readonly edit: string;
  readonly run: string;
  readonly evaluate: string;
  readonly artefact: string;
  readonly metric: string;
  readonly maximize: boolean;
  readonly seconds: number;
}

export async function main(invocation: Invocation<typeof NEW_OPTIONS>): Promise<number> {
  try {
    return await createArena(invocation);
  } catch (thrown) {
    // Ctrl-C at a question.
    if (!(thrown instanceof Error && thrown.name === 'AbortError')) throw thrown;
    printRemark('\nNothing was written.');
    return 130;
  }
}

async function createArena(invocation: Invocation<typeof NEW_OPTIONS>): Promise<number> {
  const manifestFile = path.join(invocation.folder, 'arena.yaml');
  if (!fs.existsSync(invocation.folder))
    throw new LabError('E_NO_ARENA', {
      what: 'There is no such folder.',
      why: `${invocation.folder} does not exist.`,
      next: 'Create it with the code to research, or name another folder with --dir.',
    });
  if (fs.existsSync(manifestFile))
    throw new LabError('E_EXISTS', {
      what: 'This folder is already an arena.',
      why: `${manifestFile} exists.`,
      next: 'Edit it, or remove it first.',
    });
  const answers = await collectAnswers(invocation);
  const manifest = manifestOf(answers);
  const manifestText = `# An arena of Overnight: what may change, what may not, how it is scored. docs/arena.md lists every key.\n${toYaml(manifest, { lineWidth: 120 })}`;
  const parsedManifest = parseArena(parseYaml(manifestText));
  if ('problems' in parsedManifest) throw invalidAnswers('E_MANIFEST', parsedManifest.problems);
  const problems = checkFiles(parsedManifest.arena, [...(await listFolder(invocation.folder)), 'arena.yaml']);
  if (problems.length > 0) throw invalidAnswers('E_FILES', problems);
  writeAtomic(manifestFile, manifestText);
  const programFile = path.join(invocation.folder, 'program.md');
  const isProgramKept = fs.existsSync(programFile);
  if (!isProgramKept) writeAtomic(programFile, programText(parsedManifest.arena));
  if (invocation.wantsJson) printJson({ manifest: manifestFile, program: programFile, programKept: isProgramKept });
  else
    printText(
      invocation.spellCommands(
        `Wrote ${manifestFile}${isProgramKept ? ' (program.md was there and is kept)' : ` and ${programFile}`}.\nNext: \`overnight doctor\` checks that it can be measured, then \`overnight run\`.`,
      ),
    );
  return 0;
}

function invalidAnswers(
  code: 'E_MANIFEST' | 'E_FILES',
  problems: readonly { at: string; message: string }[],
): LabError {
  return new LabError(code, {
    what: 'These answers do not make an arena.',
    why: `${problems.map((problem) => `${problem.at}: ${problem.message}`).join('; ')}.`,
    next: 'Run `overnight new` again with other answers; nothing was written.',
  });
}

function manifestOf(answers: ArenaAnswers): Record<string, unknown> {
  const splitList = (listText: string): string[] =>
    listText
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean);
  return defined({
    overnight: 1,
    name: answers.name,
    metric: { name: answers.metric, direction: answers.maximize ? 'maximize' : 'minimize' },
    editable: splitList(answers.edit),
    run: { command: answers.run },
    artefact: answers.artefact ? splitList(answers.artefact) : undefined,
    evaluate: answers.evaluate ? { command: answers.evaluate } : undefined,
    budget: {
      seconds: answers.seconds,
      grace_s: Math.min(60, Math.max(5, Math.round(answers.seconds / 10))),
      wall_s: answers.seconds * 2,
    },
    calibrate: { replicates: 5 },
    resources: { cpus: 1, memory_mb: 4096 },
  });
}

type NewOptions = ParsedOptions<typeof NEW_OPTIONS>;

/** What is asked when an option is absent, in this order. A default of '' is an answer too. */
const QUESTIONS = {
  name: 'name of the arena',
  edit: 'files that may change, as globs separated by commas, e.g. src/train.py',
  run: 'command that runs a candidate, e.g. python3 train.py',
  evaluate: 'command that scores it in a process of its own (empty: the candidate prints the number)',
  artefact: 'files that a candidate leaves for the evaluator in $OVERNIGHT_OUT (empty: none)',
  metric: 'name that is printed before the number and a colon, e.g. val_loss',
} as const satisfies Partial<Record<keyof NewOptions, string>>;

type Question = keyof typeof QUESTIONS;

/** Answers from the options; a terminal is asked for the others, elsewhere a missing answer is E_USAGE. */
async function collectAnswers({ folder, options, wantsJson }: Invocation<typeof NEW_OPTIONS>): Promise<ArenaAnswers> {
  const prompter =
    process.stdin.isTTY && !wantsJson
      ? readline.createInterface({ input: process.stdin, output: process.stderr })
      : undefined;
  const ask = async (question: Question, defaultAnswer?: string): Promise<string> => {
    const given = options[question];
    if (given !== undefined) return given;
    if (!prompter) return defaultAnswer ?? throwMissing(question);
    const hint = defaultAnswer ? ` [${defaultAnswer}]` : '';
    const answer = (await prompter.question(`${QUESTIONS[question]}${hint}: `)).trim() || defaultAnswer;
    return answer ?? ask(question);
  };
  try {
    return {
      name: await ask('name', defaultName(folder)),
      edit: await ask('edit'),
      run: await ask('run'),
      evaluate: await ask('evaluate', ''),
      artefact: await ask('artefact', ''),
      metric: await ask('metric'),
      maximize: options.maximize,
      seconds: options.seconds,
    };
  } finally {
    prompter?.close();
  }
}

function throwMissing(question: Question): never {
  throw new LabError('E_USAGE', {
    what: `--${question} is missing.`,
    why: 'This is no terminal where it could be asked for.',
    next: `Give it: --${question} "…" (${QUESTIONS[question]}).`,
  });
}

/** The folder's name as the name of an arena. */
const defaultName = (folder: string): string =>
  path
    .basename(folder)
    .replace(/[^A-Za-z0-9_.-]/g, '-')
    .replace(/^[^A-Za-z_]+/, '') || 'arena';
