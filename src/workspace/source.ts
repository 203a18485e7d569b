/**
 * The person's folder as a list of files: what git tracks there plus what it does not ignore, submodules included,
 * exactly as it lies on disk. Only reads. Outside a repository, or in a folder that its repository ignores, everything
 * but the usual build folders counts.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import { listTree } from '../os/files.ts';
import { readPieces } from '../os/trees.ts';
import { askGit, gitError, type GitOptions, gitText } from './command.ts';
import { findRepository } from './find-repository.ts';

export interface SourceFile {
  readonly path: string;
  readonly mode: '100644' | '100755' | '120000';
  readonly size: number;
  /** Where it lies. */
  readonly location: string;
}

export interface Source {
  /** Root of the enclosing repository; absent outside one. */
  readonly repository?: string;
  readonly commit?: string;
  /** The arena's folder below the root, '' at the root. */
  readonly subfolder?: string;
  /** Uncommitted changes or untracked files below the arena's folder. */
  readonly dirty: boolean;
}

/** Where the folder of a person comes from, and what its repository says of it now. */
export interface FoundSource extends Source {
  /** Tracked files are changed or deleted: a branch then begins with a commit of that. */
  readonly hasTrackedChanges: boolean;
}

const NEVER_LISTED = new Set(['.git', '.overnight', 'node_modules', '__pycache__', '.venv']);
const MAX_FILES = 20_000;
const MAX_TOTAL_BYTES = 2 ** 31;
/** Files that the message about a folder that is too large names. */
const NAMED_FILES = 3;

/**
 * The repository that a folder belongs to. A repository without a commit is E_NO_COMMITS, one that git does not read
 * E_GIT_OWNER or E_GIT_SOURCE; being ignored counts as being outside.
 */
export async function sourceOf(folder: string): Promise<FoundSource> {
  const repositoryRoot = await findRepository(folder);
  if (repositoryRoot === undefined) return { dirty: false, hasTrackedChanges: false };
  const ignoredPaths = await gitText(['check-ignore', '--', folder], { ...personAt(folder), allow: [1, 128] });
  if (ignoredPaths.trim() !== '') return { dirty: false, hasTrackedChanges: false };
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
  const status = await gitText(['status', '--porcelain', '--untracked-files=normal', '--', '.'], personAt(folder));
  const hasTrackedChanges = /^(?!\?\? )./m.test(status);
  const subfolder = path.relative(fs.realpathSync(repositoryRoot), fs.realpathSync(folder)).split(path.sep).join('/');
  return { repository: repositoryRoot, commit: headCommit, subfolder, dirty: status.trim() !== '', hasTrackedChanges };
}

/** Git in a folder of the person, as the person has it. */
const personAt = (folder: string): GitOptions => ({ cwd: folder, asPerson: true });

/** Sorted paths of the arena's files. */
export async function listFolder(folder: string): Promise<string[]> {
  const source = await sourceOf(folder);
  const filePaths = source.repository ? await listRepository(folder) : listTree(folder, isNeverListed);
  return filePaths.filter((filePath) => !isNeverListed(filePath)).sort();
}

/** Folders that no lab takes files from, tracked or not. */
export const isNeverListed = (filePath: string): boolean =>
  filePath.split('/').some((pathPart) => NEVER_LISTED.has(pathPart));

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

/** Every file, unread. Bounded, so that a home folder given by mistake fails at once. */
export async function readFolder(folder: string): Promise<SourceFile[]> {
  const filePaths = await listFolder(folder);
  if (filePaths.length > MAX_FILES)
    throw tooLargeError(`${folder} has ${filePaths.length} files; at most ${MAX_FILES} are allowed.`);
  const sourceFiles = filePaths.map((relativePath): SourceFile => {
    const location = path.join(folder, relativePath);
    const fileStats = fs.lstatSync(location);
    if (fileStats.isSymbolicLink())
      return { path: relativePath, mode: '120000', size: fs.readlinkSync(location, 'buffer').length, location };
    return {
      path: relativePath,
      mode: fileStats.mode & 0o100 ? '100755' : '100644',
      size: fileStats.size,
      location,
    };
  });
  const totalBytes = sourceFiles.reduce((total, { size }) => total + size, 0);
  if (totalBytes > MAX_TOTAL_BYTES) throw tooLargeError(describeLargest(sourceFiles, totalBytes));
  return sourceFiles;
}

const describeLargest = (sourceFiles: readonly SourceFile[], totalBytes: number): string => {
  const largest = [...sourceFiles].sort((left, right) => right.size - left.size).slice(0, NAMED_FILES);
  const sizes = largest.map(({ path: filePath, size }) => `${filePath} (${megabytes(size)})`).join(', ');
  return `Its files hold ${megabytes(totalBytes)}, at most ${megabytes(MAX_TOTAL_BYTES)} are allowed; the largest: ${sizes}.`;
};

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6).toLocaleString('en-US')} MB`;

const tooLargeError = (reason: string): LabError =>
  new LabError('E_FILES', {
    what: 'The arena’s folder is too large.',
    why: reason,
    next: 'Put what no commit needs into .gitignore; make data and models in `prepare`, or put arena.yaml into a smaller folder.',
  });

/** The bytes of a file, all at once: for files that are known to be small. */
export const readSource = ({ mode, location }: SourceFile): Buffer =>
  mode === '120000' ? fs.readlinkSync(location, 'buffer') : fs.readFileSync(location);

/** Throws E_FILES where it no longer has the size that it had when it was listed. */
export function* readSourcePieces(sourceFile: SourceFile): Generator<Buffer> {
  let bytesLeft = sourceFile.size;
  for (const piece of sourceFile.mode === '120000' ? [readSource(sourceFile)] : readPieces(sourceFile.location)) {
    bytesLeft -= piece.length;
    if (bytesLeft < 0) break;
    yield Buffer.from(piece); // whoever takes it may keep it longer than until the next one
  }
  if (bytesLeft !== 0)
    throw new LabError('E_FILES', {
      what: `${sourceFile.path} changed while it was read.`,
      why: `It had ${sourceFile.size} bytes a moment before.`,
      next: 'Run again when nothing writes to it any more.',
    });
}
