/**
 * Recovers from a killed session: ends its processes, records its open measurements and calls as lost, removes its
 * folders. The plan does the rest, because it looks at nothing but the ledger.
 */
import * as fs from 'node:fs';
import type { Ledger, Sandbox } from '../core/ports.ts';
import { removeTree } from '../os/files.ts';

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
  for (const [call, { end }] of ledger.state.calls.entries()) {
    if (!end) ledger.append({ type: 'called', call, outcome: 'lost', wallS: 0 });
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
  removeTree(workFolder);
  fs.mkdirSync(workFolder, { recursive: true, mode: 0o700 }); // what a candidate leaves is nobody else's to run
  return endedProcesses;
}
