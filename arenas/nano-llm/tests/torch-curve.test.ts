// The engine against PyTorch: the same network, weights, tokens and AdamW give the same losses for 31 steps.
// The curve was recorded once (tests/fixtures/torch-curve.json says how); bench/train remakes it where PyTorch is
// installed.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { buildReference } from '../../../bench/train-reference.ts';

test('losses equal those of PyTorch within 1e-4 over 31 steps from equal weights', async () => {
  const { losses } = JSON.parse(readFileSync(new URL('./fixtures/torch-curve.json', import.meta.url), 'utf8')) as {
    losses: number[];
  };
  const config = { layers: 4, width: 64, heads: 4, length: 64, batch: 4, vocab: 512, optimizer: 'adamw' } as const;
  const model = await buildReference(config, 2);
  expect(losses).toHaveLength(31);
  for (const [step, loss] of losses.entries()) expect(Math.abs((await model.run(step)) - loss)).toBeLessThan(1e-4);
  expect((losses[0] ?? 0) - (losses[30] ?? 0)).toBeGreaterThan(1);
});
