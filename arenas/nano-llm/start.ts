// Starts train.ts and gives every failure a class and one clear message, also when train.ts does not even load.
// Knows nothing of what train.ts does; it only needs its `main`.

import { guardRun } from './lib/run.ts';

await guardRun(async () => {
  const { main } = await import('./train.ts');
  await main();
});
