/**
 * Records notes, stars, claims of directions and budgets of agents that wait in the inbox of a lab on which no harness
 * works: people read finished labs and write about them. Everything else waits for the next session.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import { isAnnotation } from '../core/requests.ts';
import { hasCompared } from '../core/state.ts';
import { openInbox } from '../ledger/inbox.ts';
import { LOCK_FILE, openLedger } from '../ledger/jsonl.ts';
import { applyRequests } from '../loop/requests.ts';
import { currentTime } from '../os/clock.ts';

/**
 * Does nothing while a harness has the ledger, and after a crash: the next session first records how the last one
 * ended. What is not recorded stays in the inbox.
 */
export function recordAnnotations(labFolder: string, inboxFolder: string): void {
  if (fs.existsSync(path.join(labFolder, LOCK_FILE))) return;
  const inbox = openInbox(inboxFolder);
  const listAnnotations = (): ReturnType<typeof inbox.listRequests> =>
    inbox.listRequests().filter(({ request }) => isAnnotation(request.wish));
  if (listAnnotations().length === 0) return;
  try {
    const ledger = openLedger(labFolder, currentTime);
    try {
      const { lab, sessions } = ledger.state;
      // A lab that compared nothing may begin again with other files; what waits goes with it.
      if (!lab || !hasCompared(ledger.state) || sessions.some(({ end }) => end === undefined)) return;
      applyRequests({
        inbox: { listRequests: listAnnotations },
        ledger,
        clock: { now: currentTime },
        submit: () => {},
        onApplied: () => {},
      });
    } finally {
      ledger.close();
    }
  } catch (thrown) {
    // A harness was faster, or the ledger is damaged: the request waits, and whoever opens the ledger next says why.
    if (!(thrown instanceof LabError)) throw thrown;
  }
}
