/**
 * `overnight doctor`: proves before the night what the night will rely on, each line with its fix. Measures for real,
 * in a lab that is removed after.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { LabError } from '../base/error.ts';
import { count } from '../base/text.ts';
import { type Arena, gradeOf } from '../core/arena.ts';
import { typicalMeasurementS } from '../core/plan/plan.ts';
import type { LedgerEvent } from '../core/event.ts';
import type { Sandbox } from '../core/ports.ts';
import type { LabState } from '../core/state.ts';
import { minimumDetectableEffect } from '../base/stats.ts';
import { drill } from '../drill/drill.ts';
import { freeBytes, removeTree } from '../os/files.ts';
import { DOCTOR_TAG, labPaths } from '../os/paths.ts';
import { chooseSandbox } from '../sandbox/choose.ts';
import { openLab } from '../app/open-lab.ts';
import { type LoadedArena, loadArena } from '../workspace/arena.ts';
import { requireGit } from '../workspace/command.ts';
import { shareIn } from '../view/lab/progress.ts';
import { print, printJson } from './output.ts';
import { openProgress, type Progress } from './progress.ts';
import type { Call } from './spec.ts';

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly fix?: string;
}

const SHIPPED = fileURLToPath(new URL('../../arenas', import.meta.url));
const REPEATS = 3;
const DISK_FLOOR_BYTES = 2 << 30;

export async function main(call: Call): Promise<number> {
  const checks: Check[] = [];
  const progress = openProgress('doctor');
  const say = (check: Check): void => {
    checks.push(check);
    progress.hide();
    if (!call.json)
      print(`${check.ok ? '✓' : '✗'} ${check.name}: ${check.detail}${check.ok || !check.fix ? '' : ` → ${check.fix}`}`);
  };
  say({ name: 'node', ok: true, detail: process.versions.node });
  try {
    await examine(call, say, progress);
  } finally {
    progress.end();
  }
  const failed = checks.filter((check) => !check.ok);
  if (call.json) printJson({ ok: failed.length === 0, checks });
  else
    print(
      failed.length === 0
        ? '\nEverything a night relies on works here.'
        : `\n${count(failed.length, 'check')} failed: the fix stands behind the arrow.`,
    );
  return failed.length === 0 ? 0 : 6;
}

async function examine(call: Call, say: (check: Check) => void, progress: Progress): Promise<void> {
  const git = await attempt(say, 'git', requireGit, (version) => version);
  const loaded = await attempt(say, 'arena', () => loadArena(call.folder), describe);
  const { sandbox, checks: seen } = await chooseSandbox();
  const fix =
    'Debian: apt-get install bubblewrap; without it only shipped arenas with the knob proposer run, at grade reported';
  say({ name: 'sandbox', ok: sandbox.info.level === 'bubblewrap', detail: sandbox.info.reason, fix });
  for (const check of seen) say({ name: `  from inside, ${check.name}`, ok: check.ok, detail: check.detail });
  say({ name: 'limits', ok: true, detail: `memory and processes by ${sandbox.info.limits}` });
  progress.at(undefined, 'starting a tree of processes and ending it');
  say(await killPath(sandbox));
  const free = freeBytes(call.folder);
  say({
    name: 'disk',
    ok: free > DISK_FLOOR_BYTES,
    detail: `${(free / 1e9).toFixed(1)} GB free`,
    fix: 'free some space: a night writes logs and commits',
  });
  progress.at(undefined, 'planting cheats that must be caught');
  if (git && sandbox.info.level === 'bubblewrap') say(await planted(progress));
  if (git && loaded) await measure(call, say, loaded, sandbox, progress);
}

async function attempt<T>(
  say: (check: Check) => void,
  name: string,
  act: () => Promise<T>,
  describe: (value: T) => string,
): Promise<T | undefined> {
  try {
    const value = await act();
    say({ name, ok: true, detail: describe(value) });
    return value;
  } catch (thrown) {
    if (!(thrown instanceof LabError)) throw thrown;
    say({ name, ok: false, detail: `${thrown.parts.what} ${thrown.parts.why}`, fix: thrown.parts.next });
    return undefined;
  }
}

function describe({ arena, files, source }: LoadedArena): string {
  const where = source.repository
    ? `in a repository${source.dirty ? ', with uncommitted changes' : ''}`
    : 'outside a repository';
  return `${arena.name}: ${count(files.length, 'file')}, ${count(arena.knobs.length, 'knob')}, ${where}`;
}

/** Start a tree that ignores signals and leaves its session, end it, and look for what is left. */
async function killPath(sandbox: Sandbox): Promise<Check> {
  const room = fs.mkdtempSync(path.join(os.tmpdir(), 'overnight-doctor-'));
  const tag = `overnight-doctor-${process.pid}`;
  try {
    const running = sandbox.start({
      command: "trap '' TERM; (setsid sh -c \"trap '' TERM; sleep 60\" &) ; sleep 60 & wait",
      cwd: '/',
      mounts: [{ from: room, to: '/lab/out', mode: 'write' }],
      env: {},
      tag,
      limits: { wallMs: 700, memoryMb: 256, pids: 32, diskMb: 16, outputMb: 1, cores: [] },
    });
    const started = performance.now();
    await running.done;
    const left = await sandbox.sweep(tag);
    const detail = `a tree with a daemon that ignores signals was gone ${Math.max(0, Math.round(performance.now() - started - 700))} ms after its limit`;
    return {
      name: 'kill path',
      ok: left === 0,
      detail: left === 0 ? detail : `${count(left, 'process', 'processes')} outlived their limit`,
      fix: 'use a machine with user namespaces, or run in a container of its own',
    };
  } finally {
    removeTree(room);
  }
}

/** The fast half of the drill, on the arena that needs least: is what must be caught caught on this machine? */
async function planted(progress: Progress): Promise<Check> {
  const onBegin = (_: string, cheat: string, share: number): void => progress.at(share, `planting: ${cheat}`);
  const lines = await drill(openLab, { arenas: SHIPPED, only: 'hello', fast: true, onLine: () => {}, onBegin });
  const missed = lines.filter((line) => !line.ok).map((line) => line.cheat);
  return {
    name: 'planted cheats',
    ok: missed.length === 0,
    detail: missed.length === 0 ? `${lines.length} of ${lines.length} caught` : `not caught: ${missed.join(', ')}`,
    fix: 'run `overnight drill hello` to see what became of each; do not trust a night on this machine before',
  };
}

/** Set up, prepare, and repeat the unchanged code: what a night's first minutes would do. */
async function measure(
  call: Call,
  say: (check: Check) => void,
  { arena }: LoadedArena,
  sandbox: Sandbox,
  progress: Progress,
): Promise<void> {
  const paths = labPaths(call.folder, DOCTOR_TAG);
  removeTree(paths.lab);
  let state: LabState | undefined;
  try {
    const opened = await openLab({
      folder: call.folder,
      tag: DOCTOR_TAG,
      sandbox,
      calibrate: REPEATS,
      limits: { experiments: 0 },
      command: 'doctor',
      watch: {
        onStage: (stage, line) => progress.at(shareIn(line), `${stage}: ${line}`),
        onEvent: (event, now) => {
          const words = repeatsText(event, now.measurements.length);
          if (words) progress.at(shareIn(words), words);
        },
      },
    });
    state = opened.state;
    await opened.run();
    report(say, arena, state, sandbox);
  } catch (thrown) {
    if (!(thrown instanceof LabError)) throw thrown;
    say({
      name: 'metric parses',
      ok: false,
      detail: `${thrown.parts.what} ${thrown.parts.why}`,
      fix: thrown.parts.next,
    });
  } finally {
    removeTree(paths.lab);
  }
}

function repeatsText(event: LedgerEvent, measurements: number): string | undefined {
  if (event.type === 'stage.started') return event.stage;
  return event.type === 'measuring' ? `repeating the unchanged code, ${measurements - 1} of ${REPEATS}` : undefined;
}

function report(say: (check: Check) => void, arena: Arena, state: LabState, sandbox: Sandbox): void {
  const noise = [...state.noise.values()][0]!.calibrated!;
  const round = (x: number): string => String(Number(x.toPrecision(4)));
  say({
    name: 'metric parses',
    ok: true,
    detail: `${arena.metric.name} = ${round(noise.mean)} ${arena.metric.unit}`.trim(),
  });
  const quiet =
    noise.sigma === 0
      ? 'identical every time'
      : `standard deviation ${round(noise.sigma)} (${round((100 * noise.sigma) / Math.abs(noise.mean || 1))} %)`;
  say({ name: 'metric repeats', ok: true, detail: `${REPEATS} runs of the unchanged code: ${quiet}` });
  for (const warning of noise.warnings) say({ name: '  note', ok: true, detail: warning });
  const [one, three] = [minimumDetectableEffect(noise.sigma, 1), minimumDetectableEffect(noise.sigma, 3)];
  say({
    name: 'smallest effect',
    ok: true,
    detail: `${round(one)} with one run each, ${round(three)} with three (80 % power, one-sided 5 %)`,
  });
  const each = typicalMeasurementS(state);
  say({
    name: 'speed',
    ok: true,
    detail: `${round(each)} s a measurement, about ${Math.round(3600 / (each * 1.4))} experiments an hour with repeats`,
  });
  const { grade, reason } = gradeOf(arena, sandbox.info.level);
  say({
    name: 'trust grade',
    ok: grade !== 'reported',
    detail: `${grade}: ${reason}`,
    fix: 'install bubblewrap, or give the arena an `evaluate` command',
  });
}
