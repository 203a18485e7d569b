/** The numbers that a program printed are offered as metrics, with their direction and how they are read again. */
import { describe, expect, it } from 'vitest';
import { directionOf, listPrintedMetrics, plausibleAround } from './printed-metrics.ts';

describe('the numbers of a run', () => {
  it('carry their names, units and directions', () => {
    const metrics = listPrintedMetrics(
      '---\nval_bpb:          0.9979\ntraining_seconds: 300.1\nmfu_percent: 39.8%\n',
      '',
    );
    expect(metrics.map(({ name, value, direction }) => [name, value, direction])).toEqual([
      ['val_bpb', 0.9979, 'minimize'],
      ['training_seconds', 300.1, 'minimize'],
      ['mfu_percent', 39.8, 'maximize'],
    ]);
  });

  it('printed again and again, the last one counts, and the manifest says so', () => {
    expect(listPrintedMetrics('epoch 1 | loss=3\nepoch 2 | loss=2\n', '')).toContainEqual(
      expect.objectContaining({ name: 'loss', value: 2, read: { line: 'loss', take: 'last' } }),
    );
  });

  it('a number alone, standard error, and a line in words', () => {
    expect(listPrintedMetrics('1.29\n', '')[0]).toMatchObject({ name: 'value', value: 1.29 });
    expect(listPrintedMetrics('', 'throughput = 12.5 MB/s\n')[0]).toMatchObject({
      name: 'throughput',
      unit: 'MB/s',
      direction: 'maximize',
    });
    expect(listPrintedMetrics('nothing here\n', '')).toEqual([]);
  });
});

it('directions come from the unit before the name', () => {
  expect(directionOf('speed', 'ns/op')).toBe('minimize');
  expect(directionOf('time', 'ops/s')).toBe('maximize');
  expect(directionOf('quality', '')).toBeUndefined();
});

it('bounds are wide, and shares and percentages keep theirs', () => {
  expect(plausibleAround(91.2, '%')).toEqual({ min: 0, max: 100 });
  expect(plausibleAround(0.9, '')).toEqual({ min: 0, max: 90 });
  expect(plausibleAround(250, 'ms')).toEqual({ min: 3, max: 30000 });
  expect(plausibleAround(-3, '')).toBeUndefined();
});

describe('a compiler that talks beside the benchmark', () => {
  const GCC = `In file included from rax.c:42:
rax.c:1054:12: warning: unused parameter 'h' [-Wunused-parameter]
 1054 |     raxNode *new = raxRemoveChild(h,child);
      |                    ^~~~~~~~~~~~~~
rax_malloc.h:42: note: in definition of macro
`;
  const RUSTC = `warning: unused variable: \`x\`
  --> src/lib.rs:14:9
   14 |     let x = 5;
      |         ^^ help: prefix it
`;
  it.each([
    ['gcc', GCC],
    ['rustc', RUSTC],
  ])('%s gives no number to choose, and hides none of the program', (_name, diagnostics) => {
    expect(listPrintedMetrics('', diagnostics)).toEqual([]);
    const metrics = listPrintedMetrics('Insert: 8.36\nnodes.total: 12 (of 14)\n', diagnostics);
    expect(metrics.map(({ name }) => name)).toEqual(expect.arrayContaining(['Insert', 'nodes.total']));
  });

  it('has no mean over numbers that have no unit', () => {
    const text = '5000001 total nodes\n5000000 total elements\n12 more things\n7 other words\n';
    expect(listPrintedMetrics(text, '').filter(({ name }) => /geomean/.test(name))).toEqual([]);
  });
});
