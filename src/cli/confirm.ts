/**
 * `overnight confirm`: test the claim of the best version, or of a step on the way to it, now. A running session serves
 * the request; where none runs, a session of its own does nothing else.
 */
import { defined } from '../base/defined.ts';
import { requireCurrentRules } from '../core/state.ts';
import type { Invocation } from './command.ts';
import { findLab, readLab } from './find.ts';
import type { LAB_OPTIONS } from './options.ts';
import { postConfirm, requestConfirm } from './request.ts';
import { runLab } from './run.ts';

export async function main(invocation: Invocation<typeof LAB_OPTIONS>): Promise<number> {
  const foundLab = findLab(invocation);
  const { state, alive } = readLab(foundLab);
  if (alive) return requestConfirm(invocation);
  requireCurrentRules(state);
  postConfirm(invocation, foundLab, state);
  const { folder, options } = invocation;
  const limits = { experiments: 0, confirm: true } as const;
  return runLab(defined({ folder, limits, command: 'confirm', tag: options.tag ?? state.lab!.tag }), invocation);
}
