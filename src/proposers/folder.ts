/**
 * The folder of one call, before and after: which editable files changed, what else was touched. Trusts nothing that it
 * finds: links are not followed, large and binary files are not read. Knows nothing about agents.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { sha256 } from '../base/hash.ts';
import type { FileRole } from '../core/arena.ts';
import type { RefusalCode } from '../core/event.ts';
import type { FileEdit } from '../core/ports.ts';
import { listTree } from '../os/files.ts';

/** More than policy lets through is not read at all. */
const MOST_BYTES = 1 << 20;
/** Beyond this a frozen file is compared by what the file system says of it. */
const MOST_HASHED = 1 << 16;

export type Prints = ReadonlyMap<string, string>;

export interface Harvest {
  readonly edits: readonly FileEdit[];
  /** Changes of what is not editable: of files that were there, and new ones. Neither counts. */
  readonly touched: readonly string[];
  readonly strays: readonly string[];
  /** An editable file that cannot be recorded as text. */
  readonly refusal?: { readonly code: RefusalCode; readonly reason: string };
}

/** What every file is now, to be compared later. */
export function printsOf(dir: string): Prints {
  return new Map(listTree(dir).map((file) => [file, printOf(path.join(dir, file))]));
}

function printOf(file: string): string {
  const stat = fs.lstatSync(file, { bigint: true });
  if (stat.isSymbolicLink()) return `link ${fs.readlinkSync(file)}`;
  if (!stat.isFile()) return 'special';
  if (stat.size <= MOST_HASHED) return sha256(fs.readFileSync(file));
  return `${stat.size} ${stat.mtimeNs} ${stat.ctimeNs} ${stat.ino}`;
}

/** What changed below `dir` since `before`. Paths in `ignore` are nobody's business. */
export function harvest(
  dir: string,
  before: Prints,
  role: (path: string) => FileRole,
  ignore: ReadonlySet<string>,
): Harvest {
  const after = printsOf(dir);
  const changed = [...new Set([...before.keys(), ...after.keys()])]
    .filter((file) => !ignore.has(file) && before.get(file) !== after.get(file))
    .sort();
  const edits: FileEdit[] = [];
  let refusal: Harvest['refusal'];
  for (const file of changed.filter((each) => role(each) === 'editable')) {
    if (!after.has(file)) {
      edits.push({ path: file, content: null });
      continue;
    }
    const read = readEdited(path.join(dir, file), file);
    if (typeof read === 'string') edits.push({ path: file, content: read });
    else refusal ??= read;
  }
  const others = changed.filter((each) => role(each) !== 'editable');
  return {
    edits,
    touched: others.filter((each) => before.has(each)),
    strays: others.filter((each) => !before.has(each)),
    ...(refusal && { refusal }),
  };
}

function readEdited(file: string, name: string): string | NonNullable<Harvest['refusal']> {
  const stat = fs.lstatSync(file);
  if (!stat.isFile()) return { code: 'not-text', reason: `${name} is no longer a plain file` };
  if (stat.size > MOST_BYTES)
    return { code: 'too-large', reason: `${name} has ${stat.size} bytes, at most ${MOST_BYTES} are allowed` };
  const bytes = fs.readFileSync(file);
  if (bytes.includes(0)) return { code: 'not-text', reason: `${name} would become a binary file` };
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { code: 'not-text', reason: `${name} is no longer UTF-8 text` };
  }
}

/** The note that an agent left as a file; undefined when there is none worth reading. */
export function noteFile(dir: string, name: string): string | undefined {
  const stat = fs.lstatSync(path.join(dir, name), { throwIfNoEntry: false });
  return stat?.isFile() && stat.size <= 64 * 1024 ? fs.readFileSync(path.join(dir, name), 'utf8') : undefined;
}
