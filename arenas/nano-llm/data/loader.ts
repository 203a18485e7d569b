// Training batches from a worker thread, packed ahead so that a training step never waits. Deterministic per seed.
// Knows nothing of how rows are packed (packing.ts) or of models.

import { Worker } from 'node:worker_threads';
import { DataError } from './files.ts';
import type { Batch, LoaderMessage } from './loader-worker.ts';

export type { Batch } from './loader-worker.ts';

export interface LoaderOptions {
  readonly dataDir: string;
  /** Rows of a batch. */
  readonly rows: number;
  /** Tokens of a row. */
  readonly length: number;
  readonly seed: number;
}

export interface Loader {
  /** The next batch: tokens and targets [rows, length]. */
  readonly next: () => Promise<Batch>;
  /** How often `next` found nothing packed, and the seconds it waited in all. The first batch of a run counts too. */
  readonly waited: () => { readonly waits: number; readonly seconds: number };
  readonly close: () => Promise<number>;
}

const AHEAD = 8;

/** Starts the worker at once; the first batch is usually ready before the model is. */
export function openLoader(options: LoaderOptions): Loader {
  const worker = new Worker(new URL('./worker-entry.mjs', import.meta.url), {
    workerData: { ...options, ahead: AHEAD, module: new URL('./loader-worker.ts', import.meta.url).href },
    execArgv: [],
  });
  const readyBatches: Batch[] = [];
  let failure: Error | null = null;
  let wakeWaiting: (() => void) | null = null;
  let [waits, waitedMs] = [0, 0];
  const receiveMessage = (message: LoaderMessage): void => {
    if ('batch' in message) readyBatches.push(message.batch);
    else failure = new DataError(message.failed);
    wakeWaiting?.();
  };
  worker.on('message', receiveMessage);
  worker.on('error', (error) => receiveMessage({ failed: `loader: the worker failed: ${error}` }));
  const nextBatch = async (): Promise<Batch> => {
    for (;;) {
      const batch = readyBatches.shift();
      if (batch) {
        worker.postMessage('more');
        return batch;
      }
      if (failure) throw failure;
      const startedMs = performance.now();
      await new Promise<void>((resolve) => {
        wakeWaiting = resolve;
      });
      waits++;
      waitedMs += performance.now() - startedMs;
    }
  };
  return { next: nextBatch, waited: () => ({ waits, seconds: waitedMs / 1000 }), close: () => worker.terminate() };
}
