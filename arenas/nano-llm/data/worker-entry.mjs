// Starts a TypeScript worker: Node 20 has no way to do this by itself, and `--import tsx` does not reach workers.
// Knows nothing of what the worker does.

import { workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
await import(workerData.module);
