/**
 * `overnight diff`: what an experiment changed against its parent, two experiments against each other, or the whole
 * kept stack.
 */
import { LabError } from '../base/error.ts';
import { codeOf } from '../core/state.ts';
import { openWorkspace } from '../workspace/git.ts';
import { experimentNumber, findLab, readLab } from './find.ts';
import { printText, printJson } from './output.ts';
import type { Invocation } from './spec.ts';

export async function main(invocation: Invocation): Promise<number> {
  const foundLab = findLab(invocation);
  const { state } = readLab(foundLab);
  const [firstArgument, secondArgument] = invocation.args;
  const n = firstArgument === undefined ? state.incumbent : experimentNumber(firstArgument, state.experiments.length);
  const otherNumber =
    secondArgument !== undefined
      ? experimentNumber(secondArgument, state.experiments.length)
      : firstArgument === undefined
        ? 0
        : (state.experiments[n]?.idea.parent ?? 0);
  // With two numbers the first is the older side, as `git diff a b`.
  const [olderNumber, newerNumber] = secondArgument === undefined ? [otherNumber, n] : [n, otherNumber];
  const [olderCode, newerCode] = [codeOf(state, olderNumber), codeOf(state, newerNumber)];
  if (!olderCode || !newerCode) {
    throw new LabError('E_NOT_FOUND', {
      what: `Experiment ${olderCode ? newerNumber : olderNumber} has no code to compare.`,
      why: 'It was refused before it got a commit.',
      next: '`overnight show` says why.',
    });
  }
  const workspace = await openWorkspace(foundLab.paths.arena, foundLab.paths.store);
  const diffText = await workspace.diffCommits(olderCode.commit, newerCode.commit);
  if (invocation.wantsJson) printJson({ from: olderNumber, to: newerNumber, diff: diffText });
  else printText(diffText === '' ? `#${olderNumber} and #${newerNumber} have the same files.` : diffText);
  return 0;
}
