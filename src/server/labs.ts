/** Which labs lie below a folder, and what the start page says of each. Reads names and sizes; follows no links. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LEDGER_FILE } from '../ledger/jsonl.ts';
import { DOCTOR_TAG } from '../os/paths.ts';
import type { LabCard } from '../view/answers.ts';
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
const DEEPEST = 6;
const MOST_FOLDERS = 20_000;
const SKIPPED = new Set(['node_modules', '.git', 'store.git', 'cache', 'work', 'blobs', 'report', 'best']);

/** Labs below a folder, the one written last first. */
export function findLabs(root: string): LabFolder[] {
  const found: LabFolder[] = [];
  let looked = 0;
  const walk = (folder: string, depth: number): void => {
    if (++looked > MOST_FOLDERS) return;
    const lab = labAt(root, folder);
    if (lab) found.push(lab);
    if (depth >= DEEPEST || lab) return;
    for (const entry of entriesOf(folder)) {
      if (!entry.isDirectory() || SKIPPED.has(entry.name)) continue;
      if (entry.name.startsWith('.') && entry.name !== '.overnight') continue;
      // `.overnight`, `labs`, `try` are our own and do not count as depth.
      walk(path.join(folder, entry.name), depth + (OWN.has(entry.name) ? 0 : 1));
    }
  };
  walk(root, 0);
  return found.sort((a, b) => b.changedMs - a.changedMs);
}

const OWN = new Set(['.overnight', 'labs', 'try']);

function labAt(root: string, folder: string): LabFolder | undefined {
  const stat = fs.statSync(path.join(folder, LEDGER_FILE), { throwIfNoEntry: false });
  if (!stat?.isFile()) return undefined;
  const tag = path.basename(folder);
  if (tag === DOCTOR_TAG) return undefined;
  const home = path.dirname(path.dirname(folder));
  const arena = path.basename(home) === '.overnight' ? path.dirname(home) : folder;
  // Our own folders' names say nothing to a reader: `nano-llm/.overnight/labs/mar7` is `nano-llm/mar7`.
  const id =
    path
      .relative(root, folder)
      .split(path.sep)
      .join('/')
      .replace(/\.overnight\/(labs\/)?/g, '') || tag;
  return { id, lab: folder, arena, tag, size: stat.size, changedMs: stat.mtimeMs };
}

function entriesOf(folder: string): fs.Dirent[] {
  try {
    return fs.readdirSync(folder, { withFileTypes: true });
  } catch {
    // Folders that may not be read hold no labs for us.
    return [];
  }
}

export function cardOf(lab: LabFolder, view: LabView, updated: string): LabCard {
  return {
    id: lab.id,
    arena: view.arena,
    tag: view.tag || lab.tag,
    state: view.state,
    headline: view.verdict.headline,
    counts: view.counts.text,
    metric: `${view.metric.name} ${view.metric.arrow}`,
    trust: view.trust.grade,
    updated,
  };
}
