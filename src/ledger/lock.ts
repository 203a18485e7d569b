/**
 * One writer per ledger: a lock file that names its owner by pid and start time, taken over only when that owner is
 * provably dead. Protects against a second `run` by mistake, not against somebody who deletes the file.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { defined } from '../base/defined.ts';
import { LabError } from '../base/error.ts';
import { isMissing } from '../os/files.ts';
import { bootId, isAlive, startTimeOf } from '../os/proc.ts';

export interface LockOwner {
  readonly pid: number;
  /** Start time as the kernel counts it: another process with the same pid has another one. */
  readonly started: string;
  readonly boot: string;
  readonly host: string;
  readonly since: string;
}

export interface LedgerLock {
  /** The dead owner it was taken over from, if any: the last session did not end by itself. */
  readonly tookOverFrom?: LockOwner;
  releaseLock(): void;
}

/** Take the lock or throw E_LOCKED with the owner. */
export function takeLock(lockFile: string, currentTime: string): LedgerLock {
  const ownProcess: LockOwner = {
    pid: process.pid,
    started: startTimeOf(process.pid) ?? '',
    boot: bootId() ?? '',
    host: os.hostname(),
    since: currentTime,
  };
  const ownText = `${JSON.stringify(ownProcess)}\n`;
  let tookOverFrom: LockOwner | undefined;
  for (let attempt = 0; attempt < 20; attempt++) {
    if (createLock(lockFile, ownText)) {
      removeLeftovers(lockFile);
      return { ...defined({ tookOverFrom }), releaseLock: () => removeLock(lockFile, ownText) };
    }
    const owner = readLockOwner(lockFile);
    if (owner === undefined) continue;
    if (isOwnerAlive(owner)) throw lockedError(lockFile, owner);
    if (removeDeadLock(lockFile, owner, ownText)) tookOverFrom = owner;
    else pauseBriefly();
  }
  throw lockedError(lockFile, readLockOwner(lockFile));
}

/** Somebody else is at the same dead lock, and needs some tens of microseconds. */
const pauseBriefly = (): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);

/** The living owner, if there is one. For readers such as `status`. */
export function lockOwner(lockFile: string): LockOwner | undefined {
  const owner = readLockOwner(lockFile);
  return owner && isOwnerAlive(owner) ? owner : undefined;
}

/** Link a finished file into place: it appears whole or not at all, and never over another. */
function createLock(lockFile: string, lockText: string): boolean {
  const temporaryFile = `${lockFile}.${process.pid}.${Math.random().toString(36).slice(2, 8)}`;
  fs.writeFileSync(temporaryFile, lockText);
  try {
    fs.linkSync(temporaryFile, lockFile);
    return true;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw thrown;
  } finally {
    fs.rmSync(temporaryFile, { force: true });
  }
}

/** Remove what processes left beside the lock that were killed while they took it. */
function removeLeftovers(lockFile: string): void {
  const folder = path.dirname(lockFile);
  for (const entryName of fs.readdirSync(folder)) {
    const [, pid] =
      /^\.(?:(?:stale|guard)\.)?(\d+)\.[a-z0-9]+$/.exec(entryName.slice(path.basename(lockFile).length)) ?? [];
    if (pid && entryName.startsWith(path.basename(lockFile)) && startTimeOf(Number(pid)) === undefined)
      fs.rmSync(path.join(folder, entryName), { force: true });
  }
}

function readLockOwner(lockFile: string): LockOwner | undefined {
  try {
    return JSON.parse(fs.readFileSync(lockFile, 'utf8')) as LockOwner;
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    return { pid: 0, started: '', boot: '', host: os.hostname(), since: 'unknown' };
  }
}

/** On another host nothing can be known, so the owner counts as alive. */
function isOwnerAlive(owner: LockOwner): boolean {
  if (owner.host !== os.hostname()) return true;
  return owner.boot === (bootId() ?? '') && isAlive(owner.pid, owner.started);
}

/**
 * Remove the dead owner's lock. Only whoever holds the guard may, and looks again under it: else one that is slow would
 * remove the lock of somebody who took it over meanwhile, and two would hold it.
 */
function removeDeadLock(lockFile: string, deadOwner: LockOwner, ownText: string): boolean {
  const guardFile = `${lockFile}.guard`;
  if (!createLock(guardFile, ownText)) {
    const guard = readLockOwner(guardFile);
    // Its owner was killed within these few lines.
    if (guard && !isOwnerAlive(guard)) fs.rmSync(guardFile, { force: true });
    return false;
  }
  try {
    const owner = readLockOwner(lockFile);
    if (owner === undefined || JSON.stringify(owner) !== JSON.stringify(deadOwner)) return false;
    fs.rmSync(lockFile, { force: true });
    return true;
  } finally {
    removeLock(guardFile, ownText);
  }
}

function removeLock(lockFile: string, lockText: string): void {
  try {
    if (fs.readFileSync(lockFile, 'utf8') === lockText) fs.rmSync(lockFile);
  } catch (thrown) {
    if (!isMissing(thrown)) throw thrown;
  }
}

function lockedError(lockFile: string, owner: LockOwner | undefined): LabError {
  const holder = owner
    ? `process ${owner.pid} on ${owner.host} holds ${lockFile} since ${owner.since}`
    : `${lockFile} is taken`;
  return new LabError('E_LOCKED', {
    what: 'Another run works on this lab.',
    why: `${holder[0]!.toUpperCase()}${holder.slice(1)}.`,
    next:
      owner && owner.host !== os.hostname()
        ? 'If that machine is gone for good, delete the lock file and run again.'
        : 'Wait for it, or stop it with Ctrl-C in its terminal; `overnight status` shows what it does.',
  });
}

/** Take a lock, or say who has it: for whatever one process at a time may hold, beside the ledger. */
export function takeLockOrOwner(lockFile: string, currentTime: string): LedgerLock | { readonly owner?: LockOwner } {
  try {
    return takeLock(lockFile, currentTime);
  } catch (thrown) {
    if (!(thrown instanceof LabError) || thrown.code !== 'E_LOCKED') throw thrown;
    return defined({ owner: lockOwner(lockFile) });
  }
}
