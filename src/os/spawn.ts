/**
 * The one place where processes start. `startProcess` is for trees that somebody supervises (the sandbox, agents, the
 * server); `captureOutput` is for short helpers such as git and probes. Knows nothing about limits, sandboxes or
 * experiments.
 */
import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { Readable } from 'node:stream';
import { defined } from '../base/defined.ts';
import { LabError, reasonOf } from '../base/error.ts';

export interface CaptureOptions {
  readonly cwd?: string;
  /** The whole environment of the child; the harness's own when absent. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Pieces are asked for as fast as the child reads. */
  readonly input?: string | Uint8Array | Iterable<string | Uint8Array>;
  /** Receives standard output instead of the result, in pieces, so that it may have any length. */
  readonly onOutput?: (piece: Buffer) => void;
  /** It is killed after this time, with its process group when asynchronous. Absent: 60 s. */
  readonly timeoutMs?: number;
  /** Bytes kept of each stream; more of standard output ends the child. Absent: 64 MiB. */
  readonly maxBytes?: number;
}

/** How a helper ended and what it printed. Never thrown: the caller knows what a failure means. */
export interface CaptureResult {
  /** Exit status; `undefined` when a signal, a limit or a failed start ended it. */
  readonly status: number | undefined;
  /** Why there is no status. `missing`: no such program. */
  readonly failure?: 'missing' | 'timeout' | 'output' | 'input' | 'signal' | 'spawn';
  /** Standard output as UTF-8. */
  readonly stdout: string;
  /** Standard output, raw. */
  readonly bytes: Buffer;
  readonly stderr: string;
}

const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;

/**
 * Start a process and return its handle at once. Throws E_SPAWN when the system refuses; later events are the caller's.
 * No shell takes part. Standard streams are pipes unless `stdio` says otherwise.
 */
export function startProcess(program: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  let child: ChildProcess;
  try {
    child = spawn(program, [...args], options);
  } catch (thrown) {
    throw spawnError(program, thrown);
  }
  child.on('error', () => {}); // what it could say (no such program, a signal that missed) shows in `pid` and `exit`
  if (child.pid === undefined) {
    throw spawnError(program, `no such program, or no such folder ${String(options.cwd ?? process.cwd())}`);
  }
  return child;
}

/** Run a helper to its end and keep what it printed. Never rejects. */
export function captureOutput(
  program: string,
  args: readonly string[],
  options: CaptureOptions = {},
): Promise<CaptureResult> {
  return new Promise((resolve) => {
    const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
    let failure: CaptureResult['failure'];
    const outChunks: Buffer[] = [];
    const errChunks: Buffer[] = [];
    let outBytes = 0;
    let errBytes = 0;
    // A group of its own: Ctrl-C on the terminal is for the harness, and what a helper started can be ended with it.
    const child = spawn(program, [...args], { ...placementOf(options), stdio: 'pipe', detached: true });
    const stopChild = (stopReason: CaptureResult['failure']): void => {
      failure ??= stopReason;
      killGroup(child);
      child.stdout.destroy(); // whoever still holds the other end must not keep us waiting
      child.stderr.destroy();
    };
    const timer = setTimeout(() => stopChild('timeout'), options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    const finishCapture = (exitStatus: number | undefined): void => {
      clearTimeout(timer);
      const outputBytes = Buffer.concat(outChunks);
      const errorText = Buffer.concat(errChunks).toString('utf8');
      resolve({
        status: exitStatus,
        ...defined({ failure }),
        stdout: outputBytes.toString('utf8'),
        bytes: outputBytes,
        stderr: errorText,
      });
    };
    child.on('error', (startError: NodeJS.ErrnoException) => {
      failure ??= startError.code === 'ENOENT' ? 'missing' : 'spawn';
      errChunks.push(Buffer.from(startError.message));
      if (child.pid === undefined) finishCapture(undefined);
    });
    child.stdout.on('data', (chunk: Buffer) => {
      if (options.onOutput) return options.onOutput(chunk);
      outBytes += chunk.length;
      if (outBytes > maxBytes) stopChild('output');
      else outChunks.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      if (errBytes < maxBytes) errChunks.push(chunk);
      errBytes += chunk.length;
    });
    child.on('close', (exitCode, signal) => {
      if (signal) failure ??= 'signal';
      finishCapture(failure ? undefined : (exitCode ?? undefined));
    });
    child.stdin.on('error', () => {}); // a helper that ends without reading its input is not an error
    sendInput(child, options.input, () => stopChild('input'));
  });
}

/** `onFailure`: the pieces could not all be made. */
function sendInput(child: ChildProcess, input: CaptureOptions['input'], onFailure: () => void): void {
  const stdin = child.stdin!;
  if (input === undefined || typeof input === 'string' || input instanceof Uint8Array)
    return void stdin.end(input ?? '');
  const pieces = Readable.from(input, { objectMode: false });
  pieces.on('error', onFailure);
  stdin.on('close', () => pieces.destroy());
  pieces.pipe(stdin);
}

/** The same, blocking. For start-up, locks and probes; never while an experiment runs. */
export function captureSync(
  program: string,
  args: readonly string[],
  options: Omit<CaptureOptions, 'input' | 'onOutput'> & { readonly input?: string | Uint8Array } = {},
): CaptureResult {
  const spawnResult = spawnSync(program, [...args], {
    ...placementOf(options),
    input: options.input ?? '',
    timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    killSignal: 'SIGKILL',
    maxBuffer: options.maxBytes ?? DEFAULT_MAX_BYTES,
  });
  const outputBytes = spawnResult.stdout ?? Buffer.alloc(0);
  const failure = syncFailure(spawnResult.error as NodeJS.ErrnoException | undefined, spawnResult.signal);
  return {
    status: failure ? undefined : (spawnResult.status ?? undefined),
    ...defined({ failure }),
    stdout: outputBytes.toString('utf8'),
    bytes: outputBytes,
    stderr: (spawnResult.stderr ?? Buffer.alloc(0)).toString('utf8') || (spawnResult.error?.message ?? ''),
  };
}

function syncFailure(
  error: NodeJS.ErrnoException | undefined,
  signal: NodeJS.Signals | null,
): CaptureResult['failure'] {
  if (error?.code === 'ENOENT') return 'missing';
  if (error?.code === 'ETIMEDOUT') return 'timeout';
  if (error?.code === 'ENOBUFS') return 'output';
  if (error && error.code !== 'EPIPE') return 'spawn';
  return signal ? 'signal' : undefined;
}

function placementOf(options: CaptureOptions): { cwd?: string; env?: NodeJS.ProcessEnv } {
  return defined({ cwd: options.cwd, env: options.env && { ...options.env } });
}

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL'); // already gone, or no groups here
  }
}

function spawnError(program: string, thrown: unknown): LabError {
  return new LabError(
    'E_SPAWN',
    {
      what: `The program ${program} could not be started.`,
      why: `Reason: ${reasonOf(thrown)}.`,
      next: 'Check that it is installed, executable, and that the system has processes, files and memory left.',
    },
    thrown,
  );
}
