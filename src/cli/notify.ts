/** Tell somebody that a run has ended: a JSON post to a URL, or a command with the reason in its environment. A failure to tell is no failure of the run. */
import type { Stop } from '../loop/lab.ts';
import { capture } from '../os/spawn.ts';
import type { Opened } from '../wire.ts';
import { viewOf } from './find.ts';

const PATIENCE_MS = 20_000;

/** Resolves with whether it was heard. */
export async function notify(target: string, opened: Opened, { reason, detail }: Stop): Promise<boolean> {
  const { view } = viewOf(opened);
  const said = { arena: view.arena, tag: opened.tag, reason, detail, verdict: view.verdict.sentence };
  if (!/^https?:\/\//.test(target)) {
    const env = {
      ...process.env,
      OVERNIGHT_ARENA: said.arena,
      OVERNIGHT_REASON: reason,
      OVERNIGHT_DETAIL: detail,
      OVERNIGHT_VERDICT: said.verdict,
    };
    return (await capture('sh', ['-c', target], { env, timeoutMs: PATIENCE_MS })).status === 0;
  }
  try {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(target, { method: 'POST', headers, body: JSON.stringify(said), signal: AbortSignal.timeout(PATIENCE_MS) });
    return answer.ok;
  } catch {
    return false;
  }
}
