// The worker half of the loader: packs rows and posts batches, always a few ahead. Knows nothing of training.

import { parentPort, workerData } from 'node:worker_threads';
import { readTokenizer, readTrain } from './files.ts';
import { createPacker, shuffleRows } from './packing.ts';

export interface LoaderRequest {
  readonly dataDir: string;
  readonly rows: number;
  readonly length: number;
  readonly seed: number;
  readonly ahead: number;
}
/** tokens and targets are [rows, length]; targets are the tokens one place further on. */
export interface Batch {
  readonly tokens: Int32Array<ArrayBuffer>;
  readonly targets: Int32Array<ArrayBuffer>;
}
export type LoaderMessage = { readonly batch: Batch } | { readonly failed: string };

/** Documents are drawn and packed alike in every run: a seed decides the order of rows, not the text. */
const TEXT_SEED = 1;

function serveBatches(request: LoaderRequest): void {
  const { rows, length, ahead } = request;
  const documents = readTrain(request.dataDir, readTokenizer(request.dataDir));
  const fillRow = shuffleRows(createPacker(documents, length + 1, TEXT_SEED).fillRow, length + 1, request.seed);
  const row = new Uint16Array(length + 1);
  const postBatch = (): void => {
    const batch = { tokens: new Int32Array(rows * length), targets: new Int32Array(rows * length) };
    for (let rowIndex = 0; rowIndex < rows; rowIndex++) {
      fillRow(row);
      batch.tokens.set(row.subarray(0, length), rowIndex * length);
      batch.targets.set(row.subarray(1), rowIndex * length);
    }
    parentPort?.postMessage({ batch } satisfies LoaderMessage, [batch.tokens.buffer, batch.targets.buffer]);
  };
  for (let i = 0; i < ahead; i++) postBatch();
  parentPort?.on('message', postBatch);
}

try {
  serveBatches(workerData as LoaderRequest);
} catch (error) {
  parentPort?.postMessage({ failed: error instanceof Error ? error.message : String(error) } satisfies LoaderMessage);
}
