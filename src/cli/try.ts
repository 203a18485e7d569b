/** `overnight try`: research a shipped arena in a copy of it, below the folder one stands in. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { LabError } from '../base/error.ts';
import { readLedger } from '../ledger/jsonl.ts';
import { copyTree, removeTree } from '../os/files.ts';
import { makeFolder } from '../os/folders.ts';
import { ignoreEverythingIn, labPaths, listTags } from '../os/paths.ts';
import type { OpenOptions } from '../app/open-lab.ts';
import { readManifest } from '../workspace/arena.ts';
import { limitsFrom } from './limits.ts';
import { runLab } from './run.ts';
import type { Invocation } from './spec.ts';

const SHIPPED_ARENAS = fileURLToPath(new URL('../../arenas', import.meta.url));
/** `--quick`: enough to see every part at work, too little to trust. */
const QUICK_SETTINGS = { experiments: 6, minutes: 2.2, seconds: 4, calibrate: 3 };
/** What a checkout has beside what the package carries. */
const NEVER_COPIED = new Set(['node_modules', '.overnight', 'tests']);

export async function main(invocation: Invocation): Promise<number> {
  const arenaName = invocation.args[0]!;
  const shippedFolder = path.join(SHIPPED_ARENAS, arenaName);
  const shippedNames = fs
    .readdirSync(SHIPPED_ARENAS)
    .filter((entry) => fs.existsSync(path.join(SHIPPED_ARENAS, entry, 'arena.yaml')));
  if (!shippedNames.includes(arenaName)) {
    throw new LabError('E_NOT_FOUND', {
      what: `There is no shipped arena "${arenaName}".`,
      why: `The shipped ones are ${shippedNames.join(', ')}.`,
      next: 'Name one of them; for your own code use `overnight new`.',
    });
  }
  const overnightFolder = path.join(invocation.folder, '.overnight');
  makeFolder(overnightFolder);
  ignoreEverythingIn(overnightFolder);
  const tryFolder = path.join(overnightFolder, 'try', arenaName);
  const isQuick = invocation.options.quick === true;
  const resumableTag = unfinishedTag(tryFolder, isQuick);
  if (!resumableTag) refreshCopy(shippedFolder, tryFolder);
  return runLab(
    resumableTag
      ? { folder: tryFolder, tag: resumableTag, command: `try ${arenaName}` }
      : freshOptions(invocation, tryFolder, arenaName, isQuick),
    invocation.wantsJson,
  );
}

function freshOptions(invocation: Invocation, tryFolder: string, arenaName: string, isQuick: boolean): OpenOptions {
  const arena = readManifest(tryFolder);
  const requestedLimits = limitsFrom(invocation, new Date());
  const { experiments, minutes } = isQuick ? QUICK_SETTINGS : arena.try;
  const deadline = new Date(Date.now() + minutes * 60_000).toISOString();
  // Where candidate and judge are joined, the budget is a bound on answering, not an amount of work to shorten.
  const seconds = isQuick && arena.evaluate?.join !== 'pipe' ? QUICK_SETTINGS.seconds : arena.try.seconds;
  return {
    folder: tryFolder,
    tag: nextTag(tryFolder, isQuick),
    command: `try ${arenaName}${isQuick ? ' --quick' : ''}`,
    limits: { experiments, deadline, ...requestedLimits },
    ...(isQuick && { calibrate: QUICK_SETTINGS.calibrate }),
    ...(seconds !== undefined && { seconds: Math.min(seconds, arena.budget.seconds) }),
  };
}

const prefixOf = (isQuick: boolean): string => (isQuick ? 'quick' : 'try');

function nextTag(tryFolder: string, isQuick: boolean): string {
  const usedTags = new Set(listTags(tryFolder));
  for (let i = 1; ; i++) if (!usedTags.has(`${prefixOf(isQuick)}-${i}`)) return `${prefixOf(isQuick)}-${i}`;
}

/** A try that was interrupted is gone on with; a finished one is not. */
function unfinishedTag(tryFolder: string, isQuick: boolean): string | undefined {
  const latestTag = listTags(tryFolder).find((existingTag) => existingTag.startsWith(`${prefixOf(isQuick)}-`));
  if (!latestTag) return undefined;
  const { state } = readLedger(labPaths(tryFolder, latestTag).lab);
  const lastSession = state.sessions.at(-1);
  const deadline = lastSession?.start.limits.deadline;
  if (deadline !== undefined && Date.parse(deadline) < Date.now()) return undefined;
  return lastSession && (!lastSession.end || ['died', 'interrupted', 'asked'].includes(lastSession.end.reason))
    ? latestTag
    : undefined;
}

/** Lay the shipped files into the copy; its labs and caches stay. */
function refreshCopy(shippedFolder: string, copyFolder: string): void {
  fs.mkdirSync(copyFolder, { recursive: true });
  for (const entry of fs.readdirSync(copyFolder)) if (entry !== '.overnight') removeTree(path.join(copyFolder, entry));
  for (const entry of fs.readdirSync(shippedFolder)) {
    const [shippedPath, copyPath] = [path.join(shippedFolder, entry), path.join(copyFolder, entry)];
    if (NEVER_COPIED.has(entry)) continue;
    if (fs.statSync(shippedPath).isDirectory())
      copyTree(shippedPath, copyPath, (file) => file.split('/').some((part) => NEVER_COPIED.has(part)));
    else fs.copyFileSync(shippedPath, copyPath);
  }
}
