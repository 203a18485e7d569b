/**
 * Code under version control in a private bare store: every attempt is a commit under a ref of its own. The person's
 * checkout is only read (`ls-files`, `rev-parse`, `status`), never written. Knows nothing about experiments.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import type { FileEdit, Merge, Snapshot, TreeEntry, Workspace } from '../core/ports.ts';
import { isFull, readText, removeTree } from '../os/files.ts';
import { gitText, requireObjectId } from './command.ts';
import { applyEdits, commitContent, signatureAt } from './commit-files.ts';
import { Layout } from './layout.ts';
import { countClearLines, type LineCounts } from './line-counts.ts';
import { hasRefFiles, writeObject, writeRef } from './loose.ts';
import { mergeTrees } from './merge.ts';
import { damagedError, hashFileList, readObjects, treeOfCommit } from './objects.ts';
import { readFolder, readSourcePieces, type SourceFile } from './source.ts';

/** Bytes of blobs kept in memory between checkouts, because frozen files are the same every time. */
const MAX_CACHE_BYTES = 64 << 20;

const MAX_KNOWN_TREES = 10_000;
/** Commits whose lists of files are kept: those that experiments start from, and the newest. */
const MAX_KNOWN_LISTS = 32;
const SMALL_BASELINE_BYTES = 32 << 20;
/** A larger blob is neither compressed nor compared with others by git. */
const MAX_PACKED_BYTES = '8m';

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

class GitWorkspace implements Workspace {
  readonly #folder: string;
  readonly #store: string;
  readonly #blobs = new Map<string, Buffer>();
  readonly #treeEntries = new Map<string, readonly TreeEntry[]>();
  /** Trees of commits that this process made. */
  readonly #treeIds = new Map<string, string>();
  /** Trees that are in the store. */
  readonly #storedTrees = new Set<string>();
  readonly #layout: Layout;
  #cachedBytes = 0;

  constructor(folder: string, store: string) {
    this.#folder = folder;
    this.#store = store;
    const cache = {
      get: (oid: string) => this.#blobs.get(oid),
      remember: (oid: string, content: Buffer) => this.#rememberBlob(oid, content),
    };
    this.#layout = new Layout(store, cache);
  }

  async importBaseline(ref: string, committedAt: string): Promise<Snapshot> {
    const sourceFiles = await readFolder(this.#folder);
    const totalBytes = sourceFiles.reduce((total, { size }) => total + size, 0);
    // What is small is unpacked into single objects; what is large would take long to compress.
    const largeConfig = ['fastimport.unpackLimit=1', 'core.compression=0', `core.bigFileThreshold=${MAX_PACKED_BYTES}`];
    const config = totalBytes < SMALL_BASELINE_BYTES ? [] : largeConfig.flatMap((setting) => ['-c', setting]);
    const importOutput = await gitText(
      [...config, 'fast-import', '--done', '--quiet', '--force', '--date-format=raw'],
      {
        store: this.#store,
        movesBytes: totalBytes,
        input: baselineStream(ref, committedAt, sourceFiles),
      },
    );
    const [commit, rootLine] = importOutput.split('\n');
    const tree = /^040000 tree ([0-9a-f]+)/.exec(rootLine ?? '')?.[1];
    if (!commit || !tree)
      throw new LabError('E_GIT_FAILED', {
        what: 'git fast-import answered something else than a commit.',
        why: `It printed "${importOutput.slice(0, 120)}".`,
        next: 'Check the installed git with `git --version` and run `overnight doctor`.',
      });
    this.#rememberTree(commit, tree);
    return { commit, tree, added: 0, deleted: 0 };
  }

  async snapshot(
    parent: string,
    edits: readonly FileEdit[],
    ref: string,
    message: string,
    committedAt: string,
  ): Promise<Snapshot> {
    const parentEntries = await this.listEntries(requireObjectId(parent));
    // What is removed comes first: a file of that name may make room for a folder in the same change.
    const ordered = [...edits].sort((a, b) => Number(a.content !== null) - Number(b.content !== null));
    const entries = applyEdits(parentEntries, ordered, parent);
    try {
      for (const { content } of edits) {
        if (content === null) continue;
        const bytes = Buffer.from(content);
        this.#rememberBlob(writeObject(this.#store, 'blob', bytes, parent), bytes);
      }
      const tree = hashFileList(entries, parent, (oid, content) => {
        if (!this.#storedTrees.has(oid)) writeObject(this.#store, 'tree', content, parent);
        this.#storedTrees.add(oid);
      });
      const content = commitContent(tree, parent, message, committedAt);
      const commit = writeObject(this.#store, 'commit', content, parent);
      if (hasRefFiles(this.#store)) writeRef(this.#store, ref, commit);
      else await this.advanceBranch(ref, commit);
      this.#rememberTree(commit, tree);
      this.#rememberList(commit, entries);
      return { commit, tree, ...(await this.#countLines(parent, commit, parentEntries, entries)) };
    } catch (thrown) {
      throw isFull(thrown)
        ? diskFullError('The commit of a candidate could not be written.', this.#store, thrown)
        : thrown;
    }
  }

  /** Lines added and deleted, by a diff of git where that is not clear without one. */
  async #countLines(
    parent: string,
    commit: string,
    before: readonly TreeEntry[],
    after: readonly TreeEntry[],
  ): Promise<LineCounts> {
    const [oldFiles, newFiles] = [before, after].map((list) => new Map(list.map((entry) => [entry.path, entry])));
    const changed = [...new Set([...oldFiles!.keys(), ...newFiles!.keys()])]
      .map((filePath) => [oldFiles!.get(filePath), newFiles!.get(filePath)] as const)
      .filter(([oldEntry, newEntry]) => oldEntry?.oid !== newEntry?.oid);
    const blobs = await this.#loadBlobs(changed.flat().filter((entry) => entry !== undefined));
    const contentOf = (entry: TreeEntry | undefined): Buffer => (entry ? blobs.get(entry.oid)! : Buffer.alloc(0));
    const counts = changed.map(([oldEntry, newEntry]) => countClearLines(contentOf(oldEntry), contentOf(newEntry)));
    if (counts.includes(undefined)) return this.#countByDiff(parent, commit);
    let [added, deleted] = [0, 0];
    for (const count of counts) {
      added += count!.added;
      deleted += count!.deleted;
    }
    return { added, deleted };
  }

  async #countByDiff(parent: string, commit: string): Promise<LineCounts> {
    const numstat = await gitText(['diff-tree', '-r', '--numstat', '-z', parent, commit], { store: this.#store });
    let [added, deleted] = [0, 0];
    for (const [, addedText, deletedText] of numstat.matchAll(/(\d+|-)\t(\d+|-)\t[^\0]+\0/g)) {
      added += Number(addedText) || 0;
      deleted += Number(deletedText) || 0;
    }
    return { added, deleted };
  }

  #rememberTree(commit: string, tree: string): void {
    if (this.#treeIds.size >= MAX_KNOWN_TREES) this.#treeIds.clear();
    if (this.#storedTrees.size >= MAX_KNOWN_TREES) this.#storedTrees.clear();
    this.#treeIds.set(commit, tree);
  }

  #rememberList(commit: string, entries: readonly TreeEntry[]): void {
    this.#treeEntries.delete(commit);
    if (this.#treeEntries.size >= MAX_KNOWN_LISTS) this.#treeEntries.delete(this.#treeEntries.keys().next().value!);
    this.#treeEntries.set(commit, entries);
  }

  async listEntries(commit: string): Promise<readonly TreeEntry[]> {
    const knownEntries = this.#treeEntries.get(commit);
    if (knownEntries) {
      this.#rememberList(commit, knownEntries); // as the newest
      return knownEntries;
    }
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
    const treeIds: string[] = [];
    if (hashFileList(treeEntries, commit, (oid) => treeIds.push(oid)) !== (await this.#treeOf(commit)))
      throw damagedError(commit, 'the list of files', true);
    for (const treeId of treeIds) this.#storedTrees.add(treeId);
    this.#rememberList(commit, treeEntries);
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
    reusedDir?: string,
  ): Promise<void> {
    const treeEntries = (await this.listEntries(commit)).filter((treeEntry) => !isSkipped(treeEntry.path));
    fs.mkdirSync(path.dirname(targetDir), { recursive: true });
    const isReused = reusedDir !== undefined && moveFolder(reusedDir, targetDir);
    if (!isReused) fs.mkdirSync(targetDir);
    try {
      const missingEntries = isReused ? this.#layout.keepMatching(treeEntries, targetDir) : treeEntries;
      await this.#layout.writeFiles(missingEntries, targetDir);
    } catch (thrown) {
      removeTree(targetDir);
      throw isFull(thrown) ? diskFullError('The candidate’s files could not be laid out.', targetDir, thrown) : thrown;
    }
  }

  async findDifference(
    commit: string,
    comparedDir: string,
    isSkipped: (filePath: string) => boolean = () => false,
  ): Promise<string | undefined> {
    const treeEntries = (await this.listEntries(commit)).filter((treeEntry) => !isSkipped(treeEntry.path));
    return this.#layout.findDifference(treeEntries, comparedDir);
  }

  async discardCheckout(directory: string): Promise<void> {
    removeTree(directory);
  }

  async editsWithout(
    tipCommit: string,
    afterCommit: string,
    beforeCommit: string,
  ): Promise<readonly FileEdit[] | undefined> {
    // Taking a change out is making the change back.
    const { edits, conflicts } = await this.mergeChange(tipCommit, afterCommit, beforeCommit);
    return conflicts.length > 0 ? undefined : edits;
  }

  async mergeChange(oursCommit: string, baseCommit: string, theirsCommit: string): Promise<Merge> {
    const [ours, base, theirs] = await Promise.all(
      [oursCommit, baseCommit, theirsCommit].map((commit) => this.listEntries(commit)),
    );
    return mergeTrees({ ours: ours!, base: base!, theirs: theirs! }, (entry) => this.#readEntryText(entry));
  }

  async #readEntryText(treeEntry: TreeEntry): Promise<string> {
    return (await this.#loadBlobs([treeEntry])).get(treeEntry.oid)!.toString('utf8');
  }

  async diffCommits(
    fromCommit: string,
    toCommit: string,
    contextLines = 3,
    paths: readonly string[] = [],
  ): Promise<string> {
    const [fromId, toId] = [requireObjectId(fromCommit), requireObjectId(toCommit)];
    const format = ['-r', '-p', `-U${contextLines}`, '--no-color', '--no-ext-diff', '--no-textconv'];
    const only = paths.map((filePath) => `:(literal)${filePath}`);
    return gitText(['diff-tree', ...format, fromId, toId, '--', ...only], { store: this.#store });
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

/** Move a folder to a place where nothing is. Returns whether it was there. */
function moveFolder(folder: string, targetDir: string): boolean {
  if (fs.existsSync(targetDir) || !fs.existsSync(folder)) return false;
  fs.renameSync(folder, targetDir);
  return true;
}

const diskFullError = (what: string, place: string, thrown: unknown): LabError =>
  new LabError(
    'E_DISK_FULL',
    {
      what,
      why: `The disk of ${place} is full.`,
      next: 'Free some space and run again: nothing that was recorded is lost.',
    },
    thrown,
  );

/** A `git fast-import` stream for one commit. Paths are quoted as git quotes them, contents are sent by length. */
function* baselineStream(
  ref: string,
  committedAt: string,
  sourceFiles: readonly SourceFile[],
): Generator<string | Uint8Array> {
  const signature = signatureAt(committedAt);
  const message = 'Baseline: the code as it was found';
  yield `commit ${ref}\nmark :1\nauthor ${signature}\ncommitter ${signature}\ndata ${message.length}\n${message}\n`;
  yield 'deleteall\n';
  for (const sourceFile of sourceFiles) {
    yield `M ${sourceFile.mode} inline ${quotePath(sourceFile.path)}\ndata ${sourceFile.size}\n`;
    yield* readSourcePieces(sourceFile);
    yield '\n';
  }
  yield '\nget-mark :1\nls :1 ""\ndone\n';
}

const quotePath = (filePath: string): string =>
  `"${filePath.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
