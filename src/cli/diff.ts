/**
 * `overnight diff`: what an experiment changed against its parent, two experiments against each other, or the whole
 * kept stack.
 */
import { LabError } from '../base/error.ts';
import { codeOf } from '../core/state.ts';
import { openWorkspace } from '../workspace/git.ts';
import { experimentNumber, findLab, readLab } from './find.ts';
import { print, printJson } from './output.ts';
import type { Call } from './spec.ts';

export async function main(call: Call): Promise<number> {
  const found = findLab(call);
  const { state } = readLab(found);
  const [first, second] = call.args;
  const n = first === undefined ? state.incumbent : experimentNumber(first, state.experiments.length);
  const other =
    second !== undefined
      ? experimentNumber(second, state.experiments.length)
      : first === undefined
        ? 0
        : (state.experiments[n]?.idea.parent ?? 0);
  // With two numbers the first is the older side, as `git diff a b`.
  const [from, to] = second === undefined ? [other, n] : [n, other];
  const [before, after] = [codeOf(state, from), codeOf(state, to)];
  if (!before || !after) {
    throw new LabError('E_NOT_FOUND', {
      what: `Experiment ${before ? to : from} has no code to compare.`,
      why: 'It was refused before it got a commit.',
      next: '`overnight show` says why.',
    });
  }
  const workspace = await openWorkspace(found.paths.arena, found.paths.store);
  const text = await workspace.diff(before.commit, after.commit);
  if (call.json) printJson({ from, to, diff: text });
  else print(text === '' ? `#${from} and #${to} have the same files.` : text);
  return 0;
}
