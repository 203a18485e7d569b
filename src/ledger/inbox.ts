/**
 * The lab's inbox: requests for the running harness, a JSON file each, put there whole by anybody who may write the
 * folder. Only the harness removes them. A file that cannot be read is renamed to `*.bad` and left for a person.
 */
import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Inbox } from '../core/ports.ts';
import { type InboxEntry, inboxEntrySchema } from '../core/requests.ts';
import { isMissing, writeAtomic } from '../os/files.ts';

/** A submission is at most the 1 MB that one proposal may have, escaped as JSON. */
const MAX_REQUEST_BYTES = 8 << 20;

export function openInbox(folder: string): Inbox {
  return {
    listRequests: () =>
      requestFileNames(folder).flatMap((fileName) => {
        const requestFile = path.join(folder, fileName);
        const pendingRequest = readRequest(requestFile);
        if (pendingRequest) return [{ request: pendingRequest, remove: () => fs.rmSync(requestFile, { force: true }) }];
        fs.renameSync(requestFile, `${requestFile}.bad`);
        return [];
      }),
  };
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
  const requestFile = path.join(folder, `${String(Date.now()).padStart(15, '0')}-${requestId}.json`);
  writeAtomic(requestFile, JSON.stringify({ id: requestId, from: requestedBy, wish } satisfies InboxEntry));
  return { id: requestId, isTaken: () => !fs.existsSync(requestFile) };
}

function requestFileNames(folder: string): string[] {
  try {
    return fs
      .readdirSync(folder)
      .filter((fileName) => fileName.endsWith('.json'))
      .sort();
  } catch (thrown) {
    if (isMissing(thrown)) return [];
    throw thrown;
  }
}

function readRequest(requestFile: string): InboxEntry | undefined {
  try {
    if (fs.statSync(requestFile).size > MAX_REQUEST_BYTES) return undefined;
    return inboxEntrySchema.parse(JSON.parse(fs.readFileSync(requestFile, 'utf8')));
  } catch {
    return undefined;
  }
}
