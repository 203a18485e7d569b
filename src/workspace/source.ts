/**
 * The person's folder as a list of files: what git tracks there plus what it does not ignore, submodules included,
 * exactly as it lies on disk. Only reads. Outside a repository, or in a folder that its repository ignores, everything
 * but the usual build folders counts.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import { listTree } from '../os/files.ts';
import { askGit, gitError, type GitOptions, gitText } from './command.ts';
import { findRepository } from './find-repository.ts';

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
 * The repository that a folder belongs to. A repository without a commit is E_NO_COMMITS, one that git does not read
 * E_GIT_OWNER or E_GIT_SOURCE; being ignored counts as being outside.
 */
export async function sourceOf(folder: string): Promise<Source> {
  const repositoryRoot = await findRepository(folder);
  if (repositoryRoot === undefined) return { dirty: false };
  const ignoredPaths = await gitText(['check-ignore', '--', folder], { ...personAt(folder), allow: [1, 128] });
  if (ignoredPaths.trim() !== '') return { dirty: false };
  const headCommit = (
    await gitText(['rev-parse', '--quiet', '--verify', 'HEAD^{commit}'], { ...personAt(folder), allow: [1, 128] })
  ).trim();
  if (!headCommit) {
    throw new LabError('E_NO_COMMITS', {
      what: 'The repository has no commits.',
      why: `${repositoryRoot} was initialised, but nothing was ever committed.`,
      next: 'Commit your files once, so that the result can become a branch on top of them.',
    });
  }
  const isDirty =
    (await gitText(['status', '--porcelain', '--untracked-files=all', '--', '.'], personAt(folder))).trim() !== '';
  const subfolder = path.relative(fs.realpathSync(repositoryRoot), fs.realpathSync(folder)).split(path.sep).join('/');
  return { repository: repositoryRoot, commit: headCommit, subfolder, dirty: isDirty };
}

/** Git in a folder of the person, as the person has it. */
const personAt = (folder: string): GitOptions => ({ cwd: folder, asPerson: true });

/** Sorted paths of the arena's files. */
export async function listFolder(folder: string): Promise<string[]> {
  const source = await sourceOf(folder);
  const filePaths = source.repository ? await listRepository(folder) : listTree(folder, isNeverListed);
  return filePaths.filter((filePath) => !isNeverListed(filePath)).sort();
}

const isNeverListed = (filePath: string): boolean => filePath.split('/').some((pathPart) => NEVER_LISTED.has(pathPart));

async function listRepository(folder: string): Promise<string[]> {
  const listGitFiles = async (...listArgs: string[]): Promise<string[]> => {
    const listing = await askGit(['ls-files', '-z', ...listArgs], personAt(folder));
    requireIgnoreRules(folder, listing.stderr);
    if (listing.status !== 0) throw gitError(['ls-files'], listing);
    return listing.stdout.split('\0').filter(Boolean);
  };
  const trackedFiles = await listGitFiles('--cached', '--recurse-submodules');
  const otherFiles = await listGitFiles('--others', '--exclude-standard');
  return [...new Set([...trackedFiles, ...otherFiles])].filter((filePath) => {
    const fileStats = fs.lstatSync(path.join(folder, filePath), { throwIfNoEntry: false });
    return fileStats !== undefined && !fileStats.isDirectory();
  });
}

/** git goes on with a warning where it may not read what is ignored; then too much would be copied. */
function requireIgnoreRules(folder: string, stderr: string): void {
  const unreadRules = [...stderr.matchAll(/unable to access '(.*)': Permission denied/g)]
    .map(([, rulesFile]) => rulesFile!)
    // The person has no such file of their own where they may not enter the home folder that HOME names.
    .find((rulesFile) => !/\/git\/(ignore|attributes)$/.test(rulesFile));
  if (unreadRules === undefined) return;
  throw new LabError('E_GIT_SOURCE', {
    what: 'What this repository ignores cannot be read.',
    why: `git says that ${path.resolve(folder, unreadRules)} may not be opened.`,
    next: 'Make it readable for the user who runs Overnight.',
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
