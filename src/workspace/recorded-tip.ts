/** The tip of a ledger, also recorded in the private store, so that lines cut at the ledger's end are noticed. */
import { gitText } from './command.ts';
import { readObjects } from './objects.ts';

const refOfTip = (labId: string): string | undefined =>
  /^[A-Za-z0-9-]+$/.test(labId) ? `refs/overnight-tips/${labId}` : undefined;

export async function recordTip(store: string, labId: string, tip: string, events: number): Promise<void> {
  const ref = refOfTip(labId);
  if (ref === undefined) return;
  const blob = await gitText(['hash-object', '-w', '--stdin'], { store, input: `${events} events, tip ${tip}\n` });
  await gitText(['update-ref', ref, blob.trim()], { store });
}

export async function readRecordedTip(
  store: string,
  labId: string,
): Promise<{ readonly tip: string; readonly events: number } | undefined> {
  const ref = refOfTip(labId);
  if (ref === undefined) return undefined;
  const oid = (await gitText(['for-each-ref', '--format=%(objectname)', ref], { store })).trim();
  const object = oid === '' ? undefined : (await readObjects(store, [oid])).get(oid);
  const [, events, tip] = /^(\d+) events, tip ([0-9a-f]{64})\n$/.exec(object?.content.toString('utf8') ?? '') ?? [];
  return tip ? { tip, events: Number(events) } : undefined;
}
