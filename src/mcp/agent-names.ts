/**
 * One name, one agent: a server holds its name for as long as it runs, a working copy for as long as it is there. The
 * second one of a name is told who has it. A name is no proof of who somebody is; it keeps honest agents apart.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { z } from 'zod';
import { defined } from '../base/defined.ts';
import { LabError } from '../base/error.ts';
import { sha256Hex } from '../base/hash.ts';
import { oneLine } from '../base/text.ts';
import { takeLockOrOwner } from '../ledger/lock.ts';
import { currentTime } from '../os/clock.ts';
import { readText, writeAtomic } from '../os/files.ts';
import { readStamp } from './stamp.ts';

/** Names that are tried beside the wanted one: `ann-2`, `ann-3`, … */
const MAX_NUMBERED = 50;

export interface HeldName {
  readonly name: string;
  /** Who holds the wanted name, in words; absent where this is the wanted name. */
  readonly heldBy?: string;
  releaseName(): void;
}

/** A file name of any name; two names never share one. */
const fileOf = (labFolder: string, name: string, ending: string): string =>
  path.join(labFolder, 'agents', `${sha256Hex(name).slice(0, 32)}.${ending}`);

const numbered = (name: string, number: number): string => (number === 1 ? name : `${name}-${number}`);

/** Hold a name, or the first free one after it with a number. */
export function holdName(labFolder: string, wanted: string): HeldName {
  fs.mkdirSync(path.join(labFolder, 'agents'), { recursive: true });
  let heldBy: string | undefined;
  for (let number = 1; number <= MAX_NUMBERED; number++) {
    const name = numbered(wanted, number);
    const taken = takeLockOrOwner(fileOf(labFolder, name, 'lock'), currentTime());
    if ('releaseLock' in taken) return { name, ...defined({ heldBy }), releaseName: taken.releaseLock };
    const { owner } = taken;
    heldBy ??= owner
      ? `process ${owner.pid} on ${oneLine(owner.host, 60)} has it since ${owner.since.slice(0, 19).replace('T', ' ')} UTC`
      : 'another process has it';
  }
  throw nameTakenError(wanted, heldBy ?? 'another process has it', numbered(wanted, MAX_NUMBERED + 1));
}

const copySchema = z.object({ name: z.string(), folder: z.string(), host: z.string(), since: z.string() });

/**
 * Note that an agent works in a folder. Throws E_EXISTS where the name works in another one; `takesName` moves it.
 * A copy that is gone, or that another agent has by now, holds no name.
 */
export function bindCopy(
  lab: { readonly folder: string; readonly id: string },
  copy: { readonly name: string; readonly folder: string; readonly takesName: boolean },
): void {
  const bindingFile = fileOf(lab.folder, copy.name, 'copy.json');
  const holder = copySchema.safeParse(parseJson(readText(bindingFile)));
  const isElsewhere = holder.success && (holder.data.folder !== copy.folder || holder.data.host !== os.hostname());
  if (isElsewhere && !copy.takesName && isStillThere(holder.data, lab.id))
    throw nameTakenError(
      copy.name,
      `it works in ${oneLine(holder.data.folder, 200)}${holder.data.host === os.hostname() ? '' : ` on ${oneLine(holder.data.host, 60)}`} since ${holder.data.since.slice(0, 19).replace('T', ' ')} UTC`,
      `${copy.name}-2`,
    );
  fs.mkdirSync(path.dirname(bindingFile), { recursive: true });
  const { name, folder } = copy;
  writeAtomic(bindingFile, `${JSON.stringify({ name, folder, host: os.hostname(), since: currentTime() })}\n`);
}

function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Nothing can be known of another host's folder, so the copy counts as there. */
function isStillThere({ folder, host, name }: z.infer<typeof copySchema>, labId: string): boolean {
  if (host !== os.hostname()) return true;
  try {
    const stamp = readStamp(folder);
    return stamp?.lab === labId && stamp.by === name;
  } catch {
    return false;
  }
}

const nameTakenError = (name: string, who: string, free: string): LabError =>
  new LabError('E_EXISTS', {
    what: `The name ${oneLine(name, 60)} is taken.`,
    why: `${who[0]!.toUpperCase()}${who.slice(1)}.`,
    next: `Take a name of your own: \`--by ${/^[\w.-]+$/.test(free) ? free : JSON.stringify(free)}\`. If that was you, go on there, or take the name with \`--take-name\`.`,
  });

/** The copy of one agent is not changed by another one. Throws E_EXISTS. */
export function requireOwnCopy(owner: string | undefined, name: string | undefined, folder: string): void {
  if (owner === undefined || name === undefined || owner === name) return;
  throw new LabError('E_EXISTS', {
    what: `${oneLine(folder, 200)} is the working copy of ${oneLine(owner, 60)}.`,
    why: `You are ${oneLine(name, 60)}, and two agents in one folder overwrite each other.`,
    next: 'Make a copy of your own in another folder with `overnight checkout FOLDER`, with --by and your name.',
  });
}
