import { describe, expect, it } from 'vitest';
import { shareIn } from './progress.ts';

describe('how far a line of output says that it is', () => {
  it.each([
    ['downloading 62 %', 0.62],
    ['[####    ] 50% 12 MB/s', 0.5],
    ['shard 3 of 12', 0.25],
    ['shard 3/12: reading', 0.25],
    ['3 of 4 files, 10 % of the bytes', 0.1],
    ['1,200 of 2,400 documents', 0.5],
    ['added 3 packages in 4s', undefined],
    ['version 12/4 of the tool', undefined],
    ['0 of 0', undefined],
    ['140 %', undefined],
  ])('%s', (line, share) => expect(shareIn(line)).toBe(share));
});
