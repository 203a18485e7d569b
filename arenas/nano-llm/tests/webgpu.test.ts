// Every op's gradient on WebGPU against the CPU's, where a device is found. Software devices count, they run the same
// code: where there is no GPU, the one that comes with Chromium is taken. A fused op once gave gradients 1e-5 of their
// size on WebGPU only, and Adam's scale invariance hid it.

import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { add, gradients, matmul, mul, runOnce, Step, Store, sum } from '../tensor/index.ts';
import { chooseDevice } from '../tensor/runtime.ts';
import { CASES, pointsOf, trace } from './cases.ts';

const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';
const hasGpu = ['/dev/dri', '/dev/nvidia0', '/dev/kfd'].some((device) => existsSync(device));
if (!hasGpu && existsSync(SWIFTSHADER)) {
  // The first is read by loaders of today, the second by older ones.
  process.env.VK_DRIVER_FILES ??= SWIFTSHADER;
  process.env.VK_ICD_FILENAMES ??= SWIFTSHADER;
}

const { device, reason } = await chooseDevice('auto');
const skipped = device === 'cpu' ? ` (skipped: ${reason})` : '';

describe.skipIf(skipped)(`on WebGPU, the gradient of${skipped}`, () => {
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

test.skipIf(skipped)(`on WebGPU, state stays on the device over steps and comes back with sync${skipped}`, async () => {
  const result = async (where: 'cpu' | 'webgpu'): Promise<{ w: number[]; total: number }> => {
    const store = new Store();
    store.add('w', [2, 2], Float32Array.of(1, 2, 3, 4));
    const step = new Step(store);
    const w = step.state('w');
    step.update('w', add(mul(matmul(w, w), 0.1), step.scalar('bias')));
    step.output('total', sum(w));
    const compiled = await step.compile({ cpus: 1, device: where });
    let total = 0;
    for (let i = 0; i < 4; i++) total = (await compiled.run({ bias: i })).total?.[0] ?? Number.NaN;
    await store.sync();
    return { w: [...store.read('w')], total };
  };
  const [cpu, gpu] = [await result('cpu'), await result('webgpu')];
  expect(gpu.total).toBeCloseTo(cpu.total, 4);
  for (const [i, value] of cpu.w.entries()) expect(gpu.w[i]).toBeCloseTo(value, 4);
});
