import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256Parts } from '../../base/hash.ts';
import { decisionOf, draftProposal, draftSnapshot } from '../../testing/drafts.ts';
import { arenaWith, Script } from '../../testing/script.ts';
import { admitIdea, applyEdits, hashEditable, whyOversized } from './policy.ts';
import { normalHash } from './same-change.ts';

const arena = arenaWith({ editable: ['x.ts', 'lib/**'], hidden: ['lib/secret/**'] });
const files = new Map([
  ['x.ts', 'one\n'],
  ['lib/a.ts', 'two\n'],
]);
const state = new Script(arena).addCalibration([1, 2, 3]).state;
const refusal = (path: string, content: string | null = 'new\n'): string => {
  const answer = admitIdea(arena, state, { parent: 0 }, files, [{ path, content }]);
  return answer.ok ? 'admitted' : answer.code;
};

describe('what may be tried', () => {
  it.each(['x.ts', 'lib/a.ts', 'lib/deep/new file é.ts'])('a change of %s is admitted', (path) => {
    expect(refusal(path)).toBe('admitted');
  });

  it.each([
    'y.ts',
    'arena.yaml',
    'program.md',
    'lib/secret/answers.txt',
    '/etc/passwd',
    '../x.ts',
    'lib/../../x.ts',
    'lib/../y.ts',
    'lib//a.ts',
    './x.ts',
    'lib/./a.ts',
    'lib/',
    '',
    '.',
    'lib/.git/config',
    'lib/a\nb.ts',
    'lib/a\0b.ts',
  ])('a change of %j is refused as not editable', (path) => {
    expect(refusal(path)).toBe('not-editable');
  });

  it('the manifest and the protocol stay frozen also where a glob covers them', () => {
    const open = arenaWith({ editable: ['**'] });
    for (const path of ['arena.yaml', 'program.md', './arena.yaml', 'a/.git/hooks/x'])
      expect(admitIdea(open, state, { parent: 0 }, files, [{ path, content: 'x' }])).toMatchObject({
        ok: false,
        code: 'not-editable',
      });
  });

  it('a folder is not removed as if it were a file: git would take with it what the same idea writes there', () => {
    const edits = [
      { path: 'lib/b.ts', content: 'new\n' },
      { path: 'lib', content: null },
    ];
    for (const list of [edits, [...edits].reverse(), [edits[1]!]])
      expect(admitIdea(arena, state, { parent: 0 }, files, list)).toMatchObject({
        code: 'not-editable',
        reason: 'lib is a folder: only files can be removed, one by one',
      });
    expect(refusal('lib/a.ts', null)).toBe('admitted');
  });

  it('a file does not take the place of a folder, nor a folder that of a file, also of frozen ones', () => {
    const open = arenaWith({ editable: ['**'], hidden: ['a/secret/**'] });
    const all = [...files.keys(), 'a/secret/answers.txt'];
    for (const path of ['lib', 'a', 'a/secret', 'x.ts/y'])
      expect(admitIdea(open, state, { parent: 0 }, files, [{ path, content: 'x' }], all), path).toMatchObject({
        code: 'not-editable',
      });
  });

  it('no two files of one change lie in each other’s place; what it deletes lies nowhere', () => {
    const admitted = (...edits: [path: string, content: string | null][]): unknown =>
      admitIdea(
        arena,
        state,
        { parent: 0 },
        files,
        edits.map(([path, content]) => ({ path, content })),
      );
    const refused = { ok: false, code: 'not-editable' };
    expect(admitted(['lib/new', 'a'], ['lib/new/deep', 'b'])).toMatchObject(refused);
    expect(admitted(['lib/new/deep', 'b'], ['lib/new', 'a'])).toMatchObject(refused);
    expect(admitted(['lib/new', 'a'], ['lib/newer/deep', 'b'])).toMatchObject({ ok: true });
    expect(admitted(['lib/gone', null], ['lib/gone/deep', 'b'])).toMatchObject({ ok: true });
  });

  it('a name has 255 bytes at most, and a path 1,000', () => {
    expect(refusal(`lib/${'a'.repeat(255)}/b.ts`)).toBe('admitted');
    expect(refusal(`lib/${'a'.repeat(256)}/b.ts`)).toBe('not-editable');
    expect(refusal(`lib/${'é'.repeat(127)}`)).toBe('admitted');
    expect(refusal(`lib/${'é'.repeat(128)}`)).toBe('not-editable');
    const folders = `lib/${`${'a'.repeat(247)}/`.repeat(4)}`;
    expect(folders).toHaveLength(996);
    expect([4, 5].map((bytes) => refusal(folders + 'b'.repeat(bytes)))).toEqual(['admitted', 'not-editable']);
  });

  it('a change has 1,000 files at most, and names of 256 KiB in all', () => {
    const change = (count: number, name: (i: number) => string): unknown =>
      whyOversized(Array.from({ length: count }, (_, i) => ({ path: name(i), content: null })))?.code;
    expect([1000, 1001].map((count) => change(count, String))).toEqual([undefined, 'too-large']);
    expect([1024, 1025].map((bytes) => change(256, () => 'a'.repeat(bytes)))).toEqual([undefined, 'too-large']);
  });

  it('whatever is admitted is a plain path below the folder that the globs name', () => {
    const part: fc.Arbitrary<string> = fc.constantFrom('lib', 'x.ts', '..', '.', '', 'a', '.git', '/', '\0', 'secret');
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
        const path = parts.join('/');
        if (refusal(path) === 'admitted') expect(path).toMatch(/^(x\.ts|lib\/(?!secret\/)[a-z]+[a-z./]*)$/);
      }),
      { numRuns: 500 },
    );
  });

  it('a change that changes nothing is refused, also when it is spelled as one', () => {
    expect(refusal('x.ts', 'one\n')).toBe('no-change');
    expect(refusal('lib/none.ts', null)).toBe('no-change');
    expect(admitIdea(arena, state, { parent: 0 }, files, [])).toMatchObject({ ok: false, code: 'no-change' });
  });

  it('a change of spelling alone is none, and a file that is taken away is one', () => {
    expect(refusal('x.ts', '\none  \n\n')).toBe('no-change');
    expect(refusal('x.ts', ' one\n')).toBe('admitted');
    expect(refusal('lib/a.ts', null)).toBe('admitted');
  });

  it.each(['a\\b', 'a\x1fb', 'a\x7fb', 'a\tb', '..', 'a/..', '.git', 'a/.git', '/'])(
    'no path looks like %j, and every name that only begins so is one',
    (part) => {
      const open = arenaWith({ editable: ['**'] });
      const codeFor = (path: string): string => {
        const answer = admitIdea(open, state, { parent: 0 }, files, [{ path, content: 'x' }]);
        return answer.ok ? 'admitted' : answer.code;
      };
      expect(codeFor(part)).toBe('not-editable');
      for (const path of ['...', '.github', 'a/..b', '.x', 'a b', 'é', '~'])
        expect(codeFor(path), path).toBe('admitted');
    },
  );

  it('every edit is looked at, and names that only begin alike do not collide', () => {
    const edits = [
      { path: 'x.ts', content: 'two\n' },
      { path: 'y.ts', content: 'two\n' },
    ];
    expect(admitIdea(arena, state, { parent: 0 }, files, edits)).toMatchObject({ code: 'not-editable' });
    expect(admitIdea(arena, state, { parent: 0 }, files, edits.slice(0, 1))).toMatchObject({ ok: true });
    const open = arenaWith({ editable: ['**'] });
    expect(admitIdea(open, state, { parent: 0 }, files, [{ path: 'lib2', content: 'x' }])).toMatchObject({ ok: true });
    expect(admitIdea(open, state, { parent: 0 }, files, [{ path: 'x.ts2/y', content: 'x' }])).toMatchObject({
      ok: true,
    });
  });

  it('the bytes of all edits count together', () => {
    const half = 'a'.repeat(1 << 19);
    const sized = (second: string) =>
      admitIdea(arena, state, { parent: 0 }, files, [
        { path: 'x.ts', content: half },
        { path: 'lib/b.ts', content: second },
        { path: 'lib/a.ts', content: null },
      ]);
    expect(sized(half)).toMatchObject({ ok: true });
    expect(sized(`${half}a`)).toMatchObject({ code: 'too-large' });
  });

  it('the answer carries both hashes of the files after the change', () => {
    const edits = [{ path: 'x.ts', content: 'two  \n' }];
    const after = applyEdits(files, edits);
    expect(admitIdea(arena, state, { parent: 0 }, files, edits)).toEqual({
      ok: true,
      editable: hashEditable(after),
      normal: normalHash(arena, after),
    });
    expect(files.get('x.ts')).toBe('one\n');
    expect([...applyEdits(files, [{ path: 'x.ts', content: null }]).keys()]).toEqual(['lib/a.ts']);
  });

  it('binary content is refused', () => {
    expect(refusal('x.ts', 'a\0b')).toBe('not-text');
  });

  it('a proposal is at most one MiB, in bytes and not in letters', () => {
    expect(refusal('x.ts', 'a'.repeat(1 << 20))).toBe('admitted');
    expect(refusal('x.ts', 'a'.repeat((1 << 20) + 1))).toBe('too-large');
    expect(refusal('x.ts', '€'.repeat(400_000))).toBe('too-large');
  });
});

describe('repeated ideas', () => {
  const edits = [{ path: 'x.ts', content: 'better\n' }];
  const hash = hashEditable(applyEdits(files, edits));
  const tried = (): Script => {
    const script = new Script(arena).addCalibration([5, 5.1, 4.9]).propose();
    return script.addEvent({ type: 'snapshot', n: 1, commit: 'c', tree: 't', editable: hash, added: 1, deleted: 1 });
  };

  it('the same files on the same parent are refused with what became of them', () => {
    const script = tried();
    expect(admitIdea(arena, script.state, { parent: 0 }, files, edits)).toMatchObject({
      code: 'duplicate',
      earlier: 1,
      reason: 'same as #1: still being measured',
    });
    script.measure(1, 9).decide(1);
    const again = admitIdea(arena, script.state, { parent: 0 }, files, edits);
    expect(again).toMatchObject({ ok: false, code: 'duplicate', earlier: 1 });
    expect(again.ok ? '' : again.reason).toMatch(/^same as #1: discarded, worse by 4/);
  });

  it('what was dropped may be tried again when the incumbent has moved, what was kept may not', () => {
    const script = tried().measure(1, 9).decide(1).addKeptIdea(3);
    expect(script.state.incumbent).toBe(2);
    expect(admitIdea(arena, script.state, { parent: 2 }, files, edits).ok).toBe(true);
    const kept = tried().measure(1, 3).decide(1).advance(1);
    expect(
      admitIdea(
        arena,
        kept.state,
        { parent: 1 },
        new Map([
          ['x.ts', 'other\n'],
          ['lib/a.ts', 'two\n'],
        ]),
        edits,
      ),
    ).toMatchObject({ code: 'duplicate' });
  });

  it('a deliberate retry may repeat what was dropped, and nothing may repeat the baseline', () => {
    const script = tried().measure(1, 9).decide(1);
    expect(admitIdea(arena, script.state, { parent: 0, retries: 1 }, files, edits)).toMatchObject({ ok: true });
    expect(admitIdea(arena, script.state, { parent: 0, retries: 0 }, files, edits)).toMatchObject({ ok: true });
    const base = new Script(arena).propose('baseline');
    base.addEvent({ type: 'snapshot', n: 0, commit: 'c', tree: 't', editable: hash, added: 0, deleted: 0 });
    expect(admitIdea(arena, base.state, { parent: 7 }, files, edits)).toMatchObject({ code: 'duplicate', earlier: 0 });
  });

  it('the newest of several is named', () => {
    const script = tried().measure(1, 9).decide(1).propose();
    script.addEvent({ type: 'snapshot', n: 2, commit: 'c', tree: 't', editable: hash, added: 1, deleted: 1 });
    expect(admitIdea(arena, script.state, { parent: 0 }, files, edits)).toMatchObject({ earlier: 2 });
  });

  it('what a person ruled out may not be tried again, wherever the incumbent is', () => {
    const script = tried().measure(1, 9).decide(1).addKeptIdea(3);
    script.addEvent({ type: 'steered', id: 'wish-0001', from: 'me', wish: { verb: 'veto', n: 1 } });
    expect(admitIdea(arena, script.state, { parent: 2 }, files, edits)).toMatchObject({
      code: 'duplicate',
      earlier: 1,
    });
  });

  it('from a branch, what was held against today’s incumbent is known', () => {
    const script = new Script(arena).addCalibration([5, 5.1, 4.9]).addKeptIdea(3).propose();
    script.addEvent({ type: 'snapshot', n: 2, commit: 'c', tree: 't', editable: hash, added: 1, deleted: 1 });
    script.measure(2, 9).decide(2);
    const of = (parent: number) => admitIdea(arena, script.state, { parent }, files, edits);
    expect(of(0)).toMatchObject({ code: 'duplicate', earlier: 2 });
    expect(of(1)).toMatchObject({ code: 'duplicate', earlier: 2 });
    script.addKeptIdea(1);
    expect(of(0)).toMatchObject({ ok: true });
    expect(of(3)).toMatchObject({ ok: true });
  });

  it('on the incumbent, what a branch was judged by may be tried once more', () => {
    const script = new Script(arena).addCalibration([5, 5.1, 4.9]).addKeptIdea(3);
    script.addEvent(draftProposal(2)).addEvent(draftSnapshot(2, { editable: hash }));
    script
      .measure(2, 9)
      .addEvent({ type: 'decided', n: 2, decision: decisionOf({ against: 1 }) })
      .propose();
    const of = (parent: number) => admitIdea(arena, script.state, { parent }, files, edits);
    expect(of(0)).toMatchObject({ code: 'duplicate', earlier: 2 });
    expect(of(3)).toMatchObject({ code: 'duplicate', earlier: 2 });
    expect(of(1)).toMatchObject({ ok: true });
  });

  it('the hash of a set of files is the one that ledgers hold: names and contents by name', () => {
    const both = new Map([
      ['b', '2'],
      ['a', '1'],
    ]);
    expect(hashEditable(both)).toBe(sha256Parts(['a', '1', 'b', '2']));
    expect(normalHash(arena, both)).toBe(sha256Parts(['a', '1', 'b', '2']));
    const knobs = [{ name: 'RATE', file: 'a', kind: 'float', range: [0, 1] }];
    expect(normalHash(arenaWith({ knobs }), both)).toBe(sha256Parts(['a', '1', 'b', '2']));
    expect(normalHash(arenaWith({ knobs }), new Map([['a', 'RATE = 1e-1;\n']]))).toBe(
      sha256Parts(['a', 'RATE = 0.1;']),
    );
  });

  it('the hash of a set of files knows their names, contents and borders, not their order', () => {
    const text = fc.string({ maxLength: 6 });
    fc.assert(
      fc.property(fc.dictionary(text, text, { maxKeys: 4 }), fc.dictionary(text, text, { maxKeys: 4 }), (a, b) => {
        const [one, two] = [new Map(Object.entries(a)), new Map(Object.entries(b))];
        const same = one.size === two.size && [...one].every(([path, content]) => two.get(path) === content);
        expect(hashEditable(one) === hashEditable(two)).toBe(same);
        expect(hashEditable(new Map([...one].reverse()))).toBe(hashEditable(one));
      }),
    );
  });
});
