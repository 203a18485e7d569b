/**
 * How this program is started from where the person stands: `overnight` where it is on PATH, `npx overnight` below a
 * node_modules, otherwise `node` and the file.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';

export interface ProgramPlace {
  /** The file that Node runs: `process.argv[1]`. */
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

export function programName({ file, env, cwd }: ProgramPlace): string {
  const realFile = realPathOf(file);
  // npm and npx put folders on PATH that the person's shell does not have.
  const folders = (env.PATH ?? '').split(path.delimiter).filter(Boolean);
  const isIn = (folder: string): boolean => realPathOf(path.join(folder, 'overnight')) === realFile;
  const isNpmFolder = (folder: string): boolean => path.normalize(folder).endsWith(path.join('node_modules', '.bin'));
  if (folders.some((folder) => !isNpmFolder(folder) && isIn(folder))) return 'overnight';
  if (folders.some((folder) => isNpmFolder(folder) && isIn(folder))) return 'npx overnight';
  const relativeFile = path.relative(cwd, realFile);
  return `node ${quoteWord(relativeFile.length < realFile.length ? relativeFile : realFile)}`;
}

function realPathOf(file: string): string {
  try {
    return fs.realpathSync(file);
  } catch {
    return file;
  }
}

/** A word as a POSIX shell reads it back. */
export const quoteWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
