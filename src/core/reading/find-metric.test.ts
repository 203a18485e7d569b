/** Named numbers in the forms that programs print them, and the line to show when there is none. */
import { describe, expect, it } from 'vitest';
import { findMetric, linesOf, nearestLine, suggestPattern } from './find-metric.ts';

const found = (name: string, ...lines: string[]): unknown[] =>
  findMetric(lines, name).map(({ value, unit }) => (unit ? [value, unit] : value));

describe('the lines of an output', () => {
  it('are trimmed, without empty ones and marks of Markdown', () => {
    expect(linesOf(' a \n\n\t\n**b** `c` *d*\r\n')).toEqual(['a', 'b c *d*']);
    expect(linesOf('')).toEqual([]);
  });

  it('are the last 20,000, each cut after 2,000 characters', () => {
    expect(linesOf('first\n' + 'x\n'.repeat(19_999) + 'last')).toHaveLength(20_000);
    expect(linesOf('first\n' + 'x\n'.repeat(19_999) + 'last')).not.toContain('first');
    expect(linesOf('first\n' + 'x\n'.repeat(19_998) + 'last')[0]).toBe('first');
    expect(linesOf('y'.repeat(2_001))[0]).toHaveLength(2_000);
  });
});

describe('a named number', () => {
  it.each([
    ['loss: 1', [1]],
    ['loss=2', [2]],
    ['loss => 3', [3]],
    ['loss → 4', [4]],
    ['"loss": "5"', [5]],
    ["{'loss': 6}", [6]],
    ['step 3 | loss: 7 | lr: 1', [7]],
    ['a;loss:8', [8]],
    ['(loss: 9)', [9]],
    ['loss : 10 ms', [[10, 'ms']]],
    ['loss: 1, loss: 2', [1, 2]],
    ['loss: about 1', []],
    ['loss: x', []],
    ['floss: 1 of 2', []],
    ['gloss 1 2', []],
    ['loss 1', [1]],
    ['loss 1 acc 2', [1]],
    ['loss 1 s 2', [[1, 's']]],
    ['loss 1 2', []],
    ['loss is 1 of 2', []],
    ['val loss 3', [3]],
    ['epoch 3 loss 4', [4]],
  ])('in %j: %j', (line, numbers) => {
    expect(found('loss', line, 'other 1 2')).toEqual(numbers);
  });

  it('is the middle one of an interval', () => {
    expect(found('time', 'fib time: [1 ms 2 ms 4 ms] 9')).toEqual([[2, 'ms']]);
    expect(found('time', 'time: [1 2]', 'a 1')).toEqual([]);
    expect(found('time', 'time: [1 2 3 4]', 'a 1')).toEqual([]);
    expect(found('time', '0 time : [1 2 3]')).toEqual([2]);
  });

  it('is the mean of hyperfine and the time of one operation of Go', () => {
    expect(found('mean', 'Time (mean ± σ): 12 ms ± 1 ms')).toEqual([[12, 'ms']]);
    expect(found('mean', 'Time (mean ± σ): about 12 ms', 'a 1')).toEqual([]);
    expect(found('mean', 'x Time (mean ± σ): 12 ms', 'a 1 2')).toEqual([]);
    expect(found('BenchmarkA', 'BenchmarkA-16 1000 52 ns/op 7 B/op')).toEqual([[52, 'ns/op']]);
    expect(found('BenchmarkA', 'BenchmarkA 1000 52 ns/op 7 B/op')).toEqual([[52, 'ns/op']]);
    expect(found('BenchmarkA', 'xBenchmarkA-16 1000 52 ns/op 7 B/op')).toEqual([]);
  });

  it('is found by its exact name first, then by one that is spelled alike', () => {
    expect(found('val_loss', 'val loss: 1', 'val_loss: 2', 'VAL-LOSS: 3')).toEqual([2]);
    expect(found('val_loss', 'val loss: 1', 'VAL-LOSS: 3', 'valloss: 4', 'val.loss: 5', 'val  loss: 6')).toEqual([
      1, 3, 4, 5,
    ]);
    expect(found('a.b', 'axb: 1', 'c 1')).toEqual([]);
    expect(found('score', 'Score: 1')).toEqual([1]);
    expect(found('score', 'Score: 1', 'score: 2')).toEqual([2]);
    expect(found('val__loss', 'val_loss: 3')).toEqual([3]);
    expect(found('val__loss', 'val--loss: 3', 'a 1')).toEqual([]);
  });

  it('comes in the first form that finds any', () => {
    expect(found('loss', 'loss 1', 'loss: 2')).toEqual([2]);
  });

  it('is the only number of the output where that stands alone on the last line', () => {
    expect(found('loss', 'warming up', '3.5 s')).toEqual([[3.5, 's']]);
    expect(found('loss', 'a', 'b', '3.5')).toEqual([3.5]);
    expect(found('loss', 'step 1', '3.5')).toEqual([]);
    expect(found('loss', '3.5', 'done')).toEqual([]);
    expect(found('loss', '3.5 of 4')).toEqual([]);
    expect(found('loss', '3.5', '3.5')).toEqual([3.5]);
    expect(found('loss')).toEqual([]);
    expect(findMetric(['a', '3.5 s'], 'loss')).toEqual([{ value: 3.5, unit: 's', line: '3.5 s' }]);
  });
});

describe('the nearest line', () => {
  it('has the name and a number, else the name, else a number; the last of them', () => {
    const lines = ['loss was 1 of 2', 'Loss was 3 of 4', 'loss unknown', 'other 5', 'done'];
    expect(nearestLine(lines, 'loss')).toBe('Loss was 3 of 4');
    expect(nearestLine(lines.slice(2), 'loss')).toBe('loss unknown');
    expect(nearestLine(['a 1', 'b 2', 'c'], 'loss')).toBe('b 2');
    expect(nearestLine(['a'], 'loss')).toBeUndefined();
  });

  it('gives a pattern that reads its first number', () => {
    expect(suggestPattern('accuracy   0.97   899')).toBe('accuracy\\s*([-+\\d.,eE]+)');
    expect(suggestPattern('a (b)  c: 7')).toBe('a\\s+\\(b\\)\\s+c:\\s*([-+\\d.,eE]+)');
    expect(suggestPattern('none')).toBeUndefined();
    expect(new RegExp(suggestPattern('a.b  -1.5e-3')!).exec('a.b  -2.5e-3')?.[1]).toBe('-2.5e-3');
  });
});
