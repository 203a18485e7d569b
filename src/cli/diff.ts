/**
 * `overnight diff`: everything that was kept against the baseline; with one number an experiment against its parent;
 * with two numbers the second against the first.
 */
import { LabError } from '../base/error.ts';
import { codeOf, type LabState } from '../core/state.ts';
import { openWorkspace } from '../workspace/git.ts';
import type { Invocation } from './command.ts';
import { experimentNumber, findLab, readLab } from './find.ts';
import type { LAB_OPTIONS } from './options.ts';
import { printCode, printText, printJson, printRemark } from './output.ts';

export async function main(invocation: Invocation<typeof LAB_OPTIONS>): Promise<number> {
  const foundLab = findLab(invocation);
  const { state } = readLab(foundLab);
  const { older, newer, text } = chooseSides(state, invocation.args);
  const [olderCode, newerCode] = [codeOf(state, older), codeOf(state, newer)];
  if (!olderCode || !newerCode) {
    const refused = olderCode ? newer : older;
    throw new LabError('E_NOT_FOUND', {
      what: `Experiment #${refused} has no code to compare.`,
      why: 'It was refused before it got a commit.',
      next: `\`overnight show ${refused}\` says why.`,
    });
  }
  const workspace = await openWorkspace(foundLab.paths.arena, foundLab.paths.store);
  const diffText = await workspace.diffCommits(olderCode.commit, newerCode.commit);
  if (invocation.wantsJson) printJson({ from: older, to: newer, diff: diffText });
  else {
    // Standard output is a diff that `git apply` reads, and nothing else.
    printRemark(`${text}:`);
    if (diffText === '') printText(`#${older} and #${newer} have the same files.`);
    else printCode(diffText);
  }
  return 0;
}

interface Sides {
  readonly older: number;
  readonly newer: number;
  /** Which is compared with which. */
  readonly text: string;
}

function chooseSides(state: LabState, [first, second]: readonly string[]): Sides {
  const numberOf = (argument: string): number => experimentNumber(argument, state.experiments.length);
  if (first === undefined)
    return { older: 0, newer: state.incumbent, text: `All steps to #${state.incumbent} against the baseline` };
  if (second !== undefined) {
    const [older, newer] = [numberOf(first), numberOf(second)];
    return { older, newer, text: `#${newer} against #${older}` };
  }
  const newer = numberOf(first);
  const older = state.experiments[newer]?.idea.parent ?? 0;
  return { older, newer, text: `What #${newer} changed in its parent #${older}` };
}
