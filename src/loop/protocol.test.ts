import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Arena } from '../core/arena.ts';
import {
  declaredClass,
  excerptOf,
  failureClass,
  keyValues,
  MAX_METRIC,
  parsePrinted,
  parseResult,
} from './protocol.ts';

const metric: Arena['metric'] = { name: 'loss', direction: 'minimize', unit: '' };
const sealed = (text: string, change: Partial<Arena['metric']> = {}) =>
  parseResult(text, { ...metric, ...change }, 'n1');
const printed = (stdout: string) =>
  parsePrinted(
    {
      stdout,
      stderr: '',
      readFile: () => undefined,
      sizeOf: () => undefined,
      measured: { wall_s: 1, cpu_s: 1, memory_mb: 1 },
    },
    metric,
  );
const good = 'nonce: n1\nloss: 1.5\n';

describe('the result of an evaluator', () => {
  it('is one finite number under the name of the metric, with the nonce', () => {
    expect(sealed(good)).toEqual({ kind: 'measured', value: 1.5, metrics: {} });
    expect(sealed('\n  nonce:n1 \r\n loss :  -2e-3\r\nparams: 12\n')).toEqual({
      kind: 'measured',
      value: -0.002,
      metrics: { params: 12 },
    });
  });

  it('any number that can be computed with survives being written and read', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: -MAX_METRIC, max: MAX_METRIC }), (value) => {
        expect(sealed(`nonce: n1\nloss: ${value}`)).toMatchObject({
          kind: 'measured',
          value: value === 0 ? expect.closeTo(0) : value,
        });
      }),
    );
  });

  it.each(['1e101', '-1e300'])('a number beyond what can be computed with is a class of its own: %s', (value) => {
    expect(sealed(`nonce: n1\nloss: ${value}`)).toMatchObject({ kind: 'crashed', class: 'metric-range' });
    expect(sealed(`nonce: n1\nloss: 1\nnorm: ${value}`)).toMatchObject({ kind: 'crashed' });
  });

  it('a number at the very bound of what can be computed with is one, everywhere', () => {
    for (const value of [MAX_METRIC, -MAX_METRIC])
      expect(sealed(`nonce: n1\nloss: ${value}\nnorm: ${value}\nsamples: ${value}`)).toEqual({
        kind: 'measured',
        value,
        metrics: { norm: value },
        samples: [value],
      });
  });

  it.each([
    ['', 'evaluator-silent'],
    ['  \n\n', 'evaluator-silent'],
    ['loss: 1', 'nonce'],
    ['nonce: n2\nloss: 1', 'nonce'],
    ['nonce: n1\nnonce: n1\nloss: 1', 'nonce'],
    ['nonce: n1', 'metric-missing'],
    ['nonce: n1\nLoss: 1', 'metric-missing'],
    ['nonce: n1\nthe loss: 1', 'metric-missing'],
    ['nonce: n1\nloss: 1\nloss: 1', 'metric-twice'],
    ['nonce: n1\nloss: nan', 'metric-nan'],
    ['nonce: n1\nloss: NaN', 'metric-nan'],
    ['nonce: n1\nloss: -inf', 'metric-infinite'],
    ['nonce: n1\nloss: Infinity', 'metric-infinite'],
    ['nonce: n1\nloss: 1e999', 'metric-infinite'],
    ['nonce: n1\nloss: low', 'metric-text'],
    ['nonce: n1\nloss:', 'metric-text'],
    ['nonce: n1\nloss: 1,5', 'metric-text'],
    ['nonce: n1\nloss: 0x10', 'metric-text'],
    ['nonce: n1\nloss: 1.5 bits', 'metric-text'],
    ['nonce: n1\nloss: 1\nparams: many', 'metric-text'],
    ['nonce: n1\nloss: 1\nparams: 1\nparams: 2', 'metric-twice'],
    ['nonce: n1\nloss: 1\nmemory_mb: 3', 'metric-text'],
    ['nonce: n1\nloss: 1\nsamples: 1 nan', 'metric-text'],
    ['nonce: n1\nloss: 1\nsamples: 0x1', 'metric-text'],
    ['nonce: n1\nloss: 1\nsamples: 1e999', 'metric-text'],
    ['nonce: n1\nloss: 1\nparams: 1e999', 'metric-text'],
    ['nonce: n1\nloss: +NaN', 'metric-nan'],
    ['nonce: n1\nloss: nano', 'metric-text'],
    ['nonce: n1\nloss: a nan', 'metric-text'],
    ['nonce: n1\nloss: +INF', 'metric-infinite'],
    ['nonce: n1\nloss: infinite', 'metric-text'],
    ['nonce: n1\nloss: an inf', 'metric-text'],
    ['nonce: n1\nloss: .', 'metric-text'],
    ['nonce: n1\nloss: 1e', 'metric-text'],
    ['nonce: n1\nloss: e5', 'metric-text'],
    ['nonce: n1\nloss: 1e5.5', 'metric-text'],
    ['nonce: n1\nloss: --1', 'metric-text'],
    ['nonce: n1\nloss: 1 2', 'metric-text'],
  ])('%j is a failure, never a zero: %s', (text, kind) => {
    expect(sealed(text)).toMatchObject({ kind: 'crashed', class: kind });
  });

  it.each([
    ['12', 12],
    ['12.', 12],
    ['12.50', 12.5],
    ['.25', 0.25],
    ['+3', 3],
    ['-12.5e+10', -12.5e10],
    ['1E-10', 1e-10],
    ['.5e12', 0.5e12],
  ])('%s is the number %d', (text, value) => {
    expect(sealed(`nonce: n1\nloss: ${text}\nother: ${text}\nsamples: ${text},${text}`)).toEqual({
      kind: 'measured',
      value,
      metrics: { other: value },
      samples: [value, value],
    });
  });

  it.each(['memory_mb', 'wall_s', 'cpu_s', 'budgeted_s', 'sample_sd', 'before_penalties'])(
    'may not name a metric %s, which the harness owns',
    (name) => {
      expect(sealed(`${good}${name}: 1\n`)).toMatchObject({ kind: 'crashed', class: 'metric-text' });
      expect(printed(`loss: 1\n${name}: 1`)).toMatchObject({ metrics: {} });
    },
  );

  it('says what is wrong with the value seen', () => {
    const messageOf = (text: string): string => (sealed(text) as { message: string }).message;
    const long = messageOf(`nonce: n1\nloss: ${'long '.repeat(40)}`);
    expect(long).toContain('long long');
    expect(long.length).toBeLessThan(100);
    const many = messageOf('nonce: n1\na: 1\nb: 2\nc: 3\nd: 4\ne: 5\nf: 6');
    expect(many).toContain('a, b, c, d, e');
    expect(many).not.toMatch(/e, f|nonce/);
    expect(messageOf('nonce: n1')).not.toContain('it has');
    expect(messageOf('nonce: n1\nloss: 1\nloss: 2\nloss: 3\nloss: 4')).toMatch(/^4 lines.*1, 2, 3$/);
    expect(messageOf('nonce: n1\nloss: 1\nparams: many')).toMatch(/params.*many/);
    expect(messageOf('nonce: n1\nloss: 1\nparams: many')).not.toContain('the harness owns');
    expect(sealed('nonce: n1\nLoss: 1')).toMatchObject({
      message: expect.stringMatching(/it has: Loss.*spelled as in arena.yaml/),
    });
    expect(sealed('nonce: n1\nloss: 1\nloss: 2')).toMatchObject({ message: '2 lines say "loss": 1, 2' });
    expect(sealed('nonce: n1\nloss: oops')).toMatchObject({ message: 'loss is text, not a number: "oops"' });
    expect(sealed('nonce: n1\nloss: 1\nwall_s: 3')).toMatchObject({
      message: expect.stringContaining('the harness owns this name'),
    });
  });

  it('is implausible outside the bounds, and the bounds themselves are allowed', () => {
    const plausible = { min: 0, max: 2 };
    for (const [value, kind] of [
      [0, 'measured'],
      [2, 'measured'],
      [-0.001, 'crashed'],
      [2.1, 'crashed'],
    ] as const)
      expect(sealed(`nonce: n1\nloss: ${value}`, { plausible })).toMatchObject({ kind });
    expect(sealed('nonce: n1\nloss: 7', { plausible: { max: 2 } })).toMatchObject({
      class: 'metric-implausible',
      message: expect.stringMatching(/7.* 2$/),
    });
    expect(sealed('nonce: n1\nloss: 7', { plausible: { min: 9 } })).toMatchObject({
      class: 'metric-implausible',
      message: expect.stringMatching(/7.* 9 to /),
    });
    for (const bounds of [{ max: 9 }, { min: 2 }, {}])
      expect(sealed('nonce: n1\nloss: 7', { plausible: bounds })).toMatchObject({ kind: 'measured' });
  });

  it('takes samples and secondary metrics, also under names that objects have by birth', () => {
    expect(sealed('nonce: n1\nloss: 2\nsamples: 1, 2 3\n')).toEqual({
      kind: 'measured',
      value: 2,
      metrics: {},
      samples: [1, 2, 3],
    });
    expect(sealed('nonce: n1\nloss: 2\nsamples: , 1,, 2 ,\t3,\n')).toMatchObject({ samples: [1, 2, 3] });
    const named = sealed(`${good}constructor: 1\ntoString: 2\n__proto__: 3\n`);
    expect(named).toMatchObject({ kind: 'measured' });
    expect(named.kind === 'measured' && Object.entries(named.metrics)).toEqual([
      ['constructor', 1],
      ['toString', 2],
      ['__proto__', 3],
    ]);
  });

  it('never throws and never gives something that is no finite number, whatever the text', () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom('nonce: n1', 'loss: 1', 'loss: nan', 'samples: 1', 'a: b', 'cpu_s: 1'),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
        const outcome = sealed(lines.join('\n'));
        if (outcome.kind === 'measured') expect(Number.isFinite(outcome.value)).toBe(true);
      }),
    );
  });
});

describe('lines of keys and values', () => {
  it('have a key that begins with a letter and a value of any text', () => {
    expect(
      keyValues(' a.b-c_9 : x : y \r\n_a:\n9a: 1\na b: 1\n-a: 1\n: 1\na 1\nsee a: 1\n\tA\t:\t2\t\nno: \n'),
    ).toEqual([
      ['a.b-c_9', 'x : y'],
      ['_a', ''],
      ['A', '2'],
      ['no', ''],
    ]);
    expect(keyValues('')).toEqual([]);
  });
});

describe('a candidate that prints the number itself', () => {
  it('needs no nonce, and may print other things', () => {
    expect(printed('step: one\nval: nan\nmemory_mb: 7\nloss: 3\nparams: 4\n')).toEqual({
      kind: 'measured',
      value: 3,
      metrics: { params: 4 },
    });
  });
  it('has no samples where they hold anything else', () => {
    expect(printed('loss: 3\nsamples: 1 nan\n')).toEqual({ kind: 'measured', value: 3, metrics: {} });
    expect(printed('loss: 3\nsamples: 1 2\n')).toMatchObject({ samples: [1, 2] });
  });
  it('fails as strictly on the number itself', () => {
    expect(printed('')).toMatchObject({ class: 'metric-missing' });
    expect(printed('loss: 1\nloss: 1')).toMatchObject({ class: 'metric-twice' });
    expect(printed('loss: nan')).toMatchObject({ class: 'metric-nan' });
  });
});

describe('what a failed candidate says', () => {
  it.each([
    ['overnight-failure: nan', 'nan'],
    ['overnight-failure: shape\nmore\novernight-failure:  import', 'import'],
    ['overnight-failure: guard', 'exit'],
    ['FATAL ERROR: JavaScript heap out of memory', 'out-of-memory'],
    ["Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'x'", 'import'],
    ['ModuleNotFoundError: No module named torch', 'import'],
    ['something else', 'exit'],
    ['', 'exit'],
  ])('%j is of class %s', (stderr, kind) => {
    expect(failureClass(stderr)).toBe(kind);
  });

  it.each([
    ['nan', 'nan'],
    ['out-of-memory', 'out-of-memory'],
    ['shape', 'shape'],
    ['import', 'import'],
    ['data', 'data'],
    ['guard', undefined],
    ['exit', undefined],
    ['NaN', undefined],
    ['nan2', undefined],
    ['', undefined],
  ])('may declare the class %j: %s', (name, kind) => {
    expect(declaredClass(`before\novernight-failure:${name}  \nafter`)).toBe(kind);
    expect(declaredClass(`overnight-failure: ${name}`)).toBe(kind);
    expect(declaredClass(`see overnight-failure: ${name}`)).toBeUndefined();
    expect(declaredClass(`overnight-failure: ${name} x`)).toBeUndefined();
  });

  it('counts by its last declaration alone', () => {
    expect(declaredClass('overnight-failure: nan\novernight-failure: guard')).toBeUndefined();
    expect(declaredClass('overnight-failure: nan\novernight-failure: shape')).toBe('shape');
  });

  it.each([
    ['MemoryError', 'out-of-memory'],
    ['terminate called: std::bad_alloc', 'out-of-memory'],
    ['CUDA Out Of Memory', 'out-of-memory'],
    ['fork: Cannot allocate memory', 'out-of-memory'],
    ['stdxxbad_alloc', 'exit'],
    ['Cannot find module ./x', 'import'],
    ['ImportError: x', 'import'],
    ['SyntaxError: x', 'import'],
    ['syntaxerror', 'exit'],
    ['MemoryError\novernight-failure: shape', 'shape'],
    ['MemoryError, then ImportError', 'out-of-memory'],
  ])('%j is of class %s', (stderr, kind) => {
    expect(failureClass(stderr)).toBe(kind);
  });

  it('has twelve lines at most, the last ones, and no declaration among them', () => {
    const lines = Array.from({ length: 20 }, (_, i) => `line ${i}`);
    expect(excerptOf(lines.join('\n'), '').split('\n')).toEqual(lines.slice(8));
    expect(excerptOf('overnight-failure: nan\na\n\t\nb\novernight-failure: shape\n \n', 'out')).toBe('a\nb');
    expect(excerptOf('  indented\nx', '')).toBe('  indented\nx');
    expect(excerptOf('', '')).toBe('');
  });

  it('is shown by its last lines, from the output when the error stream is silent', () => {
    expect(excerptOf('a\n\nb\n', 'c')).toBe('a\nb');
    expect(excerptOf(' \n', 'x\ny\n', 1)).toBe('y');
    expect(excerptOf('the loss is NaN\novernight-failure: nan\n', '')).toBe('the loss is NaN');
    expect(keyValues('a: 1\nnot a pair\nb:2')).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
  });
});
