/**
 * Working copies: a folder with the code of one experiment, in which an agent or a person works with tools of their
 * own. The copy is theirs; its stamp says what it was made from, and a submission is what differs from that. Hidden
 * files are in no copy. Reads the lab, writes the copy alone.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { defined } from '../base/defined.ts';
import { LabError } from '../base/error.ts';
import { oneLine } from '../base/text.ts';
import { roleOf } from '../core/file-roles.ts';
import type { TreeEntry, Workspace } from '../core/ports.ts';
import { arenaOf, codeOf, type LabState } from '../core/state.ts';
import { removeTree } from '../os/files.ts';
import { makeFolder } from '../os/folders.ts';
import type { LabPaths } from '../os/paths.ts';
import { collectChanges, fingerprintsOf } from '../proposers/folder.ts';
import { isReached, listIgnored, pathsThatDiffer } from '../workspace/compare-folder.ts';
import { openWorkspace } from '../workspace/git.ts';
import { bindCopy, requireOwnCopy } from './agent-names.ts';
import { notFoundError } from './desk.ts';
import { unusableError } from './refusals.ts';
import { readStamp, type Stamp, STAMP_FILE, writeStamp } from './stamp.ts';

/** What differs in a copy from the code that it was made from. */
export interface OwnChanges {
  /** New content of editable files by path; `null` where one was removed. */
  readonly edits: Readonly<Record<string, string | null>>;
  /** Files of the arena that are not editable and were changed or removed: no part of a submission. */
  readonly frozen: readonly string[];
  /** New files that are not editable: no part of a submission. */
  readonly others: readonly string[];
  /** What the copy's .gitignore leaves out: no part of a submission. Folders end with a slash. */
  readonly ignored: readonly string[];
}

export interface CheckedOut {
  readonly folder: string;
  readonly n: number;
  readonly commit: string;
  /** The code that the copy held before, where it was one. */
  readonly from?: number;
  /** Files that were written or removed to refresh it. */
  readonly updated: readonly string[];
  /** Own changes that were thrown away. */
  readonly discarded: readonly string[];
}

interface CheckoutWish {
  readonly folder: string;
  /** The best code when absent. */
  readonly of?: number | undefined;
  /** Throw own changes away. */
  readonly discards: boolean;
  /** The agent whose copy it is to be; that of its stamp, or nobody's, when absent. */
  readonly by?: string | undefined;
  /** The name is this copy's from now on, wherever it was. */
  readonly takesName?: boolean;
}

/** Where files wait on their way into the copy. */
const INCOMING = '.overnight-incoming';
const MAX_NAMED = 6;

/** Up to six names, and how many more there are. */
export function nameFiles(files: readonly string[]): string {
  const named = files.slice(0, MAX_NAMED).map((file) => oneLine(file, 120));
  return files.length > MAX_NAMED ? `${named.join(', ')} and ${files.length - MAX_NAMED} more` : named.join(', ');
}

/** Make a working copy, or move one to other code. What it cannot do leaves the folder as it was. */
export async function checkOut(paths: LabPaths, state: LabState, wish: CheckoutWish): Promise<CheckedOut> {
  const { folder } = wish;
  const n = wish.of ?? state.incumbent;
  const code = codeOf(state, n);
  if (!code) throw notFoundError(n, state);
  requireOutside(folder, paths.arena);
  const stamp = fs.existsSync(folder) ? readStamp(folder) : undefined;
  if (stamp === undefined && fs.existsSync(folder)) requireEmpty(folder);
  if (stamp !== undefined) requireSameLab(stamp, state, folder);
  requireOwnCopy(stamp?.by, wish.by, folder);
  const by = wish.by ?? stamp?.by;
  if (by !== undefined) {
    const lab = { folder: paths.lab, id: state.lab!.lab };
    bindCopy(lab, { name: by, folder: realPathOf(folder), takesName: wish.takesName === true });
  }
  const workspace = await openWorkspace(paths.arena, paths.store);
  const visible = await visibleEntries(workspace, state, code.commit);
  const change =
    stamp === undefined
      ? { missing: visible.map((entry) => entry.path), surplus: [], discarded: [] }
      : await planRefresh(paths, state, { workspace, stamp, folder, n, visible, discards: wish.discards });
  makeFolder(folder);
  await bringFiles(workspace, code.commit, folder, change.missing);
  for (const filePath of change.surplus) fs.rmSync(path.join(folder, filePath), { force: true });
  const { tag, lab } = state.lab!;
  writeStamp(folder, {
    overnight: 'checkout',
    arena: paths.arena,
    tag,
    lab,
    n,
    commit: code.commit,
    ...defined({ by }),
  });
  return {
    folder,
    n,
    commit: code.commit,
    ...(stamp !== undefined && { from: stamp.n }),
    updated: stamp === undefined ? [] : [...change.missing, ...change.surplus].sort(),
    discarded: change.discarded,
  };
}

function requireOutside(folder: string, arenaFolder: string): void {
  const realFolder = realPathOf(folder);
  const fromArena = path.relative(fs.realpathSync(arenaFolder), realFolder);
  if (fromArena.startsWith('..') || path.isAbsolute(fromArena)) return;
  throw new LabError('E_USAGE', {
    what: 'A working copy does not go into the arena.',
    why: `${folder} lies in ${arenaFolder}, whose files every new lab would count as its own.`,
    next: 'Name a folder beside it.',
  });
}

/** Through links, as far as the path exists. */
function realPathOf(anyPath: string): string {
  if (fs.existsSync(anyPath)) return fs.realpathSync(anyPath);
  const parent = path.dirname(anyPath);
  return parent === anyPath ? anyPath : path.join(realPathOf(parent), path.basename(anyPath));
}

function requireEmpty(folder: string): void {
  const names = fs.statSync(folder).isDirectory() ? fs.readdirSync(folder) : undefined;
  if (names?.length === 0) return;
  throw new LabError('E_EXISTS', {
    what: `${folder} cannot become a working copy.`,
    why: names === undefined ? 'It is a file.' : `It is not empty (${nameFiles(names)}), and has no stamp of a copy.`,
    next: 'Name a folder that does not exist, or an empty one.',
  });
}

function requireSameLab(stamp: Stamp, state: LabState, folder: string): void {
  if (stamp.lab === state.lab?.lab) return;
  throw new LabError('E_SUBMIT', {
    what: `${folder} is a working copy of another lab.`,
    why: `Its stamp names the lab "${oneLine(stamp.tag, 60)}" of ${oneLine(stamp.arena, 200)}, id ${oneLine(stamp.lab, 40)}; this lab is "${state.lab?.tag}", id ${state.lab?.lab}.`,
    next: 'Name another folder for a copy of this lab, or name the other lab with --dir and --tag.',
  });
}

async function visibleEntries(workspace: Workspace, state: LabState, commit: string): Promise<readonly TreeEntry[]> {
  const fileRoleOf = roleOf(arenaOf(state));
  return (await workspace.listEntries(commit)).filter((entry) => fileRoleOf(entry.path) !== 'hidden');
}

interface Refresh {
  readonly workspace: Workspace;
  readonly stamp: Stamp;
  readonly folder: string;
  /** The experiment whose code the copy is to hold. */
  readonly n: number;
  readonly visible: readonly TreeEntry[];
  readonly discards: boolean;
}

/** Which files a copy needs and which it must lose. Throws E_EXISTS where own changes would be lost. */
async function planRefresh(
  paths: LabPaths,
  state: LabState,
  { workspace, stamp, folder, n, visible, discards }: Refresh,
): Promise<{ missing: readonly string[]; surplus: readonly string[]; discarded: readonly string[] }> {
  const own = await findOwnChanges(paths, state, stamp, folder);
  const missing = pathsThatDiffer(visible, folder);
  const [isMissing, isWanted] = [new Set(missing), new Set(visible.map((entry) => entry.path))];
  // What already is as the new code has it is no change any more: the copy's own idea that was kept.
  const lost = [...Object.keys(own.edits), ...own.frozen]
    .filter((filePath) => isMissing.has(filePath) || (!isWanted.has(filePath) && own.edits[filePath] !== null))
    .sort();
  if (lost.length > 0 && !discards)
    throw new LabError('E_EXISTS', {
      what: `${folder} has changes of its own and was left as it is.`,
      why: `It was made from #${stamp.n}; changed since: ${nameFiles(lost)}. They are not in #${n}.`,
      next: `Submit them with \`overnight submit --from ${quoteFolder(folder)}\`, throw them away with \`overnight checkout ${quoteFolder(folder)} --discard\`, or check out into another folder.`,
    });
  const before = await visibleEntries(workspace, state, stamp.commit);
  const surplus = [...before.map((entry) => entry.path), ...Object.keys(own.edits)].filter(
    (filePath) => !isWanted.has(filePath) && isReached(folder, filePath) && fs.existsSync(path.join(folder, filePath)),
  );
  return { missing, surplus: [...new Set(surplus)], discarded: lost };
}

const quoteFolder = (folder: string): string => (/^[\w./-]+$/.test(folder) ? folder : JSON.stringify(folder));

/** Lay files of a commit into the folder, all or none. Each waits beside its place; nothing goes through a link. */
async function bringFiles(
  workspace: Workspace,
  commit: string,
  folder: string,
  filePaths: readonly string[],
): Promise<void> {
  if (filePaths.length === 0) return;
  const blocked = filePaths.find((filePath) => isBlocked(folder, filePath));
  if (blocked !== undefined)
    throw new LabError('E_EXISTS', {
      what: `${folder} cannot be refreshed.`,
      why: `The way to ${oneLine(blocked, 200)} leads through a link or a file.`,
      next: 'Make a new copy in another folder.',
    });
  const wanted = new Set(filePaths);
  const incoming = path.join(folder, INCOMING);
  removeTree(incoming);
  try {
    await workspace.checkout(commit, incoming, (filePath) => !wanted.has(filePath));
    for (const filePath of filePaths) {
      const target = path.join(folder, filePath);
      fs.mkdirSync(path.dirname(target), { recursive: true });
      if (fs.lstatSync(target, { throwIfNoEntry: false })?.isDirectory()) removeTree(target);
      fs.renameSync(path.join(incoming, filePath), target);
    }
  } finally {
    removeTree(incoming);
  }
}

/** Is something on the way to a path that is no folder of the copy's own? */
function isBlocked(folder: string, filePath: string): boolean {
  const segments = path.dirname(filePath).split('/');
  return segments.some((_, i) => {
    const stats = fs.lstatSync(path.join(folder, ...segments.slice(0, i + 1)), { throwIfNoEntry: false });
    return stats !== undefined && !stats.isDirectory();
  });
}

/** What a submission from a working copy consists of, checked against the lab. */
export async function readWorkingCopy(
  paths: LabPaths,
  state: LabState,
  folder: string,
): Promise<OwnChanges & { readonly stamp: Stamp }> {
  const stamp = readStamp(folder);
  if (stamp === undefined)
    throw unusableError(
      `${folder} is no working copy: it has no ${STAMP_FILE}.`,
      'Make one with `overnight checkout FOLDER`, or submit a diff.',
    );
  requireSameLab(stamp, state, folder);
  const own = await findOwnChanges(paths, state, stamp, folder);
  if (Object.keys(own.edits).length > 0) return { ...own, stamp };
  throw unusableError(
    [
      `${folder} has the same editable files as #${stamp.n}, from which it was made.`,
      own.frozen.length > 0 && `Changed, but not editable: ${nameFiles(own.frozen)}.`,
      own.others.length > 0 && `New, but not editable: ${nameFiles(own.others)}.`,
      own.ignored.length > 0 && `Ignored by .gitignore: ${nameFiles(own.ignored)}.`,
    ]
      .filter((part) => part !== false)
      .join(' '),
    `Change an editable file there: ${nameFiles(arenaOf(state).editable)}.`,
  );
}

async function findOwnChanges(paths: LabPaths, state: LabState, stamp: Stamp, folder: string): Promise<OwnChanges> {
  if (codeOf(state, stamp.n)?.commit !== stamp.commit)
    throw unusableError(
      `The stamp of ${folder} names the commit ${oneLine(stamp.commit, 44)} as the code of #${stamp.n}, which this lab has not.`,
      'The experiment was repaired since, or the stamp was edited: make a new copy with `overnight checkout FOLDER`.',
    );
  const workspace = await openWorkspace(paths.arena, paths.store);
  const entries = await visibleEntries(workspace, state, stamp.commit);
  const ignored = await listIgnored(paths.store, stamp.commit, folder);
  const skipped = new Set(ignored.map((entry) => entry.replace(/\/$/, '')));
  const isSkipped = (filePath: string): boolean => OWN_ENTRIES.has(filePath) || skipped.has(filePath);
  const printsNow = fingerprintsOf(folder, isSkipped);
  const changed = new Set(pathsThatDiffer(entries, folder));
  const printsBefore = new Map(
    entries.map(({ path: filePath }) => [
      filePath,
      changed.has(filePath) ? 'as the commit has it' : (printsNow.get(filePath) ?? 'not looked at'),
    ]),
  );
  const { edits, touched, strays, refusal } = collectChanges(
    folder,
    printsBefore,
    roleOf(arenaOf(state)),
    new Set(),
    isSkipped,
  );
  if (refusal) throw unusableError(`${refusal.reason}.`, 'Change editable text files only.');
  return {
    edits: Object.fromEntries(edits.map(({ path: filePath, content }) => [filePath, content])),
    frozen: touched,
    others: strays,
    ignored: ignored.filter((entry) => !OWN_ENTRIES.has(entry.replace(/\/$/, ''))),
  };
}

/** In a copy, and never a part of it. */
const OWN_ENTRIES: ReadonlySet<string> = new Set([STAMP_FILE, INCOMING, '.git', '.overnight']);
