// One training run as the harness sees it: environment, clock, files in $OVERNIGHT_OUT, the final block, failures.
// Knows nothing of models. The clock here is for schedules; the harness keeps its own and does not believe this one.

import {
  appendFileSync,
  closeSync,
  fsyncSync,
  openSync,
  renameSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { DataError } from '../data/files.ts';
import { ShapeError } from '../tensor/graph.ts';
import type { Device } from '../tensor/runtime.ts';

export type FailureClass = 'nan' | 'out-of-memory' | 'shape' | 'import' | 'data';

/** A failure of training whose class is known, such as a loss that is not a number. */
export class TrainingFailure extends Error {
  readonly failure: FailureClass;
  constructor(failure: FailureClass, message: string) {
    super(message);
    this.failure = failure;
  }
}

export interface Run {
  readonly dataDir: string;
  readonly budgetS: number;
  /** A fixed number of optimizer steps, when the budget is given in steps; 0 when it is given in seconds only. */
  readonly budgetSteps: number;
  readonly seed: number;
  readonly cpus: number;
  readonly memoryMb: number;
  /** Where to compute, from `--device cpu|webgpu|auto`; the CPU unless something else is asked for. */
  readonly device: Device | 'auto';
  /** Signals the harness that budgeted work starts now. Returns the seconds it has: less after a slow start. */
  readonly start: () => number;
  /** Seconds since `start`, on the budget's clock: of the wall or of the processors. */
  readonly elapsedS: () => number;
  /** Seconds of the wall since `start`. */
  readonly elapsedWallS: () => number;
  /** Seconds since the process began. */
  readonly totalS: () => number;
  /** Appends one line to curve.csv; the first call fixes the columns. */
  readonly curve: (point: Readonly<Record<string, number>>) => void;
  /** Writes the configuration in force. */
  readonly config: (values: Readonly<Record<string, string | number>>) => void;
  /** Writes model.onnx by a temporary name. */
  readonly saveModel: (bytes: Uint8Array) => void;
  /** Makes, writes and removes a model, to learn how many seconds saving takes here. */
  readonly rehearseSave: (makeModel: () => Uint8Array) => number;
  /** Prints the final block. */
  readonly report: (values: Readonly<Record<string, string | number>>) => void;
}

function numberFrom(name: string, fallback?: number): number {
  const text = process.env[name];
  const value = text === undefined ? fallback : Number(text);
  if (value !== undefined && Number.isFinite(value) && value > 0) return value;
  throw new Error(`train: ${name} is "${text ?? ''}", not a positive number. Start this file through the harness.`);
}

/**
 * Start-up that costs nothing: when it takes longer, the harness starts the clock by itself. By hand there is no such
 * limit.
 */
function graceFrom(): number {
  const text = process.env.OVERNIGHT_GRACE_S;
  return text === undefined || text === '' ? Number.POSITIVE_INFINITY : Number(text);
}

function pathFrom(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`train: ${name} is not set. Start this file through the harness, or see docs/arena.md.`);
}

const isProcessorTime = (): boolean => process.env.OVERNIGHT_CLOCK === 'cpu';

function deviceFrom(argv: readonly string[]): Device | 'auto' {
  const optionIndex = argv.indexOf('--device');
  const value = optionIndex < 0 ? 'cpu' : argv[optionIndex + 1];
  if (isProcessorTime() && value === 'webgpu')
    throw new Error('train: processor time does not count what a GPU does. Set budget.clock to wall in arena.yaml.');
  if (isProcessorTime() && value === 'auto') return 'cpu';
  if (value === 'cpu' || value === 'webgpu' || value === 'auto') return value;
  throw new Error(`train: --device is "${value ?? ''}". Choose cpu, webgpu or auto.`);
}

function writeSynced(path: string, bytes: Uint8Array): void {
  const descriptor = openSync(path, 'w');
  for (let written = 0; written < bytes.length;) written += writeSync(descriptor, bytes, written);
  fsyncSync(descriptor);
  closeSync(descriptor);
}

function writeConfig(outDir: string, values: Readonly<Record<string, unknown>>): void {
  const lines = Object.entries(values).map(([key, value]) => `${key}: ${String(value)}\n`);
  writeFileSync(join(outDir, 'config.txt'), lines.join(''));
}

/** Reads the environment and opens the run. */
export function openRun(): Run {
  const outDir = pathFrom('OVERNIGHT_OUT');
  const startFile = process.env.OVERNIGHT_START ?? join(outDir, 'start');
  const curveFile = join(outDir, 'curve.csv');
  const cpus = numberFrom('OVERNIGHT_CPUS', 2);
  const seed = numberFrom('OVERNIGHT_SEED', 1);
  const budgetS = numberFrom('OVERNIGHT_BUDGET_S');
  const graceS = graceFrom();
  // OVERNIGHT_CLOCK=cpu: seconds of the budget are processor seconds of all threads, as the harness counts them.
  const cpuMs = (): number => (process.cpuUsage().user + process.cpuUsage().system) / 1000;
  const nowMs = isProcessorTime() ? cpuMs : () => performance.now();
  let startedMs: number | null = null;
  let startedWallMs = 0;
  let columns: string[] | null = null;
  return {
    dataDir: pathFrom('OVERNIGHT_DATA'),
    budgetS,
    budgetSteps: process.env.OVERNIGHT_BUDGET_STEPS ? numberFrom('OVERNIGHT_BUDGET_STEPS') : 0,
    seed,
    cpus,
    memoryMb: numberFrom('OVERNIGHT_MEMORY_MB', 4096),
    device: deviceFrom(process.argv),
    start: () => {
      startedMs = nowMs();
      startedWallMs = performance.now();
      writeFileSync(startFile, '');
      return budgetS - Math.max(0, startedMs / 1000 - graceS);
    },
    elapsedS: () => (startedMs === null ? 0 : (nowMs() - startedMs) / 1000),
    elapsedWallS: () => (startedMs === null ? 0 : (performance.now() - startedWallMs) / 1000),
    totalS: () => performance.now() / 1000,
    curve: (point) => {
      if (!columns) {
        columns = Object.keys(point);
        writeFileSync(curveFile, `${columns.join(',')}\n`);
      }
      appendFileSync(
        curveFile,
        `${columns.map((column) => Number((point[column] ?? Number.NaN).toPrecision(7))).join(',')}\n`,
      );
    },
    config: (values) => writeConfig(outDir, { ...values, seed }),
    saveModel: (bytes) => {
      writeSynced(join(outDir, 'model.onnx.tmp'), bytes);
      renameSync(join(outDir, 'model.onnx.tmp'), join(outDir, 'model.onnx'));
    },
    rehearseSave: (makeModel) => {
      const startedMs = nowMs();
      writeSynced(join(outDir, 'rehearsal.tmp'), makeModel());
      unlinkSync(join(outDir, 'rehearsal.tmp'));
      return (nowMs() - startedMs) / 1000;
    },
    report: (values) => {
      const width = Math.max(...Object.keys(values).map((key) => key.length)) + 2;
      const lines = Object.entries(values).map(([key, value]) => `${`${key}:`.padEnd(width)}${value}`);
      process.stdout.write(`---\n${lines.join('\n')}\n`);
    },
  };
}

function classifyFailure(error: unknown): FailureClass | null {
  if (error instanceof TrainingFailure) return error.failure;
  if (error instanceof ShapeError) return 'shape';
  if (error instanceof DataError) return 'data';
  const text =
    error instanceof Error ? `${(error as NodeJS.ErrnoException).code ?? ''} ${error.message}` : String(error);
  // A missing module, a missing export, or text that is no TypeScript: the file does not load.
  const unloadablePattern =
    /ERR_MODULE_NOT_FOUND|Cannot find (module|package)|does not provide an export|Transform failed/;
  if (unloadablePattern.test(text) || error instanceof SyntaxError) return 'import';
  if (/bad_alloc|bad allocation|out of memory|Failed to allocate|Array buffer allocation failed|ENOMEM/i.test(text)) {
    return 'out-of-memory';
  }
  return /shape|dimension|broadcast/i.test(text) ? 'shape' : null;
}

/** Runs `main`; a failure ends the process with status 1, its class and one clear message on standard error. */
export async function guardRun(main: () => Promise<void>): Promise<void> {
  try {
    await main();
    process.exit(0);
  } catch (error) {
    const failure = classifyFailure(error);
    const message = error instanceof Error ? (failure ? error.message : (error.stack ?? error.message)) : String(error);
    process.stderr.write(`${message}\n${failure ? `overnight-failure: ${failure}\n` : ''}`);
    process.exit(1);
  }
}
