/** Which lab a reading command means: the one named, else the one written last, here or among the tries below. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import type { LabState } from '../core/state.ts';
import { type ReadLedger, readLedger, torn } from '../ledger/jsonl.ts';
import { lockOwner } from '../ledger/lock.ts';
import { LedgerTail } from '../ledger/tail.ts';
import { now } from '../os/clock.ts';
import { type LabPaths, labPaths, listTags } from '../os/paths.ts';
import { viewLab } from '../view/lab/lab.ts';
import type { Facts, LabView } from '../view/types.ts';
import { zoneMinutes } from './output.ts';
import { openProgress } from './progress.ts';
import type { Call } from './spec.ts';

const SLICE_BYTES = 1 << 21;

export interface FoundLab {
  readonly paths: LabPaths;
  readonly tag: string;
}

export function findLab(call: Call): FoundLab {
  const tries = path.join(call.folder, '.overnight', 'try');
  const folders = [
    call.folder,
    ...(fs.existsSync(tries) ? fs.readdirSync(tries).map((name) => path.join(tries, name)) : []),
  ];
  const labs = folders.flatMap((folder) => listTags(folder).map((tag) => ({ tag, paths: labPaths(folder, tag) })));
  const wanted = call.options.tag === undefined ? undefined : String(call.options.tag);
  const named = wanted === undefined ? labs : labs.filter((lab) => lab.tag === wanted);
  // A lab of the folder itself goes before the tries; within a folder the newest is first.
  const found = named.find((lab) => lab.paths.arena === call.folder) ?? newest(named);
  if (found) return found;
  const why =
    labs.length === 0
      ? `There is no ledger below ${path.join(call.folder, '.overnight')}.`
      : `There is no lab "${wanted}"; there are ${labs.map((lab) => lab.tag).join(', ')}.`;
  throw new LabError('E_NO_LAB', {
    what: 'There is no lab here yet.',
    why,
    next: 'Start one with `overnight run` or `overnight try hello`, or name another folder with --dir.',
  });
}

function newest(labs: readonly FoundLab[]): FoundLab | undefined {
  const written = (lab: FoundLab): number => fs.statSync(path.join(lab.paths.lab, 'ledger.jsonl')).mtimeMs;
  return [...labs].sort((a, b) => written(b) - written(a))[0];
}

/**
 * The lab's state, whether somebody works on it, and the ledger's tip. A torn tail is an error unless a writer lives.
 */
export function readLab(found: FoundLab): ReadLedger & { readonly alive: boolean } {
  const read = readShown(found.paths.lab);
  const lock = path.join(found.paths.lab, 'lock');
  const alive = lockOwner(lock) !== undefined;
  const killed = !alive && fs.existsSync(lock);
  if (read.tornBytes > 0 && !alive && !killed) {
    const file = path.join(found.paths.lab, 'ledger.jsonl');
    throw torn(file, read, fs.readFileSync(file));
  }
  return { ...read, alive };
}

/** Read a ledger, and say how far it is where that takes long. */
function readShown(folder: string): ReadLedger {
  const progress = openProgress('reading the ledger');
  try {
    return readLedger(folder, undefined, (done, all) => progress.at(done / all));
  } finally {
    progress.end();
  }
}

/**
 * A lab as people see it, also one whose ledger is broken: up to the line before, with the reason. For `status`, which
 * says how a lab is.
 */
export function viewAnyhow(found: FoundLab): LabView {
  const tail = new LedgerTail(found.paths.lab);
  const progress = openProgress('reading the ledger');
  for (let left = 1; left > 0;) {
    left = tail.look(SLICE_BYTES).left;
    progress.at(tail.size / (tail.size + left));
  }
  progress.end();
  const { state, alive, tip, problem } = tail;
  return viewLab(state, {
    now: now(),
    alive,
    tip,
    zoneMinutes: zoneMinutes(),
    ...(problem !== undefined && { ledgerProblem: problem }),
  });
}

/** A lab as people see it. */
export function viewOf(found: FoundLab): { readonly view: LabView; readonly state: LabState; readonly facts: Facts } {
  const { state, tip, alive } = readLab(found);
  const facts = { now: now(), alive, tip, zoneMinutes: zoneMinutes() };
  return { view: viewLab(state, facts), state, facts };
}

/** The number of an experiment from the command line. */
export function experimentNumber(text: string | undefined, count: number): number {
  const n = Number(String(text).replace(/^#/, ''));
  if (text !== undefined && Number.isInteger(n) && n >= 0 && n < count) return n;
  throw new LabError('E_NOT_FOUND', {
    what: `There is no experiment "${text}" in this lab.`,
    why: count === 0 ? 'It has none yet.' : `It has the numbers 0 (the baseline) to ${count - 1}.`,
    next: '`overnight log` lists them.',
  });
}
