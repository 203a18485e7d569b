/**
 * The repository that a folder belongs to, told apart from a repository that git does not read. Taking the second for
 * "no repository" would copy what is ignored there into the baseline, where candidates and agents see it.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import { oneLine } from '../base/text.ts';
import { askGit, gitError } from './command.ts';

/**
 * Root of the repository around a folder; undefined where there is none. Throws E_GIT_OWNER where another user owns
 * it, E_GIT_SOURCE where git cannot read it for another reason.
 */
export async function findRepository(folder: string): Promise<string | undefined> {
  const gitResult = await askGit(['rev-parse', '--show-toplevel'], { cwd: folder, asPerson: true });
  const { status, stdout, stderr } = gitResult;
  // It was killed, or could not be started: that says nothing about the repository.
  if (status === undefined) throw gitError(['rev-parse'], gitResult);
  const repositoryRoot = stdout.replace(/\n$/, '');
  if (status === 0 && repositoryRoot !== '') return repositoryRoot;
  const ownedPath = /dubious ownership in repository at '(.*)'/.exec(stderr)?.[1];
  if (ownedPath !== undefined) throw ownerError(ownedPath);
  const gitEntry = nearestGitEntry(folder);
  const saysNoRepository = stderr.includes('not a git repository (or any ');
  if (gitEntry !== undefined || !saysNoRepository) throw unreadableError(folder, gitEntry, stderr);
  const namedRepository = process.env.GIT_DIR;
  if (namedRepository) throw elsewhereError(folder, namedRepository);
  return undefined;
}

/** The next `.git` at or above a folder, whatever it is. */
function nearestGitEntry(folder: string): string | undefined {
  const gitEntry = path.join(folder, '.git');
  if (fs.lstatSync(gitEntry, { throwIfNoEntry: false })) return gitEntry;
  const parentFolder = path.dirname(folder);
  return parentFolder === folder ? undefined : nearestGitEntry(parentFolder);
}

/** Words for a shell. */
const quotePath = (filePath: string): string =>
  /^[\w@%+=:,./-]+$/.test(filePath) ? filePath : `'${filePath.replaceAll("'", "'\\''")}'`;

const ownerError = (ownedPath: string): LabError =>
  new LabError('E_GIT_OWNER', {
    what: 'git does not read this repository, because another user owns it.',
    why: `It lies at ${ownedPath}; without git, what it ignores would be copied into the lab.`,
    next: `If you trust it: \`git config --global --add safe.directory ${quotePath(ownedPath)}\`. Otherwise run as its owner.`,
  });

const unreadableError = (folder: string, gitEntry: string | undefined, stderr: string): LabError =>
  new LabError('E_GIT_SOURCE', {
    what: 'The repository of this folder cannot be read.',
    why: `${gitEntry === undefined ? `${folder} seems to belong to one` : `${gitEntry} is there`}, and git says: ${oneLine(stderr, 300) || 'nothing'}.`,
    next: 'Repair it until `git status` works in this folder, or move the arena to a folder outside it.',
  });

const elsewhereError = (folder: string, namedRepository: string): LabError =>
  new LabError('E_GIT_SOURCE', {
    what: 'The repository of this folder is named only by GIT_DIR.',
    why: `${folder} lies in no repository, and GIT_DIR is ${oneLine(namedRepository, 200)}, which may ignore files here.`,
    next: 'Unset GIT_DIR if that repository has nothing to do with this folder; otherwise work in a checkout of it.',
  });
