/** The cases that `judge` tells apart before and after the arena's rule. */
import { describe, expect, it } from 'vitest';
import type { Decision } from '../decision.ts';
import { decisionOf, draftProposal, draftSnapshot } from '../../testing/drafts.ts';
import { arenaWith, SCRIPT_DEVICE, Script } from '../../testing/script.ts';
import { judge } from './judge.ts';

const quiet = [5, 5.1, 4.9] as const; // sigma 0.1
const lab = (change: Readonly<Record<string, unknown>> = {}): Script =>
  new Script(arenaWith(change)).addCalibration(quiet);
const judged = (script: Script, n = 1): Decision | 'again' => {
  const judgement = judge(script.state, n, SCRIPT_DEVICE);
  return judgement.again ? 'again' : judgement.decision;
};
/** A stack of five kept steps that gained 0.2 each. */
const gaining = (change: Readonly<Record<string, unknown>> = {}): Script => {
  const script = lab(change);
  for (let n = 1; n <= 5; n++)
    script
      .addIdea()
      .measure(n, 5 - 0.2 * n)
      .addEvent({ type: 'decided', n, decision: decisionOf({ verdict: 'kept', effect: 0.2, against: n - 1 }) })
      .advance(n);
  return script;
};

describe('an idea that a person gave up', () => {
  it('is inconclusive, whatever was measured', () => {
    const script = lab().addIdea().measure(1, 3);
    script.addEvent({ type: 'steered', id: 'wish-0001', from: 'me', wish: { verb: 'skip', n: 1 } });
    expect(judged(script)).toMatchObject({ verdict: 'inconclusive', rule: 'margin/4', against: 0, n: 0, nAgainst: 0 });
  });
});

describe('measurements that count', () => {
  it('are finished ones of the device: a running one and a failure elsewhere do not matter', () => {
    const script = lab().addIdea();
    expect(judged(script)).toBe('again');
    script.startMeasurement(1);
    expect(judged(script)).toBe('again');
    script.addEvent({ type: 'lost', m: 3, reason: 'r' }).measure(1, 'exit', { device: 'device-b' });
    expect(judged(script)).toBe('again');
    script.measure(1, 4).startMeasurement(1);
    expect(judged(script)).toMatchObject({ verdict: 'kept', n: 1 });
  });

  it('end it at the first failure, with the number of measurements where there are several', () => {
    const once = judged(lab().addIdea().measure(1, 'nan')) as Decision;
    expect(once).toMatchObject({ verdict: 'crashed', failure: 'nan', n: 1, nAgainst: 0, reason: 'it failed: nan' });
    const twice = judged(lab().addIdea().measure(1, 4).measure(1, 'nan')) as Decision;
    expect(twice).toMatchObject({ n: 2, reason: expect.stringContaining('2') });
  });
});

describe('an ablation', () => {
  const ablation = (pairs: readonly (readonly [number, number])[]): Script => {
    const script = lab().addKeptIdea(4);
    script.addEvent(draftProposal(2, { kind: 'ablation', ablates: 1, parent: 1 })).addEvent(draftSnapshot(2));
    for (const [without, withStep] of pairs)
      script.measure(2, without, { pair: 2 }).measure(1, withStep, { pair: 2, purpose: 'replicate' });
    return script;
  };

  it('waits for three pairs', () => {
    expect(judged(ablation([]), 2)).toBe('again');
    expect(judged(ablation([]).measure(2, 4), 2)).toBe('again');
    expect(
      judged(
        ablation([
          [4, 4],
          [4, 4],
        ]),
        2,
      ),
    ).toBe('again');
    for (let i = 0; i < 2; i++) expect(judged(ablation([]).measure(2, 4).measure(2, 4).measure(2, 4), 2)).toBe('again');
  });

  it('drops the step where its absence is no worse, and keeps it otherwise', () => {
    const after = (difference: number): Decision =>
      judged(ablation(new Array<readonly [number, number]>(3).fill([4 + difference, 4])), 2) as Decision;
    expect(after(-0.5)).toMatchObject({ verdict: 'kept', kind: 'ablation', rule: 'ablation/2', against: 1, n: 3 });
    expect(after(0)).toMatchObject({ verdict: 'kept' });
    expect(after(0.5)).toMatchObject({ verdict: 'discarded', kind: 'ablation', effect: expect.closeTo(-0.5, 12) });
    expect(after(0.5).reason).toContain(' 0.5');
  });
});

describe('a bundle', () => {
  it('is judged on three numbers, and dropped at none of the first two', () => {
    const bundle = (count: number, value: number): Script => {
      const script = lab().addIdea().addIdea();
      script.addEvent(draftProposal(3, { bundles: [1, 2] })).addEvent(draftSnapshot(3));
      for (let i = 0; i < count; i++) script.measure(3, value);
      return script;
    };
    expect([1, 2].map((count) => judged(bundle(count, 4), 3))).toEqual(['again', 'again']);
    expect([1, 2].map((count) => judged(bundle(count, 9), 3))).toEqual(['again', 'again']);
    expect(judged(bundle(3, 4), 3)).toMatchObject({ verdict: 'kept', n: 3 });
    expect(judged(bundle(3, 9), 3)).toMatchObject({ verdict: 'discarded' });
  });
});

describe('a screening run', () => {
  const screened = (): Script => lab({ screen: { seconds: 0.5, ranks: true } }).addIdea();

  it('that failed ends the idea, and one that gave a number does not', () => {
    expect(judged(screened())).toBe('again');
    expect(judged(screened().measure(1, 4, { purpose: 'screen' }))).toBe('again');
    expect(judged(screened().measure(1, 'nan', { purpose: 'screen' }))).toMatchObject({
      verdict: 'crashed',
      failure: 'nan',
      rule: 'halving/1',
      n: 1,
    });
  });

  it('that ranks too low ends the idea without a number', () => {
    const script = lab({ screen: { seconds: 0.5, ranks: true } });
    for (let n = 1; n <= 8; n++)
      script
        .addIdea()
        .measure(n, n, { purpose: 'screen' })
        .measure(n, 10 + n)
        .decide(n);
    script.addIdea().measure(9, 99, { purpose: 'screen' });
    expect(judged(script, 9)).toMatchObject({
      verdict: 'discarded',
      kind: 'screened',
      rule: 'halving/1',
      against: 0,
      n: 0,
      nAgainst: 0,
    });
  });
});

describe('a gain far above the usual ones', () => {
  it('is three times the usual one and more', () => {
    const of = (gain: number): Decision | 'again' =>
      judged(
        gaining()
          .addIdea()
          .measure(6, 4 - gain),
        6,
      );
    expect(of(0.59)).toMatchObject({ verdict: 'kept' });
    expect(of(0.61)).toBe('again');
    expect(of(-3)).toMatchObject({ verdict: 'discarded' });
    const twice = gaining().addIdea().measure(6, 3).measure(6, 3);
    expect(judged(twice, 6)).toMatchObject({ verdict: 'kept', n: 2 });
  });

  it('is measured again in pairs too, where two are allowed', () => {
    const of = (maxPairs: number): Decision | 'again' => {
      const script = gaining({ decide: { rule: 'paired', max_replicates: maxPairs } }).addIdea();
      return judged(script.measure(6, 1, { pair: 6 }).measure(5, 4, { pair: 6, purpose: 'replicate' }), 6);
    };
    expect(of(2)).toBe('again');
    expect(of(1)).toMatchObject({ verdict: 'kept' });
  });
});

describe('a control', () => {
  it('that left the same artefact is judged all the same', () => {
    const script = new Script().propose('b').addSnapshot();
    const same = { conditions: { artefact: 'a' } };
    for (const value of quiet) script.measure(0, value, { purpose: 'calibrate', ...same });
    script
      .addCalibration([])
      .addEvent(draftProposal(1, { kind: 'control' }))
      .addEvent(draftSnapshot(1));
    expect(judged(script.measure(1, 4, same))).toMatchObject({
      kind: 'control',
      verdict: 'discarded',
      wouldKeep: true,
    });
  });
});

describe('a candidate without a partner', () => {
  it('is dropped three standard errors below the incumbent, and waits for it above', () => {
    const se = 0.1 * Math.sqrt(4 / 3);
    const of = (z: number): Decision | 'again' =>
      judged(
        lab({ decide: { rule: 'paired' } })
          .addIdea()
          .measure(1, 5 + z * se),
      );
    expect(of(2.99)).toBe('again');
    expect(of(3.01)).toMatchObject({ verdict: 'discarded', kind: 'refuted' });
    expect(
      judged(
        lab({ decide: { rule: 'sequential' } })
          .addIdea()
          .measure(1, 5 + 2.9 * se),
      ),
    ).toBe('again');
    expect(
      judged(
        lab({ decide: { rule: 'sequential' } })
          .addIdea()
          .measure(1, 5 + 3.1 * se),
      ),
    ).toMatchObject({
      verdict: 'discarded',
      rule: 'sequential/2',
    });
  });
});

describe('what was kept or is in doubt', () => {
  it('has no kind, and what was discarded has one', () => {
    expect(judged(lab().addIdea().measure(1, 4))).not.toHaveProperty('kind');
    expect(judged(lab().addIdea().measure(1, 4.99))).not.toHaveProperty('kind');
    expect(judged(lab().addIdea().measure(1, 5.01))).toMatchObject({ kind: 'within noise' });
  });
});
