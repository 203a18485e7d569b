import { describe, expect, it } from 'vitest';
import { looksLikeError, usefulLines } from './excerpt.ts';

const JEST = `PASS test/unit/a.spec.ts
PASS test/unit/b.spec.ts
FAIL test/unit/c.spec.ts
  ● Liquid › #parseFile › should fallback to require.resolve

    expect(received).toBe(expected) // Object.is equality

      at Object.<anonymous> (test/unit/c.spec.ts:12:34)
      at processTicksAndRejections (node:internal/process/task_queues:95:5)
      at async Promise.all (index 0)

PASS test/unit/d.spec.ts
Test Suites: 1 failed, 3 passed, 4 total
Tests:       75 failed, 387 passed, 462 total
Snapshots:   0 total
Time:        12.2 s
Ran all test suites.`;
const PYTEST = `test_a.py::test_one PASSED                                   [ 50%]
test_a.py::test_two FAILED                                   [100%]
=================================== FAILURES ===================================
    def test_two():
>       assert 1 == 2
E       assert 1 == 2
test_a.py:5: AssertionError
=========================== short test summary info ============================
FAILED test_a.py::test_two - assert 1 == 2
========================= 1 failed, 1 passed in 0.01s =========================`;
const GO = `=== RUN   TestGood
--- PASS: TestGood (0.00s)
=== RUN   TestBad
    sum_test.go:11: got 3, want 4
--- FAIL: TestBad (0.00s)
FAIL
FAIL	example.com/sum	0.002s`;
const CARGO = `running 2 tests
test tests::good ... ok
test tests::bad ... FAILED

failures:
thread 'tests::bad' panicked at src/lib.rs:9:9:
assertion failed: 1 == 2
   0: core::panicking::panic
   1: sums::tests::bad

test result: FAILED. 1 passed; 1 failed; 0 ignored`;
const TAP = `TAP version 13
# Subtest: adds
ok 1 - adds
# Subtest: divides
not ok 2 - divides
  error: 'expected 1, got 2'
  stack: |-
    at Test.run (node:internal/test_runner/test:797:9)
# tests 2
# pass 1
# fail 1
# duration_ms 31.2`;
const TYPES = `src/a.ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'.`;

describe('the lines that say why a guard failed', () => {
  it.each([
    ['jest', JEST, ['● Liquid › #parseFile › should fallback to require.resolve', '75 failed']],
    ['pytest', PYTEST, ['FAILED test_a.py::test_two - assert 1 == 2', '1 failed, 1 passed']],
    ['go test', GO, ['--- FAIL: TestBad', 'got 3, want 4']],
    [
      'cargo test',
      CARGO,
      ['test tests::bad ... FAILED', 'test result: FAILED. 1 passed; 1 failed', 'assertion failed'],
    ],
    ['node --test', TAP, ['not ok 2 - divides', '# fail 1', 'expected 1, got 2']],
    ['tsc', TYPES, ['TS2322']],
  ])('of %s are there, and neither passed tests nor frames of a stack', (_, output, wanted) => {
    const lines = usefulLines(output, 8);
    expect(lines.length).toBeLessThanOrEqual(8);
    for (const part of wanted) expect(lines.join('\n')).toContain(part);
    expect(lines.join('\n')).not.toMatch(/^\s*(PASS |--- PASS|ok \d|at )|\.\.\. ok$|core::panicking/m);
  });

  it('begin with the name of what failed', () => {
    expect(usefulLines(JEST, 8)[0]).toContain('FAIL test/unit/c.spec.ts');
    expect(usefulLines(JEST, 8)[1]).toContain('should fallback');
    expect(usefulLines(GO, 8)[0]).toContain('--- FAIL: TestBad');
    expect(usefulLines(CARGO, 2)).toEqual(['test tests::bad ... FAILED', expect.stringContaining('1 failed')]);
  });

  it('are the end of an output in which nothing looks like an error', () => {
    expect(usefulLines('one\n\ntwo\nthree  ', 2)).toEqual(['two', 'three']);
    expect(usefulLines('', 3)).toEqual([]);
    expect(usefulLines('\n \n', 3)).toEqual([]);
  });

  it('are what there is where everything passed before the status said otherwise', () => {
    expect(usefulLines('PASS a\nPASS b', 4)).toEqual(['PASS a', 'PASS b']);
  });

  it('never repeat one and never exceed the number, however long the output', () => {
    const lines = usefulLines(`${'● x fails\nerror: y\n'.repeat(5000)}done`, 5);
    expect(lines).toHaveLength(new Set(lines).size);
    expect(lines.length).toBeLessThanOrEqual(5);
    expect(lines.at(-1)).toBe('done');
  });
});

it('nought failures are no error', () => {
  expect(looksLikeError('Tests: 0 failed, 3 passed')).toBe(false);
  expect(looksLikeError('no errors found')).toBe(false);
  expect(looksLikeError('2 errors')).toBe(true);
});
