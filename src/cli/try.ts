/** `overnight try`: research a shipped arena in a copy below the current folder. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { defined } from '../base/defined.ts';
import { suggestionFor } from '../base/did-you-mean.ts';
import { LabError } from '../base/error.ts';
import { readLedger } from '../ledger/jsonl.ts';
import { copyTree, removeTree } from '../os/files.ts';
import { makeFolder } from '../os/folders.ts';
import { allowedCores, loadAverage } from '../os/machine.ts';
import { ignoreEverythingIn, labPaths, listTags } from '../os/paths.ts';
import type { OpenOptions } from '../app/open-lab.ts';
import { readManifest } from '../workspace/arena.ts';
import { exampleProposer, listExamples } from './example-ideas.ts';
import { showGallery } from './gallery.ts';
import { limitsFrom } from './limits.ts';
import { runLab } from './run.ts';
import type { Invocation } from './command.ts';
import type { TRY_OPTIONS } from './options.ts';
import { printRemark } from './output.ts';
import { SHIPPED_ARENAS, shippedNames } from './shipped-arenas.ts';
import { planTry } from './try-plan.ts';

/** What a checkout has beside what the package carries. */
const NEVER_COPIED = new Set(['node_modules', '.overnight', 'tests']);

export async function main(invocation: Invocation<typeof TRY_OPTIONS>): Promise<number> {
  const [arenaName] = invocation.args;
  if (arenaName === undefined) return showGallery(invocation.wantsJson, invocation.spellCommands);
  const shippedFolder = path.join(SHIPPED_ARENAS, arenaName);
  if (!shippedNames().includes(arenaName)) {
    throw new LabError('E_NOT_FOUND', {
      what: `There is no shipped arena "${arenaName}".`,
      why: `The shipped ones are ${shippedNames().join(', ')}.${suggestionFor(arenaName, shippedNames())}`,
      next: 'Name one of them. For your own code use `overnight new`.',
    });
  }
  const overnightFolder = path.join(invocation.folder, '.overnight');
  makeFolder(overnightFolder);
  ignoreEverythingIn(overnightFolder);
  const tryFolder = path.join(overnightFolder, 'try', arenaName);
  const isQuick = invocation.options.quick;
  const resumableTag = unfinishedTag(tryFolder, isQuick);
  if (!resumableTag) refreshCopy(shippedFolder, tryFolder);
  const options = resumableTag
    ? { folder: tryFolder, tag: resumableTag, command: `try ${arenaName}` }
    : freshOptions(invocation, tryFolder, arenaName, isQuick);
  return runLab({ ...options, ...exampleIdeas(tryFolder) }, invocation);
}

function freshOptions(
  invocation: Invocation<typeof TRY_OPTIONS>,
  tryFolder: string,
  arenaName: string,
  isQuick: boolean,
): OpenOptions {
  const requestedLimits = limitsFrom(invocation.options, new Date());
  const machine = { load: loadAverage(), cores: allowedCores().length };
  const { experiments, minutes, seconds, calibrate, remark } = planTry(readManifest(tryFolder), {
    isQuick,
    ...machine,
  });
  if (remark !== undefined) printRemark(remark);
  // A session that has tried them all ends, with its claim tested.
  const examples = exampleIdeas(tryFolder).proposer ? listExamples(tryFolder).length : 0;
  const deadline = new Date(Date.now() + minutes * 60_000).toISOString();
  return defined({
    folder: tryFolder,
    tag: nextTag(tryFolder, isQuick),
    command: `try ${arenaName}${isQuick ? ' --quick' : ''}`,
    limits: { experiments: Math.min(experiments, examples || experiments), deadline, ...requestedLimits },
    calibrate,
    seconds,
  });
}

/** Where there is nothing for the optimizer to turn, the shipped examples are tried. */
const exampleIdeas = (tryFolder: string): Pick<OpenOptions, 'proposer'> =>
  readManifest(tryFolder).knobs.length === 0 && listExamples(tryFolder).length > 0
    ? { proposer: exampleProposer(tryFolder) }
    : {};

const prefixOf = (isQuick: boolean): string => (isQuick ? 'quick' : 'try');

function nextTag(tryFolder: string, isQuick: boolean): string {
  const usedTags = new Set(listTags(tryFolder));
  for (let i = 1; ; i++) if (!usedTags.has(`${prefixOf(isQuick)}-${i}`)) return `${prefixOf(isQuick)}-${i}`;
}

/** The tag of a try that was interrupted: it goes on. A finished one does not. */
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

/** Copy the shipped files over the earlier copy; its labs and caches stay. */
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
