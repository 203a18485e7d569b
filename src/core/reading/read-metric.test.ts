/** The metric is read from what programs usually print, or refused with the line that nearly matched. */
import { describe, expect, it } from 'vitest';
import { sanitizeText } from '../../base/text.ts';
import { readMetric, type ProgramOutput } from './read-metric.ts';
import type { MetricRead } from '../arena.ts';

const left = (stdout: string, more: Partial<ProgramOutput> = {}): ProgramOutput => ({
  stdout: sanitizeText(stdout),
  stderr: '',
  readFile: () => undefined,
  sizeOf: () => undefined,
  measured: { wall_s: 12.5, cpu_s: 20, memory_mb: 300 },
  ...more,
});

const read = (name: string, stdout: string, how?: MetricRead, unit = ''): unknown => {
  const reading = readMetric({ name, unit, ...(how && { read: how }) }, left(stdout));
  return 'value' in reading ? reading.value : `${reading.failure}: ${reading.message}`;
};

// Cases setup-04-metric-formats and 15-metric-near-misses.
describe('without `metric.read`', () => {
  it.each([
    ['upstream', 'val_bpb', '---\nval_bpb:          0.997900\ntraining_seconds: 300.1', 0.9979],
    ['a bare number', 'seconds', 'warming up\n1.2942329190000237\n', 1.2942329190000237],
    ['a METRIC line', 'score', 'METRIC score=0.91\n', 0.91],
    ['a JSON line', 'score', '{"score": 0.91}\n', 0.91],
    ['JSON with other keys', 'score', '{"epoch": 3, "score": 0.91, "lr": 0.1}\n', 0.91],
    ['name = value', 'score', 'score = 0.91\n', 0.91],
    ['a unit', 'time', 'time: 0.91 s\n', 0.91],
    ['a unit without a space', 'time', 'time: 120ms\n', 0.12],
    ['a percentage', 'acc', 'acc: 91.2%\n', 91.2],
    ['thousands', 'score', 'score: 1,234.5\n', 1234.5],
    ['colours', 'score', '\x1b[32mscore: 0.91\x1b[0m\n', 0.91],
    ['bold Markdown', 'score', '**score**: 0.91\n', 0.91],
    ['a progress line', 'score', '\rstep 1\rscore: 0.91\n', 0.91],
    ['tinybench', 'current', 'current 1,234 ops/sec +/-0.52% 64 samples\n', 1234],
    ['sqlite’s timer', 'real', 'Run Time: real 0.649 user 0.217099 sys 0.010972\n', 0.649],
    ['go test -bench', 'BenchmarkX', 'BenchmarkX-8   \t 1000000\t      1052 ns/op\t 120 B/op\n', 1.052e-6],
    ['criterion', 'time', 'fib 20    time:   [26.029 us 26.251 us 26.505 us]\n', 26.251e-6],
    ['hyperfine', 'mean', '  Time (mean ± σ):      12.3 ms ±   0.5 ms    [User: 10 ms]\n', 0.0123],
    ['time -p', 'real', 'real 0.91\nuser 0.80\n', 0.91],
    ['the shell’s time', 'real', '\nreal\t1m2.500s\nuser\t0m0.1s\n', 62.5],
    ['vitest', 'Time', 'Time:        3.21 s, estimated 4 s\n', 3.21],
    ['a space for an underscore', 'val_loss', 'val loss: 1.23\n', 1.23],
    ['capitals', 'val_loss', 'Val_Loss: 1.23\n', 1.23],
    ['a log line', 'val_loss', 'epoch 3 | val_loss=1.23 | lr=0.1\n', 1.23],
    ['a typographic minus', 'score', 'score: −0.5\n', -0.5],
    ['an exponent', 'loss', 'loss: 1.5e-3\n', 0.0015],
  ])('%s is read', (_, name, stdout, value) => {
    expect(read(name, stdout)).toBeCloseTo(value, 12);
  });

  it.each([
    ['several epochs', 'score', 'score: 0.5\nscore: 0.7\nscore: 0.9\n', /^metric-twice: 3 numbers.*take: last/],
    ['benchmark-ips', 'parse', 'parse: 1.000  i/100ms\nparse: 2.810  (±35.6%) i/s\n', /^metric-twice: 2 numbers.*i\/s/],
    [
      'marked',
      'marked',
      'marked completed in 4180ms and passed 100.00%\n',
      /^metric-missing.*"marked completed in 4180ms/,
    ],
    [
      'scikit-learn’s report',
      'accuracy',
      '    accuracy     0.97       899\n',
      /^metric-missing.*"accuracy 0\.97 899".*regex: 'accuracy/,
    ],
    [
      'a table',
      'mean',
      'Name (time in us)      Min     Max    Mean\ntest_a   1.0  2.0  1.5\n',
      /^metric-missing.*Mean/,
    ],
    [
      'another name',
      'val_loss',
      'accuracy: 0.97\n',
      /^metric-missing: no number called "val_loss"\. The nearest line is "accuracy: 0\.97"/,
    ],
    ['nothing', 'val_loss', '', /^metric-missing.*printed nothing$/],
    ['no number', 'val_loss', 'done\n', /^metric-missing.*no other number/],
    ['NaN', 'loss', 'loss: nan\n', /^metric-nan/],
    ['infinity', 'loss', 'loss: -inf\n', /^metric-infinite/],
    ['a decimal comma', 'loss', 'loss: 0,91\n', /^metric-missing.*"loss: 0,91"/],
    ['a version', 'tool', 'tool 1.2.3\n', /^metric-missing/],
  ])('%s is refused, and the line is shown', (_, name, stdout, message) => {
    expect(read(name, stdout)).toMatch(message);
  });

  it('standard error is read when standard output has no such number', () => {
    const reading = readMetric({ name: 'seconds', unit: '' }, left('built\n', { stderr: 'seconds: 3.5\n' }));
    expect(reading).toEqual({ value: 3.5 });
  });

  it('two runs that print other units of one family give comparable numbers', () => {
    expect([read('time', 'time: 950 ms'), read('time', 'time: 1.1 s')]).toEqual([0.95, 1.1]);
    expect([read('time', 'time: 950 ms', undefined, 'ms'), read('time', 'time: 1.1 s', undefined, 'ms')]).toEqual([
      950, 1100,
    ]);
    expect(read('time', 'time: 950 MB', undefined, 'ms')).toMatch(/^metric-text: time is printed in MB/);
  });
});

describe('metric.read', () => {
  const epochs = 'score: 2\nscore: 8\nscore: 4\n';

  it.each([
    ['first', 2],
    ['last', 4],
    ['min', 2],
    ['max', 8],
    ['median', 4],
    ['mean', 14 / 3],
    ['sum', 14],
    ['geomean', 4],
  ] as const)('takes the %s of several', (take, value) => {
    expect(read('x', epochs, { line: 'score', take })).toBeCloseTo(value, 12);
  });

  it('by a regular expression, its group and its unit', () => {
    const output = 'marked completed in 4180ms and passed 100.00%\n';
    expect(read('t', output, { regex: 'completed in (\\d+)ms', take: 'only' })).toBe(4180);
    expect(read('t', output, { regex: 'in (?<value>\\d+)(?<unit>ms)', take: 'only' })).toBe(4.18);
    expect(read('t', output, { regex: 'finished in (\\d+)', take: 'only' })).toMatch(
      /^metric-missing: no match of finished in/,
    );
  });

  it('a part of a decimal comma is no number for a regular expression either', () => {
    expect(read('loss', 'loss is 0,91\n', { regex: 'is (\\S+)', take: 'only' })).toMatch(/^metric-missing/);
    expect(read('loss', 'loss is 0.91, lr 3\n', { regex: 'is (\\S+)', take: 'only' })).toBe(0.91);
  });

  it('what it proposes for a line that nearly matched reads that line', () => {
    const message = read('accuracy', '    accuracy     0.97       899\n') as string;
    const regex = /regex: '(.*)'/.exec(message)![1]!;
    expect(read('accuracy', '    accuracy     0.95       899\n', { regex, take: 'only' })).toBe(0.95);
  });

  it('JSON by a path, in one document or in the last line that is JSON', () => {
    const report = '{\n  "benchmarks": [{ "stats": { "mean": 2 } }, { "stats": { "mean": 8 } }]\n}\n';
    expect(read('t', report, { json: '$.benchmarks[0].stats.mean', take: 'only' })).toBe(2);
    expect(read('t', `starting\n${report}`, { json: 'benchmarks[*].stats.mean', take: 'geomean' })).toBe(4);
    expect(read('t', 'log\n{"a": 1}\n{"a": 2}\nbye\n', { json: 'a', take: 'only' })).toBe(2);
    expect(read('t', report, { json: '$.missing', take: 'only' })).toMatch(
      /^metric-missing: no JSON value at \$\.missing/,
    );
    expect(read('t', '{"__proto__": {"a": 1}}', { json: 'constructor.name', take: 'only' })).toMatch(/^metric-missing/);
    expect(read('t', '{"a": {"b": 1}}', { json: 'a', take: 'only' })).toMatch(/^metric-text/);
  });

  it.each([',', ';', '\t'])('a column of CSV separated by %j', (separator) => {
    const csv =
      ['name', 'loss', 'note'].join(separator) + '\n' + ['a', '1.5', `"x${separator}y"`].join(separator) + '\n';
    expect(read('l', csv, { csv: 'loss', take: 'only' })).toBe(1.5);
    expect(read('l', csv, { csv: 'los', take: 'only' })).toMatch(/^metric-missing: no CSV column "los"/);
  });

  it('a file, a size, and what the harness measured', () => {
    const files = left('', { readFile: (name) => (name === 'r.json' ? '{"a": 7}' : undefined), sizeOf: () => 2048 });
    expect(readMetric({ name: 'a', unit: '', read: { json: 'a', from: 'r.json', take: 'only' } }, files)).toEqual({
      value: 7,
    });
    expect(
      readMetric({ name: 'a', unit: '', read: { json: 'a', from: 'no.json', take: 'only' } }, files),
    ).toMatchObject({
      failure: 'metric-missing',
      message: 'the program left no file no.json in $OVERNIGHT_OUT',
    });
    expect(readMetric({ name: 'a', unit: 'KiB', read: { size: ['dist/**'] } }, files)).toEqual({ value: 2 });
    expect(readMetric({ name: 'a', unit: '', read: 'wall_s' }, files)).toEqual({ value: 12.5 });
    expect(readMetric({ name: 'a', unit: 'ms', read: 'wall_s' }, files)).toEqual({ value: 12_500 });
    expect(readMetric({ name: 'a', unit: 's', read: 'cpu_s' }, files)).toEqual({ value: 20 });
    expect(readMetric({ name: 'a', unit: 'GB', read: 'memory_mb' }, files)).toEqual({ value: 0.3 });
    expect(readMetric({ name: 'a', unit: 'points', read: 'memory_mb' }, files)).toEqual({ value: 300 });
  });

  it('one of the two streams alone', () => {
    const streams = left('loss: 1\n', { stderr: 'loss: 2\nlr: 3\n' });
    const from = (source: string, line: string): unknown =>
      readMetric({ name: line, unit: '', read: { line, from: source, take: 'only' } }, streams);
    expect([from('stdout', 'loss'), from('stderr', 'loss'), from('stderr', 'lr')]).toEqual([
      { value: 1 },
      { value: 2 },
      { value: 3 },
    ]);
    expect(from('stdout', 'lr')).toMatchObject({ failure: 'metric-missing' });
  });

  it('is missing where no file matches the size', () => {
    expect(readMetric({ name: 'a', unit: '', read: { size: ['dist/**'] } }, left(''))).toEqual({
      failure: 'metric-missing',
      message: 'no file in $OVERNIGHT_OUT matches dist/**',
    });
  });

  it('of several numbers fails where one of them is of another kind', () => {
    expect(read('t', 'run: 1 ms\nrun: 2 MB\n', { line: 'run', take: 'first' }, 'ms')).toMatch(/^metric-text.* MB/);
  });

  it('says which name was looked for, and shows the line that has it', () => {
    const message = read('t', 'accuracy is 1 of 2\nother 5\n', { line: 'accuracy', take: 'only' });
    expect(message).toMatch(/^metric-missing: no number called "accuracy"\. The nearest line is "accuracy is 1 of 2"/);
    expect(read('loss', 'loss unknown\n')).toMatch(/The nearest line is "loss unknown"$/);
    expect(read('loss', ' \n\t\n')).toMatch(/printed nothing$/);
    const four = read('loss', [1, 2, 3, 4].map((i) => `loss: ${i}`).join('\n')) as string;
    expect(four).toMatch(/^metric-twice: 4 numbers.*"loss: 1", "loss: 2", "loss: 3"\. /);
  });

  it('a geometric mean of numbers that are not above 0 is no number', () => {
    expect(read('x', 'score: 0\nscore: -1\n', { line: 'score', take: 'geomean' })).toMatch(/^metric-nan/);
  });

  it('output made to be slow to read is read in time', () => {
    const begun = Date.now();
    read('score', `${'1,'.repeat(200_000)}\n`.repeat(3));
    read('score', `${'score '.repeat(100_000)}\n${'"score": '.repeat(50_000)}`);
    read('x', '['.repeat(1_000_000), { json: 'a', take: 'only' });
    expect(Date.now() - begun).toBeLessThan(20_000);
  });
});
