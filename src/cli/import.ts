/**
 * `overnight import`: what another loop tried before, for the record, the report and the brief. Its numbers were
 * measured elsewhere and are compared with nothing; with --submit the kept commits are measured here as ideas.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import { formatCount } from '../base/text.ts';
import { IMPORT_AUTHOR } from '../core/requests.ts';
import { historyNotes, parseHistory, type EarlierTry } from '../discover/history.ts';
import { Desk } from '../mcp/desk.ts';
import { diffOfCommit, listCommits } from '../workspace/commits.ts';
import type { Invocation } from './command.ts';
import { findLab } from './find.ts';
import type { IMPORT_OPTIONS } from './options.ts';
import { printJson, printText } from './output.ts';

export async function main(invocation: Invocation<typeof IMPORT_OPTIONS>): Promise<number> {
  const source = invocation.args[0]!;
  const { paths } = findLab(invocation);
  const tries = await readTries(invocation.folder, source);
  const desk = new Desk(paths, IMPORT_AUTHOR);
  for (const note of historyNotes(tries, path.basename(source))) desk.leaveNote(note);
  const submitted = invocation.options.submit ? await submitKept(invocation.folder, desk, tries) : [];
  if (invocation.wantsJson) printJson({ tries: tries.length, submitted });
  else {
    printText(
      `${formatCount(tries.length, 'earlier attempt')} from ${source}, as notes: measured elsewhere, not comparable.`,
    );
    for (const { description, result } of submitted) printText(`${result}: ${description}`);
    printText(invocation.spellCommands('`overnight run` takes them into the record.'));
  }
  return 0;
}

async function readTries(folder: string, source: string): Promise<readonly EarlierTry[]> {
  if (fs.existsSync(source)) {
    const tries = parseHistory(fs.readFileSync(source, 'utf8'));
    if (tries && tries.length > 0) return tries;
    throw new LabError('E_USAGE', {
      what: 'No earlier attempts can be read from this file.',
      why: `${source} has neither a table with the columns "status" and "description" nor one JSON object a line.`,
      next: 'Name a results.tsv, a log in JSON Lines, or a range of commits such as main..my-branch.',
    });
  }
  const commits = await listCommits(folder, source);
  if (commits) return commits.map(({ commit, subject }) => ({ outcome: 'kept', description: subject, commit }));
  throw new LabError('E_USAGE', {
    what: 'There is nothing to import.',
    why: `${source} is neither a file nor a range of commits in this repository.`,
    next: 'Name a results.tsv, a log in JSON Lines, or a range of commits such as main..my-branch.',
  });
}

/** Each kept commit that git still has, as an idea. What the lab refuses is said with its reason. */
async function submitKept(
  folder: string,
  desk: Desk,
  tries: readonly EarlierTry[],
): Promise<{ readonly description: string; readonly result: string }[]> {
  const results: { description: string; result: string }[] = [];
  for (const { outcome, commit, description } of tries) {
    if (outcome !== 'kept' || commit === undefined) continue;
    const diff = await diffOfCommit(folder, commit);
    if (diff === '') results.push({ description, result: `${commit} changes nothing here or is gone` });
    else
      try {
        const { id } = await desk.submitChange({ hypothesis: description, diff, parent: 0 });
        results.push({ description, result: id });
      } catch (thrown) {
        if (!(thrown instanceof LabError)) throw thrown;
        results.push({ description, result: `refused: ${thrown.parts.why}` });
      }
  }
  return results;
}
