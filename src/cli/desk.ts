/** `overnight brief`, `submit`, `poll`, `note`: the verbs of the desk for a person, or for an agent with a shell. */
import * as fs from 'node:fs';
import { recordAnnotations } from '../app/record-annotations.ts';
import { defined } from '../base/defined.ts';
import { LabError } from '../base/error.ts';
import { Desk, MAX_WAIT_S } from '../mcp/desk.ts';
import { statementsIn } from './verbs.ts';
import type { Invocation } from './command.ts';
import { findLab } from './find.ts';
import type { LAB_OPTIONS, NOTE_OPTIONS, POLL_OPTIONS, SUBMIT_OPTIONS } from './options.ts';
import { printText, printJson } from './output.ts';

const deskOf = (invocation: Invocation<typeof LAB_OPTIONS>, author = 'person'): Desk =>
  new Desk(findLab(invocation).paths, author);

export async function printBrief(invocation: Invocation<typeof LAB_OPTIONS>): Promise<number> {
  const briefText = await deskOf(invocation).writeBrief();
  if (invocation.wantsJson) printJson({ brief: briefText });
  else printText(briefText);
  return 0;
}

export async function submitIdea(invocation: Invocation<typeof SUBMIT_OPTIONS>): Promise<number> {
  const { hypothesis = '', parent, from } = invocation.options;
  const said = statementsIn(invocation.options);
  const submission = await deskOf(invocation, from).submitChange(
    defined({ hypothesis, diff: readDiff(invocation.args[0]), parent, ...said }),
  );
  if (invocation.wantsJson) printJson(submission);
  else {
    const sentence = `${submission.text[0]!.toUpperCase()}${submission.text.slice(1)}.`;
    const pollCommand = `\`overnight poll ${submission.id} --wait ${MAX_WAIT_S}\``;
    printText(invocation.spellCommands(`${submission.id}\n${sentence} ${pollCommand} shows the result.`));
  }
  return 0;
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
    for (const { id, state, text, output } of statuses) {
      const name = others.length === 0 ? '' : `${id} `;
      printText(invocation.spellCommands([`${name}${state}: ${text}`, output].filter(Boolean).join('\n\n')));
    }
  const isDone = ({ state }: (typeof statuses)[number]): boolean => state === 'done';
  return (any ? statuses.some(isDone) : statuses.every(isDone)) ? 0 : 10;
}

export async function recordNote(invocation: Invocation<typeof NOTE_OPTIONS>): Promise<number> {
  const { paths } = findLab(invocation);
  const { n, text } = splitNote(invocation.args);
  const { from, model, experiments, files } = invocation.options;
  const isLearned = from !== 'person' || model !== undefined || experiments !== undefined || files !== undefined;
  const learned = { experiments: experiments?.map((word) => numberIn(word)), files };
  const noteId = new Desk(paths, from, model).leaveNote(text, n, isLearned ? defined(learned) : undefined);
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
