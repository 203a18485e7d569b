/**
 * `overnight finalize`: leave out each kept change once, drop those that do not help, and measure the rest and the
 * baseline in pairs.
 */
import { defined } from '../base/defined.ts';
import type { Invocation } from './command.ts';
import type { LAB_OPTIONS } from './options.ts';
import { runLab } from './run.ts';

export async function main(invocation: Invocation<typeof LAB_OPTIONS>): Promise<number> {
  const { folder, options } = invocation;
  return runLab(
    defined({ folder, limits: { finalize: true } as const, command: 'finalize', tag: options.tag }),
    invocation,
  );
}
