/**
 * The private git store against the ledger: every commit, tree and file is hashed again, the files are those that the
 * ledger's edits make, frozen files are the baseline's, and the kept branch stands where the ledger says. Names the
 * first thing that does not fit, with its event, experiment and file.
 */
import { formatCount } from '../base/text.ts';
import type { LedgerEvent } from '../core/event.ts';
import { roleOf } from '../core/file-roles.ts';
import { arenaOf, codeOf, hasCompared, type LabState } from '../core/state.ts';
import { gitText } from '../workspace/command.ts';
import {
  hashObject,
  isFolder,
  parseTree,
  readInPieces,
  type StoredObject,
  treeOfCommit,
  type TreeItem,
} from '../workspace/objects.ts';
import type { AuditCheck } from './check.ts';

/** A commit that the ledger names, with the edits that made it. */
export interface RecordedSnapshot {
  readonly seq: number;
  readonly n: number;
  readonly commit: string;
  readonly tree: string;
  /** Blob of new content by path; `null`: deleted. */
  readonly edits: Readonly<Record<string, string | null>>;
}

export type AdvancedEvent = Extract<LedgerEvent, { type: 'advanced' }>;

/** Thrown by a step with what it found; the check reports it. */
class Mismatch extends Error {}

const shorten = (oid: string): string => oid.slice(0, 12);

export async function checkCommits(
  state: LabState,
  snapshots: readonly RecordedSnapshot[],
  store: string,
  readBlob: (blobHash: string) => Uint8Array | undefined,
): Promise<AuditCheck> {
  if (snapshots.length === 0) return { name: 'commits', ok: true, detail: 'none yet' };
  try {
    const storeCheck = new StoreCheck(store, snapshots);
    await storeCheck.checkCommitObjects();
    await storeCheck.readTrees();
    await storeCheck.checkFiles();
    storeCheck.checkEdits(readBlob);
    storeCheck.checkFrozenFiles(roleOf(arenaOf(state)));
    const detail = `${formatCount(snapshots.length, 'commit')} and ${formatCount(storeCheck.fileCount, 'file')} hashed again, frozen files equal in all`;
    return { name: 'commits', ok: true, detail };
  } catch (thrown) {
    if (!(thrown instanceof Mismatch)) throw thrown;
    return { name: 'commits', ok: false, detail: thrown.message };
  }
}

class StoreCheck {
  readonly #store: string;
  readonly #snapshots: readonly RecordedSnapshot[];
  readonly #trees = new Map<string, readonly TreeItem[]>();
  fileCount = 0;

  constructor(store: string, snapshots: readonly RecordedSnapshot[]) {
    this.#store = store;
    this.#snapshots = snapshots;
  }

  async checkCommitObjects(): Promise<void> {
    const notObjectId = this.#snapshots.find(
      ({ commit, tree }) => !/^[0-9a-f]{40,64} [0-9a-f]{40,64}$/.test(`${commit} ${tree}`),
    );
    if (notObjectId) throw new Mismatch(`${describe(notObjectId)}: what is recorded is no commit of git`);
    const problems = new Map<string, string>();
    await this.#readAll(
      this.#snapshots.map(({ commit }) => commit),
      (oid, object) => {
        const problem = problemOf(object, 'commit');
        if (problem !== undefined) problems.set(oid, problem);
        else if (this.#snapshots.some(({ commit, tree }) => commit === oid && treeOfCommit(object!.content) !== tree))
          problems.set(oid, 'has another tree than was recorded');
      },
    );
    const wrong = this.#snapshots.find(({ commit }) => problems.has(commit));
    if (wrong) throw new Mismatch(`${describe(wrong)}: commit ${shorten(wrong.commit)} ${problems.get(wrong.commit)}`);
  }

  /** Level by level, each tree once. */
  async readTrees(): Promise<void> {
    let level = this.#snapshots.map(({ tree }) => tree);
    while (level.length > 0) {
      const problems = new Map<string, string>();
      const nextLevel: string[] = [];
      const unread = level.filter((oid) => !this.#trees.has(oid));
      await this.#readAll(unread, (oid, object) => {
        const problem = problemOf(object, 'tree');
        if (problem !== undefined) problems.set(oid, problem);
        const items = problem === undefined ? parseTree(object!.content, oid) : [];
        this.#trees.set(oid, items);
        nextLevel.push(...items.filter(isFolder).map((item) => item.oid));
      });
      this.#reportFirst(problems, 'the folder');
      level = nextLevel;
    }
  }

  async checkFiles(): Promise<void> {
    const fileIds = [...this.#trees.values()].flatMap((items) =>
      items.filter((item) => !isFolder(item)).map(({ oid }) => oid),
    );
    const problems = new Map<string, string>();
    await this.#readAll(fileIds, (oid, object) => {
      this.fileCount++;
      const problem = problemOf(object, 'blob');
      if (problem !== undefined) problems.set(oid, problem);
    });
    this.#reportFirst(problems, 'the file');
  }

  /** The files of each commit are what the ledger says that was proposed. */
  checkEdits(readBlob: (blobHash: string) => Uint8Array | undefined): void {
    const nameOfBlob = new Map<string, string | undefined>();
    for (const snapshot of this.#snapshots)
      for (const [filePath, blobHash] of Object.entries(snapshot.edits)) {
        const storedOid = this.#findFile(snapshot.tree, filePath.split('/'));
        if (blobHash !== null && !nameOfBlob.has(blobHash)) {
          const content = readBlob(blobHash);
          nameOfBlob.set(blobHash, content && hashObject('blob', content, snapshot.tree));
        }
        const expectedOid = blobHash === null ? undefined : nameOfBlob.get(blobHash);
        if (storedOid !== expectedOid)
          throw new Mismatch(`${describe(snapshot)}, ${filePath}: the commit does not hold what was proposed`);
      }
  }

  checkFrozenFiles(roleOfFile: (filePath: string) => string): void {
    const baseline = this.#snapshots[0]!;
    for (const snapshot of this.#snapshots.slice(1)) {
      const frozenFile = this.#changedPaths(baseline.tree, snapshot.tree).find(
        (filePath) => roleOfFile(filePath) !== 'editable',
      );
      if (frozenFile !== undefined)
        throw new Mismatch(
          `${describe(snapshot)}, ${frozenFile}: a candidate changes this frozen file (baseline ${shorten(baseline.commit)})`,
        );
    }
  }

  #readAll(oids: readonly string[], take: (oid: string, object: StoredObject | undefined) => void): Promise<void> {
    return readInPieces(this.#store, [...new Set(oids)], take);
  }

  /** The first commit, in the order of the ledger, that holds one of these objects. */
  #reportFirst(problems: ReadonlyMap<string, string>, noun: string): void {
    if (problems.size === 0) return;
    for (const snapshot of this.#snapshots) {
      const found = problems.has(snapshot.tree)
        ? { path: '', oid: snapshot.tree }
        : this.#findItem(snapshot.tree, (item) => problems.has(item.oid));
      if (found)
        throw new Mismatch(
          `${describe(snapshot)}, ${found.path || 'all files'}: ${noun} ${shorten(found.oid)} ${problems.get(found.oid)}`,
        );
    }
  }

  #findItem(tree: string, isWanted: (item: TreeItem) => boolean): { path: string; oid: string } | undefined {
    for (const item of this.#trees.get(tree) ?? []) {
      if (isWanted(item)) return { path: item.name, oid: item.oid };
      const inside = isFolder(item) ? this.#findItem(item.oid, isWanted) : undefined;
      if (inside) return { path: `${item.name}/${inside.path}`, oid: inside.oid };
    }
    return undefined;
  }

  #findFile(tree: string, [name, ...rest]: readonly string[]): string | undefined {
    const item = this.#trees.get(tree)?.find((candidate) => candidate.name === name);
    return item && rest.length > 0 ? this.#findFile(item.oid, rest) : item?.oid;
  }

  /** Paths of files that differ between two trees; equal folders are not entered. */
  #changedPaths(beforeTree: string, afterTree: string, prefix = ''): string[] {
    if (beforeTree === afterTree) return [];
    const [before, after] = [beforeTree, afterTree].map(
      (tree) => new Map((this.#trees.get(tree) ?? []).map((item) => [item.name, item])),
    );
    return [...new Set([...before!.keys(), ...after!.keys()])].flatMap((name) => {
      const [beforeItem, afterItem] = [before!.get(name), after!.get(name)];
      if (beforeItem?.oid === afterItem?.oid && beforeItem?.mode === afterItem?.mode) return [];
      const folders = [beforeItem, afterItem].map((item) => (item && isFolder(item) ? item.oid : ''));
      const inside = this.#changedPaths(folders[0]!, folders[1]!, `${prefix}${name}/`);
      const isFile = [beforeItem, afterItem].some((item) => item && !isFolder(item));
      return isFile ? [`${prefix}${name}`, ...inside] : inside;
    });
  }
}

const describe = ({ seq, n }: RecordedSnapshot): string => `event ${seq}: #${n}`;

function problemOf(object: StoredObject | undefined, type: StoredObject['type']): string | undefined {
  if (!object) return 'is missing or cannot be read';
  if (!object.isIntact) return 'has other bytes than its name says';
  return object.type === type ? undefined : `is a ${object.type}`;
}

/** The branch of the kept line stands at the commit that the ledger last advanced it to. */
export async function checkBranch(
  state: LabState,
  advanced: AdvancedEvent | undefined,
  store: string,
): Promise<AuditCheck> {
  const branch = `refs/heads/overnight/${state.lab?.tag}`;
  const listing = await gitText(['for-each-ref', '--format=%(objectname) %(refname)', 'refs/heads/overnight/'], {
    store,
  });
  const standing = listing
    .split('\n')
    .find((line) => line.slice(line.indexOf(' ') + 1) === branch)
    ?.split(' ')[0];
  // A session that was killed between a verdict or a veto and the move of the branch leaves it a step behind or ahead.
  const pending = state.experiments.filter(
    (experiment) => experiment.state === 'decided' && experiment.decision.verdict === 'kept' && !experiment.advanced,
  );
  const allowed = new Set([
    advanced === undefined || state.steering.vetoed.size > 0 ? codeOf(state, state.incumbent)?.commit : advanced.commit,
    ...(advanced === undefined ? [undefined] : [codeOf(state, state.incumbent)?.commit]),
    ...(state.steering.vetoed.size > 0 ? [advanced?.commit] : []),
    ...pending.map((experiment) => codeOf(state, experiment.idea.n)?.commit),
  ]);
  if (allowed.has(standing))
    return {
      name: 'branch',
      ok: true,
      detail: standing ? `${branch} at ${shorten(standing)}` : 'no step yet',
    };
  if (standing && !hasCompared(state) && (await isOfAnotherLab(standing, state, store)))
    return { name: 'branch', ok: true, detail: `no step; ${branch} is of the lab that began again` };
  const said = advanced
    ? `event ${advanced.seq} moved it to ${shorten(advanced.commit)} of #${advanced.n}`
    : 'the ledger never moved it';
  return {
    name: 'branch',
    ok: false,
    detail: `${branch} ${standing ? `stands at ${shorten(standing)}` : 'is gone'}, but ${said}`,
  };
}

/** A lab that compared nothing is set aside, and another one goes on under its tag. */
async function isOfAnotherLab(commit: string, state: LabState, store: string): Promise<boolean> {
  const listing = await gitText(['for-each-ref', '--points-at', commit, '--format=%(refname)', 'refs/overnight/'], {
    store,
  });
  const refs = listing.split('\n').filter(Boolean);
  return refs.length > 0 && refs.every((ref) => !ref.startsWith(`refs/overnight/${state.lab?.lab}/`));
}
