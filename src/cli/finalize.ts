/**
 * `overnight finalize`: leave each kept step out once, drop what does not pay, and measure the rest against the
 * baseline side by side.
 */
import { runLab } from './run.ts';
import type { Call } from './spec.ts';

export async function main(call: Call): Promise<number> {
  return runLab(
    {
      folder: call.folder,
      limits: { finalize: true },
      command: 'finalize',
      ...(call.options.tag !== undefined && { tag: String(call.options.tag) }),
    },
    call.json,
  );
}
