/** `overnight new --like KIND` and `--from ARENA`: a folder begins as a copy of something that runs at once. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { suggestionFor } from '../../base/did-you-mean.ts';
import { LabError } from '../../base/error.ts';
import { formatCount } from '../../base/text.ts';
import { copyTree, writeAtomic } from '../../os/files.ts';
import { hashLargeFile } from '../../os/trees.ts';
import { SHIPPED_ARENAS, shippedNames } from '../shipped-arenas.ts';

const SKELETONS = fileURLToPath(new URL('../../../skeletons', import.meta.url));
/** Beside the copied manifest: hashes of what a person replaces, by path. `doctor` reads it. */
export const SHIPPED_FILE = 'shipped.json';
const NEVER_COPIED = new Set(['node_modules', '.overnight', 'tests', 'examples']);

interface TemplateRequest {
  readonly folder: string;
  readonly like?: string | undefined;
  readonly from?: string | undefined;
}

export interface CopiedTemplate {
  readonly name: string;
  readonly files: readonly string[];
  /** What is left to replace by one's own. */
  readonly toReplace: readonly string[];
}

/** Copies nothing where one of the files is there already. */
export function copyTemplate({ folder, like, from }: TemplateRequest): CopiedTemplate {
  const isShipped = from !== undefined;
  const known = isShipped ? shippedNames() : fs.readdirSync(SKELETONS).sort();
  const name = (from ?? like)!;
  if (like !== undefined && from !== undefined)
    throw new LabError('E_USAGE', {
      what: '--like and --from do not go together.',
      why: `--like ${like} makes a skeleton, --from ${from} copies a shipped arena.`,
      next: 'Give one of them.',
    });
  if (!known.includes(name))
    throw new LabError('E_NOT_FOUND', {
      what: isShipped ? `There is no shipped arena "${name}".` : `There is no skeleton "${name}".`,
      why: `There are ${known.join(', ')}.${suggestionFor(name, known)}`,
      next: 'Name one of them.',
    });
  const source = path.join(isShipped ? SHIPPED_ARENAS : SKELETONS, name);
  const files = listFiles(source);
  const taken = files.filter((file) => fs.existsSync(path.join(folder, file)));
  if (taken.length > 0)
    throw new LabError('E_EXISTS', {
      what: `The copy would replace ${formatCount(taken.length, 'file')} of this folder.`,
      why: `${taken.slice(0, 3).join(', ')}${taken.length > 3 ? ', …' : ''} is there already.`,
      next: 'Choose an empty folder with --dir.',
    });
  fs.mkdirSync(folder, { recursive: true });
  copyTree(source, folder, (file) => file.split('/').some((part) => NEVER_COPIED.has(part)));
  const toReplace = files.filter((file) => file.startsWith('data/') && !/\.(mjs|ts|sh|py|md)$|SUMS$/.test(file));
  const hashes = Object.fromEntries(toReplace.map((file) => [file, hashOf(path.join(source, file))]));
  writeAtomic(path.join(folder, SHIPPED_FILE), `${JSON.stringify({ copyOf: name, files: hashes }, undefined, 2)}\n`);
  return { name, files, toReplace };
}

const hashOf = (file: string): string => hashLargeFile(file, fs.statSync(file).size);

const listFiles = (source: string): readonly string[] =>
  fs
    .readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(source, path.join(entry.parentPath, entry.name)))
    .filter((file) => !file.split(path.sep).some((part) => NEVER_COPIED.has(part)))
    .sort();

/** Which files of a copied arena are still the shipped ones; undefined for an arena that is no copy. */
export function findShippedFiles(
  folder: string,
): { readonly copyOf: string; readonly left: readonly string[] } | undefined {
  const recordFile = path.join(folder, SHIPPED_FILE);
  if (!fs.existsSync(recordFile)) return undefined;
  try {
    const record = JSON.parse(fs.readFileSync(recordFile, 'utf8')) as { copyOf?: unknown; files?: object };
    if (typeof record.copyOf !== 'string' || Object.keys(record.files ?? {}).length === 0) return undefined;
    const left = Object.entries(record.files ?? {}).filter(([file, hash]) => {
      const location = path.join(folder, file);
      return fs.existsSync(location) && hashOf(location) === hash;
    });
    return { copyOf: record.copyOf, left: left.map(([file]) => file) };
  } catch {
    return undefined; // a file of the person's own that has this name
  }
}
