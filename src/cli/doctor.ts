/**
 * `overnight doctor`: checks what a run needs, each line with its fix. Measures for real, in a lab that is removed
 * afterwards.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { defined } from '../base/defined.ts';
import { LabError } from '../base/error.ts';
import { formatCount } from '../base/text.ts';
import type { Arena } from '../core/arena.ts';
import type { Sandbox } from '../core/ports.ts';
import { HASH_FILE } from '../core/vendored-data.ts';
import { applyChanges, describeChange, type ManifestChange } from '../discover/manifest-changes.ts';
import { pageProblems } from '../discover/page-check.ts';
import { drillArenas } from '../drill/drill.ts';
import { freeBytes, readText, removeTree } from '../os/files.ts';
import { allowedCores, loadAverage } from '../os/machine.ts';
import { makeFolder } from '../os/folders.ts';
import { createHome, DOCTOR_TAG, labPaths } from '../os/paths.ts';
import { chooseSandbox } from '../sandbox/choose.ts';
import { openLab } from '../app/open-lab.ts';
import { checkRequiredTools } from '../app/required-tools.ts';
import { agentNamesOf, describeProposer } from '../app/who-proposes.ts';
import { type LoadedArena, loadArena, MANIFEST_FILE } from '../workspace/arena.ts';
import { requireGit } from '../workspace/command.ts';
import { printText, printJson } from './output.ts';
import { openProgress, type Progress } from './progress.ts';
import type { Invocation } from './command.ts';
import type { DoctorCheck } from './doctor-check.ts';
import { measureUnchangedCode } from './doctor-measured.ts';
import { checkNeighbours } from './doctor-slots.ts';
import { slotsFrom } from './slots-option.ts';
import { checkModel, checkShownFolders } from './doctor-model.ts';
import { loadCheck } from './doctor-speed.ts';
import type { DOCTOR_OPTIONS } from './options.ts';
import { findShippedFiles } from './new/templates.ts';
import { saveManifest } from './save-manifest.ts';
import { SHIPPED_ARENAS } from './shipped-arenas.ts';

const DISK_FLOOR_BYTES = 2 << 30;

export async function main(invocation: Invocation<typeof DOCTOR_OPTIONS>): Promise<number> {
  const checks: DoctorCheck[] = [];
  const progress = openProgress('doctor');
  const reportCheck = (check: DoctorCheck): void => {
    checks.push(check);
    progress.hideLine();
    if (!invocation.wantsJson) printText(invocation.spellCommands(describeCheck(check)));
  };
  reportCheck({ name: 'node', ok: true, detail: process.versions.node });
  try {
    await runChecks(invocation, reportCheck, progress);
  } finally {
    progress.endProgress();
  }
  const failedChecks = checks.filter((check) => !check.ok);
  const changes = checks.flatMap(({ change }) => change ?? []);
  const manifestFile = path.join(invocation.folder, MANIFEST_FILE);
  const isWritten = invocation.options.write && changes.length > 0;
  if (isWritten) saveManifest(manifestFile, applyChanges(readText(manifestFile)!, changes), 'these changes');
  if (invocation.wantsJson) printJson({ ok: failedChecks.length === 0, checks, written: isWritten ? changes : [] });
  else {
    printText(
      failedChecks.length === 0
        ? `\nEverything that a ${hasProposer(checks) ? 'run' : 'measurement'} needs works here${warningText(checks)}.`
        : `\n${formatCount(failedChecks.length, 'check')} failed. The fix is behind the arrow.`,
    );
    if (changes.length > 0) printText(invocation.spellCommands(changesText(changes, isWritten)));
  }
  return failedChecks.length === 0 ? 0 : 6;
}

/** `, with 2 warnings` */
function warningText(checks: readonly DoctorCheck[]): string {
  const count = checks.filter(({ warning }) => warning === true).length;
  return count === 0 ? '' : `, with ${formatCount(count, 'warning')}`;
}

const hasProposer = (checks: readonly DoctorCheck[]): boolean =>
  !checks.some(({ name, detail }) => name === 'ideas' && detail.startsWith('nobody'));

const describeCheck = ({ name, ok, warning, detail, fix, change }: DoctorCheck): string =>
  `${ok ? (warning ? '!' : '✓') : '✗'} ${name}: ${detail}${fix && (!ok || warning || change) ? ` → ${fix}` : ''}`;

function changesText(changes: readonly ManifestChange[], isWritten: boolean): string {
  const list = changes.map((change) => `\`${describeChange(change)}\``).join(', ');
  return isWritten
    ? `Written to ${MANIFEST_FILE}: ${list}. Run \`overnight doctor\` again: it measures with them.`
    : `\`overnight doctor --write\` writes ${list} into ${MANIFEST_FILE}.`;
}

async function runChecks(
  invocation: Invocation<typeof DOCTOR_OPTIONS>,
  reportCheck: (check: DoctorCheck) => void,
  progress: Progress,
): Promise<void> {
  const wanted = slotsFrom(invocation.options.slots);
  const load = loadAverage(); // before doctor itself makes any
  const gitVersion = await attemptCheck(reportCheck, 'git', requireGit, (version) => version);
  const loadedArena = await attemptCheck(reportCheck, 'arena', () => loadArena(invocation.folder), describeArena);
  const pageCheck = loadedArena && checkPage(invocation.folder, loadedArena);
  if (pageCheck) reportCheck(pageCheck);
  const { sandbox, checks: insideChecks } = await chooseSandbox();
  const sandboxFix =
    'Debian: apt-get install bubblewrap; without it only shipped arenas with the knob proposer run, at grade reported';
  reportCheck({
    name: 'sandbox',
    ok: sandbox.info.level === 'bubblewrap',
    detail: sandbox.info.reason,
    fix: sandboxFix,
  });
  for (const check of insideChecks)
    reportCheck({ name: `  from inside, ${check.name}`, ok: check.ok, detail: check.detail });
  if (loadedArena) reportCheck(await checkArenaFolder(sandbox, invocation.folder, loadedArena.arena.sandbox.read));
  if (loadedArena)
    for (const check of await checkShownFolders(loadedArena.arena, invocation.folder)) reportCheck(check);
  if (loadedArena) for (const check of await checkModel(loadedArena.arena, sandbox)) reportCheck(check);
  reportCheck({ name: 'limits', ok: true, detail: `memory and processes by ${sandbox.info.limits}` });
  progress.updateShare(undefined, 'starting a tree of processes and ending it');
  reportCheck(await checkKillPath(sandbox));
  const freeDiskBytes = freeBytes(invocation.folder);
  reportCheck({
    name: 'disk',
    ok: freeDiskBytes > DISK_FLOOR_BYTES,
    detail: `${(freeDiskBytes / 1e9).toFixed(1)} GB free`,
    fix: 'free some space: a run writes logs and commits',
  });
  if (loadedArena) await reportProposer(invocation, reportCheck, loadedArena.arena, sandbox);
  reportCheck(loadCheck(load, allowedCores().length));
  if (loadedArena) for (const check of checkResources(loadedArena.arena)) reportCheck(check);
  reportShipped(reportCheck, invocation.folder);
  const hasTools = loadedArena ? await reportTools(reportCheck, loadedArena.arena) : false;
  const alone =
    gitVersion && loadedArena && hasTools
      ? await measureUnchangedCode(invocation.folder, reportCheck, loadedArena, sandbox, progress)
      : undefined;
  if (alone && wanted !== undefined)
    reportCheck(await checkNeighbours(invocation.folder, sandbox, progress, wanted, alone));
  progress.updateShare(undefined, 'planting cheats that must be caught');
  if (gitVersion && sandbox.info.level === 'bubblewrap') reportCheck(await checkPlantedCheats(progress));
}

/** Of a copy of a shipped arena or skeleton: which data are still the shipped ones. */
function reportShipped(reportCheck: (check: DoctorCheck) => void, folder: string): void {
  const shipped = findShippedFiles(folder);
  if (shipped === undefined) return;
  const isDone = shipped.left.length === 0;
  reportCheck({
    name: 'your own data',
    ok: true,
    ...(!isDone && { warning: true }),
    detail: isDone
      ? `nothing of the data of ${shipped.copyOf} is left`
      : `still those of ${shipped.copyOf}: ${shipped.left.join(', ')}`,
    fix: `put your own in the same form there, and write ${HASH_FILE} again where there is one`,
  });
}

/** A line for each program that the manifest requires. True where all are there. */
async function reportTools(reportCheck: (check: DoctorCheck) => void, arena: Arena): Promise<boolean> {
  const toolChecks = await checkRequiredTools(arena);
  for (const { tool, ok, detail, fix } of toolChecks) reportCheck({ name: `needs ${tool}`, ok, detail, fix });
  return toolChecks.every(({ ok }) => ok);
}

/** No failure: ideas can be submitted, or come from somewhere later. But `run` says the same. */
async function reportProposer(
  { folder }: Invocation<typeof DOCTOR_OPTIONS>,
  reportCheck: (check: DoctorCheck) => void,
  arena: Arena,
  sandbox: Sandbox,
): Promise<void> {
  const agents = agentNamesOf(process.env.OVERNIGHT_AGENT);
  const request = defined({ agents, folder: path.resolve(folder) });
  const { text } = await describeProposer(request, sandbox, arena.knobs.length);
  reportCheck({ name: 'ideas', ok: true, detail: text });
}

/** A page that says something else than the manifest misleads every agent; nothing is broken by it. */
function checkPage(folder: string, { arena, files }: LoadedArena): DoctorCheck | undefined {
  const page = readText(path.join(folder, 'program.md'));
  if (page === undefined) return undefined;
  const problems = pageProblems(page, arena, files);
  return {
    name: 'program.md',
    ok: true,
    warning: problems.length > 0,
    detail: problems.length === 0 ? 'says nothing that arena.yaml contradicts' : `it ${problems.join('; it ')}`,
    fix: 'correct the page: agents read it before every idea',
  };
}

/** What the manifest asks for beside what this machine has. */
function checkResources({ resources }: Arena): DoctorCheck[] {
  const cores = allowedCores().length;
  const memoryMb = Math.floor(os.totalmem() / 1e6);
  return [
    {
      name: 'cores',
      ok: resources.cpus <= cores,
      detail: `${formatCount(resources.cpus, 'core')} of ${cores}`,
      fix: `set \`resources.cpus\` to ${cores} or less`,
      ...(resources.cpus > cores && { change: { key: 'resources.cpus', value: cores } }),
    },
    {
      name: 'memory',
      ok: resources.memory_mb <= memoryMb,
      detail: `${resources.memory_mb.toLocaleString('en-US')} MB of ${memoryMb.toLocaleString('en-US')} MB`,
      fix: `set \`resources.memory_mb\` below ${memoryMb}`,
      ...(resources.memory_mb > memoryMb && {
        change: { key: 'resources.memory_mb', value: Math.floor(memoryMb * 0.8) },
      }),
    },
  ];
}

/** The sandbox sees only what it is shown: it must be able to enter the folder in which measurements lie. */
async function checkArenaFolder(sandbox: Sandbox, folder: string, alsoRead: readonly string[]): Promise<DoctorCheck> {
  const paths = labPaths(path.resolve(folder), DOCTOR_TAG);
  const probeFolder = path.join(paths.work, 'folder-probe');
  const check = { name: 'arena’s folder', fix: 'let everybody enter that folder (`chmod a+x`), or move the arena' };
  try {
    createHome(paths);
    makeFolder(probeFolder);
    const { startFailure } = await sandbox.start({
      command: 'true',
      cwd: '/lab/out',
      mounts: [{ from: probeFolder, to: '/lab/out', mode: 'write' }],
      env: {},
      tag: `overnight-doctor-${process.pid}`,
      alsoRead: alsoRead.filter((shownPath) => path.isAbsolute(shownPath) && fs.existsSync(shownPath)),
      limits: { wallMs: 10_000, memoryMb: 256, pids: 32, diskMb: 16, outputMb: 1, cores: [] },
    }).done;
    return startFailure === undefined
      ? { ...check, ok: true, detail: 'a program in the sandbox can be started below it' }
      : { ...check, ok: false, detail: startFailure };
  } catch (thrown) {
    if (!(thrown instanceof LabError)) throw thrown;
    return { ...check, ok: false, detail: `${thrown.parts.what} ${thrown.parts.why}`, fix: thrown.parts.next };
  } finally {
    removeTree(probeFolder);
  }
}

async function attemptCheck<T>(
  reportCheck: (check: DoctorCheck) => void,
  checkName: string,
  action: () => Promise<T>,
  describeValue: (value: T) => string,
): Promise<T | undefined> {
  try {
    const value = await action();
    reportCheck({ name: checkName, ok: true, detail: describeValue(value) });
    return value;
  } catch (thrown) {
    if (!(thrown instanceof LabError)) throw thrown;
    reportCheck({
      name: checkName,
      ok: false,
      detail: `${thrown.parts.what} ${thrown.parts.why}`,
      fix: thrown.parts.next,
    });
    return undefined;
  }
}

function describeArena({ arena, files, source }: LoadedArena): string {
  const changes = source.hasTrackedChanges ? ', with uncommitted changes' : ', with files that git does not track';
  const location = source.repository ? `in a repository${source.dirty ? changes : ''}` : 'outside a repository';
  return `${arena.name}: ${formatCount(files.length, 'file')}, ${formatCount(arena.knobs.length, 'knob')}, ${location}`;
}

/** Start a tree of processes that ignores signals and leaves its session, end it, and count what is left. */
async function checkKillPath(sandbox: Sandbox): Promise<DoctorCheck> {
  const workDir = fs.mkdtempSync(path.join(os.tmpdir(), 'overnight-doctor-'));
  const processTag = `overnight-doctor-${process.pid}`;
  try {
    const runningTree = sandbox.start({
      command: "trap '' TERM; (setsid sh -c \"trap '' TERM; sleep 60\" &) ; sleep 60 & wait",
      cwd: '/',
      mounts: [{ from: workDir, to: '/lab/out', mode: 'write' }],
      env: {},
      tag: processTag,
      limits: { wallMs: 700, memoryMb: 256, pids: 32, diskMb: 16, outputMb: 1, cores: [] },
    });
    const startedMs = performance.now();
    await runningTree.done;
    const remaining = await sandbox.sweep(processTag);
    const successDetail = `a tree with a daemon that ignores signals was gone ${Math.max(0, Math.round(performance.now() - startedMs - 700))} ms after its limit`;
    return {
      name: 'kill path',
      ok: remaining === 0,
      detail:
        remaining === 0 ? successDetail : `${formatCount(remaining, 'process', 'processes')} outlived their limit`,
      fix: 'use a machine with user namespaces, or run in a container of its own',
    };
  } finally {
    removeTree(workDir);
  }
}

/** The fast half of the drill on the smallest arena: does this machine catch the cheats? */
async function checkPlantedCheats(progress: Progress): Promise<DoctorCheck> {
  const onBegin = (_arena: string, cheat: string, share: number): void =>
    progress.updateShare(share, `planting: ${cheat}`);
  const drillLines = await drillArenas(openLab, {
    arenas: SHIPPED_ARENAS,
    only: 'hello',
    fast: true,
    onLine: () => {},
    onBegin,
  });
  const missedCheats = drillLines.filter((drillLine) => !drillLine.ok).map((drillLine) => drillLine.cheat);
  return {
    name: 'planted cheats',
    ok: missedCheats.length === 0,
    detail:
      missedCheats.length === 0
        ? `${drillLines.length} of ${drillLines.length} caught`
        : `not caught: ${missedCheats.join(', ')}`,
    fix: '`overnight drill hello` shows the result of each; do not trust a run on this machine before',
  };
}
