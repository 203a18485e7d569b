/**
 * The lab's inbox: wishes for the running harness, a JSON file each, put there whole by anybody who may write the
 * folder. Only the harness removes them. What cannot be read is renamed to `*.bad` and left for a person.
 */
import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Inbox } from '../core/ports.ts';
import { type Request, request } from '../core/requests.ts';
import { isMissing, writeAtomic } from '../os/files.ts';

/** A submission is at most the 1 MB that one proposal may have, escaped as JSON. */
const MOST_BYTES = 8 << 20;

export function openInbox(folder: string): Inbox {
  return {
    list: () =>
      names(folder).flatMap((name) => {
        const file = path.join(folder, name);
        const found = read(file);
        if (found) return [{ request: found, remove: () => fs.rmSync(file, { force: true }) }];
        fs.renameSync(file, `${file}.bad`);
        return [];
      }),
  };
}

/**
 * Put a wish into the inbox of a lab; it need not be running. Returns the wish's id and a way to see whether it was
 * taken.
 */
export function post(
  folder: string,
  from: string,
  wish: Request['wish'],
): { readonly id: string; readonly isTaken: () => boolean } {
  const id = randomUUID();
  fs.mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${String(Date.now()).padStart(15, '0')}-${id}.json`);
  writeAtomic(file, JSON.stringify({ id, from, wish } satisfies Request));
  return { id, isTaken: () => !fs.existsSync(file) };
}

function names(folder: string): string[] {
  try {
    return fs
      .readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .sort();
  } catch (thrown) {
    if (isMissing(thrown)) return [];
    throw thrown;
  }
}

function read(file: string): Request | undefined {
  try {
    if (fs.statSync(file).size > MOST_BYTES) return undefined;
    return request.parse(JSON.parse(fs.readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}
