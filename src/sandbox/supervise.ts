/**
 * One run from start to end: output, training clock, limits, accounting, and the certainty that nobody is left. Shared
 * by all sandboxes; knows nothing about namespaces. Not covered: a process that the meter cannot find (see `meter.ts`).
 */
import type { ChildProcess } from 'node:child_process';
import { type FSWatcher, lstatSync, watch } from 'node:fs';
import { constants } from 'node:os';
import { basename, dirname } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as after } from 'node:timers/promises';
import type { Ending, Running, RunResult, RunSpec } from '../core/ports.ts';
import { killHard, processInfo } from '../os/proc.ts';
import { startProcess } from '../os/spawn.ts';
import { DiskMeter } from './disk.ts';
import type { JoinedEnds } from './launch.ts';
import { endMembers, type Meter } from './meter.ts';
import { OutputKeeper } from './output.ts';

/** What a sandbox has made ready for one run. */
export interface Prepared {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Bytes for descriptor 3 of the launcher. */
  readonly sent?: Buffer;
  /** Writable directories on this machine, held to `diskMb` together. */
  readonly writable: readonly string[];
  /** The start file of the training clock on this machine. */
  readonly startFile?: string;
  /** Name of the sandbox's own helper processes, which are not leftovers. */
  readonly helper?: string;
  readonly meter: (pid: number) => Meter;
  /** Called once when all is over, also when the start failed. */
  readonly cleanup: () => void;
}

const LOOK_MS = 100;
const SLOW_LOOK_MS = 250;
/** The first look comes early, so that short runs are accounted for too. */
const FIRST_LOOK_MS = 15;
const START_POLL_MS = 8;
/** Longest wait for the pieces of output that are still in the pipes when everybody is dead. */
const DRAIN_MS = 250;
/** A process that cannot be killed hangs in the kernel; waiting longer does not help. */
const GIVE_UP_MS = 10_000;
/** Longest delay that a timer takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;
const MIB = 1024 * 1024;

/** Start and supervise. Throws E_SPAWN when the process cannot be started. */
export function supervise(spec: RunSpec, prepared: Prepared, joined?: JoinedEnds): Running {
  const begun = performance.now();
  let child: ChildProcess;
  try {
    const [program = '', ...args] = prepared.argv;
    child = startProcess(program, args, {
      cwd: prepared.cwd,
      env: { ...prepared.env },
      detached: true, // a group of its own: Ctrl-C on the terminal is for the harness
      stdio: [
        joined?.stdin ?? (spec.stdin === undefined ? 'ignore' : 'pipe'),
        joined?.stdout ?? 'pipe',
        'pipe',
        prepared.sent ? 'pipe' : 'ignore',
      ],
    });
  } catch (thrown) {
    prepared.cleanup();
    throw thrown;
  }
  return new Supervision(spec, prepared, child, begun);
}

class Supervision implements Running {
  readonly pid: number;
  readonly done: Promise<RunResult>;
  readonly #spec: RunSpec;
  readonly #prepared: Prepared;
  readonly #meter: Meter;
  readonly #disk: DiskMeter;
  readonly #begun: number;
  readonly #stdout = new OutputKeeper();
  readonly #stderr = new OutputKeeper();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #input: Writable | null;
  #watcher: FSWatcher | undefined;
  #signalledAt: number | undefined;
  #slowLookAt = 0;
  #ending: Ending | undefined;
  #over = false;

  constructor(spec: RunSpec, prepared: Prepared, child: ChildProcess, begun: number) {
    this.#spec = spec;
    this.#prepared = prepared;
    this.#begun = begun;
    this.pid = child.pid!;
    this.#meter = prepared.meter(this.pid);
    this.#disk = new DiskMeter(prepared.writable);
    this.#input = child.stdin;
    this.#input?.on('error', () => {}); // a program that ends without reading its input is not an error
    if (typeof spec.stdin === 'string') this.#input?.end(spec.stdin);
    this.#capture(child);
    this.done = new Promise((resolve) => {
      child.once('exit', (code, signal) => void this.#settle(child, code, signal).then(resolve));
    });
    this.#at(begun + spec.limits.wallMs, () => this.#end('wall'));
    this.#watchClock();
    this.#later(FIRST_LOOK_MS, () => this.#look());
    const looking = setInterval(() => this.#look(), LOOK_MS);
    this.#timers.add(looking);
  }

  kill(): void {
    this.#end('aborted');
  }

  send(text: string | null): void {
    if (!this.#input?.writable) return;
    if (text === null) this.#input.end();
    else this.#input.write(text);
  }

  #end(why: Ending): void {
    if (this.#over) return;
    this.#ending ??= why;
    killHard(-this.pid); // the group of the main process first: it is one step of the kernel
    killHard(this.pid);
    endMembers(this.#meter);
  }

  #capture(child: ChildProcess): void {
    const limit = this.#spec.limits.outputMb * MIB;
    const keep = (keeper: OutputKeeper) => (chunk: Buffer) => {
      keeper.push(chunk);
      if (this.#stdout.bytes + this.#stderr.bytes > limit) this.#end('output');
    };
    child.stdout?.on('data', keep(this.#stdout)).on('error', () => {});
    child.stderr?.on('data', keep(this.#stderr)).on('error', () => {});
    const tell = (stream: Readable | null, each: ((text: string) => void) | undefined): void => {
      if (!each) return;
      const decoder = new TextDecoder();
      stream?.on('data', (chunk: Buffer) => each(decoder.decode(chunk, { stream: true })));
    };
    tell(child.stdout, this.#spec.onStdout);
    tell(child.stderr, this.#spec.onStderr);
    const sink = child.stdio[3] as Writable | null;
    if (sink && this.#prepared.sent) {
      sink.on('error', () => {}); // a launcher that died early shows in its exit status
      sink.end(this.#prepared.sent);
    }
  }

  /** The start signal is looked for on events and, because those may get lost on some file systems, by polling. */
  #watchClock(): void {
    const { clock } = this.#spec;
    const file = this.#prepared.startFile;
    if (!clock || file === undefined) return;
    const check = (): void => {
      if (this.#signalledAt === undefined && exists(file)) this.#startClock();
    };
    try {
      this.#watcher = watch(dirname(file), { persistent: false }, (_event, name) => {
        if (name === null || name === basename(file)) check();
      });
      this.#watcher.on('error', () => this.#watcher?.close());
    } catch {
      // no events here (too many watches, a network file system): polling does it alone
    }
    this.#timers.add(setInterval(check, START_POLL_MS));
    this.#at(this.#begun + clock.graceMs, () => this.#startClock());
  }

  #startClock(): void {
    const { clock } = this.#spec;
    if (!clock || this.#signalledAt !== undefined || this.#over) return;
    this.#signalledAt = performance.now();
    this.#watcher?.close();
    this.#at(this.#signalledAt + clock.budgetMs, () => this.#end('cut'));
  }

  #look(): void {
    const breach = this.#meter.look();
    if (breach) this.#end(breach);
    const now = performance.now();
    if (now < this.#slowLookAt) return;
    this.#slowLookAt = now + SLOW_LOOK_MS - LOOK_MS / 2;
    if (this.#disk.look(2) > this.#spec.limits.diskMb * MIB) this.#end('disk');
    const budgeted = this.#signalledAt === undefined ? 0 : (now - this.#signalledAt) / 1000;
    this.#spec.onTick?.({ wall: (now - this.#begun) / 1000, budgeted });
  }

  /** From the end of the main process on: nobody may be left, pipes are drained, figures are read, groups removed. */
  async #settle(child: ChildProcess, code: number | null, signal: NodeJS.Signals | null): Promise<RunResult> {
    const endedAt = performance.now();
    this.#over = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#watcher?.close();
    const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
    const leftovers = await this.#endTheRest(endedAt);
    await Promise.race([closed, after(DRAIN_MS)]);
    child.stdin?.destroy();
    child.stdout?.destroy();
    child.stderr?.destroy();
    const breach = this.#ending === undefined ? this.#lateBreach(code, signal) : undefined;
    const totals = this.#meter.totals();
    await this.#release();
    const signalledAt = this.#signalledAt;
    return {
      ...ended(this.#ending ?? breach, code, signal),
      stdout: this.#stdout.captured(),
      stderr: this.#stderr.captured(),
      startupS: ((signalledAt ?? endedAt) - this.#begun) / 1000,
      budgetedS: signalledAt === undefined ? 0 : (endedAt - signalledAt) / 1000,
      wallS: (endedAt - this.#begun) / 1000,
      ...totals,
      accounting: this.#meter.accounting,
      leftovers,
    };
  }

  async #endTheRest(since: number): Promise<number> {
    const { helper } = this.#prepared;
    const outlived = this.#meter.members().filter((pid) => processInfo(pid)?.name !== helper);
    killHard(-this.pid); // a member of the group that is still there belongs to the run
    // Two looks in a row must find nobody: at the moment of its exec a process shows no environment.
    const enough = this.#meter.accounting === 'cgroup' ? 1 : 2;
    for (let empty = 0; empty < enough && performance.now() - since < GIVE_UP_MS;) {
      empty = endMembers(this.#meter).length === 0 ? empty + 1 : 0;
      if (empty < enough) await after(1);
    }
    return this.#ending === undefined ? outlived.length : 0;
  }

  /** What was reached between the last look and the end. */
  #lateBreach(code: number | null, signal: NodeJS.Signals | null): Ending | undefined {
    const { limits } = this.#spec;
    const failed = code !== 0;
    if (signal === 'SIGXFSZ' || code === 128 + constants.signals.SIGXFSZ) return 'disk';
    if (this.#disk.final(50) > limits.diskMb * MIB) return 'disk';
    return failed && this.#meter.accounting === 'cgroup' ? this.#meter.look() : undefined;
  }

  async #release(): Promise<void> {
    // A group may stay busy for a moment after its last member died.
    for (let attempt = 0; attempt < 100 && !this.#meter.release(); attempt++) await after(1);
    this.#disk.close();
    try {
      this.#prepared.cleanup();
    } catch {
      // files that cannot be removed (made unreadable by the program) are no reason to lose the result of a run
    }
  }

  #later(ms: number, act: () => void): void {
    this.#timers.add(setTimeout(act, ms));
  }

  /** Act at a time of the monotonic clock, never before it, however far away it is. */
  #at(time: number, act: () => void): void {
    const left = time - performance.now();
    if (this.#over) return;
    if (left <= 0) act();
    else this.#later(Math.min(Math.ceil(left), MAX_TIMER_MS), () => this.#at(time, act));
  }
}

/** Signals that end a program by themselves; a shell and a sandbox report them as 128 + number. */
const FATAL = [
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

function ended(
  ending: Ending | undefined,
  code: number | null,
  signal: NodeJS.Signals | null,
): Pick<RunResult, 'ending' | 'exitCode' | 'signal'> {
  const reported = FATAL.find((name) => code === 128 + constants.signals[name]);
  const by = signal ?? reported;
  const how = { ...(by ? { signal: by } : {}), ...(code !== null && !reported ? { exitCode: code } : {}) };
  if (ending) return { ending, ...(ending === 'disk' || ending === 'memory' || ending === 'pids' ? how : {}) };
  return by ? { ending: 'signalled', signal: by } : { ending: 'exited', exitCode: code ?? 0 };
}

function exists(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
