/**
 * Code under version control in a private bare store: every attempt is a commit under a ref of its own. The person's
 * checkout is only read (`ls-files`, `rev-parse`, `status`), never written. Knows nothing about experiments.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import type { FileEdit, Snapshot, TreeEntry, Workspace } from '../core/ports.ts';
import { isFull, listTree, readText, removeTree } from '../os/files.ts';
import { makeTemporaryFolder } from '../os/folders.ts';
import { gitText, requireObjectId } from './command.ts';
import { hashFileList, readObjects, treeOfCommit } from './objects.ts';
import { readFolder } from './source.ts';

const IDENTITY = 'Overnight <overnight@localhost>';
/** Bytes of blobs kept in memory between checkouts, because frozen files are the same every time. */
const MAX_CACHE_BYTES = 64 << 20;

const MAX_KNOWN_TREES = 10_000;

/** The workspace of an arena folder. Creates the store when missing. */
export async function openWorkspace(arenaFolder: string, storeDir: string): Promise<Workspace> {
  if (!isStoreComplete(storeDir)) {
    fs.mkdirSync(path.dirname(storeDir), { recursive: true });
    await gitText(['init', '--quiet', '--bare', storeDir]);
    for (const [configKey, configValue] of [
      ['gc.auto', '0'],
      ['core.logAllRefUpdates', 'false'],
    ] as const)
      await gitText(['config', configKey, configValue], { store: storeDir });
  }
  return new GitWorkspace(arenaFolder, storeDir);
}

/** Is the last setting there that making a store writes? A store whose making was interrupted is made again. */
const isStoreComplete = (storeDir: string): boolean =>
  fs.existsSync(path.join(storeDir, 'objects')) &&
  /logallrefupdates/i.test(readText(path.join(storeDir, 'config')) ?? '');

function isAsCommitted(filePath: string, fileMode: string, content: Buffer): boolean {
  const fileStats = fs.lstatSync(filePath, { throwIfNoEntry: false });
  if (fileMode === '120000')
    return fileStats?.isSymbolicLink() === true && fs.readlinkSync(filePath) === content.toString('utf8');
  return (
    fileStats?.isFile() === true &&
    (fileStats.mode & 0o100) === (fileMode === '100755' ? 0o100 : 0) &&
    fs.readFileSync(filePath).equals(content)
  );
}

const damagedError = (objectId: string, filePath: string, isThere: boolean): LabError =>
  new LabError('E_GIT_FAILED', {
    what: `An object ${isThere ? 'in the private store was changed' : 'is missing from the private store'}.`,
    why: isThere
      ? `${filePath}: the bytes of ${objectId.slice(0, 12)} are not those that its name stands for.`
      : `${filePath}: git does not find ${objectId.slice(0, 12)}.`,
    next: 'Run `overnight audit`; restore `.overnight` from a backup.',
  });

/** Merge two changes of a text by git; undefined where both changed the same lines. */
async function mergeTexts(tipText: string, baseText: string, otherText: string): Promise<string | undefined> {
  const mergeDir = makeTemporaryFolder('overnight-merge-');
  try {
    for (const [fileName, fileText] of Object.entries({ mine: tipText, base: baseText, theirs: otherText }))
      fs.writeFileSync(path.join(mergeDir, fileName), fileText);
    const conflictStatuses = Array.from({ length: 127 }, (_, i) => i + 1);
    const mergedText = await gitText(['merge-file', '-p', 'mine', 'base', 'theirs'], {
      cwd: mergeDir,
      allow: conflictStatuses,
    });
    return /^<{7} mine$/m.test(mergedText) ? undefined : mergedText;
  } finally {
    removeTree(mergeDir);
  }
}

class GitWorkspace implements Workspace {
  readonly #folder: string;
  readonly #store: string;
  readonly #blobs = new Map<string, Buffer>();
  readonly #treeEntries = new Map<string, readonly TreeEntry[]>();
  /** Trees of commits that this process made. */
  readonly #treeIds = new Map<string, string>();
  #cachedBytes = 0;

  constructor(folder: string, store: string) {
    this.#folder = folder;
    this.#store = store;
  }

  async importBaseline(ref: string, committedAt: string): Promise<Snapshot> {
    const sourceFiles = await readFolder(this.#folder);
    const commitStream = new CommitStream(ref, 'Baseline: the code as it was found', committedAt, undefined);
    for (const sourceFile of sourceFiles) commitStream.addFile(sourceFile.mode, sourceFile.path, sourceFile.bytes);
    const importedCommit = await this.#importCommit(commitStream);
    return { ...importedCommit, added: 0, deleted: 0 };
  }

  async snapshot(
    parent: string,
    edits: readonly FileEdit[],
    ref: string,
    message: string,
    committedAt: string,
  ): Promise<Snapshot> {
    requireObjectId(parent);
    const fileModes = new Map((await this.listEntries(parent)).map((treeEntry) => [treeEntry.path, treeEntry.mode]));
    const commitStream = new CommitStream(ref, message, committedAt, parent);
    for (const { path: filePath, content } of edits) {
      if (content === null) commitStream.removeFile(filePath);
      else commitStream.addFile(fileModes.get(filePath) ?? '100644', filePath, Buffer.from(content));
    }
    const importedCommit = await this.#importCommit(commitStream);
    const numstat = await gitText(['diff-tree', '-r', '--numstat', '-z', parent, importedCommit.commit], {
      store: this.#store,
    });
    let [added, deleted] = [0, 0];
    for (const [, addedText, deletedText] of numstat.matchAll(/(\d+|-)\t(\d+|-)\t[^\0]+\0/g)) {
      added += Number(addedText) || 0;
      deleted += Number(deletedText) || 0;
    }
    return { ...importedCommit, added, deleted };
  }

  async #importCommit(commitStream: CommitStream): Promise<{ commit: string; tree: string }> {
    const importOutput = await gitText(['fast-import', '--done', '--quiet', '--force', '--date-format=raw'], {
      store: this.#store,
      input: commitStream.finishStream(),
    });
    const [commit, rootLine] = importOutput.split('\n');
    const tree = /^040000 tree ([0-9a-f]+)/.exec(rootLine ?? '')?.[1];
    if (!commit || !tree)
      throw new LabError('E_GIT_FAILED', {
        what: 'git fast-import answered something else than a commit.',
        why: `It printed "${importOutput.slice(0, 120)}".`,
        next: 'Check the installed git with `git --version` and run `overnight doctor`.',
      });
    if (this.#treeIds.size >= MAX_KNOWN_TREES) this.#treeIds.clear();
    this.#treeIds.set(commit, tree);
    return { commit, tree };
  }

  async listEntries(commit: string): Promise<readonly TreeEntry[]> {
    const knownEntries = this.#treeEntries.get(commit);
    if (knownEntries) return knownEntries;
    const treeOutput = await gitText(['ls-tree', '-r', '-z', '--full-tree', requireObjectId(commit)], {
      store: this.#store,
    });
    const treeEntries = treeOutput
      .split('\0')
      .filter(Boolean)
      .map((treeLine) => {
        const [, fileMode, objectId, filePath] = /^(\d+) \w+ ([0-9a-f]+)\t(.*)$/s.exec(treeLine)!;
        return { path: filePath!, mode: fileMode!, oid: objectId! };
      });
    if (hashFileList(treeEntries, commit) !== (await this.#treeOf(commit)))
      throw damagedError(commit, 'the list of files', true);
    if (this.#treeEntries.size >= 8) this.#treeEntries.delete(this.#treeEntries.keys().next().value!);
    this.#treeEntries.set(commit, treeEntries);
    return treeEntries;
  }

  /** The tree of a commit, by the commit's own bytes. */
  async #treeOf(commit: string): Promise<string | undefined> {
    const knownTree = this.#treeIds.get(commit);
    if (knownTree !== undefined) return knownTree;
    const object = (await readObjects(this.#store, [commit])).get(commit);
    return object?.isIntact ? treeOfCommit(object.content) : undefined;
  }

  async readFiles(commit: string, paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const wantedPaths = new Set(paths);
    const treeEntries = (await this.listEntries(commit)).filter((treeEntry) => wantedPaths.has(treeEntry.path));
    const blobs = await this.#loadBlobs(treeEntries);
    return new Map(treeEntries.map((treeEntry) => [treeEntry.path, blobs.get(treeEntry.oid)!.toString('utf8')]));
  }

  async checkout(
    commit: string,
    targetDir: string,
    isSkipped: (filePath: string) => boolean = () => false,
  ): Promise<void> {
    const treeEntries = (await this.listEntries(commit)).filter((treeEntry) => !isSkipped(treeEntry.path));
    const blobs = await this.#loadBlobs(treeEntries);
    fs.mkdirSync(path.dirname(targetDir), { recursive: true });
    fs.mkdirSync(targetDir);
    const madeFolders = new Set<string>();
    try {
      for (const treeEntry of treeEntries) {
        const targetFile = path.join(targetDir, treeEntry.path);
        const targetFolder = path.dirname(targetFile);
        if (!madeFolders.has(targetFolder)) fs.mkdirSync(targetFolder, { recursive: true });
        madeFolders.add(targetFolder);
        const content = blobs.get(treeEntry.oid)!;
        if (treeEntry.mode === '120000') fs.symlinkSync(content.toString('utf8'), targetFile);
        else fs.writeFileSync(targetFile, content, { mode: treeEntry.mode === '100755' ? 0o755 : 0o644 });
      }
    } catch (thrown) {
      removeTree(targetDir);
      if (isFull(thrown))
        throw new LabError(
          'E_DISK_FULL',
          {
            what: 'The candidate’s files could not be laid out.',
            why: `The disk of ${targetDir} is full.`,
            next: 'Free some space and run again: nothing that was recorded is lost.',
          },
          thrown,
        );
      throw thrown;
    }
  }

  async findDifference(
    commit: string,
    comparedDir: string,
    isSkipped: (filePath: string) => boolean = () => false,
  ): Promise<string | undefined> {
    const treeEntries = (await this.listEntries(commit)).filter((treeEntry) => !isSkipped(treeEntry.path));
    const blobs = await this.#loadBlobs(treeEntries);
    const knownPaths = new Set(treeEntries.map((treeEntry) => treeEntry.path));
    return (
      treeEntries.find(
        (treeEntry) =>
          !isAsCommitted(path.join(comparedDir, treeEntry.path), treeEntry.mode, blobs.get(treeEntry.oid)!),
      )?.path ?? listTree(comparedDir).find((filePath) => !knownPaths.has(filePath))
    );
  }

  async discardCheckout(directory: string): Promise<void> {
    removeTree(directory);
  }

  async editsWithout(
    tipCommit: string,
    afterCommit: string,
    beforeCommit: string,
  ): Promise<readonly FileEdit[] | undefined> {
    const fileTrees = await Promise.all(
      [tipCommit, afterCommit, beforeCommit].map(
        async (commit) => new Map((await this.listEntries(commit)).map((treeEntry) => [treeEntry.path, treeEntry])),
      ),
    );
    const [tipTree, afterTree, beforeTree] = fileTrees as [
      Map<string, TreeEntry>,
      Map<string, TreeEntry>,
      Map<string, TreeEntry>,
    ];
    const changedPaths = [...new Set([...afterTree.keys(), ...beforeTree.keys()])].filter(
      (filePath) => afterTree.get(filePath)?.oid !== beforeTree.get(filePath)?.oid,
    );
    const reverseEdits: FileEdit[] = [];
    for (const filePath of changedPaths) {
      const [tipEntry, afterEntry, beforeEntry] = [
        tipTree.get(filePath),
        afterTree.get(filePath),
        beforeTree.get(filePath),
      ];
      if (tipEntry?.oid === beforeEntry?.oid) continue;
      if (tipEntry?.oid === afterEntry?.oid)
        reverseEdits.push({ path: filePath, content: beforeEntry ? await this.#readEntryText(beforeEntry) : null });
      else if (!tipEntry || !afterEntry || !beforeEntry) return undefined;
      else {
        const mergedText = await mergeTexts(
          await this.#readEntryText(tipEntry),
          await this.#readEntryText(afterEntry),
          await this.#readEntryText(beforeEntry),
        );
        if (mergedText === undefined) return undefined;
        reverseEdits.push({ path: filePath, content: mergedText });
      }
    }
    return reverseEdits;
  }

  async #readEntryText(treeEntry: TreeEntry): Promise<string> {
    return (await this.#loadBlobs([treeEntry])).get(treeEntry.oid)!.toString('utf8');
  }

  async diffCommits(fromCommit: string, toCommit: string): Promise<string> {
    const [fromId, toId] = [requireObjectId(fromCommit), requireObjectId(toCommit)];
    return gitText(['diff-tree', '-r', '-p', '--no-color', '--no-ext-diff', '--no-textconv', fromId, toId], {
      store: this.#store,
    });
  }

  async advanceBranch(ref: string, commit: string): Promise<void> {
    await gitText(['update-ref', ref, requireObjectId(commit)], { store: this.#store });
  }

  async resolveRef(ref: string): Promise<string | undefined> {
    const revParseOutput = await gitText(['rev-parse', '--quiet', '--verify', `${ref}^{commit}`], {
      store: this.#store,
      allow: [1, 128],
    });
    return revParseOutput.trim() || undefined;
  }

  /** Blobs by object id, from memory or through one `cat-file --batch`. */
  async #loadBlobs(treeEntries: readonly TreeEntry[]): Promise<Map<string, Buffer>> {
    const blobsById = new Map<string, Buffer>();
    const missingIds = new Set<string>();
    for (const { oid: objectId } of treeEntries) {
      const knownBlob = this.#blobs.get(objectId);
      if (knownBlob) blobsById.set(objectId, knownBlob);
      else missingIds.add(objectId);
    }
    if (missingIds.size === 0) return blobsById;
    const objects = await readObjects(this.#store, [...missingIds]);
    for (const { oid: objectId, path: filePath } of treeEntries) {
      if (!missingIds.has(objectId)) continue;
      const object = objects.get(objectId);
      if (object?.type !== 'blob' || !object.isIntact) throw damagedError(objectId, filePath, object !== undefined);
      blobsById.set(objectId, object.content);
      this.#rememberBlob(objectId, object.content);
      missingIds.delete(objectId);
    }
    return blobsById;
  }

  #rememberBlob(objectId: string, content: Buffer): void {
    if (content.length > MAX_CACHE_BYTES / 4) return;
    if (this.#cachedBytes + content.length > MAX_CACHE_BYTES) {
      this.#blobs.clear();
      this.#cachedBytes = 0;
    }
    this.#blobs.set(objectId, content);
    this.#cachedBytes += content.length;
  }
}

/** A `git fast-import` stream for one commit. Paths are quoted as git quotes them, contents are sent by length. */
class CommitStream {
  readonly #chunks: (string | Uint8Array)[] = [];

  constructor(ref: string, message: string, committedAt: string, parent: string | undefined) {
    const gitDate = `${Math.floor(Date.parse(committedAt) / 1000)} +0000`;
    const messageBytes = Buffer.from(message);
    this.#chunks.push(
      `commit ${ref}\nmark :1\nauthor ${IDENTITY} ${gitDate}\ncommitter ${IDENTITY} ${gitDate}\ndata ${messageBytes.length}\n`,
      messageBytes,
      '\n',
    );
    if (parent) this.#chunks.push(`from ${parent}\n`);
    else this.#chunks.push('deleteall\n');
  }

  addFile(fileMode: string, filePath: string, content: Uint8Array): void {
    this.#chunks.push(`M ${fileMode} inline ${quotePath(filePath)}\ndata ${content.length}\n`, content, '\n');
  }

  removeFile(filePath: string): void {
    this.#chunks.push(`D ${quotePath(filePath)}\n`);
  }

  finishStream(): Buffer {
    this.#chunks.push('\nget-mark :1\nls :1 ""\ndone\n');
    return Buffer.concat(this.#chunks.map((chunk) => (typeof chunk === 'string' ? Buffer.from(chunk) : chunk)));
  }
}

const quotePath = (filePath: string): string =>
  `"${filePath.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
