/**
 * Hands the kept stack over: as a new branch of the person's repository, or as patches. The only code that writes into
 * that repository, and only objects and one new ref: never the checkout, the index, or an existing branch.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import { makeTemporaryFolder } from '../os/folders.ts';
import { isInstructions, leftWithoutUs } from '../base/text-block.ts';
import { removeTree } from '../os/files.ts';
import { type GitOptions, gitText, requireObjectId } from './command.ts';
import { isNeverListed, sourceOf } from './source.ts';
import { AUTHOR_ENV, commitTree, type FileChange, Staging } from './staging.ts';

/** A kept experiment that becomes a commit of the person's repository. */
export interface KeptCommit {
  /** Its commit in the private store. */
  readonly commit: string;
  /** The message that the new commit gets. */
  readonly message: string;
}

export interface TakenBranch {
  readonly tip: string;
  readonly commits: number;
  /** True when the branch begins with a commit of changes that were not committed when the lab was opened. */
  readonly startsWithUncommitted: boolean;
}

/** What git calls an object that does not exist. */
const NO_OBJECT = '0'.repeat(40);
/** Make `branchName` from `baseCommit` with one commit per step. The branch must not exist (E_EXISTS). */
export async function takeBranch(
  folder: string,
  storeDir: string,
  baseline: string,
  baseCommit: string,
  keptCommits: readonly KeptCommit[],
  branchName: string,
): Promise<TakenBranch> {
  for (const commit of [baseline, baseCommit, ...keptCommits.map((kept) => kept.commit)]) requireObjectId(commit);
  const { repository, subfolder } = await sourceOf(folder);
  if (!repository) throw noRepositoryError(folder);
  const repositoryOptions = { cwd: repository, asPerson: true } as const;
  await requireNewBranch(repositoryOptions, branchName);
  const pathPrefix = subfolder ? `${subfolder}/` : '';
  const stagingDir = makeTemporaryFolder('overnight-take-');
  try {
    const staging = await Staging.open(stagingDir, storeDir, repositoryOptions, pathPrefix);
    const uncommitted = await uncommittedFiles(storeDir, baseline, repository, baseCommit, pathPrefix);
    await staging.start(baseCommit);
    await staging.stage(uncommitted);
    const startsWithUncommitted = await staging.commitChanges('Uncommitted changes, as the lab found them\n');
    let previousCommit = baseline;
    for (const { commit, message } of keptCommits) {
      await staging.stage(await changesBetween(storeDir, previousCommit, commit));
      await staging.commit(message);
      previousCommit = commit;
    }
    await createBranch(repositoryOptions, branchName, staging.tip);
    return { tip: staging.tip, commits: keptCommits.length + (startsWithUncommitted ? 1 : 0), startsWithUncommitted };
  } finally {
    removeTree(stagingDir);
  }
}

function noRepositoryError(folder: string): LabError {
  return new LabError('E_USAGE', {
    what: 'There is no repository to make a branch in.',
    why: `${folder} is not part of a git repository.`,
    next: 'Use --patches FOLDER instead.',
  });
}

async function requireNewBranch(repository: GitOptions, branchName: string): Promise<void> {
  const branchRef = refOfBranch(branchName);
  await gitText(['check-ref-format', branchRef], repository).catch(() => {
    throw new LabError('E_USAGE', {
      what: `"${branchName}" cannot be a branch.`,
      why: 'git does not allow this name.',
      next: 'Choose another name.',
    });
  });
  const existing = await gitText(['rev-parse', '--quiet', '--verify', branchRef], { ...repository, allow: [1, 128] });
  if (existing.trim() === '') return;
  throw new LabError('E_EXISTS', {
    what: `The branch ${branchName} exists already.`,
    why: 'An existing branch is never changed.',
    next: 'Choose another name with --branch.',
  });
}

/**
 * Point a new branch at a commit. git refuses where the branch exists by now, because the old value that is named here
 * is "no object".
 */
export async function createBranch(repository: GitOptions, branchName: string, commit: string): Promise<void> {
  await gitText(['update-ref', refOfBranch(branchName), commit, NO_OBJECT], repository);
}

const refOfBranch = (branchName: string): string => `refs/heads/${branchName}`;

/** Write one patch file per step into a folder that must not exist; paths are those of the person's repository. */
export async function takePatches(
  storeDir: string,
  subfolder: string,
  baseline: string,
  keptCommits: readonly KeptCommit[],
  patchFolder: string,
): Promise<readonly string[]> {
  for (const commit of [baseline, ...keptCommits.map((kept) => kept.commit)]) requireObjectId(commit);
  if (fs.existsSync(patchFolder))
    throw new LabError('E_EXISTS', {
      what: 'The folder for the patches exists already.',
      why: `${patchFolder} is there.`,
      next: 'Choose another with --patches.',
    });
  fs.mkdirSync(patchFolder, { recursive: true });
  const pathPrefix = subfolder ? `${subfolder}/` : '';
  let tip = baseline;
  for (const { commit, message } of keptCommits)
    tip = await commitTree(`${commit}^{tree}`, tip, message, { store: storeDir, env: AUTHOR_ENV });
  await gitText(
    [
      'format-patch',
      '--quiet',
      '--no-signature',
      `--src-prefix=a/${pathPrefix}`,
      `--dst-prefix=b/${pathPrefix}`,
      '-o',
      patchFolder,
      `${baseline}..${tip}`,
    ],
    { store: storeDir },
  );
  return fs
    .readdirSync(patchFolder)
    .sort()
    .map((fileName) => path.join(patchFolder, fileName));
}

async function changesBetween(storeDir: string, fromCommit: string, toCommit: string): Promise<FileChange[]> {
  return parseRawDiff(
    await gitText(['diff-tree', '-r', '-z', '--no-renames', fromCommit, toCommit], { store: storeDir }),
  );
}

function parseRawDiff(diffText: string): FileChange[] {
  const fields = diffText.split('\0');
  const fileChanges: FileChange[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const [, fileMode, , objectId] = /^:\d+ (\d+) ([0-9a-f]+) ([0-9a-f]+)/.exec(fields[i]!) ?? [];
    if (fileMode && objectId)
      fileChanges.push({ mode: fileMode, oid: fileMode === '000000' ? undefined : objectId, path: fields[i + 1]! });
  }
  return fileChanges;
}

/**
 * Files whose bytes or presence differ from the repository's commit of that time. Which of them git calls unchanged
 * shows when they have passed its filters. A file that git does not track is the person's own affair.
 */
async function uncommittedFiles(
  storeDir: string,
  baseline: string,
  repository: string,
  baseCommit: string,
  pathPrefix: string,
): Promise<FileChange[]> {
  const personOptions = { cwd: repository, asPerson: true } as const;
  const baselineFiles = await listBlobs({ store: storeDir }, baseline);
  const repositoryFiles = await listBlobs(personOptions, baseCommit);
  const changed: FileChange[] = [];
  for (const baselineFile of baselineFiles.values()) {
    const repositoryFile = repositoryFiles.get(pathPrefix + baselineFile.path);
    if (!repositoryFile) continue;
    if (repositoryFile.oid === baselineFile.oid && repositoryFile.mode === baselineFile.mode) continue;
    const isInstalled = await differsInOurBlock(
      { options: { store: storeDir }, file: baselineFile },
      { options: personOptions, file: repositoryFile },
    );
    if (!isInstalled) changed.push(baselineFile);
  }
  const sparseFiles = await listSparse(personOptions);
  const deleted = [...repositoryFiles.keys()]
    .filter((filePath) => filePath.startsWith(pathPrefix) && !sparseFiles.has(filePath))
    .map((filePath) => filePath.slice(pathPrefix.length))
    .filter((filePath) => !baselineFiles.has(filePath) && !isNeverListed(filePath))
    .map((filePath) => ({ mode: '000000', oid: undefined, path: filePath }));
  return [...changed, ...deleted];
}

interface StoredFile {
  readonly options: GitOptions;
  readonly file: FileChange;
}

/** Is nothing different but the block that `overnight install` wrote? It belongs to no branch. */
async function differsInOurBlock(found: StoredFile, committed: StoredFile): Promise<boolean> {
  const { path: filePath } = found.file;
  if (!isInstructions(filePath) || found.file.mode !== committed.file.mode) return false;
  const [foundText, committedText] = await Promise.all(
    [found, committed].map(({ options, file }) => gitText(['cat-file', 'blob', file.oid!], options)),
  );
  return leftWithoutUs(filePath, foundText!) === leftWithoutUs(filePath, committedText!);
}

async function listBlobs(gitOptions: GitOptions, treeId: string): Promise<Map<string, FileChange>> {
  const treeOutput = await gitText(['ls-tree', '-r', '-z', '--full-tree', treeId], gitOptions);
  const treeLines = treeOutput
    .split('\0')
    .filter(Boolean)
    .map((treeLine) => /^(\d+) (\w+) ([0-9a-f]+)\t(.*)$/s.exec(treeLine)!);
  return new Map(
    treeLines
      .filter((treeLine) => treeLine[2] === 'blob')
      .map((treeLine) => [treeLine[4]!, { mode: treeLine[1]!, oid: treeLine[3]!, path: treeLine[4]! }]),
  );
}

/** Tracked files that a sparse checkout leaves out: their absence is no change. */
async function listSparse(personOptions: GitOptions): Promise<Set<string>> {
  const taggedFiles = (await gitText(['ls-files', '-t', '-z', '--full-name'], personOptions)).split('\0');
  return new Set(taggedFiles.filter((line) => line.startsWith('S ')).map((line) => line.slice(2)));
}
