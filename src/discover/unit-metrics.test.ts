/** Numbers with a unit and no name are offered under a name of their own, and read again by their pattern. */
import { describe, expect, it } from 'vitest';
import { readMetric } from '../core/reading/read-metric.ts';
import { listPrintedMetrics } from './printed-metrics.ts';

const nothing = { measured: { wall_s: 0, cpu_s: 0, memory_mb: 0 }, readFile: () => undefined, sizeOf: () => undefined };

/** What the metric of this name reads in another run's output. */
function readAgain(first: string, name: string, second: string): number | string {
  const metric = listPrintedMetrics(first, '').find((each) => each.name === name);
  if (!metric)
    return `not offered: ${listPrintedMetrics(first, '')
      .map((each) => each.name)
      .join(' ')}`;
  const reading = readMetric({ unit: '', ...metric }, { stdout: second, stderr: '', ...nothing });
  return 'value' in reading ? reading.value : reading.message;
}

const GO = `goos: linux
BenchmarkSum64/4B-2      	100000000	        11.57 ns/op	 345.66 MB/s
BenchmarkSum64/16B-2     	100000000	        14.02 ns/op	1141.25 MB/s
BenchmarkSum64/10MB-2    	     842	   1803204 ns/op	5545.69 MB/s
PASS
ok  	github.com/cespare/xxhash/v2	19.993s
`;

describe('the table of a benchmark tool', () => {
  it('is offered line by line, and as the geometric mean of its lines', () => {
    const metrics = listPrintedMetrics(GO, '');
    expect(metrics.map(({ name, unit, direction }) => [name, unit, direction])).toEqual(
      expect.arrayContaining([
        ['geomean_ns_op', 'ns/op', 'minimize'],
        ['geomean_MB_s', 'MB/s', 'maximize'],
        ['BenchmarkSum64_4B_ns_op', 'ns/op', 'minimize'],
        ['BenchmarkSum64_10MB_MB_s', 'MB/s', 'maximize'],
      ]),
    );
    expect(metrics[0]!.value).toBeCloseTo(Math.cbrt(11.57 * 14.02 * 1803204), 3);
  });

  it('is read again with other numbers, and on other cores', () => {
    const other = GO.replaceAll('-2 ', '-16 ').replace('11.57', '9.5').replace('100000000', '7');
    expect(readAgain(GO, 'BenchmarkSum64_4B_ns_op', other)).toBe(9.5);
    expect(readAgain(GO, 'BenchmarkSum64_4B_MB_s', other)).toBe(345.66);
    expect(readAgain(GO, 'geomean_ns_op', other)).toBeCloseTo(Math.cbrt(9.5 * 14.02 * 1803204), 3);
  });
});

const RUST = `running 3 tests
test bench_itoa::bench_u64_0    ... bench:           1.08 ns/iter (+/- 24.69)
test bench_itoa::bench_u64_max  ... bench:       1,307.32 ns/iter (+/- 104.21)
test bench_std::bench_u64_max   ... bench:          19.25 ns/iter (+/- 287.40)
`;

describe('the table of cargo bench', () => {
  it('is offered line by line and as a geometric mean, not by its last line alone', () => {
    const metrics = listPrintedMetrics(RUST, '');
    const geomean = metrics.find(({ name }) => name === 'geomean_ns_iter')!;
    expect(geomean).toMatchObject({ unit: 'ns/iter', direction: 'minimize' });
    expect(geomean.value).toBeCloseTo(Math.cbrt(1.08 * 1307.32 * 19.25), 6);
    expect(metrics.map(({ name }) => name)).toContain('test_bench_itoa_bench_u64_0_..._bench_ns_iter');
    const other = RUST.replace('1.08', '2.5').replaceAll('+/- ', '+/- 1');
    expect(readAgain(RUST, 'geomean_ns_iter', other)).toBeCloseTo(Math.cbrt(2.5 * 1307.32 * 19.25), 6);
    expect(readAgain(RUST, 'test_bench_itoa_bench_u64_0_..._bench_ns_iter', other)).toBe(2.5);
  });
});

describe('a line that is printed again and again', () => {
  const lz4 = (first: string, second: string): string =>
    ` |-lz4.c             :    118145 ->     43332 (2.727), 1.0 MB/s\n =-lz4.c             :    118145 ->     43332 (2.727), ${first} MB/s, ${second} MB/s\n 1#\n`;

  it('is offered with each of its numbers, whatever turns in front of it', () => {
    const metrics = listPrintedMetrics(lz4('486.7', '2079.2'), '');
    expect(metrics.map(({ name, value }) => [name, value])).toEqual(
      expect.arrayContaining([
        ['lz4.c_MB_s', 486.7],
        ['lz4.c_MB_s_2', 2079.2],
      ]),
    );
    const other = lz4('1500.1', '2100.5').replace(' =-', ' /-').replaceAll(', 1500', ',1500');
    expect(readAgain(lz4('486.7', '2079.2'), 'lz4.c_MB_s_2', other)).toBe(2100.5);
    expect(readAgain(lz4('486.7', '2079.2'), 'lz4.c_MB_s', other)).toBe(1500.1);
  });
});

describe('other tools', () => {
  const outputs = {
    'a time in a sentence': ['Finished 40 jobs in 12.5 s\n', 'Finished_s', 12.5],
    'operations in a second': ['parse          1,234 ops/sec\n', 'parse', 1234],
    'a time after a count': ['total 40 files in 2.5 s\n', 'total_s', 2.5],
    'a number with words behind it': ['223.4332 looks per name\n', 'looks_per_name', 223.4332],
    'a size': ['bundle.js  120.5 kB\n', 'bundle.js', 120.5],
  } as const;
  for (const [tool, [output, name, value]] of Object.entries(outputs))
    it(`${tool} is offered and read`, () => expect(readAgain(output, name, output)).toBe(value));
});

it('a line of words, a version and a date are no numbers with units', () => {
  expect(listPrintedMetrics('hello world\nversion v1.2.3\n2026-11-30 12:00:01 started\n', '')).toEqual([]);
});

it('a unit behind the spread of its number is the unit of the number', () => {
  const line = '   parse:     25.566  (±43.0%) i/s -    203.000  in  10.033041s\n';
  expect(listPrintedMetrics(line, '')[0]).toMatchObject({
    name: 'parse',
    value: 25.566,
    unit: 'i/s',
    direction: 'maximize',
  });
});

describe('a line that begins with a count', () => {
  const timeit = (count: number, value: string): string => `${count} loops, best of 5: ${value} per loop\n`;

  it('is offered with its last number, and read again when the tool chooses another unit', () => {
    const [metric] = listPrintedMetrics(timeit(5, '22.2 msec'), '');
    expect(metric).toMatchObject({ name: 'msec_per_loop', value: 22.2, unit: 'msec', direction: 'minimize' });
    expect(readAgain(timeit(5, '22.2 msec'), metric!.name, timeit(1000, '950 usec'))).toBe(0.95);
    expect(readAgain(timeit(5, '22.2 msec'), metric!.name, timeit(1, '1.25 sec'))).toBe(1250);
    expect(readAgain(timeit(5, '22.2 msec'), metric!.name, timeit(2000000, '138 nsec'))).toBe(0.000138);
  });

  it('is no metric where no number has a unit', () => {
    expect(listPrintedMetrics('12 passed, 3 failed of 15\n', '').filter(({ unit }) => unit)).toEqual([]);
  });
});

describe('a tool that changes its unit with the size of the number', () => {
  it.each([
    ['render: mean 950 ms over 10 runs\n', 'render: mean 1.1 s over 10 runs\n', 1100],
    ['peak memory of the index 812 KiB\n', 'peak memory of the index 1.5 MiB\n', 1536],
    ['copy speed 900 MB/s\n', 'copy speed 1.2 GB/s\n', 1200],
  ])('is read in the unit of the first run: %s', (first, second, value) => {
    const metric = listPrintedMetrics(first, '').find(({ unit }) => unit !== undefined)!;
    expect(readAgain(first, metric.name, second)).toBeCloseTo(value, 9);
  });
});
