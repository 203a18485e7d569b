/** Which lab a command means: the one named, otherwise the one written last, here or among the tries below. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { defined } from '../base/defined.ts';
import { LabError } from '../base/error.ts';
import { oneLine } from '../base/text.ts';
import type { LabState } from '../core/state.ts';
import { type ReadLedger, readLedger, tornLedgerError } from '../ledger/jsonl.ts';
import { lockOwner } from '../ledger/lock.ts';
import { LedgerTail } from '../ledger/tail.ts';
import { currentTime } from '../os/clock.ts';
import { type LabPaths, labPaths, listTags } from '../os/paths.ts';
import { readStamp, STAMP_FILE } from '../mcp/stamp.ts';
import { viewLab } from '../view/lab/lab.ts';
import type { Facts, LabView } from '../view/types.ts';
import type { Invocation } from './command.ts';
import type { LAB_OPTIONS } from './options.ts';
import { zoneMinutes } from './output.ts';
import { openProgress } from './progress.ts';

const SLICE_BYTES = 1 << 21;

export interface FoundLab {
  readonly paths: LabPaths;
  readonly tag: string;
}

/** What is needed to find a lab. */
type LabQuery = Pick<Invocation<Pick<typeof LAB_OPTIONS, 'tag'>>, 'folder' | 'options'> & {
  /** A working copy that the command is about. */
  readonly copy?: string;
};

/** In a folder without labs that is a working copy, or about one, the lab that the copy was made from. */
export function findLab({ folder, options, copy }: LabQuery): FoundLab {
  const copyFolder = [folder, copy].find((place) => place !== undefined && fs.existsSync(path.join(place, STAMP_FILE)));
  const stamp = copyFolder === undefined || hasLabs(folder) ? undefined : readStamp(copyFolder);
  if (stamp === undefined) return findLabIn(folder, options.tag);
  if (listTags(stamp.arena).includes(options.tag ?? stamp.tag)) return findLabIn(stamp.arena, options.tag ?? stamp.tag);
  throw new LabError('E_NO_LAB', {
    what: 'The lab of this working copy is gone.',
    why: `${oneLine(copyFolder!, 200)} was made from lab "${oneLine(options.tag ?? stamp.tag, 60)}" of ${oneLine(stamp.arena, 200)}, and there is no such lab there now.`,
    next: 'Name the arena with --dir if it has moved, or make a new copy with `overnight checkout FOLDER`.',
  });
}

const hasLabs = (folder: string): boolean => fs.existsSync(path.join(folder, '.overnight'));

function findLabIn(arenaFolder: string, wantedTag: string | undefined): FoundLab {
  const triesFolder = path.join(arenaFolder, '.overnight', 'try');
  const folders = [
    arenaFolder,
    ...(fs.existsSync(triesFolder)
      ? fs.readdirSync(triesFolder).map((tryName) => path.join(triesFolder, tryName))
      : []),
  ];
  const labs = folders.flatMap((folder) => listTags(folder).map((tag) => ({ tag, paths: labPaths(folder, tag) })));
  const matchingLabs = wantedTag === undefined ? labs : labs.filter((lab) => lab.tag === wantedTag);
  // A lab of the folder itself goes before the tries; within a folder the newest is first.
  const chosenLab = matchingLabs.find((lab) => lab.paths.arena === arenaFolder) ?? newestLab(matchingLabs);
  if (chosenLab) return chosenLab;
  if (labs.length > 0)
    throw new LabError('E_NO_LAB', {
      what: `There is no lab "${wantedTag}" here.`,
      why: `The labs of this folder are ${labs.map((lab) => lab.tag).join(', ')}.`,
      next: 'Name one of them with --tag.',
    });
  throw new LabError('E_NO_LAB', {
    what: 'There is no lab here yet.',
    why: `There is no ledger below ${path.join(arenaFolder, '.overnight')}.`,
    next: `${nextStepWithoutLab(arenaFolder)}, or name another folder with --dir.`,
  });
}

/** Is the folder an arena, by its manifest being there? */
export const hasManifest = (folder: string): boolean => fs.existsSync(path.join(folder, 'arena.yaml'));

/** `run` needs an arena; a folder without one begins with an example or with `new`. */
const nextStepWithoutLab = (folder: string): string =>
  hasManifest(folder)
    ? 'Start one with `overnight run`'
    : 'Try an example with `overnight try hello`, make this folder an arena with `overnight new`';

function newestLab(labs: readonly FoundLab[]): FoundLab | undefined {
  const lastWrittenMs = (lab: FoundLab): number => fs.statSync(path.join(lab.paths.lab, 'ledger.jsonl')).mtimeMs;
  return [...labs].sort((left, right) => lastWrittenMs(right) - lastWrittenMs(left))[0];
}

/**
 * The lab's state, whether a process works on it, and the ledger's tip. A torn tail is an error unless a writer is
 * alive, or was killed: then the next run sets it aside.
 */
export function readLab(foundLab: FoundLab): ReadLedger & { readonly alive: boolean } {
  const ledgerRead = readWithProgress(foundLab.paths.lab);
  const lockFile = path.join(foundLab.paths.lab, 'lock');
  const isAlive = lockOwner(lockFile) !== undefined;
  const wasKilled = !isAlive && fs.existsSync(lockFile);
  if (ledgerRead.tornBytes > 0 && !isAlive && !wasKilled) {
    const ledgerFile = path.join(foundLab.paths.lab, 'ledger.jsonl');
    throw tornLedgerError(ledgerFile, ledgerRead, fs.readFileSync(ledgerFile));
  }
  return { ...ledgerRead, alive: isAlive };
}

/** Read a ledger, and show progress when that takes long. */
function readWithProgress(labFolder: string): ReadLedger {
  const progress = openProgress('reading the ledger');
  try {
    return readLedger(labFolder, undefined, (finished, total) => progress.updateShare(finished / total));
  } finally {
    progress.endProgress();
  }
}

/**
 * A lab as people see it, also one whose ledger is broken: up to the last good line, with the problem. For `status`.
 */
export function viewEvenDamaged(foundLab: FoundLab): LabView {
  const ledgerTail = new LedgerTail(foundLab.paths.lab);
  const progress = openProgress('reading the ledger');
  for (let bytesLeft = 1; bytesLeft > 0;) {
    bytesLeft = ledgerTail.readUpdate(SLICE_BYTES).unreadBytes;
    progress.updateShare(ledgerTail.size / (ledgerTail.size + bytesLeft));
  }
  progress.endProgress();
  const { state, isAlive: alive, tip, problem } = ledgerTail;
  return viewLab(
    state,
    defined({ now: currentTime(), alive, tip, zoneMinutes: zoneMinutes(), ledgerProblem: problem }),
  );
}

/** A lab as people see it. */
export function viewOf(foundLab: FoundLab): {
  readonly view: LabView;
  readonly state: LabState;
  readonly facts: Facts;
} {
  const { state, tip, alive } = readLab(foundLab);
  const facts = { now: currentTime(), alive, tip, zoneMinutes: zoneMinutes() };
  return { view: viewLab(state, facts), state, facts };
}

/** The number of an experiment from the command line. */
export function experimentNumber(argument: string | undefined, experimentCount: number): number {
  const n = Number(String(argument).replace(/^#/, ''));
  if (argument !== undefined && Number.isInteger(n) && n >= 0 && n < experimentCount) return n;
  throw new LabError('E_NOT_FOUND', {
    what: `There is no experiment "${argument}" in this lab.`,
    why: experimentCount === 0 ? 'It has none yet.' : `It has the numbers 0 (the baseline) to ${experimentCount - 1}.`,
    next: '`overnight log` lists the experiments.',
  });
}
