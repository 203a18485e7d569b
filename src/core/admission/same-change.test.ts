/** Ideas as a list: what is the same but for its spelling, what is close, what is worth another look. */
import { describe, expect, it } from 'vitest';
import { arenaWith, Script } from '../../testing/script.ts';
import { nearIdeas } from '../../proposers/near.ts';
import { normalHash } from './same-change.ts';
import { admitIdea } from './policy.ts';
import { ideaLedger } from '../../view/brief/ideas.ts';
import { viewLab } from '../../view/lab/lab.ts';

const knobs = [{ name: 'RATE', file: 'x.ts', kind: 'float', range: [0, 1] }] as const;
const arena = arenaWith({ knobs });
const hash = (text: string): string => normalHash(arena, new Map([['x.ts', text]]));
const calibrated = (): Script => new Script(arena).addCalibration([5, 5.1, 4.9]);

describe('spelling', () => {
  it('is line ends, empty lines and how a knob is written; nothing else', () => {
    const code = hash('const RATE = 0.1;\n  go();\n');
    expect(hash('const RATE = 1e-1;  \r\n\n  go();\n\n')).toBe(code);
    expect(hash('const RATE = .1;\n  go();')).toBe(code);
    expect(hash('const RATE = 0.1;\ngo();\n'), 'indentation means something').not.toBe(code);
    expect(hash('const RATE = 0.11;\n  go();\n')).not.toBe(code);
    expect(hash('const OTHER = 0.1;\n  go();\n')).not.toBe(hash('const OTHER = 1e-1;\n  go();\n'));
    expect(hash('a b\n')).not.toBe(hash('ab\n'));
    expect(hash('a\nb')).not.toBe(hash('ab'));
    expect(hash('no knob here\n')).toBe(hash('no knob here'));
  });

  it('of a knob counts in its own file alone, and what stands around its value counts', () => {
    const both = (x: string, y: string): string =>
      normalHash(
        arena,
        new Map([
          ['x.ts', x],
          ['y.ts', y],
        ]),
      );
    expect(both('RATE = 0.1;', '')).toBe(both('RATE = 1e-1;', ''));
    expect(both('', 'RATE = 0.1;')).not.toBe(both('', 'RATE = 1e-1;'));
    expect(hash('RATE = 0.1; // a')).not.toBe(hash('RATE = 0.1; // b'));
    expect(hash('let RATE = 0.1;')).not.toBe(hash('const RATE = 0.1;'));
    expect(hash("RATE = '1';")).not.toBe(hash('RATE = 1;'));
    expect(hash("RATE = 'a';")).toBe(hash('RATE = "a";'));
  });

  it('is the same in whatever order files are listed, and knows which text is whose', () => {
    const of = (...entries: [string, string][]): string => normalHash(arena, new Map(entries));
    expect(of(['a', '1'], ['b', '2'], ['c', '3'])).toBe(of(['c', '3'], ['a', '1'], ['b', '2']));
    expect(of(['a', '1'], ['b', '2'])).not.toBe(of(['a', '2'], ['b', '1']));
  });

  it('a change that differs from an earlier one only in it is answered with the earlier result', () => {
    const script = calibrated();
    const [before, first, again] = ['const RATE = 0.1;\n', 'const RATE = 0.25;\n', 'const RATE = 25e-2; \n'];
    const files = new Map([['x.ts', before]]);
    const normal = normalHash(arena, new Map([['x.ts', first]]));
    script
      .propose()
      .addEvent({ type: 'snapshot', n: 1, commit: 'c', tree: 't', editable: 'other', added: 1, deleted: 1, normal });
    script.measure(1, 9).decide(1);
    const idea = { parent: 0 } as never;
    expect(admitIdea(arena, script.state, idea, files, [{ path: 'x.ts', content: again }])).toMatchObject({
      ok: false,
      code: 'duplicate',
      earlier: 1,
      reason: expect.stringMatching(/^same as #1 but for spelling: discarded/),
    });
    expect(admitIdea(arena, script.state, idea, files, [{ path: 'x.ts', content: 'const RATE = 0.3;\n' }]).ok).toBe(
      true,
    );
  });
});

describe('the list of ideas', () => {
  it('says how strong the evidence is, and opens dead ends again when the code has moved on', () => {
    const script = calibrated();
    script.addIdea().measure(1, 9).decide(1);
    script.addIdea().measure(2, 'exit').decide(2);
    expect(
      ideaLedger(script.state).map(({ n, outcome, evidence, reopened }) => ({ n, outcome, evidence, reopened })),
    ).toEqual([
      { n: 1, outcome: 'discarded', evidence: 'strong', reopened: false },
      { n: 2, outcome: 'crashed', evidence: 'weak', reopened: false },
    ]);
    script.addKeptIdea(1);
    expect(ideaLedger(script.state).map(({ reopened }) => reopened)).toEqual([true, true, false]);
  });

  it('calls no knob dead that went one way only: the other is an open idea until it was tried too', () => {
    const script = new Script(
      arenaWith({
        knobs: [
          { name: 'RATE', file: 'x.ts', kind: 'float', range: [0, 1] },
          { name: 'N', file: 'x.ts', kind: 'int', range: [1, 8] },
        ],
      }),
    );
    const at = (n: number, RATE: number, N: number): object => ({
      type: 'proposed',
      n,
      kind: n === 0 ? 'baseline' : 'idea',
      parent: 0,
      proposer: 'a',
      hypothesis: 'x',
      edits: {},
      knobs: { RATE, N },
    });
    script
      .addEvent(at(0, 0.5, 1) as never)
      .addSnapshot()
      .addCalibration([5, 5.1, 4.9]);
    const fails = (RATE: number, N: number): void => {
      const n = script.state.experiments.length;
      script
        .addEvent(at(n, RATE, N) as never)
        .addSnapshot()
        .measure(n, 9)
        .decide(n);
    };
    fails(0.7, 1);
    fails(0.3, 4);
    // 3 goes up from the lower end of its range: there is no other way.
    fails(0.5, 4);
    const ways = () => ideaLedger(script.state).map(({ otherWay }) => otherWay);
    expect(ways()).toEqual([{ knob: 'RATE', side: 'smaller' }, undefined, undefined]);
    const ends = () =>
      viewLab(script.state, { now: script.state.lastAt, alive: true, tip: '' }).deadEnds.find(
        ({ theme }) => theme === 'RATE',
      )!.text;
    expect(ends()).toBe('1 worse, still open: smaller values were never tried');
    fails(0.4, 1);
    expect(ways()).toEqual([undefined, undefined, undefined, undefined]);
    expect(ends()).toBe('2 worse');
  });

  it('finds the ideas that say much the same of the same files', () => {
    const script = calibrated();
    const say = (hypothesis: string): void =>
      void script.addEvent({
        type: 'proposed',
        n: script.state.experiments.length,
        kind: 'idea',
        parent: 0,
        proposer: 'a',
        hypothesis,
        edits: { 'x.ts': 'b' },
      });
    say('halve the learning rate of the embedding');
    say('use a wider window');
    expect(nearIdeas(script.state, 'Halve the learning rate of the last embedding', ['x.ts'])).toEqual([1]);
    expect(nearIdeas(script.state, 'Halve the learning rate of the last embedding', ['y.ts'])).toEqual([]);
    expect(nearIdeas(script.state, 'double the batch', ['x.ts'])).toEqual([]);
  });
});
