/** Hard constraints on claims and final comparisons: the mean of all measurements counts, not the lucky first one. */
import { describe, expect, it } from 'vitest';
import { arenaWith, SCRIPT_DEVICE, Script } from '../../testing/script.ts';
import { FINAL_PAIRS, finalResult } from '../plan/finalize.ts';
import { judgeClaim } from './claims.ts';

const quiet = [5, 5.1, 4.9, 5.05, 4.95] as const;
const plain = { controls: 0, drift: 0 };
const limit = { metric: 'mem', max: 10 };

/** A baseline, then an idea that measured well within the limit. */
function lab(constraint: object = limit): Script {
  const script = new Script(arenaWith({ decide: plain, constraints: [constraint] })).propose('b').addSnapshot();
  for (const value of quiet) script.measure(0, value, { purpose: 'calibrate', metrics: { mem: 9 } });
  script
    .addCalibration([])
    .addIdea()
    .measure(1, 3, { metrics: { mem: 9.2 } })
    .measure(1, 3.02); // it lay far out, so it is measured again
  return script.decide(1).advance(1);
}
function claim(script: Script, n: number, memory: readonly number[], value = 3) {
  for (const [i, mem] of memory.entries())
    script.measure(n, value + i / 100, { purpose: 'confirm', claim: n, metrics: { mem } });
  const champion = script.state.champion;
  for (let i = 0; i < 2; i++)
    script.measure(champion, champion === 0 ? 5 : 3, { purpose: 'confirm', claim: n, metrics: { mem: 9 } });
  return judgeClaim(script.state, n, champion, SCRIPT_DEVICE)!;
}

describe('a claim', () => {
  it('fails where all measurements together break a hard constraint, and says by how much', () => {
    const found = claim(lab(), 1, [11.5, 12.3]);
    expect(found.passed).toBe(false);
    expect(found.reason).toMatch(/^constraint: mem is 11, above 10; 1\.99\d* on 2 \+ 7 unselected measurements/);
    expect(found.effect).toBeGreaterThan(1.9);
  });

  it('passes where one number breaks it and the mean does not', () => {
    expect(claim(lab(), 1, [10.4, 9.1])).toMatchObject({ passed: true, reason: expect.stringMatching(/^better/) });
  });

  it('passes where the constraint is soft', () => {
    expect(claim(lab({ ...limit, hard: false }), 1, [12, 13]).passed).toBe(true);
  });

  it('compares relative limits with the version that the candidate was built on', () => {
    const relative = { metric: 'mem', max: 1.1, relative: true };
    const script = lab(relative);
    script
      .addIdea()
      .measure(2, 2, { metrics: { mem: 10 } })
      .measure(2, 2.02)
      .decide(2)
      .advance(2);
    // 1.1 times the mean of #1, which #2 was built on: 10.12; of the baseline it would be 9.9.
    expect(claim(script, 2, [10, 10], 2)).toMatchObject({ passed: true });
    const above = lab(relative);
    above
      .addIdea()
      .measure(2, 2, { metrics: { mem: 10 } })
      .measure(2, 2.02)
      .decide(2)
      .advance(2);
    expect(claim(above, 2, [10.4, 10.6], 2).reason).toMatch(
      /^constraint: mem is 10\.33, above 10\.12 \(1\.1 × that of #1, which it was built on\)/,
    );
  });
});

describe('the final comparison', () => {
  const finalOf = (memory: number) => {
    const script = lab();
    for (let i = 0; i < FINAL_PAIRS; i++)
      script
        .measure(1, 3 + i / 100, { purpose: 'final', metrics: { mem: memory } })
        .measure(0, 5, { purpose: 'final', metrics: { mem: 9 } });
    return finalResult(script.state, SCRIPT_DEVICE)!;
  };

  it('names the hard constraint that all measurements together break', () => {
    expect(finalOf(11)).toMatchObject({ effect: expect.any(Number), broken: 'constraint: mem is 10.7, above 10' });
    expect('broken' in finalOf(9.5)).toBe(false);
  });
});
