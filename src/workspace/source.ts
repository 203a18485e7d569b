/**
 * The person's folder as a list of files: what git tracks there plus what it does not ignore, submodules included,
 * exactly as it lies on disk. Only reads. Outside a repository, or in a folder that its repository ignores, everything
 * but the usual build folders counts.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import { listTree } from '../os/files.ts';
import { gitText } from './command.ts';

export interface SourceFile {
  readonly path: string;
  readonly mode: '100644' | '100755' | '120000';
  readonly bytes: Buffer;
}

export interface Source {
  /** Root of the enclosing repository; absent outside one. */
  readonly repository?: string;
  readonly commit?: string;
  /** The arena's folder below the root, '' at the root. */
  readonly subfolder?: string;
  /** Uncommitted changes below the arena's folder. */
  readonly dirty: boolean;
}

const NEVER = new Set(['.git', '.overnight', 'node_modules', '__pycache__', '.venv']);
const MOST_FILES = 20_000;
const MOST_BYTES = 512 << 20;

/**
 * The repository that a folder belongs to. A repository without a commit is E_NO_COMMITS; being ignored counts as being
 * outside.
 */
export async function sourceOf(folder: string): Promise<Source> {
  const root = (await gitText(['rev-parse', '--show-toplevel'], { cwd: folder, allow: [128] })).trim();
  if (!root) return { dirty: false };
  const ignored = await gitText(['check-ignore', '--', folder], { cwd: folder, allow: [1, 128] });
  if (ignored.trim() !== '') return { dirty: false };
  const commit = (
    await gitText(['rev-parse', '--quiet', '--verify', 'HEAD^{commit}'], { cwd: folder, allow: [1, 128] })
  ).trim();
  if (!commit) {
    throw new LabError('E_NO_COMMITS', {
      what: 'The repository has no commits.',
      why: `${root} was initialised, but nothing was ever committed.`,
      next: 'Commit your files once, so that the night’s result has something to stand on.',
    });
  }
  const dirty =
    (await gitText(['status', '--porcelain', '--untracked-files=all', '--', '.'], { cwd: folder })).trim() !== '';
  const subfolder = path.relative(fs.realpathSync(root), fs.realpathSync(folder)).split(path.sep).join('/');
  return { repository: root, commit, subfolder, dirty };
}

/** Sorted paths of the arena's files. */
export async function listFolder(folder: string): Promise<string[]> {
  const source = await sourceOf(folder);
  const files = source.repository ? await listRepository(folder) : listTree(folder, skipped);
  return files.filter((file) => !skipped(file)).sort();
}

const skipped = (file: string): boolean => file.split('/').some((part) => NEVER.has(part));

async function listRepository(folder: string): Promise<string[]> {
  const list = async (...args: string[]): Promise<string[]> =>
    (await gitText(['ls-files', '-z', ...args], { cwd: folder })).split('\0').filter(Boolean);
  const tracked = await list('--cached', '--recurse-submodules');
  const others = await list('--others', '--exclude-standard');
  return [...new Set([...tracked, ...others])].filter((file) => {
    const stat = fs.lstatSync(path.join(folder, file), { throwIfNoEntry: false });
    return stat !== undefined && !stat.isDirectory();
  });
}

/** Every file with its bytes. Bounded, so that a home folder given by mistake is a message and not an hour. */
export async function readFolder(folder: string): Promise<SourceFile[]> {
  const files = await listFolder(folder);
  const tooMuch = (why: string): LabError =>
    new LabError('E_FILES', {
      what: 'The arena’s folder is too large.',
      why,
      next: 'Put arena.yaml into a smaller folder, or ignore data and build output in .gitignore.',
    });
  if (files.length > MOST_FILES)
    throw tooMuch(`${folder} has ${files.length} files; at most ${MOST_FILES} are allowed.`);
  let total = 0;
  return files.map((file) => {
    const full = path.join(folder, file);
    const stat = fs.lstatSync(full);
    if (stat.isSymbolicLink())
      return { path: file, mode: '120000' as const, bytes: Buffer.from(fs.readlinkSync(full)) };
    total += stat.size;
    if (total > MOST_BYTES) throw tooMuch(`Its files hold more than ${MOST_BYTES >> 20} MiB.`);
    return {
      path: file,
      mode: stat.mode & 0o100 ? ('100755' as const) : ('100644' as const),
      bytes: fs.readFileSync(full),
    };
  });
}
