/**
 * The lab's inbox: requests for the running harness, a JSON file each, put there whole by anybody who may write the
 * folder. Only the harness removes them. A file that cannot be read is renamed to `*.bad` and left for a person; no
 * file there can stop the harness.
 */
import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Inbox } from '../core/ports.ts';
import { type InboxEntry, inboxEntrySchema } from '../core/requests.ts';
import { isMissing, writeAtomic } from '../os/files.ts';
import { joinBytes } from '../os/trees.ts';

/** A submission is at most the 1 MB that one proposal may have, escaped as JSON. */
const MAX_REQUEST_BYTES = 8 << 20;
const MAX_NAME_BYTES = 255;

/** Bytes of requests that are read at one look: looks happen while a candidate is being measured. */
const MAX_BYTES_A_LOOK = 16 << 20;
/** Files that are looked at together. */
const MAX_FILES_A_LOOK = 200;

export function openInbox(folder: string): Inbox {
  /** Files that can neither be read nor set aside. */
  const ignoredNames = new Set<string>();
  const setAside = (requestFile: RequestFile): void => {
    try {
      fs.renameSync(requestFile.location, joinBytes(folder, badNameOf(requestFile.name)));
    } catch {
      ignoredNames.add(requestFile.key);
    }
  };
  const remove = (requestFile: RequestFile): void => {
    try {
      fs.rmSync(requestFile.location, { force: true });
    } catch {
      ignoredNames.add(requestFile.key);
    }
  };
  return {
    listRequests: () => {
      const found: ReturnType<Inbox['listRequests']>[number][] = [];
      let readBytes = 0;
      const waitingFiles = requestFilesIn(folder).filter(({ key }) => !ignoredNames.has(key));
      for (const requestFile of waitingFiles.slice(0, MAX_FILES_A_LOOK)) {
        const requestBytes = readPlainFile(requestFile.location);
        readBytes += requestBytes?.length ?? 0;
        const request = requestBytes && parseRequest(requestBytes);
        if (request) found.push({ request, remove: () => remove(requestFile) });
        else setAside(requestFile);
        if (readBytes > MAX_BYTES_A_LOOK) break;
      }
      return found;
    },
  };
}

interface RequestFile {
  readonly name: Buffer;
  readonly location: string | Buffer;
  /** The name as text in which no two names are equal. */
  readonly key: string;
}

/** Files that end in `.json`, oldest first: names begin with the time, then with their place in that millisecond. */
function requestFilesIn(folder: string): RequestFile[] {
  try {
    return fs
      .readdirSync(folder, { encoding: 'buffer' })
      .map((name) => ({ name, location: joinBytes(folder, name), key: name.toString('latin1') }))
      .filter(({ key }) => key.endsWith('.json'))
      .sort((left, right) => (left.key < right.key ? -1 : 1));
  } catch (thrown) {
    if (isMissing(thrown)) return [];
    throw thrown;
  }
}

/** `NAME.bad`; a name that would become too long loses its end. */
const badNameOf = (name: Buffer): Buffer => Buffer.concat([name.subarray(0, MAX_NAME_BYTES - 4), Buffer.from('.bad')]);

/** Never waits for a pipe and never follows a link. Undefined for everything but a plain file of a possible size. */
function readPlainFile(location: string | Buffer): Buffer | undefined {
  let descriptor: number | undefined;
  try {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
    descriptor = fs.openSync(location, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const fileStats = fs.fstatSync(descriptor);
    return fileStats.isFile() && fileStats.size <= MAX_REQUEST_BYTES ? fs.readFileSync(descriptor) : undefined;
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) fs.closeSync(descriptor);
  }
}

function parseRequest(requestBytes: Buffer): InboxEntry | undefined {
  try {
    return inboxEntrySchema.parse(JSON.parse(requestBytes.toString('utf8')));
  } catch {
    return undefined;
  }
}

let lastPostTime = 0;
let postsAtThatTime = 0;

/** Sorts after every earlier name of this process, also within a millisecond and when the clock is set back. */
function nextRequestName(requestId: string): string {
  const now = Math.max(Date.now(), lastPostTime);
  postsAtThatTime = now === lastPostTime ? postsAtThatTime + 1 : 0;
  lastPostTime = now;
  return `${String(now).padStart(15, '0')}-${String(postsAtThatTime).padStart(6, '0')}-${requestId}.json`;
}

/**
 * Put a request into the inbox of a lab, which need not be running. Returns the request's id and a function that says
 * whether it was taken.
 */
export function postRequest(
  folder: string,
  requestedBy: string,
  wish: InboxEntry['wish'],
): { readonly id: string; readonly isTaken: () => boolean } {
  const requestId = randomUUID();
  fs.mkdirSync(folder, { recursive: true });
  const requestFile = path.join(folder, nextRequestName(requestId));
  writeAtomic(requestFile, JSON.stringify({ id: requestId, from: requestedBy, wish } satisfies InboxEntry));
  return { id: requestId, isTaken: () => !fs.existsSync(requestFile) };
}
