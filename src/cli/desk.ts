/** `overnight brief`, `submit`, `poll`, `note`: the verbs of the desk for a person, or for an agent with a shell. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { recordAnnotations } from '../app/record-annotations.ts';
import { defined } from '../base/defined.ts';
import { LabError } from '../base/error.ts';
import { readLedger } from '../ledger/jsonl.ts';
import { conflictText } from '../mcp/conflict.ts';
import { Desk, MAX_WAIT_S } from '../mcp/desk.ts';
import { readStamp } from '../mcp/stamp.ts';
import { requireOwnCopy } from '../mcp/agent-names.ts';
import { readRole } from '../mcp/roles.ts';
import type { SubmissionStatus } from '../mcp/submission-status.ts';
import { nameFiles, readWorkingCopy } from '../mcp/working-copy.ts';
import { readText } from '../os/files.ts';
import { briefBeforeRun } from '../view/brief/before-run.ts';
import { readManifest } from '../workspace/arena.ts';
import { statementsIn } from './verbs.ts';
import type { Invocation } from './command.ts';
import { findLab } from './find.ts';
import type { BRIEF_OPTIONS, NOTE_OPTIONS, POLL_OPTIONS, SUBMIT_OPTIONS } from './agent-options.ts';
import type { LAB_OPTIONS } from './options.ts';
import { printText, printJson } from './output.ts';

const deskOf = (invocation: Invocation<typeof LAB_OPTIONS>, author = 'person'): Desk =>
  new Desk(findLab(invocation).paths, author);

export async function printBrief(invocation: Invocation<typeof BRIEF_OPTIONS>): Promise<number> {
  const briefText = hasNoLabYet(invocation)
    ? readBriefBeforeRun(invocation.folder, invocation.options.role)
    : await deskOf(invocation, invocation.options.by).writeBrief(invocation.options.since, invocation.options.role);
  if (invocation.wantsJson) printJson({ brief: briefText });
  else printText(briefText);
  return 0;
}

/** An arena in which nothing was ever run. */
function hasNoLabYet({ folder, options }: Invocation<typeof BRIEF_OPTIONS>): boolean {
  const isAsked = options.tag !== undefined || options.since !== undefined;
  return (
    !isAsked &&
    fs.existsSync(path.join(folder, 'arena.yaml')) &&
    !fs.existsSync(path.join(folder, '.overnight')) &&
    readStamp(folder) === undefined
  );
}

function readBriefBeforeRun(folder: string, role: string | undefined): string {
  const arena = readManifest(folder);
  const files = new Map(arena.knobs.map(({ file }) => [file, readText(path.join(folder, file)) ?? '']));
  const roleText = role === undefined ? undefined : readRole(folder, role);
  return briefBeforeRun(arena, readText(path.join(folder, 'program.md')), files, roleText);
}

export async function submitIdea(invocation: Invocation<typeof SUBMIT_OPTIONS>): Promise<number> {
  const { hypothesis = '', parent, from, by = 'person' } = invocation.options;
  if (from !== undefined) return submitCopy(invocation, path.resolve(from));
  const submission = await deskOf(invocation, by).submitChange(
    defined({ hypothesis, diff: readDiff(invocation.args[0]), parent, ...statementsIn(invocation.options) }),
  );
  printSubmission(invocation, submission, []);
  return 0;
}

/** What differs in a working copy, on the code that the copy was made from. */
async function submitCopy(invocation: Invocation<typeof SUBMIT_OPTIONS>, folder: string): Promise<number> {
  const { hypothesis = '', parent, by } = invocation.options;
  const [diffFile] = invocation.args;
  if (parent !== undefined || diffFile !== undefined)
    throw new LabError('E_USAGE', {
      what: 'This submission is ambiguous.',
      why: `--from takes the change and its base from ${folder}, and ${parent === undefined ? `the diff ${diffFile}` : `--parent ${parent}`} is given too.`,
      next: 'Give one of them.',
    });
  if (!fs.existsSync(folder))
    throw new LabError('E_USAGE', {
      what: `${folder} is not there.`,
      why: '--from names a working copy.',
      next: 'Make one with `overnight checkout FOLDER`. Who proposes is named with --by.',
    });
  requireOwnCopy(readStamp(folder)?.by, by, folder);
  const { paths } = findLab({ ...invocation, copy: folder });
  const copy = await readWorkingCopy(paths, readLedger(paths.lab).state, folder);
  const submission = await new Desk(paths, by ?? copy.stamp.by ?? 'person').submitChange({
    hypothesis,
    files: copy.edits,
    parent: copy.stamp.n,
    ...statementsIn(invocation.options),
  });
  const { edits, frozen, others, ignored } = copy;
  const remarks = [
    `On #${copy.stamp.n}: ${nameFiles(Object.keys(edits))}.`,
    frozen.length > 0 && `Not in it, because they are not editable: your changes of ${nameFiles(frozen)}.`,
    others.length > 0 && `Not in it, because they are not editable: the new files ${nameFiles(others)}.`,
    ignored.length > 0 && `Not in it, because .gitignore leaves them out: ${nameFiles(ignored)}.`,
  ].filter((remark) => remark !== false);
  const files = Object.keys(edits);
  const details = { parent: copy.stamp.n, files, frozen, others, ignored };
  printSubmission(invocation, { ...submission, ...details }, remarks, paths.arena);
  return 0;
}

function printSubmission(
  invocation: Invocation<typeof SUBMIT_OPTIONS>,
  submission: SubmissionStatus,
  remarks: readonly string[],
  labFolder?: string,
): void {
  if (invocation.wantsJson) printJson(submission);
  else {
    const sentence = `${submission.text[0]!.toUpperCase()}${submission.text.slice(1)}.`;
    const pollCommand = `\`overnight poll ${submission.id} --wait ${MAX_WAIT_S}\``;
    const lines = [submission.id, ...remarks, `${sentence} ${pollCommand} shows the result.`];
    printText(invocation.spellCommands(lines.join('\n'), labFolder));
  }
}

/** From a file, or from standard input. */
export function readDiff(diffFile: string | undefined): string {
  try {
    return fs.readFileSync(diffFile === undefined || diffFile === '-' ? 0 : diffFile, 'utf8');
  } catch {
    throw new LabError('E_USAGE', {
      what: 'The diff cannot be read.',
      why: `${diffFile === undefined ? 'Standard input' : `The file ${diffFile}`} is not readable.`,
      next: 'Name a file with a unified diff, or use a pipe: `git diff | overnight submit --hypothesis "…"`.',
    });
  }
}

export async function pollSubmissions(invocation: Invocation<typeof POLL_OPTIONS>): Promise<number> {
  const { wait: waitS, any } = invocation.options;
  const statuses = await deskOf(invocation).pollSubmissions(invocation.args, { waitS, any });
  const [first, ...others] = statuses;
  if (invocation.wantsJson) printJson(others.length === 0 ? first : { submissions: statuses });
  else
    for (const { id, state, text, output, conflict } of statuses) {
      const name = others.length === 0 ? '' : `${id} `;
      const parts = [`${name}${state}: ${text}`, output, conflict && conflictText(conflict)];
      printText(invocation.spellCommands(parts.filter(Boolean).join('\n\n')));
    }
  const isDone = ({ state }: (typeof statuses)[number]): boolean => state === 'done';
  return (any ? statuses.some(isDone) : statuses.every(isDone)) ? 0 : 10;
}

export async function recordNote(invocation: Invocation<typeof NOTE_OPTIONS>): Promise<number> {
  const { paths } = findLab(invocation);
  const { n, text } = splitNote(invocation.args);
  const { by, model, experiments, files } = invocation.options;
  const isLearned = by !== 'person' || model !== undefined || experiments !== undefined || files !== undefined;
  const learned = { experiments: experiments?.map((word) => numberIn(word)), files };
  const noteId = new Desk(paths, by, model).leaveNote(text, n, isLearned ? defined(learned) : undefined);
  recordAnnotations(paths.lab, paths.inbox);
  if (invocation.wantsJson) printJson(defined({ id: noteId, experiment: n }));
  else printText(n === undefined ? 'Noted.' : `Noted on #${n}.`);
  return 0;
}

function numberIn(word: string): number {
  const n = Number(word.replace(/^#/, ''));
  if (Number.isSafeInteger(n) && n >= 0) return n;
  throw new LabError('E_USAGE', {
    what: '`note` cannot be understood.',
    why: `"${word}" is no number of an experiment.`,
    next: 'Write numbers separated by commas: `--experiments 3,5`.',
  });
}

/** A number before the words names the experiment that they are about. */
function splitNote(words: readonly string[]): { readonly n: number | undefined; readonly text: string } {
  const [firstWord = '', ...otherWords] = words;
  const n = /^#?\d{1,9}$/.test(firstWord) ? Number(firstWord.replace('#', '')) : undefined;
  const text = (n === undefined ? words : otherWords).join(' ').trim();
  if (text !== '') return { n, text };
  throw new LabError('E_USAGE', {
    what: '`note` is incomplete.',
    why: n === undefined ? 'It has no words.' : `There are no words after #${n}.`,
    next: 'Write `overnight note "words"` about the lab, or `overnight note 17 "words"` about experiment #17.',
  });
}
