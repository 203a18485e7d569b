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

const NEVER_LISTED = new Set(['.git', '.overnight', 'node_modules', '__pycache__', '.venv']);
const MAX_FILES = 20_000;
const MAX_TOTAL_BYTES = 512 << 20;

/**
 * The repository that a folder belongs to. A repository without a commit is E_NO_COMMITS; being ignored counts as being
 * outside.
 */
export async function sourceOf(folder: string): Promise<Source> {
  const repositoryRoot = (await gitText(['rev-parse', '--show-toplevel'], { cwd: folder, allow: [128] })).trim();
  if (!repositoryRoot) return { dirty: false };
  const ignoredPaths = await gitText(['check-ignore', '--', folder], { cwd: folder, allow: [1, 128] });
  if (ignoredPaths.trim() !== '') return { dirty: false };
  const headCommit = (
    await gitText(['rev-parse', '--quiet', '--verify', 'HEAD^{commit}'], { cwd: folder, allow: [1, 128] })
  ).trim();
  if (!headCommit) {
    throw new LabError('E_NO_COMMITS', {
      what: 'The repository has no commits.',
      why: `${repositoryRoot} was initialised, but nothing was ever committed.`,
      next: 'Commit your files once, so that the result can become a branch on top of them.',
    });
  }
  const isDirty =
    (await gitText(['status', '--porcelain', '--untracked-files=all', '--', '.'], { cwd: folder })).trim() !== '';
  const subfolder = path.relative(fs.realpathSync(repositoryRoot), fs.realpathSync(folder)).split(path.sep).join('/');
  return { repository: repositoryRoot, commit: headCommit, subfolder, dirty: isDirty };
}

/** Sorted paths of the arena's files. */
export async function listFolder(folder: string): Promise<string[]> {
  const source = await sourceOf(folder);
  const filePaths = source.repository ? await listRepository(folder) : listTree(folder, isNeverListed);
  return filePaths.filter((filePath) => !isNeverListed(filePath)).sort();
}

const isNeverListed = (filePath: string): boolean => filePath.split('/').some((pathPart) => NEVER_LISTED.has(pathPart));

async function listRepository(folder: string): Promise<string[]> {
  const listGitFiles = async (...listArgs: string[]): Promise<string[]> =>
    (await gitText(['ls-files', '-z', ...listArgs], { cwd: folder })).split('\0').filter(Boolean);
  const trackedFiles = await listGitFiles('--cached', '--recurse-submodules');
  const otherFiles = await listGitFiles('--others', '--exclude-standard');
  return [...new Set([...trackedFiles, ...otherFiles])].filter((filePath) => {
    const fileStats = fs.lstatSync(path.join(folder, filePath), { throwIfNoEntry: false });
    return fileStats !== undefined && !fileStats.isDirectory();
  });
}

/** Every file with its bytes. Bounded, so that a home folder given by mistake fails at once. */
export async function readFolder(folder: string): Promise<SourceFile[]> {
  const filePaths = await listFolder(folder);
  const tooLargeError = (reason: string): LabError =>
    new LabError('E_FILES', {
      what: 'The arena’s folder is too large.',
      why: reason,
      next: 'Put arena.yaml into a smaller folder, or ignore data and build output in .gitignore.',
    });
  if (filePaths.length > MAX_FILES)
    throw tooLargeError(`${folder} has ${filePaths.length} files; at most ${MAX_FILES} are allowed.`);
  let totalBytes = 0;
  return filePaths.map((relativePath) => {
    const fullPath = path.join(folder, relativePath);
    const fileStats = fs.lstatSync(fullPath);
    if (fileStats.isSymbolicLink())
      return { path: relativePath, mode: '120000' as const, bytes: Buffer.from(fs.readlinkSync(fullPath)) };
    totalBytes += fileStats.size;
    if (totalBytes > MAX_TOTAL_BYTES) throw tooLargeError(`Its files hold more than ${MAX_TOTAL_BYTES >> 20} MiB.`);
    return {
      path: relativePath,
      mode: fileStats.mode & 0o100 ? ('100755' as const) : ('100644' as const),
      bytes: fs.readFileSync(fullPath),
    };
  });
}
