/** `overnight try`: research a shipped arena in a copy of it, below the folder one stands in. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { LabError } from '../base/error.ts';
import { readLedger } from '../ledger/jsonl.ts';
import { copyTree, removeTree } from '../os/files.ts';
import { labPaths, listTags } from '../os/paths.ts';
import type { OpenOptions } from '../app/open-lab.ts';
import { readManifest } from '../workspace/arena.ts';
import { limitsFrom } from './limits.ts';
import { runLab } from './run.ts';
import type { Call } from './spec.ts';

const SHIPPED = fileURLToPath(new URL('../../arenas', import.meta.url));
/** `--quick`: enough to see every part at work, too little to trust. */
const QUICK = { experiments: 6, minutes: 2.2, seconds: 4, calibrate: 3 };
const NEVER_COPIED = new Set(['node_modules', '.overnight']);

export async function main(call: Call): Promise<number> {
  const name = call.args[0]!;
  const shipped = path.join(SHIPPED, name);
  const names = fs.readdirSync(SHIPPED).filter((entry) => fs.existsSync(path.join(SHIPPED, entry, 'arena.yaml')));
  if (!names.includes(name)) {
    throw new LabError('E_NOT_FOUND', {
      what: `There is no shipped arena "${name}".`,
      why: `The shipped ones are ${names.join(', ')}.`,
      next: 'Name one of them; for your own code use `overnight new`.',
    });
  }
  const home = path.join(call.folder, '.overnight');
  fs.mkdirSync(home, { recursive: true });
  if (!fs.existsSync(path.join(home, '.gitignore'))) fs.writeFileSync(path.join(home, '.gitignore'), '*\n');
  const folder = path.join(home, 'try', name);
  const quick = call.options.quick === true;
  const unfinished = unfinishedTag(folder, quick);
  if (!unfinished) refresh(shipped, folder);
  return runLab(
    unfinished ? { folder, tag: unfinished, command: `try ${name}` } : fresh(call, folder, name, quick),
    call.json,
  );
}

function fresh(call: Call, folder: string, name: string, quick: boolean): OpenOptions {
  const arena = readManifest(folder);
  const asked = limitsFrom(call, new Date());
  const { experiments, minutes } = quick ? QUICK : arena.try;
  const deadline = new Date(Date.now() + minutes * 60_000).toISOString();
  // Where candidate and judge are joined, the budget is a bound on answering, not an amount of work to shorten.
  const seconds = quick && arena.evaluate?.join !== 'pipe' ? QUICK.seconds : arena.try.seconds;
  return {
    folder,
    tag: nextTag(folder, quick),
    command: `try ${name}${quick ? ' --quick' : ''}`,
    limits: { experiments, deadline, ...asked },
    ...(quick && { calibrate: QUICK.calibrate }),
    ...(seconds !== undefined && { seconds: Math.min(seconds, arena.budget.seconds) }),
  };
}

const prefixOf = (quick: boolean): string => (quick ? 'quick' : 'try');

function nextTag(folder: string, quick: boolean): string {
  const used = new Set(listTags(folder));
  for (let i = 1; ; i++) if (!used.has(`${prefixOf(quick)}-${i}`)) return `${prefixOf(quick)}-${i}`;
}

/** A try that was interrupted is gone on with; a finished one is not. */
function unfinishedTag(folder: string, quick: boolean): string | undefined {
  const tag = listTags(folder).find((found) => found.startsWith(`${prefixOf(quick)}-`));
  if (!tag) return undefined;
  const { state } = readLedger(labPaths(folder, tag).lab);
  const last = state.sessions.at(-1);
  const due = last?.start.limits.deadline;
  if (due !== undefined && Date.parse(due) < Date.now()) return undefined;
  return last && (!last.end || ['died', 'interrupted', 'asked'].includes(last.end.reason)) ? tag : undefined;
}

/** Lay the shipped files into the copy; its labs and caches stay. */
function refresh(from: string, to: string): void {
  fs.mkdirSync(to, { recursive: true });
  for (const entry of fs.readdirSync(to)) if (entry !== '.overnight') removeTree(path.join(to, entry));
  for (const entry of fs.readdirSync(from)) {
    const [source, target] = [path.join(from, entry), path.join(to, entry)];
    if (NEVER_COPIED.has(entry)) continue;
    if (fs.statSync(source).isDirectory())
      copyTree(source, target, (file) => file.split('/').some((part) => NEVER_COPIED.has(part)));
    else fs.copyFileSync(source, target);
  }
}
