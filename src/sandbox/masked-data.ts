/**
 * Data of this machine below /usr that are empty inside the sandbox: labels of data sets that everybody knows lie there
 * open. Never code: what a program needs to start stays. `sandbox.read` in the manifest shows one of them again.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A place below which everything is data or text, and why it is hidden. `*` stands for one name. */
export interface MaskedPlace {
  readonly pattern: string;
  readonly reason: string;
}

export const MASKED_PLACES: readonly MaskedPlace[] = [
  { pattern: '/usr/share/doc', reason: 'documentation with its own index, such as the manual of PostgreSQL' },
  { pattern: '/usr/share/doc-base', reason: 'the index of the documentation' },
  { pattern: '/usr/share/common-licenses', reason: 'texts of licences' },
  { pattern: '/usr/share/licenses', reason: 'texts of licences, on other distributions' },
  { pattern: '/usr/share/man', reason: 'pages of manuals' },
  { pattern: '/usr/share/info', reason: 'pages of manuals' },
  { pattern: '/usr/share/gtk-doc', reason: 'documentation' },
  { pattern: '/usr/share/dict', reason: 'word lists' },
  { pattern: '/usr/share/nltk_data', reason: 'labelled texts' },
  { pattern: '/usr/local/share/nltk_data', reason: 'labelled texts' },
  { pattern: '/usr/lib/nltk_data', reason: 'labelled texts' },
  { pattern: '/usr/local/share/doc', reason: 'documentation' },
  { pattern: '/usr/local/share/man', reason: 'pages of manuals' },
  { pattern: '/usr/lib/R/library/*/data', reason: 'data sets of the packages of R' },
  { pattern: '/usr/lib/R/site-library/*/data', reason: 'data sets of the packages of R' },
  { pattern: '/usr/local/lib/R/site-library/*/data', reason: 'data sets of the packages of R' },
  { pattern: '/usr/lib/R/site-library/*/extdata', reason: 'data files of the packages of R' },
  { pattern: '/usr/local/lib/R/site-library/*/extdata', reason: 'data files of the packages of R' },
];

/** Folders named `datasets` of Python packages hold code beside the data: there single files are hidden. */
const PYTHON_PLACES = [
  '/usr/lib/python3/dist-packages/*/datasets',
  '/usr/lib/python3.*/site-packages/*/datasets',
  '/usr/local/lib/python3.*/dist-packages/*/datasets',
  '/usr/local/lib/python3.*/site-packages/*/datasets',
];
const DATA_FILE = /\.(csv|tsv|txt|dat|data|dta|arff|npy|npz|json|rst|gz|bz2|xz|zip|parquet|rda|rds|xls|xlsx|mat)$/;

export interface MaskedPaths {
  /** Shown as empty folders. */
  readonly folders: readonly string[];
  /** Cannot be read. */
  readonly files: readonly string[];
}

/** What of the list is on this machine. Links are left as they are: what they point to is looked at by its own name. */
export function findMaskedPaths(root = '/'): MaskedPaths {
  const folders = MASKED_PLACES.flatMap(({ pattern }) => expandPattern(root, pattern));
  const files = PYTHON_PLACES.flatMap((pattern) => expandPattern(root, pattern)).flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && DATA_FILE.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  return { folders: [...new Set(folders)], files };
}

/** Without those that the arena asks for: the place itself, or a folder above it. */
export function withoutShown(masked: MaskedPaths, shownPaths: readonly string[]): MaskedPaths {
  const isCovered = (place: string): boolean =>
    shownPaths.some((shown) => place === shown || place.startsWith(`${shown.replace(/\/+$/, '')}/`));
  const isKept = (place: string): boolean => !isCovered(place);
  return { folders: masked.folders.filter(isKept), files: masked.files.filter(isKept) };
}

/** Folders that match a pattern whose names may hold `*`. */
function expandPattern(root: string, pattern: string): string[] {
  let found = [root];
  for (const part of pattern.split('/').filter((name) => name !== '')) {
    const matcher = new RegExp(`^${part.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
    found = found.flatMap((folder) =>
      part.includes('*')
        ? listNames(folder).flatMap((name) => (matcher.test(name) ? [join(folder, name)] : []))
        : [join(folder, part)],
    );
  }
  return found.filter(isFolder);
}

function listNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isFolder(place: string): boolean {
  try {
    return statSync(place).isDirectory();
  } catch {
    return false; // it is not there, is below a file, or may not be looked at
  }
}
