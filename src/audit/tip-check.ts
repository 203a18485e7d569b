/**
 * The ledger's tip against places that recorded it earlier: what a person kept, the report, the private store. A chain
 * cannot show that whole lines are missing at its end; an earlier tip that is not in it does.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import { formatCount } from '../base/text.ts';
import { readRecordedTip } from '../workspace/recorded-tip.ts';
import type { AuditCheck } from './check.ts';

export interface KnownTip {
  readonly place: string;
  /** Its hash, or the beginning of it. */
  readonly tip: string;
  /** Events that the ledger had then. */
  readonly events?: number;
}

const MIN_TIP_LENGTH = 8;

/** A tip that a person gives: `overnight audit --tip`. */
export function tipFromPerson(tip: string): KnownTip {
  const hash = tip.trim().toLowerCase();
  if (/^[0-9a-f]+$/.test(hash) && hash.length >= MIN_TIP_LENGTH && hash.length <= 64)
    return { place: 'the tip that was given', tip: hash };
  throw new LabError('E_USAGE', {
    what: 'This is no tip of a ledger.',
    why: `"${tip}" is not a hash of ${MIN_TIP_LENGTH} to 64 hexadecimal digits.`,
    next: 'Copy it from the fine print of a report, or from an earlier `overnight audit`.',
  });
}

/** Tips that lie beside the ledger. */
export async function knownTips(
  labFolder: string,
  store: string | undefined,
  labId: string | undefined,
): Promise<KnownTip[]> {
  const tips: KnownTip[] = [];
  for (const name of ['report.md', 'report.html']) {
    const reportFile = path.join(labFolder, 'report', name);
    const report = fs.existsSync(reportFile) ? fs.readFileSync(reportFile, 'utf8') : '';
    const [, events, tip] = /([\d,]+) events?, tip ([0-9a-f]{64})/.exec(report) ?? [];
    if (tip) tips.push({ place: name, tip, events: Number(events!.replaceAll(',', '')) });
  }
  const stored = store && labId !== undefined ? await readRecordedTip(store, labId) : undefined;
  return stored ? [...tips, { place: 'the private store', ...stored }] : tips;
}

/** `lineHashes`: the hash of every line of the ledger, in order. */
export function checkTips(lineHashes: readonly string[], tips: readonly KnownTip[]): AuditCheck {
  if (tips.length === 0)
    return { name: 'tip', ok: true, skipped: true, detail: 'not checked: it was recorded nowhere else' };
  for (const { place, tip, events } of tips) {
    const line = lineHashes.findIndex((hash) => hash.startsWith(tip));
    if (line >= 0) continue;
    const then = events === undefined ? '' : ` after event ${events - 1}`;
    const cause =
      events !== undefined && events > lineHashes.length
        ? `lines were cut: ${formatCount(events, 'line')} then, ${formatCount(lineHashes.length, 'line')} now`
        : 'lines were cut at its end, or changed';
    return {
      name: 'tip',
      ok: false,
      detail: `${place} has tip ${tip.slice(0, 12)}${then}, which is not in the ledger: ${cause}`,
    };
  }
  return { name: 'tip', ok: true, detail: `found in the ledger: ${tips.map(({ place }) => place).join(', ')}` };
}
