/** Near misses, plateaus, live bases, crossings and the front, on both sides of each border. */
import { describe, expect, it } from 'vitest';
import type { Decision } from '../decision.ts';
import { decisionOf, draftProposal, draftSnapshot } from '../../testing/drafts.ts';
import { arenaWith, SCRIPT_DEVICE, Script } from '../../testing/script.ts';
import { countExplored, nextStart } from './idea-start.ts';
import { liveBases } from './live-bases.ts';
import { nextBundle } from './near-misses.ts';
import { paretoFront } from './pareto-front.ts';
import { plateauOf } from './plateau.ts';

const plain = { controls: 0, drift: 0 };
/** Noise 0.1, five numbers of the baseline. */
const lab = (change: Readonly<Record<string, unknown>> = {}): Script =>
  new Script(arenaWith({ decide: plain, search: { branches: 4 }, ...change })).addCalibration([5, 5.1, 4.9, 5.1, 4.9]);
/** A decided idea with one number and this decision. */
const decided = (script: Script, value: number, change: Partial<Decision> = {}, about: object = {}): Script => {
  const n = script.state.experiments.length;
  script.addEvent(draftProposal(n, { parent: script.state.incumbent, ...about })).addEvent(draftSnapshot(n));
  script.measure(n, value);
  return script.addEvent({ type: 'decided', n, decision: decisionOf({ against: script.state.incumbent, ...change }) });
};
const kept = (script: Script, value: number, about: object = {}): Script => {
  const n = script.state.experiments.length;
  return decided(script, value, { verdict: 'kept' }, about).advance(n);
};
const nearMiss = (script: Script, probability: number | undefined, about: object = {}, value = 5.05): Script =>
  decided(script, value, { verdict: 'inconclusive', ...(probability !== undefined && { probability }) }, about);
const veto = (script: Script, n: number): Script =>
  script.addEvent({ type: 'steered', id: `wish-veto${n}`, from: 'me', wish: { verb: 'veto', n } });

describe('near misses', () => {
  const bundling = (bundle = 2): Script => lab({ decide: { ...plain, bundle } });

  it('have a probability of 0.35 of being better, the likeliest first', () => {
    const script = bundling();
    for (const probability of [0.36, 0.34, 0.7, undefined, 0.35, 0.5]) nearMiss(script, probability);
    expect(nextBundle(script.state)).toEqual([3, 6]);
    const four = bundling(4);
    for (const probability of [0.36, 0.34, 0.7, undefined, 0.35, 0.5]) nearMiss(four, probability);
    expect(nextBundle(four.state)).toEqual([3, 6, 1, 5]);
    const five = bundling(5);
    for (const probability of [0.36, 0.34, 0.7, undefined, 0.35, 0.5]) nearMiss(five, probability);
    expect(nextBundle(five.state)).toBeUndefined();
  });

  it('are not what was ruled out, nor what stands on it', () => {
    const script = bundling();
    for (const probability of [0.9, 0.8, 0.7]) nearMiss(script, probability);
    expect(nextBundle(script.state)).toEqual([1, 2]);
    expect(nextBundle(veto(script, 1).state)).toEqual([2, 3]);
    nearMiss(script, 0.95, { parent: 1 });
    expect(nextBundle(script.state)).toEqual([2, 3]);
  });

  it('are no step of the line', () => {
    const script = bundling();
    nearMiss(nearMiss(script, 0.9), 0.8);
    kept(script, 3, { parent: 1 });
    expect(nextBundle(script.state)).toBeUndefined();
    expect(nextBundle(nearMiss(script, 0.7).state)).toEqual([2, 4]);
  });

  it('of one alone are no bundle, whatever the manifest says', () => {
    expect(nextBundle(nearMiss(nearMiss(bundling(1), 0.9), 0.8).state)).toBeUndefined();
    expect(nextBundle(nearMiss(bundling(2), 0.9).state)).toBeUndefined();
  });
});

describe('a plateau', () => {
  it('is as long as twelve ideas and one for each knob, then looks around by half, and wholly at the double', () => {
    const exploreAfter = (ideas: number, knobs = 0): number => {
      const script = lab();
      for (let i = 0; i < ideas; i++) decided(script, 6);
      return plateauOf(script.state, knobs).explore;
    };
    expect([11, 12, 18, 24, 30].map((ideas) => exploreAfter(ideas))).toEqual([0, 0.5, 0.75, 1, 1]);
    expect([14, 15].map((ideas) => exploreAfter(ideas, 3))).toEqual([0, 0.5]);
  });

  it('counts ideas with a verdict: no refusals, no open ones, no controls', () => {
    const script = decided(lab(), 6);
    script.propose().addEvent({ type: 'refused', n: 2, code: 'guard', reason: 'r' }).addIdea();
    decided(script, 6, {}, { kind: 'control' });
    expect(plateauOf(script.state, 2)).toEqual({ since: 0, ideas: 1, patience: 14, explore: 0 });
    decided(script, 6);
    expect(plateauOf(script.state, 0).ideas).toBe(2);
  });

  it('begins at the newest claim that passed, and a keep without one must be clear', () => {
    const claim = { type: 'confirmation', against: 0, effect: 1, interval: [0, 2], probability: 1 } as const;
    const script = kept(kept(lab(), 4.95), 4.93);
    expect(plateauOf(script.state, 0).since).toBe(0);
    script.addEvent({ ...claim, n: 1, passed: true, rule: 'r', reason: 'r' });
    expect(plateauOf(script.state, 0).since).toBe(1);
    script.addEvent({ ...claim, n: 1, passed: false, rule: 'r', reason: 'r' });
    expect(plateauOf(script.state, 0).since).toBe(0);
    expect(plateauOf(kept(script, 3).state, 0).since).toBe(3);
  });
});

describe('live bases', () => {
  const basesOf = (script: Script): unknown => liveBases(script.state).map(({ n, role }) => `${n} ${role}`);

  it('are runner-ups less than two standard errors behind, the nearest first, older before newer', () => {
    const se = 0.1 * Math.sqrt(1 + 1 / 5);
    const script = lab();
    for (const z of [1.99, 0.5, 2.01, 0.5]) decided(script, 5 + z * se, { kind: 'within noise' });
    expect(basesOf(script)).toEqual(['0 incumbent', '2 runner-up', '4 runner-up', '1 runner-up']);
    const two = lab({ search: { branches: 2 } });
    for (const z of [1.99, 0.5]) decided(two, 5 + z * se, { kind: 'within noise' });
    expect(basesOf(two)).toEqual(['0 incumbent', '2 runner-up']);
    const one = lab({ search: { branches: 1 } });
    expect(basesOf(decided(one, 5, { kind: 'within noise' }))).toEqual(['0 incumbent']);
  });

  it('are what was kept, in doubt or within noise, with a number, and an idea', () => {
    const script = lab({ search: { branches: 8 } });
    decided(script, 5, { kind: 'within noise' });
    decided(script, 5, { kind: 'no-op' });
    decided(script, 5, { verdict: 'inconclusive' });
    decided(script, 5, { verdict: 'kept' });
    decided(script, 5, { kind: 'within noise' }, { kind: 'control' });
    script.addIdea().addEvent({ type: 'decided', n: 6, decision: decisionOf({ verdict: 'inconclusive' }) });
    script.addIdea().measure(7, 5);
    expect(basesOf(script)).toEqual(['0 incumbent', '1 runner-up', '3 runner-up', '4 runner-up']);
  });

  it('say which way the metric is better', () => {
    const larger = lab({ metric: { name: 'm', direction: 'maximize' } });
    decided(larger, 4.9, { kind: 'within noise' });
    decided(larger, 5.1, { kind: 'within noise' });
    expect(basesOf(larger)).toEqual(['0 incumbent', '2 runner-up', '1 runner-up']);
    expect(liveBases(larger.state).map(({ why }) => /before|behind/.exec(why)?.[0])).toEqual([
      undefined,
      'before',
      'behind',
    ]);
  });

  it('are used up by six ideas, were not ruled out, and have code of their own', () => {
    const script = decided(lab(), 5, { kind: 'within noise' });
    for (let i = 0; i < 5; i++) decided(script, 9, {}, { parent: 1 });
    expect(basesOf(script)).toEqual(['0 incumbent', '1 runner-up']);
    expect(basesOf(decided(script, 9, {}, { parent: 1 }))).toEqual(['0 incumbent']);
    const ruledOut = decided(
      decided(lab(), 5, { kind: 'within noise' }),
      5.01,
      { kind: 'within noise' },
      { parent: 1 },
    );
    expect(basesOf(ruledOut)).toEqual(['0 incumbent', '1 runner-up', '2 runner-up']);
    expect(basesOf(veto(ruledOut, 1))).toEqual(['0 incumbent']);
  });

  it('are the incumbent alone where the manifest says nothing of branches', () => {
    const silent = lab({ search: undefined });
    expect(basesOf(decided(silent, 5, { kind: 'within noise' }))).toEqual(['0 incumbent']);
    expect(nextStart(silent.state, SCRIPT_DEVICE)).toMatchObject({ base: { n: 0 } });
  });

  it('are parked ones before all others, and the line itself never', () => {
    const script = kept(decided(decided(lab(), 9), 5, { kind: 'within noise' }), 4.9);
    for (const n of [1, 3])
      script.addEvent({ type: 'steered', id: `wish-park${n}`, from: 'me', wish: { verb: 'park', n } });
    expect(basesOf(script)).toEqual(['3 incumbent', '1 parked', '2 runner-up']);
  });

  it('are the incumbent alone where it has no number on the device', () => {
    const script = decided(lab(), 5, { kind: 'within noise' });
    expect(liveBases(script.state, 'device-b')).toHaveLength(1);
    expect(liveBases(script.state, SCRIPT_DEVICE)).toHaveLength(2);
    script.addEvent({ type: 'steered', id: 'wish-park1', from: 'me', wish: { verb: 'park', n: 1 } });
    expect(liveBases(script.state, 'device-b')).toHaveLength(1);
  });
});

describe('the start of an idea', () => {
  it('is elsewhere as often as the plateau allows', () => {
    const script = decided(lab(), 5, { kind: 'within noise', probability: 0.1 });
    const roles: string[] = [];
    for (let i = 0; i < 20; i++) {
      const start = nextStart(script.state, SCRIPT_DEVICE);
      if ('cross' in start) throw new Error('nothing to cross');
      roles.push(start.base.role);
      decided(script, 9, {}, { parent: start.base.n });
    }
    // With i + 1 ideas behind it: half of explore times the ideas beyond the patience, rounded, less those made.
    let made = 0;
    const expected = roles.map((_, i) => {
      const ideas = i + 1;
      const explore = ideas < 12 ? 0 : Math.min(1, (0.5 * ideas) / 12);
      const isElsewhere = explore > 0 && made < Math.round((explore / 2) * (ideas - 12 + 1)) && made < 6;
      if (isElsewhere) made++;
      return isElsewhere ? 'runner-up' : 'incumbent';
    });
    expect(roles).toEqual(expected);
    expect(made).toBeGreaterThan(2);
    const plateau = plateauOf(script.state, 0);
    expect(countExplored(script.state, plateau)).toBe(made);
    expect(countExplored(script.state, { ...plateau, since: 15 })).toBeLessThan(made);
    expect(countExplored(decided(script, 9, {}, { crosses: true, bundles: [1] }).state, plateau)).toBe(made + 1);
    expect(countExplored(decided(script, 9, {}, { kind: 'control', parent: 1 }).state, plateau)).toBe(made + 1);
  });
});

describe('the start of an idea elsewhere', () => {
  it('is the incumbent where there is nothing else', () => {
    const script = lab();
    for (let i = 0; i < 20; i++) decided(script, 9);
    expect(nextStart(script.state, SCRIPT_DEVICE)).toMatchObject({ base: { n: 0, role: 'incumbent' } });
  });

  it('is another base after two ideas from the first', () => {
    const script = lab();
    for (const value of [5, 5.01]) decided(script, value, { kind: 'within noise' });
    for (let i = 0; i < 22; i++) decided(script, 9);
    const startsOf = (): number => {
      const start = nextStart(script.state, SCRIPT_DEVICE);
      if ('cross' in start) throw new Error('nothing to cross');
      decided(script, 9, {}, { parent: start.base.n });
      return start.base.n;
    };
    expect([startsOf(), startsOf(), startsOf(), startsOf(), startsOf()]).toEqual([1, 1, 2, 2, 1]);
  });
});

describe('a crossing', () => {
  const stuck = (script: Script): Script => {
    for (let i = script.state.experiments.length; i <= 18; i++) decided(script, 9);
    return script;
  };
  const crossed = (script: Script): unknown => {
    const start = nextStart(stuck(script).state, SCRIPT_DEVICE);
    return 'cross' in start ? start.cross : undefined;
  };
  // Far from the incumbent, so that there is no branch to start from instead.
  const miss = (script: Script, probability: number, about: object): Script => nearMiss(script, probability, about, 7);

  it('is of the likeliest near misses that touch different files', () => {
    const script = lab();
    miss(script, 0.9, { edits: { a: '1' } });
    miss(script, 0.8, { edits: { a: '2', b: '1' } });
    miss(script, 0.7, { edits: { c: '1' } });
    expect(crossed(script)).toEqual([1, 3]);
  });

  it('is of two that share no file at all, the likeliest first and the next likeliest second', () => {
    const shared = lab();
    miss(shared, 0.9, { edits: { a: '1', b: '1' } });
    miss(shared, 0.8, { edits: { b: '2' } });
    miss(shared, 0.7, { edits: { c: '1' } });
    expect(crossed(shared)).toEqual([1, 3]);
    const first = lab();
    miss(first, 0.9, { edits: { a: '1' } });
    miss(first, 0.8, { edits: { b: '1' } });
    miss(first, 0.7, { edits: { a: '2', b: '2' } });
    expect(crossed(first)).toEqual([1, 2]);
  });

  it('is of those that move different knobs, where they move any', () => {
    const base = (): Script => {
      const script = new Script(arenaWith({ decide: plain, search: { branches: 4 } }));
      script.addEvent(draftProposal(0, { kind: 'baseline', knobs: { A: 1, B: 1, C: 1 } })).addEvent(draftSnapshot(0));
      return script.addCalibration([5, 5.1, 4.9, 5.1, 4.9]);
    };
    const script = base();
    miss(script, 0.9, { knobs: { A: 2, B: 2, C: 1 }, edits: { f: '1' } });
    miss(script, 0.8, { knobs: { A: 1, B: 3, C: 2 }, edits: { f: '2' } });
    miss(script, 0.7, { knobs: { A: 1, B: 1, C: 2 }, edits: { f: '3' } });
    expect(crossed(script)).toEqual([1, 3]);
  });

  it('is of different files where the knobs before it are not known', () => {
    const script = lab();
    miss(script, 0.9, { knobs: { A: 2 }, edits: { a: '1' } });
    miss(script, 0.8, { knobs: { A: 3 }, edits: { a: '2' } });
    miss(script, 0.7, { knobs: { A: 4 }, edits: { b: '1' } });
    expect(crossed(script)).toEqual([1, 3]);
  });

  it('is of one that was made on older code, then of any two, then of none', () => {
    const older = lab();
    miss(older, 0.9, { edits: { a: '1' } });
    miss(older, 0.8, { edits: { a: '2' } });
    kept(older, 4.9);
    expect(crossed(older)).toEqual([1]);
    const same = lab();
    miss(same, 0.9, { edits: { a: '1' } });
    miss(same, 0.8, { edits: { a: '2' } });
    expect(crossed(same)).toEqual([1, 2]);
    const three = lab();
    for (const probability of [0.9, 0.8, 0.7]) miss(three, probability, { edits: { a: String(probability) } });
    expect(crossed(three)).toEqual([1, 2]);
    expect(crossed(miss(lab(), 0.9, { edits: { a: '1' } }))).toBeUndefined();
    expect(crossed(lab())).toBeUndefined();
  });

  it('takes steps of another branch first, unless they were ruled out or crossed already', () => {
    const branched = (): Script => {
      const script = kept(lab(), 8, { edits: { a: '1' } });
      kept(script, 4.8, { parent: 0, edits: { b: '1' } });
      return miss(script, 0.9, { edits: { c: '1' } });
    };
    expect(crossed(branched())).toEqual([1, 3]);
    expect(crossed(veto(branched(), 1))).toBeUndefined();
    const again = decided(branched(), 9, {}, { bundles: [1, 3], crosses: true });
    expect(crossed(again)).toBeUndefined();
  });
});

describe('the front', () => {
  const front = [
    { metric: 'mb', direction: 'minimize' },
    { metric: 'speed', direction: 'maximize' },
  ];
  const framed = (change: object = {}): Script => {
    const script = new Script(arenaWith({ decide: plain, front, ...change })).propose('b').addSnapshot();
    return script.measure(0, 5, { purpose: 'calibrate', metrics: { mb: 10, speed: 1 } }).addCalibration([]);
  };
  const point = (script: Script, value: number, metrics: Record<string, number>, about: object = {}): Script => {
    const n = script.state.experiments.length;
    script.addEvent(draftProposal(n, about)).addEvent(draftSnapshot(n)).measure(n, value, { metrics });
    return script.addEvent({ type: 'decided', n, decision: decisionOf() });
  };

  it('is what is best in something: the metric, and each further one in its own direction', () => {
    const script = framed();
    point(script, 4, { mb: 20, speed: 1 });
    point(script, 6, { mb: 5, speed: 1 });
    point(script, 6, { mb: 10, speed: 2 });
    point(script, 6, { mb: 11, speed: 0.5 });
    expect(paretoFront(script.state)).toEqual([1, 0, 2, 3]);
    const larger = framed({ metric: { name: 'm', direction: 'maximize' } });
    point(larger, 4, { mb: 10, speed: 1 });
    point(larger, 6, { mb: 20, speed: 1 });
    expect(paretoFront(larger.state)).toEqual([2, 0]);
  });

  it('holds ideas and the baseline that are decided, with every metric, within the constraints, and not ruled out', () => {
    const script = framed({ constraints: [{ metric: 'mb', max: 50 }] });
    point(script, 1, { mb: 1, speed: 9 }, { kind: 'control' });
    point(script, 1, { mb: 1 });
    point(script, 1, { mb: 51, speed: 9 });
    script.addIdea().measure(4, 1, { metrics: { mb: 1, speed: 9 } });
    expect(paretoFront(script.state)).toEqual([0]);
    point(script, 4, { mb: 10, speed: 1 });
    expect(paretoFront(script.state)).toEqual([5]);
    expect(paretoFront(veto(script, 5).state)).toEqual([0]);
    expect(paretoFront(script.state, 'device-b')).toEqual([]);
    expect(paretoFront(framed({ front: [] }).state)).toEqual([]);
  });

  it('is a live base beside the incumbent, where there are branches', () => {
    const script = framed({ search: { branches: 3 } });
    point(script, 9, { mb: 1, speed: 1 });
    expect(liveBases(script.state).map(({ n, role }) => `${n} ${role}`)).toEqual(['0 incumbent', '1 front']);
  });
});
