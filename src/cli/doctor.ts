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
import { gradeOf } from '../core/trust-grade.ts';
import { typicalMeasurementS } from '../core/plan/pace.ts';
import type { LedgerEvent } from '../core/event.ts';
import type { Sandbox } from '../core/ports.ts';
import type { LabState } from '../core/state.ts';
import { minimumDetectableEffect } from '../base/stats.ts';
import { drillArenas } from '../drill/drill.ts';
import { freeBytes, removeTree } from '../os/files.ts';
import { allowedCores } from '../os/machine.ts';
import { makeFolder } from '../os/folders.ts';
import { createHome, DOCTOR_TAG, labPaths } from '../os/paths.ts';
import { chooseSandbox } from '../sandbox/choose.ts';
import { openLab } from '../app/open-lab.ts';
import { agentNamesOf, describeProposer } from '../app/who-proposes.ts';
import { type LoadedArena, loadArena } from '../workspace/arena.ts';
import { requireGit } from '../workspace/command.ts';
import { shareIn } from '../view/lab/progress.ts';
import { decimalsOfExact, decimalsOfSpread, formatDuration, formatFixed, spreadText } from '../view/format.ts';
import { cureFor } from './cure-for.ts';
import { printText, printJson } from './output.ts';
import { openProgress, type Progress } from './progress.ts';
import type { Invocation } from './command.ts';
import type { FOLDER_OPTIONS } from './options.ts';
import { SHIPPED_ARENAS } from './shipped-arenas.ts';

interface DoctorCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly fix?: string;
}

const REPEAT_COUNT = 3;
/** A gain of a fifth is large for anything that was worked on before. */
const MAX_USEFUL_EFFECT = 0.2;
const DISK_FLOOR_BYTES = 2 << 30;

export async function main(invocation: Invocation<typeof FOLDER_OPTIONS>): Promise<number> {
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
  if (invocation.wantsJson) printJson({ ok: failedChecks.length === 0, checks });
  else
    printText(
      failedChecks.length === 0
        ? `\nEverything that a ${hasProposer(checks) ? 'run' : 'measurement'} needs works here.`
        : `\n${formatCount(failedChecks.length, 'check')} failed. The fix is behind the arrow.`,
    );
  return failedChecks.length === 0 ? 0 : 6;
}

const hasProposer = (checks: readonly DoctorCheck[]): boolean =>
  !checks.some(({ name, detail }) => name === 'ideas' && detail.startsWith('nobody'));

const describeCheck = ({ name, ok, detail, fix }: DoctorCheck): string =>
  ok ? `✓ ${name}: ${detail}` : `✗ ${name}: ${detail}${fix ? ` → ${fix}` : ''}`;

async function runChecks(
  invocation: Invocation<typeof FOLDER_OPTIONS>,
  reportCheck: (check: DoctorCheck) => void,
  progress: Progress,
): Promise<void> {
  const gitVersion = await attemptCheck(reportCheck, 'git', requireGit, (version) => version);
  const loadedArena = await attemptCheck(reportCheck, 'arena', () => loadArena(invocation.folder), describeArena);
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
  if (loadedArena) for (const check of checkResources(loadedArena.arena)) reportCheck(check);
  if (gitVersion && loadedArena) await measureUnchangedCode(invocation, reportCheck, loadedArena, sandbox, progress);
  progress.updateShare(undefined, 'planting cheats that must be caught');
  if (gitVersion && sandbox.info.level === 'bubblewrap') reportCheck(await checkPlantedCheats(progress));
}

/** No failure: ideas can be submitted, or come from somewhere later. But `run` says the same. */
async function reportProposer(
  { folder }: Invocation<typeof FOLDER_OPTIONS>,
  reportCheck: (check: DoctorCheck) => void,
  arena: Arena,
  sandbox: Sandbox,
): Promise<void> {
  const agents = agentNamesOf(process.env.OVERNIGHT_AGENT);
  const request = defined({ agents, folder: path.resolve(folder) });
  const { text } = await describeProposer(request, sandbox, arena.knobs.length);
  reportCheck({ name: 'ideas', ok: true, detail: text });
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
    },
    {
      name: 'memory',
      ok: resources.memory_mb <= memoryMb,
      detail: `${resources.memory_mb.toLocaleString('en-US')} MB of ${memoryMb.toLocaleString('en-US')} MB`,
      fix: `set \`resources.memory_mb\` below ${memoryMb}`,
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

/** Set up, prepare, and repeat the unchanged code: the first minutes of a run. */
async function measureUnchangedCode(
  invocation: Invocation<typeof FOLDER_OPTIONS>,
  reportCheck: (check: DoctorCheck) => void,
  { arena }: LoadedArena,
  sandbox: Sandbox,
  progress: Progress,
): Promise<void> {
  const doctorPaths = labPaths(invocation.folder, DOCTOR_TAG);
  removeTree(doctorPaths.lab);
  let state: LabState | undefined;
  try {
    const opened = await openLab({
      folder: invocation.folder,
      tag: DOCTOR_TAG,
      sandbox,
      calibrate: REPEAT_COUNT,
      limits: { experiments: 0 },
      command: 'doctor',
      watch: {
        onStage: (stage, outputLine) => progress.updateShare(shareIn(outputLine), `${stage}: ${outputLine}`),
        onEvent: (event, currentState) => {
          const progressText = repeatsText(event, currentState.measurements.length);
          if (progressText) progress.updateShare(shareIn(progressText), progressText);
        },
      },
    });
    state = opened.state;
    await opened.run();
    reportMeasurements(reportCheck, arena, state, sandbox);
  } catch (thrown) {
    if (!(thrown instanceof LabError)) throw thrown;
    reportCheck({
      name: 'metric parses',
      ok: false,
      detail: `${thrown.parts.what} ${thrown.parts.why}`,
      fix: thrown.code === 'E_BASELINE' ? baselineFix(invocation.folder, arena, thrown.parts.why) : thrown.parts.next,
    });
  } finally {
    removeTree(doctorPaths.lab);
  }
}

/** The known cure, else what a person can look at. Never `doctor`: this is doctor. */
function baselineFix(folder: string, arena: Arena, why: string): string {
  const { run, budget, sandbox, resources } = arena;
  const manifest = {
    read: sandbox.read,
    home: sandbox.home ?? [],
    installed: sandbox.installed ?? [],
    isWritable: run.writable ?? false,
    gpus: resources.gpus,
  };
  const kind = /^([a-z-]+):/.exec(why)?.[1] ?? '';
  const cure = cureFor({ folder, command: run.command, budgetS: budget.seconds, manifest, kind, text: why });
  return cure ? `${cure.why}: ${cure.fix}` : 'correct the command or the files, then run doctor again';
}

function repeatsText(event: LedgerEvent, measurementCount: number): string | undefined {
  if (event.type === 'stage.started') return event.stage;
  return event.type === 'measuring'
    ? `repeating the unchanged code, ${measurementCount - 1} of ${REPEAT_COUNT}`
    : undefined;
}

function reportMeasurements(
  reportCheck: (check: DoctorCheck) => void,
  arena: Arena,
  state: LabState,
  sandbox: Sandbox,
): void {
  const noiseFloor = [...state.noise.values()][0]!.calibrated!;
  const meanOfRepeats = formatFixed(
    noiseFloor.mean,
    decimalsOfSpread(noiseFloor.sigma) ?? decimalsOfExact([noiseFloor.mean]),
  );
  reportCheck({
    name: 'metric parses',
    ok: true,
    detail: `${arena.metric.name} = ${meanOfRepeats} ${arena.metric.unit}`.trim(),
  });
  const repeatsSpread =
    noiseFloor.sigma === 0
      ? 'identical every time'
      : `standard deviation ${spreadText(noiseFloor.sigma)} (${spreadText((100 * noiseFloor.sigma) / Math.abs(noiseFloor.mean || 1))} %)`;
  reportCheck({
    name: 'metric repeats',
    ok: true,
    detail: `${REPEAT_COUNT} runs of the unchanged code: ${repeatsSpread}`,
  });
  for (const warning of noiseFloor.warnings) reportCheck({ name: '  note', ok: true, detail: warning });
  const [singleRunEffect, threeRunEffect] = [
    minimumDetectableEffect(noiseFloor.sigma, 1),
    minimumDetectableEffect(noiseFloor.sigma, 3),
  ];
  const plausibleGain = MAX_USEFUL_EFFECT * Math.abs(noiseFloor.mean);
  reportCheck({
    name: 'smallest effect',
    ok: plausibleGain === 0 || threeRunEffect <= plausibleGain,
    detail: `${spreadText(singleRunEffect)} with one run each, ${spreadText(threeRunEffect)} with three: what shows in four of five cases`,
    fix: `no gain below ${spreadText((100 * threeRunEffect) / Math.abs(noiseFloor.mean || 1))} % can be shown: measure longer, repeat the work inside the command and print its median, use processor time (\`metric.read: cpu_s\`), \`decide.rule: paired\`, or a quieter machine`,
  });
  const measurementSeconds = typicalMeasurementS(state);
  reportCheck({
    name: 'speed',
    ok: true,
    detail: `${formatDuration(measurementSeconds)} a measurement, about ${Math.round(3600 / (measurementSeconds * 1.4))} experiments an hour with repeats`,
  });
  const { grade, reason } = gradeOf(arena, sandbox.info.level, sandbox.info);
  reportCheck({
    name: 'trust grade',
    ok: grade !== 'reported',
    detail: `${grade}: ${reason}`,
    fix: gradeFix(sandbox),
  });
}

/** What lifts an arena above grade `reported`. */
const gradeFix = (sandbox: Sandbox): string =>
  sandbox.info.level === 'bubblewrap'
    ? 'set `metric.plausible: { min: …, max: … }` in arena.yaml, or give it an `evaluate` command'
    : 'install bubblewrap';
