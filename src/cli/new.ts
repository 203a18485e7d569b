/**
 * `overnight new`: an arena from three answers: which files, which command, which number. Writes a manifest that
 * validates, and program.md.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as readline from 'node:readline/promises';
import { parse as parseYaml, stringify as toYaml } from 'yaml';
import { LabError } from '../base/error.ts';
import { checkFiles, parseArena } from '../core/manifest-check.ts';
import { writeAtomic } from '../os/files.ts';
import { listFolder } from '../workspace/source.ts';
import { numberOption } from './limits.ts';
import { printText, printJson } from './output.ts';
import { programText } from './program.ts';
import type { Invocation } from './spec.ts';

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

export async function main(invocation: Invocation): Promise<number> {
  const manifestFile = path.join(invocation.folder, 'arena.yaml');
  if (!fs.existsSync(invocation.folder))
    throw new LabError('E_NO_ARENA', {
      what: 'There is no such folder.',
      why: `${invocation.folder} does not exist.`,
      next: 'Create it, with the code to research in it.',
    });
  if (fs.existsSync(manifestFile))
    throw new LabError('E_EXISTS', {
      what: 'This folder is an arena already.',
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
      `Wrote ${manifestFile}${isProgramKept ? ' (program.md was there and is kept)' : ` and ${programFile}`}.\nNext: \`overnight doctor\` proves that it measures, then \`overnight run\`.`,
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
  return {
    overnight: 1,
    name: answers.name,
    metric: { name: answers.metric, direction: answers.maximize ? 'maximize' : 'minimize' },
    editable: splitList(answers.edit),
    run: { command: answers.run },
    ...(answers.artefact && { artefact: splitList(answers.artefact) }),
    ...(answers.evaluate && { evaluate: { command: answers.evaluate } }),
    budget: {
      seconds: answers.seconds,
      grace_s: Math.min(60, Math.max(5, Math.round(answers.seconds / 10))),
      wall_s: answers.seconds * 2,
    },
    calibrate: { replicates: 5 },
    resources: { cpus: 1, memory_mb: 4096 },
  };
}

/** Answers from the flags; what is missing is asked for on a terminal, and is E_USAGE elsewhere. */
async function collectAnswers(invocation: Invocation): Promise<ArenaAnswers> {
  const readOption = (optionName: string): string | undefined =>
    invocation.options[optionName] === undefined ? undefined : String(invocation.options[optionName]);
  const fallbackName =
    path
      .basename(invocation.folder)
      .replace(/[^A-Za-z0-9_.-]/g, '-')
      .replace(/^[^A-Za-z_]+/, '') || 'arena';
  const prompter =
    process.stdin.isTTY && !invocation.wantsJson
      ? readline.createInterface({ input: process.stdin, output: process.stderr })
      : undefined;
  const askQuestion = async (optionName: string, question: string, fallback?: string): Promise<string> => {
    const flagValue = readOption(optionName);
    if (flagValue !== undefined) return flagValue;
    if (!prompter) {
      if (fallback !== undefined) return fallback;
      throw new LabError('E_USAGE', {
        what: `--${optionName} is missing.`,
        why: 'This is no terminal where it could be asked for.',
        next: `Give it: --${optionName} "…" (${question}).`,
      });
    }
    const answer = (await prompter.question(`${question}${fallback ? ` [${fallback}]` : ''}: `)).trim();
    return answer || fallback || askQuestion(optionName, question, fallback);
  };
  try {
    return {
      name: await askQuestion('name', 'name of the arena', fallbackName),
      edit: await askQuestion('edit', 'files that may change, as globs separated by commas, e.g. src/train.py'),
      run: await askQuestion('run', 'command that runs a candidate, e.g. python train.py'),
      evaluate: await askQuestion(
        'evaluate',
        'command that scores it in a process of its own (empty: the candidate prints the number itself)',
        '',
      ),
      artefact: await askQuestion(
        'artefact',
        'files that a candidate leaves for the evaluator in $OVERNIGHT_OUT (empty: none)',
        '',
      ),
      metric: await askQuestion('metric', 'name of the number, as printed before its colon, e.g. val_loss'),
      maximize: invocation.options.maximize === true,
      seconds: numberOption(invocation, 'seconds', false) ?? 300,
    };
  } finally {
    prompter?.close();
  }
}
