/**
 * Makes commits of the person's repository in an index and a folder of our own. Files go into it as `git add` takes
 * them: through the line endings, encodings and filter drivers (LFS is one) that the repository has for their paths.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { removeTree } from '../os/files.ts';
import { type GitOptions, gitText } from './command.ts';
import { Layout } from './layout.ts';

/** A file of the private store; without an object it is deleted. */
export interface FileChange {
  readonly mode: string;
  readonly oid: string | undefined;
  readonly path: string;
}

export const AUTHOR_ENV = {
  GIT_AUTHOR_NAME: 'Overnight',
  GIT_AUTHOR_EMAIL: 'overnight@localhost',
  GIT_COMMITTER_NAME: 'Overnight',
  GIT_COMMITTER_EMAIL: 'overnight@localhost',
};

/** What would leave files out, or refuse them, that the person's checkout has. */
const STAGING_CONFIG = ['core.sparseCheckout=false', 'core.safecrlf=false'].flatMap((setting) => ['-c', setting]);

export class Staging {
  readonly #folder: string;
  readonly #pathPrefix: string;
  readonly #gitOptions: GitOptions;
  readonly #layout: Layout;
  #stageCount = 0;
  /** The newest commit and its tree. */
  #tip = { commit: '', tree: '' };

  private constructor(folder: string, storeDir: string, gitOptions: GitOptions, pathPrefix: string) {
    this.#folder = folder;
    this.#pathPrefix = pathPrefix;
    this.#gitOptions = gitOptions;
    this.#layout = new Layout(storeDir, { get: () => undefined, remember: () => {} });
  }

  /** `folder` is a fresh one for index and files; the paths of the store lie below `pathPrefix` in the repository. */
  static async open(folder: string, storeDir: string, repository: GitOptions, pathPrefix: string): Promise<Staging> {
    const gitDir = (await gitText(['rev-parse', '--absolute-git-dir'], repository)).replace(/\n$/, '');
    const env = { GIT_DIR: gitDir, GIT_INDEX_FILE: path.join(folder, 'index'), ...AUTHOR_ENV };
    return new Staging(folder, storeDir, { ...repository, env }, pathPrefix);
  }

  get tip(): string {
    return this.#tip.commit;
  }

  /** Begin with the files of a commit of the repository. */
  async start(commit: string): Promise<void> {
    await gitText([...STAGING_CONFIG, 'read-tree', commit], this.#gitOptions);
    this.#tip = { commit, tree: await this.#writeTree() };
  }

  /** Put changed files of the private store into the index. */
  async stage(fileChanges: readonly FileChange[]): Promise<void> {
    if (fileChanges.length === 0) return;
    const workTree = path.join(this.#folder, `files-${this.#stageCount++}`);
    const arenaDir = path.join(workTree, this.#pathPrefix);
    fs.mkdirSync(arenaDir, { recursive: true });
    const written = fileChanges.flatMap(({ mode, oid, path: filePath }) =>
      oid === undefined ? [] : [{ mode, oid, path: filePath }],
    );
    await this.#layout.writeFiles(written, arenaDir);
    const paths = fileChanges.map(({ path: filePath }) => `${this.#pathPrefix}${filePath}\0`);
    await gitText([...STAGING_CONFIG, 'update-index', '--add', '--remove', '--replace', '-z', '--stdin'], {
      ...this.#gitOptions,
      cwd: workTree,
      env: { ...this.#gitOptions.env, GIT_WORK_TREE: workTree },
      input: paths.join(''),
    });
    removeTree(workTree);
  }

  /** Commit what is staged. */
  async commit(message: string): Promise<void> {
    const tree = await this.#writeTree();
    this.#tip = { commit: await commitTree(tree, this.#tip.commit, message, this.#gitOptions), tree };
  }

  /** Commit what is staged, unless the repository calls it unchanged. Returns whether there is a commit. */
  async commitChanges(message: string): Promise<boolean> {
    if ((await this.#writeTree()) === this.#tip.tree) return false;
    await this.commit(message);
    return true;
  }

  async #writeTree(): Promise<string> {
    return (await gitText(['write-tree'], this.#gitOptions)).trim();
  }
}

export async function commitTree(
  tree: string,
  parent: string,
  message: string,
  gitOptions: GitOptions,
): Promise<string> {
  return (await gitText(['commit-tree', tree, '-p', parent, '-F', '-'], { ...gitOptions, input: message })).trim();
}
