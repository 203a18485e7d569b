/**
 * The kept stack, handed over: as a new branch of the person's repository, or as patches. The only code that writes
 * into that repository, and only objects and one new ref: never the checkout, the index, or an existing branch.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import { type GitOptions, gitBytes, gitText } from './command.ts';
import { sourceOf } from './source.ts';

/** A kept experiment as a commit to be made: its commit in the private store and the message it gets. */
export interface KeptCommit {
  readonly commit: string;
  readonly message: string;
}

export interface TakenBranch {
  readonly tip: string;
  readonly commits: number;
  /** True when the branch begins with a commit of changes that were not committed when the lab was opened. */
  readonly startsWithUncommitted: boolean;
}

const AUTHOR_ENV = {
  GIT_AUTHOR_NAME: 'Overnight',
  GIT_AUTHOR_EMAIL: 'overnight@localhost',
  GIT_COMMITTER_NAME: 'Overnight',
  GIT_COMMITTER_EMAIL: 'overnight@localhost',
};

/** Make `branchName` from `baseCommit` with one commit per step. The branch must not exist (E_EXISTS). */
export async function takeBranch(
  folder: string,
  storeDir: string,
  baseline: string,
  baseCommit: string,
  keptCommits: readonly KeptCommit[],
  branchName: string,
): Promise<TakenBranch> {
  const source = await sourceOf(folder);
  if (!source.repository) {
    throw new LabError('E_USAGE', {
      what: 'There is no repository to make a branch in.',
      why: `${folder} is not part of a git repository.`,
      next: 'Use --patches FOLDER instead.',
    });
  }
  const repository: GitOptions = { cwd: source.repository };
  const branchRef = `refs/heads/${branchName}`;
  await gitText(['check-ref-format', branchRef], repository).catch(() => {
    throw new LabError('E_USAGE', {
      what: `"${branchName}" cannot be a branch.`,
      why: 'git does not allow this name.',
      next: 'Choose another name.',
    });
  });
  if (
    (await gitText(['rev-parse', '--quiet', '--verify', branchRef], { ...repository, allow: [1, 128] })).trim() !== ''
  ) {
    throw new LabError('E_EXISTS', {
      what: `The branch ${branchName} exists already.`,
      why: 'An existing branch is never changed.',
      next: 'Choose another name with --branch.',
    });
  }
  const pathPrefix = source.subfolder ? `${source.subfolder}/` : '';
  const indexFile = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'overnight-take-')), 'index');
  const environment = { GIT_INDEX_FILE: indexFile, ...AUTHOR_ENV };
  try {
    await gitText(['read-tree', baseCommit], { ...repository, env: environment });
    let tipCommit = baseCommit;
    const commitIndex = async (message: string): Promise<void> => {
      const treeId = (await gitText(['write-tree'], { ...repository, env: environment })).trim();
      tipCommit = (
        await gitText(['commit-tree', treeId, '-p', tipCommit, '-F', '-'], {
          ...repository,
          env: environment,
          input: message,
        })
      ).trim();
    };
    const uncommittedChanges = await uncommittedFiles(storeDir, baseline, source.repository, baseCommit, pathPrefix);
    await stageChanges(storeDir, uncommittedChanges, pathPrefix, { ...repository, env: environment });
    if (uncommittedChanges.length > 0) await commitIndex('Uncommitted changes, as the lab found them\n');
    let previousCommit = baseline;
    for (const keptCommit of keptCommits) {
      await stageChanges(storeDir, await changesBetween(storeDir, previousCommit, keptCommit.commit), pathPrefix, {
        ...repository,
        env: environment,
      });
      await commitIndex(keptCommit.message);
      previousCommit = keptCommit.commit;
    }
    await gitText(['update-ref', branchRef, tipCommit, '0'.repeat(40)], repository);
    return {
      tip: tipCommit,
      commits: keptCommits.length + (uncommittedChanges.length > 0 ? 1 : 0),
      startsWithUncommitted: uncommittedChanges.length > 0,
    };
  } finally {
    fs.rmSync(path.dirname(indexFile), { recursive: true, force: true });
  }
}

/** Write one patch file per step into a folder that must not exist; paths are those of the person's repository. */
export async function takePatches(
  storeDir: string,
  subfolder: string,
  baseline: string,
  keptCommits: readonly KeptCommit[],
  patchFolder: string,
): Promise<readonly string[]> {
  if (fs.existsSync(patchFolder))
    throw new LabError('E_EXISTS', {
      what: 'The folder for the patches exists already.',
      why: `${patchFolder} is there.`,
      next: 'Choose another with --patches.',
    });
  fs.mkdirSync(patchFolder, { recursive: true });
  const pathPrefix = subfolder ? `${subfolder}/` : '';
  let tipCommit = baseline;
  for (const keptCommit of keptCommits) {
    tipCommit = (
      await gitText(['commit-tree', `${keptCommit.commit}^{tree}`, '-p', tipCommit, '-F', '-'], {
        store: storeDir,
        env: AUTHOR_ENV,
        input: keptCommit.message,
      })
    ).trim();
  }
  await gitText(
    [
      'format-patch',
      '--quiet',
      '--no-signature',
      `--src-prefix=a/${pathPrefix}`,
      `--dst-prefix=b/${pathPrefix}`,
      '-o',
      patchFolder,
      `${baseline}..${tipCommit}`,
    ],
    { store: storeDir },
  );
  return fs
    .readdirSync(patchFolder)
    .sort()
    .map((fileName) => path.join(patchFolder, fileName));
}

interface FileChange {
  readonly mode: string;
  readonly oid: string;
  readonly path: string;
}

const NO_OBJECT = '0'.repeat(40);

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
      fileChanges.push({ mode: fileMode, oid: fileMode === '000000' ? NO_OBJECT : objectId, path: fields[i + 1]! });
  }
  return fileChanges;
}

/** Files of the baseline that differ from the commit the person's repository stood at: what was not committed then. */
async function uncommittedFiles(
  storeDir: string,
  baseline: string,
  repository: string,
  baseCommit: string,
  pathPrefix: string,
): Promise<FileChange[]> {
  const listTreeFiles = async (gitOptions: GitOptions, treeId: string): Promise<Map<string, FileChange>> => {
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
  };
  const baselineFiles = await listTreeFiles({ store: storeDir }, baseline);
  const repositoryFiles = await listTreeFiles({ cwd: repository }, baseCommit);
  return [...baselineFiles.values()].filter((baselineFile) => {
    const repositoryFile = repositoryFiles.get(pathPrefix + baselineFile.path);
    return repositoryFile
      ? repositoryFile.oid !== baselineFile.oid || repositoryFile.mode !== baselineFile.mode
      : false;
  });
}

/** Copy the changed blobs into the person's object store and put them into the temporary index. */
async function stageChanges(
  storeDir: string,
  fileChanges: readonly FileChange[],
  pathPrefix: string,
  gitOptions: GitOptions,
): Promise<void> {
  const indexLines: string[] = [];
  for (const fileChange of fileChanges) {
    if (fileChange.oid !== NO_OBJECT)
      await gitText(['hash-object', '-w', '-t', 'blob', '--stdin'], {
        ...gitOptions,
        input: await gitBytes(['cat-file', 'blob', fileChange.oid], { store: storeDir }),
      });
    indexLines.push(
      `${fileChange.oid === NO_OBJECT ? '0' : fileChange.mode} ${fileChange.oid}\t${pathPrefix}${fileChange.path}\0`,
    );
  }
  if (indexLines.length > 0)
    await gitText(['update-index', '-z', '--index-info'], { ...gitOptions, input: indexLines.join('') });
}
