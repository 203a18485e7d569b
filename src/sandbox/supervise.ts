/**
 * One run from start to end: output, training clock, limits, accounting, and the proof that no process is left. Shared
 * by all sandboxes; knows nothing about namespaces. Not covered: a process that the meter cannot find (see `meter.ts`).
 */
import type { ChildProcess } from 'node:child_process';
import { openSync, statSync } from 'node:fs';
import { availableParallelism, constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { setImmediate as nextLookAtPipes, setTimeout as after } from 'node:timers/promises';
import { defined } from '../base/defined.ts';
import type { Ending, RunningProcess, RunResult, RunSpec } from '../core/ports.ts';
import { killHard, processInfo, signalProcess } from '../os/proc.ts';
import { startProcess } from '../os/spawn.ts';
import { DiskMeter } from './disk.ts';
import { findHeldStorage } from './held.ts';
import type { JoinedEnds } from './launch.ts';
import { endMembers, type Meter } from './meter.ts';
import { OutputKeeper } from './output.ts';
import { REAPER_FD } from './reaper.ts';
import { startFailureOf } from './start-failure.ts';
import { TrainingClockWatch } from './training-clock.ts';

/** What a sandbox has made ready for one run. */
export interface PreparedRun {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** What the launcher finds on its descriptors from 3 on: bytes and their end, or nothing but the end. */
  readonly sent?: readonly (Buffer | 'nothing')[];
  /** Writable directories on this machine, held to `diskMb` together. */
  readonly writable: readonly string[];
  /** The start file of the training clock on this machine. */
  readonly startFile?: string;
  /** The main process ends all others when it is asked to; see `reaper.ts`. */
  readonly hasReaper?: boolean;
  /** One more descriptor, on which the helper reports that the command ran; see `start-failure.ts`. */
  readonly reportsStart?: true;
  /** Name of the sandbox's own helper processes, which are not leftovers. */
  readonly helper?: string;
  readonly meter: (pid: number) => Meter;
  /** Called once when all is over, also when the start failed. */
  readonly cleanUp: () => void;
}

const CHECK_INTERVAL_MS = 100;
const SLOW_CHECK_INTERVAL_MS = 250;
/** The first look comes early, so that short runs are accounted for too. */
const FIRST_CHECK_MS = 15;
/** Wait for output that is still in the pipes when every process is dead, where a pipe stays open. */
const DRAIN_MS = 250;
/** Bounds the last looks at the pipes, where a process that was not found goes on to print. */
const MAX_LAST_LOOKS = 100;
/** A process that cannot be killed hangs in the kernel; waiting longer does not help. */
const GIVE_UP_MS = 10_000;
/** Processor time above cores × time × this is more than the given cores have; clocks of the kernel are coarse. */
const CPU_TOLERANCE = 1.1;
const CPU_TOLERANCE_S = 0.1;
const SAMPLED_CPU_TOLERANCE_S = 0.25;
/** Longest delay that a timer takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** A reaper that is asked to end everybody gets this long. */
const REAPER_MS = 5000;
const MIB = 1024 * 1024;

let openedEmpty: number | undefined;

/** A descriptor that is at its end. One for all runs: each gets a copy of it. */
function emptyDescriptor(): number {
  openedEmpty ??= openSync('/dev/null', 'r');
  return openedEmpty;
}

/** Start and supervise. Throws E_SPAWN when the process cannot be started. */
export function superviseRun(spec: RunSpec, preparedRun: PreparedRun, joinedEnds?: JoinedEnds): RunningProcess {
  const startedMs = performance.now();
  let child: ChildProcess;
  try {
    const [program = '', ...programArgs] = preparedRun.argv;
    child = startProcess(program, programArgs, {
      cwd: preparedRun.cwd,
      env: { ...preparedRun.env },
      detached: true, // a group of its own: Ctrl-C on the terminal is for the harness
      stdio: [
        joinedEnds?.stdin ?? (spec.stdin === undefined ? 'ignore' : 'pipe'),
        joinedEnds?.stdout ?? 'pipe',
        'pipe',
        ...(preparedRun.hasReaper ? (['pipe'] as const) : []),
        ...(preparedRun.sent ?? []).map((sentData) => (sentData === 'nothing' ? emptyDescriptor() : 'pipe')),
        ...(preparedRun.reportsStart ? (['pipe'] as const) : []),
      ],
    });
  } catch (thrown) {
    preparedRun.cleanUp();
    throw thrown;
  }
  return new Supervision(spec, preparedRun, child, startedMs);
}

class Supervision implements RunningProcess {
  readonly pid: number;
  readonly done: Promise<RunResult>;
  readonly #spec: RunSpec;
  readonly #preparedRun: PreparedRun;
  readonly #meter: Meter;
  readonly #diskMeter: DiskMeter;
  readonly #startedMs: number;
  readonly #stdout = new OutputKeeper();
  readonly #stderr = new OutputKeeper();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #input: Writable | null;
  readonly #trainingClock: TrainingClockWatch | undefined;
  #nextSlowCheckMs = 0;
  #ending: Ending | undefined;
  #isOver = false;
  #reapedCount = 0;
  #statusReport = '';

  constructor(spec: RunSpec, preparedRun: PreparedRun, child: ChildProcess, startedMs: number) {
    this.#spec = spec;
    this.#preparedRun = preparedRun;
    this.#startedMs = startedMs;
    this.pid = child.pid!;
    this.#meter = preparedRun.meter(this.pid);
    this.#diskMeter = new DiskMeter(preparedRun.writable);
    this.#input = child.stdin;
    this.#input?.on('error', () => {}); // a program that ends without reading its input is not an error
    if (typeof spec.stdin === 'string') this.#input?.end(spec.stdin);
    this.#captureStreams(child);
    this.done = new Promise((resolve) => {
      child.once('exit', (exitCode, signal) => void this.#collectResult(child, exitCode, signal).then(resolve));
    });
    this.#actAt(startedMs + spec.limits.wallMs, () => this.#endRun('wall'));
    this.#trainingClock = this.#watchClock();
    this.#actLater(FIRST_CHECK_MS, () => this.#checkLimits());
    const checkTimer = setInterval(() => this.#checkLimits(), CHECK_INTERVAL_MS);
    this.#timers.add(checkTimer);
  }

  kill(): void {
    this.#endRun('aborted');
  }

  send(inputText: string | null): void {
    if (!this.#input?.writable) return;
    if (inputText === null) this.#input.end();
    else this.#input.write(inputText);
  }

  #endRun(ending: Ending): void {
    if (this.#isOver) return;
    this.#ending ??= ending;
    if (this.#preparedRun.hasReaper) {
      signalProcess(this.pid, 'SIGTERM');
      this.#actLater(REAPER_MS, () => killHard(this.pid));
    } else {
      killHard(-this.pid); // the group of the main process first: it is one step of the kernel
      killHard(this.pid);
    }
    endMembers(this.#meter);
  }

  #captureStreams(child: ChildProcess): void {
    const maxOutputBytes = this.#spec.limits.outputMb * MIB;
    const keepChunks = (keeper: OutputKeeper) => (chunk: Buffer) => {
      keeper.addChunk(chunk);
      if (this.#stdout.bytes + this.#stderr.bytes > maxOutputBytes) this.#endRun('output');
    };
    child.stdout?.on('data', keepChunks(this.#stdout)).on('error', () => {});
    child.stderr?.on('data', keepChunks(this.#stderr)).on('error', () => {});
    const forwardText = (stream: Readable | null, onText: ((text: string) => void) | undefined): void => {
      if (!onText) return;
      const textDecoder = new TextDecoder();
      stream?.on('data', (chunk: Buffer) => onText(textDecoder.decode(chunk, { stream: true })));
    };
    forwardText(child.stdout, this.#spec.onStdout);
    forwardText(child.stderr, this.#spec.onStderr);
    if (this.#preparedRun.hasReaper) {
      const reaperReport = child.stdio[REAPER_FD] as Readable;
      reaperReport.on('data', (report: Buffer) => (this.#reapedCount = Number(report.toString()) || 0));
      reaperReport.on('error', () => {});
    }
    if (this.#preparedRun.reportsStart) {
      const statusReport = child.stdio[3 + (this.#preparedRun.sent ?? []).length] as Readable;
      statusReport.on('data', (report: Buffer) => (this.#statusReport += report.toString()));
      statusReport.on('error', () => {});
    }
    for (const [i, sentData] of (this.#preparedRun.sent ?? []).entries()) {
      if (sentData === 'nothing') continue;
      const launchInput = child.stdio[3 + i] as Writable;
      launchInput.on('error', () => {}); // a launcher that died early shows in its exit status
      launchInput.end(sentData);
    }
  }

  #watchClock(): TrainingClockWatch | undefined {
    const { clock, limits } = this.#spec;
    const startFile = this.#preparedRun.startFile;
    if (!clock || startFile === undefined) return undefined;
    return new TrainingClockWatch({
      clock,
      startFile,
      wallS: () => (performance.now() - this.#startedMs) / 1000,
      cpuS: () => this.#meter.cpuSeconds(),
      coreCount: limits.cores.length || availableParallelism(),
      onEnd: () => this.#endRun('cut'),
    });
  }

  #checkLimits(): void {
    const breach = this.#meter.findBreach();
    if (breach) this.#endRun(breach);
    const currentMs = performance.now();
    if (currentMs < this.#nextSlowCheckMs) return;
    this.#nextSlowCheckMs = currentMs + SLOW_CHECK_INTERVAL_MS - CHECK_INTERVAL_MS / 2;
    const diskBytes = this.#diskMeter.measureFor(2) + this.#deletedBytes();
    if (diskBytes > this.#spec.limits.diskMb * MIB) this.#endRun('disk');
    const budgeted = this.#trainingClock?.budgetedS() ?? 0;
    this.#spec.onTick?.({ wall: (currentMs - this.#startedMs) / 1000, budgeted });
  }

  /** Bytes of deleted files that are still open, on the file systems of the writable folders. */
  #deletedBytes(): number {
    if (this.#preparedRun.writable.length === 0) return 0;
    const { deletedBytes } = findHeldStorage(this.#meter.memberPids());
    return [...new Set(this.#preparedRun.writable.map(deviceOf))].reduce(
      (total, device) => total + (deletedBytes.get(device) ?? 0),
      0,
    );
  }

  /** After the end of the main process: end what is left, drain the pipes, read the figures, remove the groups. */
  async #collectResult(
    child: ChildProcess,
    exitCode: number | null,
    signal: NodeJS.Signals | null,
  ): Promise<RunResult> {
    const endedMs = performance.now();
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#trainingClock?.stop();
    const streamsClosed = new Promise<void>((resolve) => child.once('close', () => resolve()));
    const leftovers = await this.#endTheRest(endedMs);
    await Promise.race([streamsClosed, after(DRAIN_MS).then(() => this.#readWhatIsLeft())]);
    child.stdin?.destroy();
    child.stdout?.destroy();
    child.stderr?.destroy();
    const lateBreach = this.#ending === undefined ? this.#lateBreach(exitCode, signal) : undefined;
    const usageTotals = this.#meter.usageTotals();
    const wallS = (endedMs - this.#startedMs) / 1000;
    const overuse = this.#hasUsedMoreCores(usageTotals.cpuS, wallS) ? 'cpu' : undefined;
    await this.#releaseAll();
    return {
      ...endingOf(
        this.#ending === 'cut' ? (overuse ?? 'cut') : (this.#ending ?? lateBreach ?? overuse),
        exitCode,
        signal,
      ),
      stdout: this.#stdout.capturedOutput(),
      stderr: this.#stderr.capturedOutput(),
      ...(this.#trainingClock?.split({ wallS, cpuS: usageTotals.cpuS }) ?? { startupS: wallS, budgetedS: 0 }),
      wallS,
      ...usageTotals,
      accounting: this.#meter.accounting,
      leftovers,
      ...defined({ startFailure: this.#startFailure(exitCode) }),
    };
  }

  #startFailure(exitCode: number | null): string | undefined {
    const endedByItself = this.#ending === undefined && exitCode !== null && exitCode !== 0;
    if (!this.#preparedRun.reportsStart || !endedByItself) return undefined;
    return startFailureOf(this.#statusReport, this.#stderr.capturedOutput().text);
  }

  /** Look at the pipes until nothing new comes. Time alone is no proof: a busy harness may not have looked since. */
  async #readWhatIsLeft(): Promise<void> {
    for (let look = 0; look < MAX_LAST_LOOKS; look++) {
      const bytesBefore = this.#stdout.bytes + this.#stderr.bytes;
      await nextLookAtPipes();
      if (this.#stdout.bytes + this.#stderr.bytes === bytesBefore) return;
    }
  }

  async #endTheRest(endedMs: number): Promise<number> {
    const { helper } = this.#preparedRun;
    const outlivingPids = this.#meter.livePids().filter((pid) => processInfo(pid)?.name !== helper);
    killHard(-this.pid); // a member of the group that is still there belongs to the run
    // Two looks in a row must find no process: at the moment of its exec a process shows no environment.
    const requiredEmptyLooks = this.#meter.accounting === 'cgroup' ? 1 : 2;
    for (let emptyLooks = 0; emptyLooks < requiredEmptyLooks && performance.now() - endedMs < GIVE_UP_MS;) {
      emptyLooks = endMembers(this.#meter).length === 0 ? emptyLooks + 1 : 0;
      if (emptyLooks < requiredEmptyLooks) await after(1);
    }
    return this.#ending === undefined ? Math.max(outlivingPids.length, this.#reapedCount) : 0;
  }

  /** True where more processor time was used than the given cores have. A program can widen its cores by itself. */
  #hasUsedMoreCores(cpuS: number, wallS: number): boolean {
    const coreCount = this.#spec.limits.cores.length;
    if (coreCount === 0) return false;
    const toleranceS = this.#meter.accounting === 'cgroup' ? CPU_TOLERANCE_S : SAMPLED_CPU_TOLERANCE_S;
    return cpuS > coreCount * wallS * CPU_TOLERANCE + toleranceS;
  }

  /** A limit that was exceeded between the last look and the end. */
  #lateBreach(exitCode: number | null, signal: NodeJS.Signals | null): Ending | undefined {
    const { limits } = this.#spec;
    const hasFailed = exitCode !== 0;
    if (signal === 'SIGXFSZ' || exitCode === 128 + constants.signals.SIGXFSZ) return 'disk';
    if (this.#diskMeter.measureAfresh(50) > limits.diskMb * MIB) return 'disk';
    return hasFailed && this.#meter.accounting === 'cgroup' ? this.#meter.findBreach() : undefined;
  }

  async #releaseAll(): Promise<void> {
    // A group may stay busy for a moment after its last member died.
    for (let attempt = 0; attempt < 100 && !this.#meter.releaseResources(); attempt++) await after(1);
    this.#diskMeter.close();
    try {
      this.#preparedRun.cleanUp();
    } catch {
      // files that cannot be removed (made unreadable by the program) are no reason to lose the result of a run
    }
  }

  #actLater(milliseconds: number, action: () => void): void {
    this.#timers.add(setTimeout(action, milliseconds));
  }

  /** Act at a time of the monotonic clock, never before it, however far away it is. */
  #actAt(targetMs: number, action: () => void): void {
    const remainingMs = targetMs - performance.now();
    if (this.#isOver) return;
    if (remainingMs <= 0) action();
    else this.#actLater(Math.min(Math.ceil(remainingMs), MAX_TIMER_MS), () => this.#actAt(targetMs, action));
  }
}

/** Signals that end a program by themselves; a shell and a sandbox report them as 128 + number. */
const FATAL_SIGNALS = [
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGILL',
  'SIGTRAP',
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGKILL',
  'SIGSEGV',
  'SIGPIPE',
  'SIGTERM',
  'SIGXCPU',
  'SIGSYS',
] as const;

function endingOf(
  ending: Ending | undefined,
  exitCode: number | null,
  signal: NodeJS.Signals | null,
): Pick<RunResult, 'ending' | 'exitCode' | 'signal'> {
  const reportedSignal = FATAL_SIGNALS.find((signalName) => exitCode === 128 + constants.signals[signalName]);
  const endingSignal = signal ?? reportedSignal;
  const ownExitCode = exitCode === null || reportedSignal ? undefined : exitCode;
  const exitDetails = defined({ signal: endingSignal, exitCode: ownExitCode });
  if (ending) return { ending, ...(ending === 'disk' || ending === 'memory' || ending === 'pids' ? exitDetails : {}) };
  return endingSignal ? { ending: 'signalled', signal: endingSignal } : { ending: 'exited', exitCode: exitCode ?? 0 };
}

/** The number of the file system of a path; -1 when the path is gone. */
function deviceOf(filePath: string): number {
  return statSync(filePath, { throwIfNoEntry: false })?.dev ?? -1;
}
