/** `overnight brief`, `submit`, `poll`, `note`: the verbs of the desk for a person, or for an agent with a shell. */
import * as fs from 'node:fs';
import { LabError } from '../base/error.ts';
import { Desk, MAX_WAIT_S } from '../mcp/desk.ts';
import { findLab } from './find.ts';
import { numberOption } from './limits.ts';
import { printText, printJson } from './output.ts';
import type { Invocation } from './spec.ts';

const deskOf = (invocation: Invocation): Desk =>
  new Desk(findLab(invocation).paths, String(invocation.options.from ?? 'person'));

export async function printBrief(invocation: Invocation): Promise<number> {
  const briefText = deskOf(invocation).writeBrief();
  if (invocation.wantsJson) printJson({ brief: briefText });
  else printText(briefText);
  return 0;
}

export async function submitIdea(invocation: Invocation): Promise<number> {
  const parentNumber = numberOption(invocation, 'parent', true, true);
  const submission = await deskOf(invocation).submitChange({
    hypothesis: String(invocation.options.hypothesis ?? ''),
    diff: readDiff(invocation.args[0]),
    ...(parentNumber !== undefined && { parent: parentNumber }),
  });
  if (invocation.wantsJson) printJson(submission);
  else
    printText(
      `${submission.id}\n${submission.text[0]!.toUpperCase()}${submission.text.slice(1)}: overnight poll ${submission.id} --wait ${MAX_WAIT_S}`,
    );
  return 0;
}

/** From a file, or from standard input. */
function readDiff(diffFile: string | undefined): string {
  try {
    return fs.readFileSync(diffFile === undefined || diffFile === '-' ? 0 : diffFile, 'utf8');
  } catch {
    throw new LabError('E_USAGE', {
      what: 'The diff cannot be read.',
      why: `There is no readable ${diffFile === undefined ? 'standard input' : `file ${diffFile}`}.`,
      next: 'Name a file with a unified diff, or pipe one in: git diff | overnight submit --hypothesis "…".',
    });
  }
}

export async function pollSubmission(invocation: Invocation): Promise<number> {
  const pollResult = await deskOf(invocation).pollSubmission(
    String(invocation.args[0]),
    numberOption(invocation, 'wait', false, true) ?? 0,
  );
  if (invocation.wantsJson) printJson(pollResult);
  else printText(`${pollResult.state}: ${pollResult.text}`);
  return pollResult.state === 'done' ? 0 : 10;
}

export async function recordNote(invocation: Invocation): Promise<number> {
  const noteId = deskOf(invocation).leaveNote(invocation.args.join(' '));
  if (invocation.wantsJson) printJson({ id: noteId });
  else printText('Noted.');
  return 0;
}
