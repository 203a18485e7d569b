import { expect, it } from 'vitest';
import { Script } from '../testing/script.ts';
import { resultsTsv } from './tsv.ts';

const memoryColumn = (metrics: Record<string, number>): string => {
  const script = new Script().propose('baseline').addSnapshot(0);
  script.measure(0, 5, { purpose: 'calibrate', metrics, conditions: { memoryMb: 2048 } });
  return resultsTsv(script.state).split('\n')[1]!.split('\t')[2]!;
};

it('memory_gb is the peak of the GPU where the program prints it, as upstream means it, else that of the host', () => {
  expect(memoryColumn({ peak_vram_mb: 45060.2 })).toBe('44.0');
  expect(memoryColumn({})).toBe('2.0');
});
