/** The labs below a folder, and their cards on the start page. Reads names and sizes; follows no links. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { defined } from '../base/defined.ts';
import { LEDGER_FILE } from '../ledger/jsonl.ts';
import { DOCTOR_TAG } from '../os/paths.ts';
import type { LabCard } from '../view/answers.ts';
import { labLine } from '../view/pictures/overlay.ts';
import type { LabView } from '../view/types.ts';

export interface LabFolder {
  /** Its place below the served folder: the same after a restart. */
  readonly id: string;
  /** The folder that holds the ledger. */
  readonly lab: string;
  /** The arena's folder; the ledger's own where it stands alone. */
  readonly arena: string;
  readonly tag: string;
  readonly size: number;
  readonly changedMs: number;
}

/** Deep enough for arenas in a monorepo and tries inside an arena; far from walking a home folder. */
const MAX_DEPTH = 6;
const MAX_FOLDERS = 20_000;
const SKIPPED_FOLDERS = new Set(['node_modules', '.git', 'store.git', 'cache', 'work', 'blobs', 'report', 'best']);

/** Labs below a folder, the one written last first. */
export function findLabs(root: string): LabFolder[] {
  const labFolders: LabFolder[] = [];
  let visitedCount = 0;
  const walkFolder = (folder: string, depth: number): void => {
    if (++visitedCount > MAX_FOLDERS) return;
    const labFolder = labAt(root, folder);
    if (labFolder) labFolders.push(labFolder);
    if (depth >= MAX_DEPTH || labFolder) return;
    for (const entry of entriesOf(folder)) {
      if (!entry.isDirectory() || SKIPPED_FOLDERS.has(entry.name)) continue;
      if (entry.name.startsWith('.') && entry.name !== '.overnight') continue;
      // `.overnight`, `labs`, `try` are our own and do not count as depth.
      walkFolder(path.join(folder, entry.name), depth + (OWN_FOLDERS.has(entry.name) ? 0 : 1));
    }
  };
  walkFolder(root, 0);
  return labFolders.sort((left, right) => right.changedMs - left.changedMs);
}

const OWN_FOLDERS = new Set(['.overnight', 'labs', 'try']);

function labAt(root: string, labPath: string): LabFolder | undefined {
  const ledgerStats = fs.statSync(path.join(labPath, LEDGER_FILE), { throwIfNoEntry: false });
  if (!ledgerStats?.isFile()) return undefined;
  const tag = path.basename(labPath);
  if (tag === DOCTOR_TAG) return undefined;
  const parentFolder = path.dirname(path.dirname(labPath));
  const arena = path.basename(parentFolder) === '.overnight' ? path.dirname(parentFolder) : labPath;
  // Our own folders' names say nothing to a reader: `nano-llm/.overnight/labs/mar7` is `nano-llm/mar7`.
  const id =
    path
      .relative(root, labPath)
      .split(path.sep)
      .join('/')
      .replace(/\.overnight\/(labs\/)?/g, '') || tag;
  return { id, lab: labPath, arena, tag, size: ledgerStats.size, changedMs: ledgerStats.mtimeMs };
}

function entriesOf(folder: string): fs.Dirent[] {
  try {
    return fs.readdirSync(folder, { withFileTypes: true });
  } catch {
    // Folders that may not be read hold no labs for us.
    return [];
  }
}

export function cardOf(labFolder: LabFolder, view: LabView, updated: string): LabCard {
  return {
    id: labFolder.id,
    arena: view.arena,
    tag: view.tag || labFolder.tag,
    state: view.state,
    headline: view.verdict.headline,
    counts: view.counts.text,
    metric: `${view.metric.name} ${view.metric.arrow}`,
    trust: view.trust.grade,
    updated,
    ...defined({ line: labLine(view) }),
  };
}
