/** What a manifest may say and what it says when it is silent: each bound is tried on both sides. */
import { describe, expect, it } from 'vitest';
import { MINIMAL_MANIFEST } from '../testing/script.ts';
import { parseArena } from './manifest-check.ts';

type Change = Readonly<Record<string, unknown>>;
/** A key, a value that it may have, values that it may not have, and what it needs beside it. */
type Bound = [path: string, allowed: unknown, refused: readonly unknown[], around?: Change];

const problemsOf = (change: Change): string[] => {
  const parsed = parseArena({ ...MINIMAL_MANIFEST, ...change });
  return 'problems' in parsed ? parsed.problems.map(({ at }) => at) : [];
};

/** A manifest with one value in place of what the path names. */
const at = (path: string, value: unknown, around: Change = {}): Change => {
  const keys = path.split('.');
  const change = structuredClone({ ...MINIMAL_MANIFEST, ...around }) as Record<string, unknown>;
  let level = change;
  for (const key of keys.slice(0, -1)) level = (level[key] ??= {}) as Record<string, unknown>;
  level[keys.at(-1)!] = value;
  return change;
};

const EVALUATE = { evaluate: { command: 'judge' } };
const HOLDOUT = { ...EVALUATE, prepare: { command: 'split' }, holdout: { command: 'judge', data: ['hidden'] } };
const RANKS = { budget: { seconds: 10, wall_s: 20 }, screen: { seconds: 1, ranks: true } };

describe('a bound of the manifest', () => {
  it.each<Bound>([
    ['seeds.first', 1, [0, 1.5]],
    ['calibrate.replicates', 2, [1, 2.5]],
    ['calibrate.replicates', 100, [101]],
    ['resources.cpus', 1, [0, 1.5]],
    ['resources.gpus', 0, [-1, 0.5]],
    ['resources.pids', 1, [0, 1.5]],
    ['resources.memory_mb', 0.5, [0, -1]],
    ['resources.disk_mb', 0.5, [0, -1]],
    ['decide.controls', 0, [-0.01]],
    ['decide.controls', 0.5, [0.51]],
    ['decide.bundle', 0, [-1, 0.5]],
    ['decide.bundle', 8, [9]],
    ['decide.drift', 0, [-1, 0.5]],
    ['decide.drift', 100_000, [100_001]],
    ['decide.max_replicates', 1, [0, 1.5]],
    ['decide.max_replicates', 50, [51]],
    ['search.branches', 1, [0, 1.5]],
    ['search.branches', 8, [9]],
    ['budget.steps', 1, [0, 1.5]],
    ['budget.grace_s', 0, [-0.1]],
    ['budget.wall_s', 1, [0, -1]],
    ['minimum.seconds', 0.1, [0]],
    ['metric.read', 'wall_s', ['wall', '', []]],
    ['metric.read', 'cpu_s', [{}]],
    ['metric.read', 'memory_mb', [{ line: 'loss', take: 'best' }]],
    ['metric.read', { line: 'loss', from: 'stderr', take: 'last' }, [{ line: '' }, { line: 'loss', from: '' }]],
    ['metric.read', { line: 'loss', take: 'geomean' }, [{ lines: 'loss' }, { line: 'loss', json: '$.loss' }]],
    ['metric.read', { regex: '([0-9.]+)s', from: 'log.txt' }, [{ regex: '' }, { regex: '(' }]],
    ['metric.read', { json: '$.runs[0].mean', take: 'median' }, [{ json: '' }]],
    ['metric.read', { csv: 'seconds', take: 'sum' }, [{ csv: '' }]],
    ['metric.read', { size: ['*.bin', 'model'] }, [{ size: [] }, { size: [''] }]],
    ['try.experiments', 1, [0, 1.5]],
    ['try.minutes', 0.1, [0]],
    ['try.seconds', 0.1, [0]],
    ['evaluate.wall_s', 0.1, [0], EVALUATE],
    ['holdout.wall_s', 0.1, [0], HOLDOUT],
    ['holdout.reads', 2, [1, 2.5], HOLDOUT],
    ['holdout.reads', 1000, [1001], HOLDOUT],
    ['holdout.data', ['a'], [[], ['a/b'], ['']], HOLDOUT],
    ['holdout.hidden', ['a/b'], [[], ['']], HOLDOUT],
    ['screen.one_in', 2, [1, 2.5], RANKS],
    ['screen.one_in', 10, [11], RANKS],
    ['editable', ['x.ts'], [[], ['']]],
    ['frozen', [], [['']]],
    ['hidden', ['h'], [['']]],
    ['artefact', ['model'], [['']]],
    ['run.command', 'true', ['']],
    ['knob_rules', ['1 < 2'], [['']]],
    [
      'front',
      Array.from({ length: 4 }, () => ({ metric: 'm', direction: 'maximize' })),
      [Array.from({ length: 5 }, () => ({ metric: 'm', direction: 'maximize' })), [{ metric: 'm', direction: 'up' }]],
    ],
    ['penalties', [{ metric: 'm', weight: 0.1 }], [[{ metric: 'm', weight: 0 }], [{ metric: '', weight: 1 }]]],
    [
      'guards',
      [{ name: 'g', command: 'true' }],
      [[{ name: 'g', command: '' }], [{ name: 'g', command: 'c', wall_s: 0 }]],
    ],
    [
      'setup',
      { command: 's', key: ['k'] },
      [
        { command: 's', key: [] },
        { command: '', key: ['k'] },
      ],
    ],
  ])('of %s allows %j and nothing beyond it', (path, allowed, refused, around) => {
    expect(problemsOf(at(path, allowed, around))).toEqual([]);
    for (const value of refused) {
      const problems = problemsOf(at(path, value, around));
      expect(problems, JSON.stringify(value)).toHaveLength(1);
      expect(problems[0]).toMatch(new RegExp(`^${path}`));
    }
  });

  it.each([
    ['a', true],
    ['_a.B-9', true],
    ['Z'.repeat(64), true],
    ['Z'.repeat(65), false],
    ['9a', false],
    ['-a', false],
    ['a b', false],
    ['a\n', false],
    ['é', false],
  ])('of a name: %j is one: %s', (name, isName) => {
    expect(problemsOf({ name })).toEqual(isName ? [] : ['name']);
  });

  it.each([
    ['out', true],
    ['a b.c', true],
    ['a/b', false],
    ['a\\b', false],
    ['', false],
  ])('of an entry of a folder: %j is one: %s', (entry, isEntry) => {
    expect(problemsOf({ data: { candidate: [entry] } }).length === 0).toBe(isEntry);
  });

  it.each([
    ['.cache/huggingface/hub', true],
    ['x..y', true],
    ['a/..b', true],
    ['/etc', false],
    ['..', false],
    ['../a', false],
    ['a/..', false],
    ['ab/../c', false],
    ['a\\b', false],
    ['a\0b', false],
    ['', false],
  ])('of a path below the home folder: %j is one: %s', (path, isPath) => {
    expect(problemsOf({ sandbox: { home: [path] } }).length === 0).toBe(isPath);
  });
});

describe('a knob', () => {
  const knob = (change: Change, ...more: Change[]): string[] =>
    // As it comes out of a file: a key without a value is not there.
    problemsOf(
      JSON.parse(
        JSON.stringify({ knobs: [{ name: 'A', file: 'x.ts', kind: 'int', range: [1, 8], ...change }, ...more] }),
      ) as Change,
    );

  it.each([
    [{}, true],
    [{ name: '_9' }, true],
    [{ name: '9' }, false],
    [{ name: 'a-b' }, false],
    [{ name: 'a b' }, false],
    [{ name: '-a' }, false],
    [{ file: '' }, false],
    [{ range: [1, 1] }, false],
    [{ range: [1, 2, 3] }, false],
    [{ range: [1.5, 8] }, false],
    [{ range: [1, 8.5] }, false],
    [{ log: true }, true],
    [{ log: true, range: [0, 8] }, false],
    [{ log: true, range: [-1, 8] }, false],
    [{ log: false, range: [0, 8] }, true],
    [{ kind: 'float', range: [1.5, 8.5] }, true],
    [{ kind: 'float', log: true, range: [0.1, 1] }, true],
    [{ kind: 'float', log: true, range: [0, 1] }, false],
    [{ kind: 'pow2', range: [1, 8] }, true],
    [{ kind: 'pow2', range: [3, 8] }, false],
    [{ kind: 'pow2', range: [1, 7] }, false],
    [{ kind: 'pow2', range: [0.5, 8] }, false],
    [{ kind: 'pow2', range: [0, 8] }, false],
    [{ kind: 'pow2', range: [1, 8], log: true }, false],
    [{ kind: 'choice', values: ['a', 1], range: undefined }, true],
    [{ kind: 'choice', values: ['a'], range: undefined }, false],
    [{ when: { knob: 'A', in: [] } }, false],
  ] as const)('%j is sound: %s', (change, isSound) => {
    expect(knob(change).length === 0).toBe(isSound);
  });

  it('has its problem at its range', () => {
    for (const change of [
      { range: [1.5, 8] },
      { log: true, range: [0, 8] },
      { kind: 'pow2', range: [3, 8] },
      { range: [1, 1] },
    ])
      expect(knob(change), JSON.stringify(change)).toEqual(['knobs.0.range']);
  });

  it('is on a constant of its own: the name and the file together', () => {
    const second = { name: 'A', file: 'x.ts', kind: 'int', range: [1, 8] };
    expect(knob({}, second)).toEqual(['knobs.1']);
    expect(knob({}, { ...second, file: 'y.ts' })).toEqual([]);
    expect(knob({}, { ...second, name: 'B' })).toEqual([]);
  });

  it('is tried under a value that a knob above it can have', () => {
    const below = (given: readonly unknown[], knobName = 'A'): Change => ({
      name: 'B',
      file: 'x.ts',
      kind: 'int',
      range: [0, 1],
      when: { knob: knobName, in: given },
    });
    expect(knob({}, below([1, 8]))).toEqual([]);
    expect(knob({}, below([4, 0.9]))).toEqual(['knobs.1.when']);
    expect(knob({}, below([8.1]))).toEqual(['knobs.1.when']);
    expect(knob({}, below(['1']))).toEqual(['knobs.1.when']);
    expect(knob({}, below([0], 'B'))).toEqual(['knobs.1.when']);
    expect(knob({ kind: 'choice', values: ['a', 2], range: undefined }, below(['a', 2]))).toEqual([]);
    expect(knob({ kind: 'choice', values: ['a', 2], range: undefined }, below(['a', 3]))).toEqual(['knobs.1.when']);
  });

  it('rules name knobs that there are', () => {
    const rules = (...knob_rules: string[]): string[] =>
      problemsOf({ knobs: [{ name: 'A', file: 'x.ts', kind: 'int', range: [1, 8] }], knob_rules });
    expect(rules('A < 3', '1 < 2')).toEqual([]);
    expect(rules('A < 3', 'A < B', 'A <')).toEqual(['knob_rules.1', 'knob_rules.2']);
    const both = ['A', 'B'].map((name) => ({ name, file: 'x.ts', kind: 'int', range: [1, 8] }));
    expect(problemsOf({ knobs: both, knob_rules: ['A < B', 'B < 3', 'C < A'] })).toEqual(['knob_rules.2']);
  });
});

describe('parts of a manifest that exclude each other', () => {
  it.each<readonly [Change, string[]]>([
    [{ budget: { seconds: 3, wall_s: 3 } }, []],
    [{ budget: { seconds: 3, wall_s: 2.9 } }, ['budget.wall_s']],
    [{ screen: { seconds: 0.9 } }, []],
    [{ screen: { seconds: 1 } }, ['screen.seconds']],
    [{ screen: { seconds: 0.5, one_in: 3 } }, ['screen.one_in']],
    [{ screen: { seconds: 0.5, one_in: 3, ranks: false } }, ['screen.one_in']],
    [{ screen: { seconds: 0.5, one_in: 3, ranks: true } }, []],
    [{ screen: { seconds: 0.5 }, evaluate: { command: 'j', join: 'pipe' } }, ['screen']],
    [{ screen: { seconds: 0.5 }, evaluate: { command: 'j' } }, []],
    [{ evaluate: { command: 'j', join: 'pipe' } }, []],
    [{ data: { candidate: ['a', 'b'], evaluator: ['c'] } }, []],
    [{ data: { candidate: ['a', 'b'], evaluator: ['b'] } }, ['data']],
    [HOLDOUT, []],
    [{ holdout: HOLDOUT.holdout }, ['holdout']],
    [{ ...HOLDOUT, evaluate: { command: 'j', join: 'pipe' } }, []],
    [{ ...HOLDOUT, prepare: undefined }, ['holdout.data']],
    [{ ...EVALUATE, holdout: { command: 'judge', hidden: ['h'] } }, []],
    [{ ...EVALUATE, holdout: { command: 'judge' } }, ['holdout']],
    [{ ...HOLDOUT, data: { evaluator: ['seen', 'hidden'] } }, ['holdout.data']],
    [{ ...HOLDOUT, data: { candidate: ['seen'] } }, []],
    [{ ...HOLDOUT, data: { candidate: ['seen', 'hidden'] } }, ['holdout.data']],
    [{ metric: { ...MINIMAL_MANIFEST.metric, plausible: { min: 1 } } }, []],
    [{ metric: { ...MINIMAL_MANIFEST.metric, plausible: { max: 1 } } }, []],
    [{ metric: { ...MINIMAL_MANIFEST.metric, plausible: { min: 1, max: 1 } } }, ['metric.plausible']],
    [{ metric: { ...MINIMAL_MANIFEST.metric, plausible: { min: 0, max: 1 } } }, []],
    [{ constraints: [{ metric: 'm', min: 1 }] }, []],
    [{ constraints: [{ metric: 'm', max: 1 }] }, []],
    [{ constraints: [{ metric: 'm' }] }, ['constraints.0']],
  ])('%j has problems at %j', (change, places) => {
    expect(problemsOf(change)).toEqual(places);
  });
});

describe('a key that is unknown', () => {
  it.each([
    ['', {}],
    ['metric', { metric: MINIMAL_MANIFEST.metric }],
    ['metric.plausible', { metric: { ...MINIMAL_MANIFEST.metric, plausible: {} } }],
    ['run', {}],
    ['budget', {}],
    ['setup', { setup: { command: 's', key: ['k'] } }],
    ['prepare', { prepare: { command: 'p' } }],
    ['data', {}],
    ['evaluate', EVALUATE],
    ['holdout', HOLDOUT],
    ['minimum', {}],
    ['screen', { screen: { seconds: 0.5 } }],
    ['seeds', {}],
    ['calibrate', {}],
    ['resources', {}],
    ['sandbox', {}],
    ['decide', {}],
    ['search', {}],
    ['try', {}],
  ] as const)('is refused where it stands: in "%s"', (path, around) => {
    expect(problemsOf(at(path === '' ? 'wish' : `${path}.wish`, 1, around))).toEqual([path || '(top level)']);
  });

  it('is refused in every list too', () => {
    for (const change of [
      { knobs: [{ name: 'A', file: 'x', kind: 'int', range: [0, 1], wish: 1 }] },
      { knobs: [{ name: 'A', file: 'x', kind: 'float', range: [0, 1], wish: 1 }] },
      { knobs: [{ name: 'A', file: 'x', kind: 'pow2', range: [1, 2], wish: 1 }] },
      { knobs: [{ name: 'A', file: 'x', kind: 'choice', values: [1, 2], wish: 1 }] },
      { constraints: [{ metric: 'm', max: 1, wish: 1 }] },
      { penalties: [{ metric: 'm', weight: 1, wish: 1 }] },
      { guards: [{ name: 'g', command: 'c', wish: 1 }] },
      { front: [{ metric: 'm', direction: 'minimize', wish: 1 }] },
    ])
      expect(problemsOf(change), JSON.stringify(change)).toEqual([`${Object.keys(change)[0]}.0`]);
  });
});

describe('a manifest that is silent', () => {
  it('gets these values', () => {
    const parsed = parseArena(MINIMAL_MANIFEST);
    expect('arena' in parsed && parsed.arena).toEqual({
      ...MINIMAL_MANIFEST,
      metric: { ...MINIMAL_MANIFEST.metric, unit: '' },
      budget: { ...MINIMAL_MANIFEST.budget, grace_s: 5 },
      frozen: [],
      hidden: [],
      data: { candidate: [], evaluator: [] },
      artefact: [],
      seeds: { first: 1, fixed: false },
      calibrate: { replicates: 5 },
      resources: { cpus: 1, memory_mb: 2048, gpus: 0, pids: 128, disk_mb: 1024 },
      sandbox: { read: [] },
      constraints: [],
      guards: [],
      decide: { rule: 'margin', rules: 4, controls: 0.01, bundle: 0, drift: 60, replicates: 1, max_replicates: 3 },
      knobs: [],
      try: { experiments: 12, minutes: 9 },
    });
  });

  it('about the keys of a part gets these values of that part', () => {
    const parsed = parseArena({
      ...MINIMAL_MANIFEST,
      ...HOLDOUT,
      setup: { command: 's', key: ['k'] },
      prepare: { command: 'p' },
      minimum: {},
      data: {},
      seeds: {},
      search: {},
      constraints: [{ metric: 'm', max: 1 }],
      guards: [{ name: 'g', command: 'c' }],
      knobs: [
        { name: 'A', file: 'x.ts', kind: 'float', range: [0, 1] },
        { name: 'B', file: 'x.ts', kind: 'int', range: [0, 1] },
      ],
    });
    expect('arena' in parsed && parsed.arena).toMatchObject({
      evaluate: { join: 'artefact', wall_s: 120 },
      holdout: { wall_s: 120, reads: 20 },
      setup: { visible: [] },
      prepare: { network: false },
      minimum: { metrics: {} },
      data: { candidate: [], evaluator: [] },
      seeds: { first: 1, fixed: false },
      search: { branches: 1 },
      constraints: [{ relative: false, hard: true }],
      guards: [{ wall_s: 60 }],
      knobs: [{ log: false }, { log: false }],
    });
  });
});

describe('the value that was seen', () => {
  const messageOf = (value: unknown): string => {
    const parsed = parseArena(value);
    return 'problems' in parsed ? parsed.problems[0]!.message : '';
  };

  it('stands behind what is wrong with it, and is cut when it is long', () => {
    expect(messageOf(at('budget.grace_s', -2))).toContain('-2');
    expect(messageOf(at('calibrate.replicates', 'five'))).toContain('"five"');
    const long = messageOf(at('name', 'x'.repeat(500)));
    expect(long).toContain(`"${'x'.repeat(79)}`);
    expect(long).not.toContain('x'.repeat(80));
  });

  it('is any value, also one that JSON has no word for', () => {
    expect(messageOf(at('name', () => 1))).toContain('seen');
    expect(messageOf(at('budget.wish', 1))).toContain('wish');
    expect(messageOf(at('budget.wish', 1))).not.toContain('seen');
  });

  it('is missing where the key is, and where what stands above it is no object', () => {
    const { name: _name, ...nameless } = MINIMAL_MANIFEST;
    expect(messageOf(nameless)).toBe('this key is required and missing');
    expect(messageOf(null)).toContain('null');
    expect(messageOf(at('metric', null))).toContain('null');
  });
});
