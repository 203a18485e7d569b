import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Arena } from '../core/arena.ts';
import { excerptOf, failureClass, keyValues, parseResult } from './protocol.ts';

const metric: Arena['metric'] = { name: 'loss', direction: 'minimize', unit: '' };
const sealed = (text: string, change: Partial<Arena['metric']> = {}) =>
  parseResult(text, { ...metric, ...change }, 'n1');
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

  it('any finite number survives being written and read', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(sealed(`nonce: n1\nloss: ${value}`)).toMatchObject({
          kind: 'measured',
          value: value === 0 ? expect.closeTo(0) : value,
        });
      }),
    );
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
  ])('%j is a failure, never a zero: %s', (text, kind) => {
    expect(sealed(text)).toMatchObject({ kind: 'crashed', class: kind });
  });

  it('says what is wrong with the value seen', () => {
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
      message: expect.stringContaining('7'),
    });
  });

  it('takes samples and secondary metrics, also under names that objects have by birth', () => {
    expect(sealed('nonce: n1\nloss: 2\nsamples: 1, 2 3\n')).toEqual({
      kind: 'measured',
      value: 2,
      metrics: {},
      samples: [1, 2, 3],
    });
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

describe('a candidate that prints the number itself', () => {
  const printed = (text: string) => parseResult(text, metric, undefined);
  it('needs no nonce, and may print other things', () => {
    expect(printed('step: one\nval: nan\nmemory_mb: 7\nloss: 3\nparams: 4\n')).toEqual({
      kind: 'measured',
      value: 3,
      metrics: { params: 4 },
    });
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
