/**
 * `overnight finalize`: leave each kept step out once, drop what does not pay, and measure the rest against the
 * baseline side by side.
 */
import { runLab } from './run.ts';
import type { Invocation } from './spec.ts';

export async function main(invocation: Invocation): Promise<number> {
  return runLab(
    {
      folder: invocation.folder,
      limits: { finalize: true },
      command: 'finalize',
      ...(invocation.options.tag !== undefined && { tag: String(invocation.options.tag) }),
    },
    invocation.wantsJson,
  );
}
