// Every op's gradient on WebGPU against the CPU's, where a device is found. Software devices count: they run the same code.
// A fused op once gave gradients 1e-5 of their size on WebGPU only, and Adam's scale invariance hid it.

import { describe, expect, test } from 'vitest';
import { gradients, runOnce } from '../tensor/index.ts';
import { chooseDevice } from '../tensor/runtime.ts';
import { CASES, pointsOf, trace } from './cases.ts';

const { device, reason } = await chooseDevice('auto');
if (device === 'cpu') process.stderr.write(`webgpu tests are skipped: ${reason}\n`);

describe.skipIf(device === 'cpu')('on WebGPU, the gradient of', () => {
  for (const [name, c] of Object.entries(CASES)) {
    test(`${name} agrees with the CPU's`, async () => {
      const { g, xs, loss } = trace(c, 'float32');
      const outputs = Object.fromEntries(gradients(loss, xs).map((dx, i) => [`d${i}`, dx]));
      const feeds = Object.fromEntries(pointsOf(c).map((v, i) => [`x${i}`, Float32Array.from(v)]));
      const cpu = await runOnce(g, outputs, feeds);
      const gpu = await runOnce(g, outputs, feeds, { cpus: 1, device: 'webgpu' });
      for (const key of Object.keys(outputs)) {
        expect(gpu[key]?.length).toBe(cpu[key]?.length);
        for (const [i, value] of (cpu[key] ?? []).entries()) {
          expect(Math.abs((gpu[key]?.[i] ?? Number.NaN) - value)).toBeLessThan(1e-4 * Math.max(1, Math.abs(value)));
        }
      }
    });
  }
});
