/**
 * Recovers from a killed session: ends its processes, records its open measurements, guards and calls as lost, removes
 * its folders. The plan does the rest, because it looks at nothing but the ledger.
 */
import { chmodSync, existsSync, renameSync } from 'node:fs';
import { LabError } from '../base/error.ts';
import type { Ledger, Sandbox } from '../core/ports.ts';
import { makeFolder } from '../os/folders.ts';
import { tryRemoveTree } from '../os/remove-tree.ts';

/** Returns how many processes had to be ended. Safe to call on a lab that ended well. */
export async function recoverKilledSession(
  ledger: Ledger,
  sandboxes: readonly Sandbox[],
  tag: string,
  workFolder: string,
): Promise<number> {
  let endedProcesses = 0;
  for (const sandbox of sandboxes) endedProcesses += await sandbox.sweep(tag);
  for (const m of [...ledger.state.running])
    ledger.append({ type: 'lost', m, reason: 'the harness was killed while it ran' });
  for (const { g, state } of ledger.state.guardRuns)
    if (state === 'running')
      ledger.append({ type: 'guarded', g, outcomes: [], lost: 'the harness was killed while they ran' });
  for (const [call, { end }] of ledger.state.calls.entries()) {
    if (!end) ledger.append({ type: 'called', call, outcome: 'lost', wallS: 0 });
  }
  for (const { asked, end } of ledger.state.tries) {
    const text = 'the session ended before it ran, or while it ran';
    if (!end) ledger.append({ type: 'try.ended', tryOut: asked.tryOut, outcome: 'lost', text });
  }
  for (const [session, record] of ledger.state.sessions.entries()) {
    if (!record.end)
      ledger.append({
        type: 'session.died',
        session,
        detail: `process ${record.start.pid} ended without a word`,
        processes: endedProcesses,
      });
  }
  makeEmpty(workFolder);
  return endedProcesses;
}

/** Start with an empty work folder. One that cannot be emptied is moved out of the way and named. */
function makeEmpty(workFolder: string): void {
  const failureReason = tryRemoveTree(workFolder);
  if (failureReason !== undefined && existsSync(workFolder)) {
    const asideFolder = `${workFolder}.left-${Date.now()}`;
    try {
      renameSync(workFolder, asideFolder);
    } catch (thrown) {
      throw new LabError(
        'E_NOT_WRITABLE',
        {
          what: 'The folder of an earlier measurement can neither be removed nor moved away.',
          why: `${workFolder}: ${failureReason}.`,
          next: 'Remove it by hand and run again.',
        },
        thrown,
      );
    }
  }
  makeFolder(workFolder);
  chmodSync(workFolder, 0o700); // what a candidate leaves is nobody else's to run
}
