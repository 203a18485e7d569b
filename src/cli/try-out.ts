/** `overnight try-out`: a change runs for a few seconds in the session that runs, and gives output, no number. */
import * as fs from 'node:fs';
import { defined } from '../base/defined.ts';
import { Desk } from '../mcp/desk.ts';
import type { Invocation } from './command.ts';
import { readDiff } from './desk.ts';
import { findLab } from './find.ts';
import type { TRY_OUT_OPTIONS } from './agent-options.ts';
import { printJson, printText } from './output.ts';

export async function main(invocation: Invocation<typeof TRY_OUT_OPTIONS>): Promise<number> {
  const { parent, guards, profile, wait, by } = invocation.options;
  const desk = new Desk(findLab(invocation).paths, by);
  const [file] = invocation.args;
  // A profile without a change is of the best code.
  const mayBeEmpty = parent !== undefined || profile;
  const text = file !== undefined || !mayBeEmpty || isPiped() ? readDiff(file) : '';
  const diff = text.trim() === '' && mayBeEmpty ? undefined : text;
  const { id } = await desk.tryOut(defined({ diff, parent, guards, profile }));
  const status = await desk.pollSubmission(id, wait);
  const isDone = status.state === 'done';
  if (invocation.wantsJson) printJson(status);
  else if (isDone)
    printText(`${status.text}\n${status.output ? `\n${status.output.trimEnd()}` : 'It printed nothing.'}`);
  else
    printText(
      invocation.spellCommands(`${id}\n${status.state}: ${status.text}. \`overnight poll ${id}\` shows the result.`),
    );
  return isDone ? 0 : 10;
}

/** Standard input is a pipe or a file, from which a diff can come. */
function isPiped(): boolean {
  try {
    const stats = fs.fstatSync(0);
    return stats.isFIFO() || stats.isFile();
  } catch {
    return false;
  }
}
