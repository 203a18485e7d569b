import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arenaWith, MINIMAL_MANIFEST as manifest } from '../testing/script.ts';
import { signOf } from './arena.ts';
import { checkFiles, parseArena } from './manifest-check.ts';
import { matchingFiles, roleOf } from './file-roles.ts';
import { gradeOf } from './trust-grade.ts';

const problems = (change: object): string => {
  const parsed = parseArena({ ...manifest, ...change });
  return 'problems' in parsed ? parsed.problems.map(({ at, message }) => `${at}: ${message}`).join('; ') : '';
};

describe('a manifest', () => {
  it('needs six keys and fills in the rest', () => {
    const parsed = parseArena(manifest);
    expect('arena' in parsed && parsed.arena).toMatchObject({
      frozen: [],
      calibrate: { replicates: 5 },
      decide: { rule: 'margin', max_replicates: 3 },
      resources: { cpus: 1, pids: 128 },
    });
  });

  it.each([
    [{ knobs: [{ name: 'A', file: 'x.ts', kind: 'float', range: [2, 1] }] }, /lower end must be below/],
    [
      { knobs: [{ name: 'A', file: 'x.ts', kind: 'float', range: [0, 1], log: true }] },
      /log scale needs a lower end above 0, got 0/,
    ],
    [{ knobs: [{ name: 'A', file: 'x.ts', kind: 'int', range: [0.5, 2] }] }, /whole numbers/],
    [{ knobs: [{ name: 'A', file: 'x.ts', kind: 'pow2', range: [3, 8] }] }, /powers of two/],
    [{ knobs: [{ name: 'A', file: 'x.ts', kind: 'choice', values: ['one'] }] }, /knobs\.0\.values/],
    [{ knobs: [{ name: 'A', file: 'x.ts', kind: 'wish' }] }, /knobs\.0/],
    [
      { knobs: [1, 2].map(() => ({ name: 'A', file: 'x.ts', kind: 'int', range: [0, 2] })) },
      /knobs\.1: a second knob on the constant x\.ts:A/,
    ],
    [
      { knobs: [{ name: 'A', file: 'x.ts', kind: 'int', range: [0, 2], when: { knob: 'B', in: [1] } }] },
      /knobs\.0\.when: no knob above is B/,
    ],
    [
      {
        knobs: [
          { name: 'B', file: 'x.ts', kind: 'choice', values: ['a', 'b'] },
          { name: 'A', file: 'x.ts', kind: 'int', range: [0, 2], when: { knob: 'B', in: ['c'] } },
        ],
      },
      /knobs\.1\.when: B cannot be "c"/,
    ],
    [
      { knobs: [{ name: 'A', file: 'x.ts', kind: 'int', range: [0, 2] }], knob_rules: ['A < WIDTH'] },
      /knob_rules\.0: "A < WIDTH": there is no knob WIDTH/,
    ],
    [{ knob_rules: ['1 <'] }, /knob_rules\.0: "1 <": it ends where a name or a number must stand/],
    [{ screen: { seconds: 1 } }, /screen\.seconds: must be below budget\.seconds \(1\), seen: 1/],
    [{ constraints: [{ metric: 'params' }] }, /needs `max` or `min`/],
    [{ metric: { name: 'loss', direction: 'minimize', plausible: { min: 2, max: 1 } } }, /min 2 is not below max 1/],
    [{ data: { candidate: ['a'], evaluator: ['a'] } }, /named for candidates and as evaluator-only: a/],
    [{ data: { candidate: ['a/b'] } }, /without slashes/],
    [{ name: '1 2' }, /letters, digits/],
    [{ calibrate: { replicates: 1 } }, /calibrate\.replicates/],
  ])('with %j says what is wrong and where', (change, message) => {
    expect(problems(change)).toMatch(message);
  });

  it('is never anything but an arena or problems in words, whatever it is made of', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          fc.dictionary(fc.constantFrom(...Object.keys(manifest), 'knobs', 'data'), fc.jsonValue()),
        ),
        (value) => {
          const parsed = parseArena(value);
          if ('problems' in parsed) for (const { at, message } of parsed.problems) expect(at && message).toBeTruthy();
        },
      ),
    );
  });
});

describe('which file is what', () => {
  const arena = arenaWith({ editable: ['src/**', '*.py'], hidden: ['src/judge/**'], frozen: ['data.csv'] });

  it('follows the globs; hidden goes before editable, and the manifest is always frozen', () => {
    const role = roleOf(arena);
    expect(
      ['src/a.ts', 'src/.env', 'train.py', 'data.csv', 'src/judge/x', 'arena.yaml', 'program.md', 'deep/train.py'].map(
        role,
      ),
    ).toEqual(['editable', 'editable', 'editable', 'frozen', 'hidden', 'frozen', 'frozen', 'frozen']);
    expect(matchingFiles(['**/*.ts'], ['a.ts', 'b/c.ts', 'd.py'])).toEqual(['a.ts', 'b/c.ts']);
  });

  it('is checked against the files that are there', () => {
    expect(checkFiles(arena, ['src/a.ts', 'train.py', 'data.csv'])).toEqual([
      { at: 'hidden', message: '"src/judge/**" matches none of the 3 files' },
    ]);
    const overlap = checkFiles(arena, ['src/a.ts', 'src/judge/x', 'train.py', 'data.csv']);
    expect(overlap).toEqual([{ at: 'hidden', message: 'overlaps editable in src/judge/x' }]);
  });
});

describe('globs and files', () => {
  const files = ['a.ts', 'lib/.b', 'lock.json', 'h/x'];
  const placesOf = (change: Readonly<Record<string, unknown>>): string[] =>
    checkFiles(arenaWith({ editable: ['a.ts'], ...change }), files).map(({ at }) => at);

  it('every glob of every kind matches a file that is there', () => {
    expect(placesOf({})).toEqual([]);
    expect(placesOf({ editable: ['a.ts', 'lib/*'] })).toEqual([]);
    expect(placesOf({ editable: ['a.ts', 'b.ts', 'c.ts'] })).toEqual(['editable', 'editable']);
    expect(placesOf({ frozen: ['lock.json', 'none'] })).toEqual(['frozen']);
    expect(placesOf({ hidden: ['none/**'] })).toEqual(['hidden']);
    expect(placesOf({ setup: { command: 's', key: ['lock.json'] } })).toEqual([]);
    expect(placesOf({ setup: { command: 's', key: ['lock.json', 'none'] } })).toEqual(['setup.key']);
  });

  it('frozen and hidden files are not editable ones', () => {
    expect(placesOf({ frozen: ['a.*'] })).toEqual(['frozen']);
    expect(placesOf({ hidden: ['h/**'] })).toEqual([]);
    expect(placesOf({ editable: ['**'], frozen: ['lib/*'], hidden: ['h/*'] })).toEqual(['frozen', 'hidden']);
  });

  it('three files of an overlap are named, and more are hinted at', () => {
    const many = Array.from({ length: 4 }, (_, i) => `f${i}`);
    const overlap = (count: number): string =>
      checkFiles(arenaWith({ editable: ['f*'], frozen: ['f*'] }), many.slice(0, count))[0]!.message;
    expect(overlap(3)).toMatch(/f0, f1, f2$/);
    expect(overlap(4)).toMatch(/f0, f1, f2, …$/);
  });

  it('knobs are in editable files that are there', () => {
    const knobIn = (file: string): string[] =>
      placesOf({ knobs: [{ name: 'A', file, kind: 'int', range: [0, 1] }], hidden: ['h/*'] });
    expect(knobIn('a.ts')).toEqual([]);
    expect(knobIn('b.ts')).toEqual(['knobs.0.file']);
    expect(knobIn('lock.json')).toEqual(['knobs.0.file']);
    const anywhere = { editable: ['**'], knobs: [{ name: 'A', file: 'none.ts', kind: 'int', range: [0, 1] }] };
    expect(placesOf(anywhere)).toEqual(['knobs.0.file']);
    expect(knobIn('h/x')).toEqual(['knobs.0.file']);
  });

  it('no glob matches nothing', () => {
    expect(matchingFiles([], files)).toEqual([]);
    expect(matchingFiles(['lib/**', 'a.ts'], files)).toEqual(['a.ts', 'lib/.b']);
    const role = roleOf({ editable: ['**'], hidden: ['h/**'] });
    expect(['h/.x', 'a.ts', '.a', 'program.md', 'lib/program.md'].map(role)).toEqual([
      'hidden',
      'editable',
      'editable',
      'frozen',
      'editable',
    ]);
    expect(roleOf({ editable: ['**'], hidden: ['**'] })('arena.yaml')).toBe('frozen');
  });
});

describe('the direction of a metric', () => {
  it('is a sign that makes larger numbers better', () => {
    expect(signOf(arenaWith({ metric: { name: 'l', direction: 'minimize' } }))).toBe(-1);
    expect(signOf(arenaWith({ metric: { name: 'l', direction: 'maximize' } }))).toBe(1);
  });
});

describe('the trust grade', () => {
  const LOSS = { name: 'loss', direction: 'minimize' };
  const joined = (metric: object) =>
    arenaWith({ metric: { ...LOSS, ...metric }, evaluate: { command: 'judge', join: 'pipe' } });
  const judged = arenaWith({ evaluate: { command: 'judge' } });
  const bounded = arenaWith({ metric: { name: 'loss', direction: 'minimize', plausible: { min: 0, max: 9 } } });
  it.each([
    [judged, 'bubblewrap', 'sealed'],
    [bounded, 'bubblewrap', 'guarded'],
    [arenaWith(), 'bubblewrap', 'reported'],
    [joined({}), 'bubblewrap', 'guarded'],
    [joined({ taken_by: 'evaluator' }), 'bubblewrap', 'sealed'],
    [joined({ taken_by: 'candidate', plausible: { min: 0, max: 9 } }), 'bubblewrap', 'guarded'],
    [joined({ taken_by: 'candidate', plausible: { min: 0 } }), 'bubblewrap', 'reported'],
    [joined({ read: 'cpu_s' }), 'bubblewrap', 'sealed'],
    [joined({ read: 'cpu_s' }), 'process', 'reported'],
    [arenaWith({ metric: { ...LOSS, read: 'memory_mb' }, evaluate: { command: 'j' } }), 'bubblewrap', 'sealed'],
    [arenaWith({ metric: { ...LOSS, taken_by: 'candidate' }, evaluate: { command: 'j' } }), 'bubblewrap', 'reported'],
    [arenaWith({ metric: { ...LOSS, read: 'wall_s' } }), 'bubblewrap', 'reported'],
    [judged, 'process', 'reported'],
    [bounded, 'process', 'reported'],
    [arenaWith({ metric: { name: 'l', direction: 'minimize', plausible: { min: 0 } } }), 'bubblewrap', 'reported'],
    [arenaWith({ metric: { name: 'l', direction: 'minimize', plausible: { max: 0 } } }), 'bubblewrap', 'reported'],
  ] as const)('is never better than what the sandbox and the arena allow', (arena, level, grade) => {
    const found = gradeOf(arena, level);
    expect(found.grade).toBe(grade);
    expect(found.reason.length).toBeGreaterThan(20);
  });

  it.each([
    [judged, 'guarded'],
    [bounded, 'reported'],
    [arenaWith(), 'reported'],
  ] as const)('is one lower where the sandbox has a gap, and its reason names the gap', (arena, grade) => {
    const found = gradeOf(arena, 'bubblewrap', { gaps: ['no keyring', 'a filter on system calls'] });
    expect(found.grade).toBe(grade);
    expect(found.reason).toContain('the sandbox has gaps: no keyring, a filter on system calls');
  });

  it('says whose process takes the number, as far as the harness knows', () => {
    const reasonOf = (metric: object): string => gradeOf(joined(metric), 'bubblewrap').reason;
    expect(reasonOf({})).toMatch(/does not say who takes it.*metric\.taken_by/);
    expect(reasonOf({ taken_by: 'candidate' })).toMatch(/candidate’s own process reports the number/);
    expect(reasonOf({ read: 'cpu_s' })).toMatch(/harness itself measures cpu_s/);
    expect(gradeOf(arenaWith({ metric: { ...LOSS, read: 'wall_s' } }), 'bubblewrap').reason).toMatch(
      /no evaluator checks that the candidate did the work/,
    );
  });

  it('is not sealed where processor time is counted by samples', () => {
    const watched = { limits: 'watched (no control groups)' };
    expect(gradeOf(joined({ read: 'cpu_s' }), 'bubblewrap', watched).grade).toBe('guarded');
    expect(gradeOf(joined({ read: 'wall_s' }), 'bubblewrap', watched).grade).toBe('sealed');
  });

  it('says that memory is watched where no control group holds it', () => {
    expect(gradeOf(judged, 'bubblewrap', { limits: 'watched (no control groups)' })).toEqual({
      grade: 'sealed',
      reason: expect.stringMatching(/; memory: watched$/),
    });
    expect(gradeOf(judged, 'bubblewrap', { limits: 'cgroup v1' }).reason).not.toContain('watched');
  });

  it('has one reason where there is nothing to remark', () => {
    for (const findings of [{}, { gaps: [] }, { limits: 'cgroup v1' }])
      expect(gradeOf(judged, 'bubblewrap', findings).reason).not.toContain(';');
  });
});
