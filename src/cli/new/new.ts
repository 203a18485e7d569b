/**
 * `overnight new`: looks at the folder, runs the command once outside and once inside the sandbox, repairs what has a
 * known cure, and writes a manifest that measures. What it cannot find out it asks; every answer is also a flag.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parse as parseYaml } from 'yaml';
import { LabError } from '../../base/error.ts';
import { checkFiles, parseArena } from '../../core/manifest-check.ts';
import type { Arena } from '../../core/arena.ts';
import type { Sandbox } from '../../core/ports.ts';
import { writeAtomic } from '../../os/files.ts';
import { agentNamesOf, describeProposer } from '../../app/who-proposes.ts';
import { type ChosenSandbox, chooseSandbox } from '../../sandbox/choose.ts';
import { listFolder } from '../../workspace/source.ts';
import type { Invocation } from '../command.ts';
import type { NEW_OPTIONS } from '../options.ts';
import { printJson, printRemark, printText } from '../output.ts';
import { programText } from '../program.ts';
import { manifestText, type ArenaDraft } from './draft.ts';
import { draftFromFlags, exploreFolder, type SandboxSource } from './explore.ts';
import { openPrompter } from './prompter.ts';
import { copyTemplate } from './templates.ts';

export async function main(invocation: Invocation<typeof NEW_OPTIONS>): Promise<number> {
  try {
    const { like, from } = invocation.options;
    if (like !== undefined || from !== undefined) return startFromTemplate(invocation);
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
  checkFolder(invocation.folder, manifestFile);
  const prompter = openPrompter(process.stdin.isTTY === true && !invocation.wantsJson);
  try {
    let chosen: Promise<ChosenSandbox> | undefined;
    const sandboxOnce: SandboxSource = async () => (await (chosen ??= chooseSandbox())).sandbox;
    const complete = draftFromFlags(invocation);
    const explored = complete ?? (await exploreFolder(invocation, manifestFile, prompter, sandboxOnce));
    const { arena, text } = await checkDraft(invocation.folder, explored.draft, explored.guesses);
    writeAtomic(manifestFile, text);
    const exitStatus = report(invocation, manifestFile, arena, explored.measuredText);
    if (!invocation.wantsJson) await sayWhoProposes(invocation, arena, await sandboxOnce());
    return exitStatus;
  } finally {
    prompter.close();
  }
}

/** A copy of a skeleton or of a shipped arena: it runs at once, and then gets the person's own data. */
function startFromTemplate({ folder, options, wantsJson, spellCommands }: Invocation<typeof NEW_OPTIONS>): number {
  const { name, files, toReplace } = copyTemplate({ folder, like: options.like, from: options.from });
  if (wantsJson) printJson({ copyOf: name, files, toReplace });
  else
    printText(
      spellCommands(
        [
          `Copied ${name} to ${folder}: ${files.filter((file) => !file.startsWith('data/')).join(', ')}.`,
          toReplace.length > 0
            ? `To replace by your own: ${toReplace.join(', ')}.`
            : 'To replace by your own: the evaluator and the editable file.',
          'Next: `overnight doctor` checks that it measures and says what is left to replace, then `overnight run`.',
        ].join('\n'),
      ),
    );
  return 0;
}

function checkFolder(folder: string, manifestFile: string): void {
  if (!fs.existsSync(folder))
    throw new LabError('E_NO_ARENA', {
      what: 'There is no such folder.',
      why: `${folder} does not exist.`,
      next: 'Create it with the code to research, or name another folder with --dir.',
    });
  if (fs.existsSync(manifestFile))
    throw new LabError('E_EXISTS', {
      what: 'This folder is already an arena.',
      why: `${manifestFile} exists.`,
      next: 'Edit it, or remove it first.',
    });
}

/** The arena of a draft, checked against the files of the folder. */
async function checkDraft(
  folder: string,
  draft: ArenaDraft,
  guesses: readonly string[],
): Promise<{ arena: Arena; text: string }> {
  const text = manifestText(draft, guesses);
  const parsed = parseArena(parseYaml(text));
  if ('problems' in parsed) throw invalidAnswers('E_MANIFEST', parsed.problems);
  const problems = checkFiles(parsed.arena, [...(await listFolder(folder)), 'arena.yaml']);
  if (problems.length > 0) throw invalidAnswers('E_FILES', problems);
  return { arena: parsed.arena, text };
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

function report(
  { folder, wantsJson, spellCommands }: Invocation<typeof NEW_OPTIONS>,
  manifestFile: string,
  arena: Arena,
  measuredText: string | undefined,
): number {
  const programFile = path.join(folder, 'program.md');
  const isProgramKept = fs.existsSync(programFile);
  if (!isProgramKept) writeAtomic(programFile, programText(arena));
  if (wantsJson) printJson({ manifest: manifestFile, program: programFile, programKept: isProgramKept });
  else {
    const wrote = `Wrote ${manifestFile}${isProgramKept ? ' (program.md was there and is kept)' : ` and ${programFile}`}.`;
    const next = measuredText
      ? 'Next: `overnight run` tries ideas; `overnight doctor` first says what noise this machine has.'
      : 'Next: `overnight doctor` checks that it can be measured, then `overnight run`.';
    printText(spellCommands([wrote, measuredText, next].filter(Boolean).join('\n')));
  }
  return 0;
}

/** One line, so that nobody learns it from a run. */
async function sayWhoProposes(
  { folder, spellCommands }: Invocation<typeof NEW_OPTIONS>,
  arena: Arena,
  sandbox: Sandbox,
): Promise<void> {
  const agents = agentNamesOf(process.env.OVERNIGHT_AGENT);
  const { text } = await describeProposer({ ...(agents && { agents }), folder }, sandbox, arena.knobs.length);
  printText(spellCommands(`Ideas: ${text}.`));
}
