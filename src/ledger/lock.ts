/**
 * One writer per ledger: a lock file that names its owner by pid and start time, taken over only when that owner is
 * provably dead. Protects against a second `run` by mistake, not against somebody who deletes the file.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import { isMissing } from '../os/files.ts';
import { bootId, isAlive, startTimeOf } from '../os/proc.ts';

export interface Owner {
  readonly pid: number;
  /** Start time as the kernel counts it; tells a reused pid from its owner. */
  readonly started: string;
  readonly boot: string;
  readonly host: string;
  readonly since: string;
}

export interface Lock {
  /** The dead owner it was taken over from, if any: the last session did not end by itself. */
  readonly tookOverFrom?: Owner;
  release(): void;
}

/** Take the lock or throw E_LOCKED with the owner. */
export function takeLock(file: string, now: string): Lock {
  const me: Owner = {
    pid: process.pid,
    started: startTimeOf(process.pid) ?? '',
    boot: bootId() ?? '',
    host: os.hostname(),
    since: now,
  };
  const text = `${JSON.stringify(me)}\n`;
  let tookOverFrom: Owner | undefined;
  for (let attempt = 0; attempt < 20; attempt++) {
    if (create(file, text)) {
      sweep(file);
      return { ...(tookOverFrom && { tookOverFrom }), release: () => release(file, text) };
    }
    const owner = readOwner(file);
    if (owner === undefined) continue;
    if (lives(owner)) throw locked(file, owner);
    if (moveAside(file, owner)) tookOverFrom = owner;
  }
  throw locked(file, readOwner(file));
}

/** Who holds it now and is alive, if anybody. For readers such as `status`. */
export function lockOwner(file: string): Owner | undefined {
  const owner = readOwner(file);
  return owner && lives(owner) ? owner : undefined;
}

/** Link a finished file into place: it appears whole or not at all, and never over another. */
function create(file: string, text: string): boolean {
  const temporary = `${file}.${process.pid}.${Math.random().toString(36).slice(2, 8)}`;
  fs.writeFileSync(temporary, text);
  try {
    fs.linkSync(temporary, file);
    return true;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw thrown;
  } finally {
    fs.rmSync(temporary, { force: true });
  }
}

/** Remove what processes left beside the lock that were killed while they took it. */
function sweep(file: string): void {
  const folder = path.dirname(file);
  for (const name of fs.readdirSync(folder)) {
    const [, pid] = /^\.(?:stale\.)?(\d+)\.[a-z0-9]+$/.exec(name.slice(path.basename(file).length)) ?? [];
    if (pid && name.startsWith(path.basename(file)) && startTimeOf(Number(pid)) === undefined)
      fs.rmSync(path.join(folder, name), { force: true });
  }
}

function readOwner(file: string): Owner | undefined {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as Owner;
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    return { pid: 0, started: '', boot: '', host: os.hostname(), since: 'unknown' };
  }
}

/** On another host nothing can be known, so the owner counts as alive. */
function lives(owner: Owner): boolean {
  if (owner.host !== os.hostname()) return true;
  return owner.boot === (bootId() ?? '') && isAlive(owner.pid, owner.started);
}

/** Rename the dead owner's lock away. If a living one was renamed by a race, put it back and lose. */
function moveAside(file: string, dead: Owner): boolean {
  const aside = `${file}.stale.${process.pid}.${Math.random().toString(36).slice(2, 8)}`;
  try {
    fs.renameSync(file, aside);
  } catch (thrown) {
    if (isMissing(thrown)) return false;
    throw thrown;
  }
  const moved = readOwner(aside);
  const right = moved !== undefined && JSON.stringify(moved) === JSON.stringify(dead);
  if (!right) {
    try {
      fs.linkSync(aside, file);
    } catch {
      // Somebody took the lock meanwhile: the next attempt meets them.
    }
  }
  fs.rmSync(aside, { force: true });
  return right;
}

function release(file: string, text: string): void {
  try {
    if (fs.readFileSync(file, 'utf8') === text) fs.rmSync(file);
  } catch (thrown) {
    if (!isMissing(thrown)) throw thrown;
  }
}

function locked(file: string, owner: Owner | undefined): LabError {
  const who = owner ? `process ${owner.pid} on ${owner.host} holds ${file} since ${owner.since}` : `${file} is taken`;
  return new LabError('E_LOCKED', {
    what: 'Another run works on this lab.',
    why: `${who[0]!.toUpperCase()}${who.slice(1)}.`,
    next:
      owner && owner.host !== os.hostname()
        ? 'If that machine is gone for good, delete the lock file and run again.'
        : 'Wait for it, or stop it with Ctrl-C in its terminal; `overnight status` shows what it does.',
  });
}
