/**
 * Re-derive a lab from its ledger: the chain, every noise floor, verdict and confirmation, every commit, every blob.
 * Names the first mismatch, and says what it could not check. Reads only. Does not measure anything again: it proves
 * that the record is consistent, not that the machine was honest.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import { sha256Hex } from '../base/hash.ts';
import { formatCount } from '../base/text.ts';
import type { LedgerEvent } from '../core/event.ts';
import { createFold } from '../core/replay.ts';
import { decodeLedger, type ReadProgress } from '../ledger/chain.ts';
import { LEDGER_FILE, readBlob, tornLedgerError } from '../ledger/jsonl.ts';
import type { AuditCheck } from './check.ts';
import { Rederivation } from './rederivation.ts';
import { checkBranch, checkCommits } from './store-check.ts';
import { checkTips, knownTips, tipFromPerson } from './tip-check.ts';

export type { AuditCheck } from './check.ts';

export interface AuditResult {
  readonly ok: boolean;
  readonly tip: string;
  readonly checks: readonly AuditCheck[];
}

export interface AuditOptions {
  /** A tip that the ledger must contain, or its beginning. */
  readonly tip?: string;
  readonly onProgress?: ReadProgress;
}

/** `labFolder` is the lab's, `gitStore` the private git store (absent: git is not checked, and the result says so). */
export async function auditLab(
  labFolder: string,
  gitStore: string | undefined,
  options: AuditOptions = {},
): Promise<AuditResult> {
  const ledgerFile = path.join(labFolder, LEDGER_FILE);
  if (!fs.existsSync(ledgerFile))
    throw new LabError('E_NO_LAB', {
      what: 'There is no lab here to audit.',
      why: `${ledgerFile} does not exist.`,
      next: 'Name the arena’s folder with --dir, and the lab with --tag.',
    });
  const ledgerBytes = fs.readFileSync(ledgerFile);
  const { state, apply } = createFold((blobHash) => readBlob(labFolder, blobHash));
  const rederivation = new Rederivation(state);
  const checks: AuditCheck[] = [];
  let ledgerTip = '';
  try {
    const checkAndApply = (event: LedgerEvent): void => {
      rederivation.checkBeforeOrNote(event);
      apply(event);
    };
    const decoded = decodeLedger(ledgerBytes, checkAndApply, undefined, options.onProgress);
    ledgerTip = decoded.tip;
    if (decoded.tornBytes > 0) throw tornLedgerError(ledgerFile, decoded, ledgerBytes);
    checks.push({
      name: 'hash chain',
      ok: true,
      detail: `${formatCount(decoded.events, 'event')}, tip ${decoded.tip.slice(0, 12)}`,
    });
  } catch (thrown) {
    if (!(thrown instanceof LabError)) throw thrown;
    return {
      ok: false,
      tip: ledgerTip,
      checks: [{ name: 'hash chain', ok: false, detail: `${thrown.code}: ${thrown.message}` }],
    };
  }
  checks.push(...rederivation.listChecks(), checkBlobs(labFolder, rederivation.blobPlaces));
  const { snapshots, lastAdvanced, lineHashes } = rederivation;
  const store = gitStore !== undefined && fs.existsSync(gitStore) ? gitStore : undefined;
  if (store !== undefined) {
    checks.push(await checkCommits(state, snapshots, store, (blobHash) => readBlob(labFolder, blobHash)));
    checks.push(await checkBranch(state, lastAdvanced, store));
  } else
    checks.push({ name: 'commits', ok: true, skipped: true, detail: 'not checked: no git store beside this ledger' });
  // The first line names no line before it.
  const hashes = [...lineHashes.slice(1), ledgerTip];
  const tips = await knownTips(labFolder, store, state.lab?.lab);
  checks.push(checkTips(hashes, [...(options.tip === undefined ? [] : [tipFromPerson(options.tip)]), ...tips]));
  return { ok: checks.every((check) => check.ok), tip: ledgerTip, checks };
}

/** Where the ledger first names a blob, in words. */
type BlobPlaces = ReadonlyMap<string, string>;

function checkBlobs(labFolder: string, blobPlaces: BlobPlaces): AuditCheck {
  for (const [blobHash, place] of blobPlaces) {
    const blobBytes = /^[0-9a-f]{64}$/.test(blobHash) ? readBlob(labFolder, blobHash) : undefined;
    const blobName = `blob ${blobHash.slice(0, 12)}…`;
    if (!blobBytes) return { name: 'blobs', ok: false, detail: `${place}: ${blobName} is missing` };
    if (sha256Hex(blobBytes) !== blobHash)
      return { name: 'blobs', ok: false, detail: `${place}: ${blobName} has other bytes than its name says` };
  }
  return { name: 'blobs', ok: true, detail: formatCount(blobPlaces.size, 'blob') };
}
