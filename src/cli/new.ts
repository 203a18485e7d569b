/**
 * `overnight new`: an arena from three answers: which files, which command, which number. Writes a manifest that
 * validates, and program.md.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as readline from 'node:readline/promises';
import { parse as parseYaml, stringify as toYaml } from 'yaml';
import { LabError } from '../base/error.ts';
import { checkFiles, parseArena } from '../core/arena.ts';
import { writeAtomic } from '../os/files.ts';
import { listFolder } from '../workspace/source.ts';
import { numberOption } from './limits.ts';
import { print, printJson } from './output.ts';
import { programText } from './program.ts';
import type { Call } from './spec.ts';

interface Answers {
  readonly name: string;
  readonly edit: string;
  readonly run: string;
  readonly evaluate: string;
  readonly artefact: string;
  readonly metric: string;
  readonly maximize: boolean;
  readonly seconds: number;
}

export async function main(call: Call): Promise<number> {
  const file = path.join(call.folder, 'arena.yaml');
  if (!fs.existsSync(call.folder))
    throw new LabError('E_NO_ARENA', {
      what: 'There is no such folder.',
      why: `${call.folder} does not exist.`,
      next: 'Create it, with the code to research in it.',
    });
  if (fs.existsSync(file))
    throw new LabError('E_EXISTS', {
      what: 'This folder is an arena already.',
      why: `${file} exists.`,
      next: 'Edit it, or remove it first.',
    });
  const answers = await collect(call);
  const manifest = manifestOf(answers);
  const text = `# An arena of Overnight: what may change, what may not, how it is scored. docs/arena.md lists every key.\n${toYaml(manifest, { lineWidth: 120 })}`;
  const parsed = parseArena(parseYaml(text));
  if ('problems' in parsed) throw invalid('E_MANIFEST', parsed.problems);
  const problems = checkFiles(parsed.arena, [...(await listFolder(call.folder)), 'arena.yaml']);
  if (problems.length > 0) throw invalid('E_FILES', problems);
  writeAtomic(file, text);
  const program = path.join(call.folder, 'program.md');
  const kept = fs.existsSync(program);
  if (!kept) writeAtomic(program, programText(parsed.arena));
  if (call.json) printJson({ manifest: file, program, programKept: kept });
  else
    print(
      `Wrote ${file}${kept ? ' (program.md was there and is kept)' : ` and ${program}`}.\nNext: \`overnight doctor\` proves that it measures, then \`overnight run\`.`,
    );
  return 0;
}

function invalid(code: 'E_MANIFEST' | 'E_FILES', problems: readonly { at: string; message: string }[]): LabError {
  return new LabError(code, {
    what: 'These answers do not make an arena.',
    why: `${problems.map((p) => `${p.at}: ${p.message}`).join('; ')}.`,
    next: 'Run `overnight new` again with other answers; nothing was written.',
  });
}

function manifestOf(a: Answers): Record<string, unknown> {
  const list = (text: string): string[] =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean);
  return {
    overnight: 1,
    name: a.name,
    metric: { name: a.metric, direction: a.maximize ? 'maximize' : 'minimize' },
    editable: list(a.edit),
    run: { command: a.run },
    ...(a.artefact && { artefact: list(a.artefact) }),
    ...(a.evaluate && { evaluate: { command: a.evaluate } }),
    budget: {
      seconds: a.seconds,
      grace_s: Math.min(60, Math.max(5, Math.round(a.seconds / 10))),
      wall_s: a.seconds * 2,
    },
    calibrate: { replicates: 5 },
    resources: { cpus: 1, memory_mb: 4096 },
  };
}

/** Answers from the flags; what is missing is asked for on a terminal, and is E_USAGE elsewhere. */
async function collect(call: Call): Promise<Answers> {
  const given = (name: string): string | undefined =>
    call.options[name] === undefined ? undefined : String(call.options[name]);
  const fallbackName =
    path
      .basename(call.folder)
      .replace(/[^A-Za-z0-9_.-]/g, '-')
      .replace(/^[^A-Za-z_]+/, '') || 'arena';
  const asking =
    process.stdin.isTTY && !call.json
      ? readline.createInterface({ input: process.stdin, output: process.stderr })
      : undefined;
  const ask = async (name: string, question: string, fallback?: string): Promise<string> => {
    const flag = given(name);
    if (flag !== undefined) return flag;
    if (!asking) {
      if (fallback !== undefined) return fallback;
      throw new LabError('E_USAGE', {
        what: `--${name} is missing.`,
        why: 'This is no terminal where it could be asked for.',
        next: `Give it: --${name} "…" (${question}).`,
      });
    }
    const answer = (await asking.question(`${question}${fallback ? ` [${fallback}]` : ''}: `)).trim();
    return answer || fallback || ask(name, question, fallback);
  };
  try {
    return {
      name: await ask('name', 'name of the arena', fallbackName),
      edit: await ask('edit', 'files that may change, as globs separated by commas, e.g. src/train.py'),
      run: await ask('run', 'command that runs a candidate, e.g. python train.py'),
      evaluate: await ask(
        'evaluate',
        'command that scores it in a process of its own (empty: the candidate prints the number itself)',
        '',
      ),
      artefact: await ask(
        'artefact',
        'files that a candidate leaves for the evaluator in $OVERNIGHT_OUT (empty: none)',
        '',
      ),
      metric: await ask('metric', 'name of the number, as printed before its colon, e.g. val_loss'),
      maximize: call.options.maximize === true,
      seconds: numberOption(call, 'seconds', false) ?? 300,
    };
  } finally {
    asking?.close();
  }
}
