import { describe, expect, it } from 'vitest';
import { mcnemarP } from '../../base/item-stats.ts';
import { createRandom, type Random } from '../../base/random.ts';
import { arenaWith, IDLE_CONTEXT, Script, SCRIPT_DEVICE } from '../../testing/script.ts';
import type { Decision } from '../decision.ts';
import type { Purpose } from '../outcome.ts';
import { encodeScores, encodeTable, scoreOf, sortItems, splitItems } from '../items.ts';
import { testClaim } from '../plan/claims-due.ts';
import { judgeClaim, sidesOf } from './claims.ts';
import { lordAlpha, spendEvenly } from './error-budget.ts';
import { calibrateItems } from './item-calibration.ts';
import { compareItems } from './item-comparison.ts';
import { nextReserveLevel, STEERING_LEVEL } from './items.ts';
import { judge } from './judge.ts';

const LAB_SEED = 7;
const MANIFEST = {
  evaluate: { command: 'true' },
  metric: { name: 'score', direction: 'maximize' },
  decide: { rule: 'items', controls: 0, drift: 0 },
};

interface Options {
  readonly blocks?: readonly string[];
  readonly weights?: readonly number[];
  readonly arena?: Record<string, unknown>;
  readonly calibration?: (run: number) => readonly number[];
}

/** A lab that decides by items, written by hand: scores as they are given, stored as the product stores them. */
class ItemScript {
  readonly script: Script;
  readonly #ids: string[];
  readonly #options: Options;

  constructor(base: readonly number[], options: Options = {}) {
    this.#ids = base.map((_, i) => `item ${i}`);
    this.#options = options;
    this.script = new Script(arenaWith({ ...MANIFEST, ...options.arena }));
    this.script.propose('baseline').addSnapshot(0);
    for (let run = 0; run < 3; run++) this.measure(0, options.calibration?.(run) ?? base, 'calibrate');
    this.script.addEvent({
      type: 'calibrated',
      deviceClass: SCRIPT_DEVICE,
      noise: { sigma: 0, dof: 2, robust: 0, drift: { perRepeat: 0, suspicious: false }, mean: 0, n: 3, warnings: [] },
    });
  }

  get state() {
    return this.script.state;
  }

  measure(n: number, scores: readonly number[], purpose: Purpose = 'idea', claim?: number): this {
    const { blocks, weights } = this.#options;
    const { table, scores: sorted } = sortItems(this.#ids, blocks, { values: scores, weights });
    const { ledger } = this.script;
    const items = {
      ids: ledger.putBlob(encodeTable(table)),
      scores: ledger.putBlob(encodeScores(sorted)),
      count: scores.length,
    };
    const value = scoreOf(sorted, splitItems(table, LAB_SEED).steering);
    this.script.measure(n, value, { purpose, conditions: { items }, ...(claim !== undefined && { claim }) });
    return this;
  }

  /** A whole idea; carried on where the rule says so. */
  idea(scores: readonly number[], lineCounts = { added: 1, deleted: 1 }): Decision {
    const n = this.state.experiments.length;
    this.script.propose().addSnapshot(n, lineCounts);
    this.measure(n, scores);
    while (judge(this.state, n, SCRIPT_DEVICE).again) this.measure(n, scores, 'replicate');
    this.script.decide(n);
    const experiment = this.state.experiments[n]!;
    if (experiment.state !== 'decided') throw new Error('not decided');
    if (experiment.decision.verdict === 'kept') this.script.advance(n);
    return experiment.decision;
  }
}

const drawScores = (seed: number, count: number, draw: (random: Random, i: number) => number): number[] => {
  const random = createRandom(seed);
  return Array.from({ length: count }, (_, i) => draw(random, i));
};
const right = drawScores(1, 300, (random) => (random.uniform() < 0.5 ? 1 : 0));
/** With so many wrong answers turned right, and so many right ones wrong. */
function turned(scores: readonly number[], better: number, worse: number): number[] {
  let [up, down] = [better, worse];
  return scores.map((score) => (score === 0 && up-- > 0 ? 1 : score === 1 && down-- > 0 ? 0 : score));
}

describe('the rule items', () => {
  it('carries on what the steering items and the reserve show, by McNemar’s exact test for 0/1', () => {
    const lab = new ItemScript(right);
    const decision = lab.idea(turned(right, 60, 6));
    expect(decision).toMatchObject({ verdict: 'kept', rule: 'items/1', against: 0 });
    const { items } = decision;
    expect(items!.n).toBe(100);
    expect(items!.proof!.n).toBe(200);
    expect(items!.better + items!.proof!.better).toBe(60);
    expect(items!.worse + items!.proof!.worse).toBe(6);
    expect(items!.proof!.p).toBeCloseTo(mcnemarP(items!.proof!.better, items!.proof!.worse), 12);
    expect(items!.asked).toBe(lordAlpha(1, [], spendEvenly));
    expect(lab.state.incumbent).toBe(1);
  });

  it('does not carry on a gain that chance may make, and says how many items changed', () => {
    const lab = new ItemScript(right);
    const decision = lab.idea(turned(right, 20, 18));
    expect(decision.verdict).not.toBe('kept');
    expect(decision.items).toMatchObject({ n: 100 });
    expect(decision.items!.proof).toBeUndefined();
    expect(decision.reason).toMatch(/better on \d+ and worse on \d+ of 100 items \(against #0, parent #0\)/);
  });

  it('an idea that changes no item is no better, and one that makes more wrong is refuted', () => {
    const lab = new ItemScript(right);
    expect(lab.idea(right)).toMatchObject({
      verdict: 'discarded',
      kind: 'within noise',
      items: { better: 0, worse: 0 },
    });
    expect(lab.idea(turned(right, 5, 60))).toMatchObject({ verdict: 'discarded', kind: 'refuted' });
  });

  it('simpler code that is no worse on the steering items is carried on without a proof', () => {
    const lab = new ItemScript(right);
    const decision = lab.idea(right, { added: 0, deleted: 3 });
    expect(decision).toMatchObject({ verdict: 'kept', reason: expect.stringContaining('simpler') });
    expect(decision.items!.proof).toBeUndefined();
  });

  it('the reserve is asked at a level that falls with each question, and is silent where it was not asked', () => {
    const lab = new ItemScript(right);
    const levels: number[] = [];
    for (let k = 0; k < 60 && levels.length < 3; k++) {
      const random = createRandom(100 + k);
      const decision = lab.idea(right.map((score) => (random.uniform() < 0.2 ? 1 - score : score)));
      expect(decision.verdict).not.toBe('kept');
      if (decision.items!.asked === undefined) expect(1 - decision.probability!).toBeGreaterThan(STEERING_LEVEL);
      else levels.push(decision.items!.asked);
      expect(JSON.stringify(decision)).not.toContain('proof');
    }
    expect(levels).toEqual([1, 2, 3].map((k) => lordAlpha(k, [], spendEvenly)));
    expect(nextReserveLevel(lab.state)).toBe(lordAlpha(4, [], spendEvenly));
  });

  it('what is nearly an idea that the reserve refused is not asked about again, unless it is clearly better', () => {
    const random = createRandom(11);
    const base = drawScores(12, 300, () => random.normal());
    const ids = base.map((_, i) => `item ${i}`).sort();
    const steering = new Set(
      splitItems({ ids }, LAB_SEED).steering.map(([position]) => Number(ids[position!]!.slice(5))),
    );
    // Better on the items that steer alone: as good as luck can look.
    const lucky = (gain: number): number[] =>
      base.map((score, i) => score + (steering.has(i) ? gain : 0) + 0.5 * ((i % 7) - 3));
    const lab = new ItemScript(base);
    expect(lab.idea(lucky(0.6))).toMatchObject({
      verdict: 'inconclusive',
      items: { asked: lordAlpha(1, [], spendEvenly) },
    });
    const again = lab.idea(lucky(0.6).map((score, i) => score + 0.01 * (i % 2)));
    expect(again).toMatchObject({ verdict: 'inconclusive', reason: expect.stringContaining('nearly what #1 is') });
    expect(again.items!.asked).toBeUndefined();
    expect(lab.idea(lucky(0.9)).items!.asked).toBe(lordAlpha(2, [], spendEvenly));
    // Another idea altogether is asked about.
    const other = base.map((score, i) => score + 0.5 + ((i * 13) % 11) / 11);
    expect(lab.idea(other)).toMatchObject({ verdict: 'kept', items: { asked: lordAlpha(3, [], spendEvenly) } });
  });

  it('minimised metrics: fewer errors are better', () => {
    const errors = right.map((score) => 1 - score);
    const lab = new ItemScript(errors, { arena: { metric: { name: 'errors', direction: 'minimize' } } });
    const decision = lab.idea(turned(right, 60, 6).map((score) => 1 - score));
    expect(decision.verdict).toBe('kept');
    expect(decision.items!.worse + decision.items!.proof!.worse).toBe(6);
  });

  it('blocks: a gain in three blocks of twenty is no evidence, however many items they hold', () => {
    const base = drawScores(2, 400, (random) => random.normal());
    const blocks = base.map((_, i) => `block ${i % 20}`);
    const inThree = base.map((score, i) => (i % 20 < 3 ? score + 1 : score));
    expect(new ItemScript(base).idea(inThree).verdict).toBe('kept');
    expect(new ItemScript(base, { blocks }).idea(inThree).verdict).not.toBe('kept');
    const inAll = base.map((score, i) => score + 0.5 + 0.01 * (i % 20));
    expect(new ItemScript(base, { blocks }).idea(inAll)).toMatchObject({ verdict: 'kept', items: { n: 140 } });
  });

  it('a ratio of sums counts large items for more', () => {
    const weights = drawScores(3, 200, (_random, i) => (i % 10 === 0 ? 100 : 1));
    const base = weights.map((weight) => weight / 2);
    const arena = { decide: { ...MANIFEST.decide, items: { aggregate: 'ratio' } } };
    // Better on the many small items, much worse on the few large ones.
    const small = base.map((value, i) => (weights[i] === 1 ? value + 0.3 : value - 20 - (i % 7)));
    expect(new ItemScript(base, { weights, arena }).idea(small)).toMatchObject({ verdict: 'discarded' });
    expect(
      new ItemScript(base).idea(small.map((value, i) => value - base[i]! + 0.01 * (i % 3) + base[i]!)).verdict,
    ).not.toBe('kept');
  });
});

describe('runs that differ', () => {
  const scoresOf = (shift: number, seed: number): number[] =>
    drawScores(4, 300, (random) => random.normal()).map((score, i) => score + shift + 0.01 * ((i * seed) % 5));

  it('a seed that moves all items together is noise, which items alone would not show', () => {
    const shifts = [-0.3, 0.3, 0];
    const noisy = new ItemScript(scoresOf(0, 1), { calibration: (run) => scoresOf(shifts[run]!, run + 1) });
    const decision = noisy.idea(scoresOf(0.25, 9));
    expect(decision.verdict).not.toBe('kept');
    expect(decision.n).toBe(3); // measured again first: the runs are the larger part of the noise
    const steady = new ItemScript(scoresOf(0, 1));
    expect(steady.idea(scoresOf(0.25, 9)).verdict).toBe('kept');
  });

  it('chance item by item is in the items already, and is not counted twice', () => {
    const base = drawScores(5, 300, (random) => random.normal());
    const noisy = (seed: number): number[] => {
      const random = createRandom(seed);
      return base.map((score) => score + 0.5 * random.normal());
    };
    const lab = new ItemScript(base, { calibration: (run) => noisy(run + 1) });
    lab.script.propose().addSnapshot(1);
    lab.measure(1, noisy(20));
    const comparison = compareItems(lab.state, { n: 1, against: 0, deviceClass: SCRIPT_DEVICE, part: 'steering' })!;
    // One run against three: √(0.25 · 4/3 / 100).
    expect(comparison.se).toBeGreaterThan(0.8 * 0.0577);
    expect(comparison.se).toBeLessThan(1.6 * 0.0577);
  });
});

describe('a claim about items', () => {
  const proven = (): ItemScript => {
    const lab = new ItemScript(right);
    lab.idea(turned(right, 60, 6));
    return lab;
  };

  it('wants one fresh run where runs agree, passes on the reserve, and is what the ledger says', () => {
    const lab = proven();
    expect(sidesOf(lab.state, 1, 0, SCRIPT_DEVICE)).toMatchObject({ missing: [1, 0], fresh: 0 });
    expect(judgeClaim(lab.state, 1, 0, SCRIPT_DEVICE)).toBeUndefined();
    lab.measure(1, turned(right, 60, 6), 'confirm', 1);
    expect(sidesOf(lab.state, 1, 0, SCRIPT_DEVICE)).toMatchObject({ missing: [0, 0], fresh: 1 });
    const claim = judgeClaim(lab.state, 1, 0, SCRIPT_DEVICE)!;
    expect(claim).toMatchObject({ passed: true, rule: 'items-confirm/1', numbers: [1, 3] });
    expect(claim.interval[0]).toBeGreaterThan(0);
  });

  it('wants three fresh runs of its own and of the champion’s two where runs differ', () => {
    const lab = new ItemScript(right, { calibration: (run) => turned(right, run, 0) });
    lab.idea(turned(right, 80, 2));
    expect(sidesOf(lab.state, 1, 0, SCRIPT_DEVICE).missing).toEqual([3, 0]);
  });

  it('fails where a fresh run fails, and where no step of it was proven', () => {
    const failing = proven();
    failing.script.measure(1, 'exit', { purpose: 'confirm', claim: 1 });
    expect(judgeClaim(failing.state, 1, 0, SCRIPT_DEVICE)).toMatchObject({
      passed: false,
      reason: '1 of its fresh measurements failed',
    });
    const simpler = new ItemScript(right);
    simpler.idea(right, { added: 0, deleted: 2 });
    simpler.measure(1, right, 'confirm', 1);
    expect(judgeClaim(simpler.state, 1, 0, SCRIPT_DEVICE)).toMatchObject({
      passed: false,
      reason: 'none of its steps was shown to be better on the reserve',
    });
  });

  it('that failed is not judged again without new runs of its own, and then by these alone', () => {
    const lab = new ItemScript(right, { calibration: (run) => turned(right, run, 0) });
    lab.idea(turned(right, 80, 2));
    for (let run = 0; run < 3; run++) lab.measure(1, turned(right, run, 5), 'confirm', 1);
    const failed = judgeClaim(lab.state, 1, 0, SCRIPT_DEVICE)!;
    expect(failed).toMatchObject({ passed: false, numbers: [3, 3] });
    lab.script.addEvent({ type: 'confirmation', n: 1, against: 0, ...failed });
    expect(sidesOf(lab.state, 1, 0, SCRIPT_DEVICE)).toMatchObject({ missing: [3, 0], fresh: 0 });
    expect(judgeClaim(lab.state, 1, 0, SCRIPT_DEVICE)).toBeUndefined();
    // The plan of a session that ends has nothing left to do, and does not judge it for ever.
    const context = { ...IDLE_CONTEXT, stopRequested: true };
    expect(testClaim(lab.state, context)).toBeUndefined();
    for (let run = 0; run < 3; run++) lab.measure(1, turned(right, 80, run), 'confirm', 1);
    const again = judgeClaim(lab.state, 1, 0, SCRIPT_DEVICE)!;
    expect(again.numbers).toEqual([3, 3]);
    // All six runs together would be worth half as much.
    expect(again.effect).toBeGreaterThan(failed.effect + 0.1);
  });

  it('takes off what the selection of its steps added', () => {
    const lab = proven();
    lab.measure(1, turned(right, 60, 6), 'confirm', 1);
    const raw = compareItems(lab.state, { n: 1, against: 0, deviceClass: SCRIPT_DEVICE, part: 'reserve' })!;
    const claim = judgeClaim(lab.state, 1, 0, SCRIPT_DEVICE)!;
    expect(claim.effect).toBeLessThanOrEqual(raw.effect);
    expect(claim.effect).toBeGreaterThan(raw.effect - raw.se);
  });
});

describe('what items can show', () => {
  it('more items show smaller gains, and candidates that agree more do too', () => {
    const gains = [100, 400, 1600].map((count) => {
      const lab = new ItemScript(drawScores(6, count, (random) => random.normal()));
      const calibration = calibrateItems(lab.state, SCRIPT_DEVICE)!;
      expect(calibration).toMatchObject({ n: count, units: count, steering: Math.round(count / 3) });
      const [half, usual, most] = calibration.detectable.map(({ gain }) => gain);
      expect(half).toBeGreaterThan(usual!);
      expect(usual).toBeGreaterThan(most!);
      return usual!;
    });
    expect(gains[0]! / gains[1]!).toBeCloseTo(2, 0);
    expect(gains[1]! / gains[2]!).toBeCloseTo(2, 0);
  });
});

describe('guards beside items', () => {
  const arena = { guards: [{ name: 'tests', command: 'true' }] };
  /** A lab with guards in which one clearly better idea is measured. */
  const measured = (): ItemScript => {
    const lab = new ItemScript(right, { arena });
    lab.script.guard(0, 'baseline');
    lab.script.propose('x', { note: {} }).addSnapshot(1);
    return lab.measure(1, turned(right, 60, 5));
  };
  const judged = (lab: ItemScript) => judge(lab.state, 1, SCRIPT_DEVICE);

  it('run before the reserve is asked, so that a failed one uses up no level', () => {
    const lab = measured();
    expect(judged(lab)).toMatchObject({ again: true, guards: 'keep' });
    lab.script.guard(1, 'keep', '1 failed').decide(1);
    const experiment = lab.state.experiments[1]!;
    const decision = experiment.state === 'decided' ? experiment.decision : undefined;
    expect(decision).toMatchObject({ verdict: 'crashed', failure: 'guard' });
    expect(decision).not.toHaveProperty('items');
    expect(nextReserveLevel(lab.state)).toBe(lordAlpha(1, [], spendEvenly));
  });

  it('and the reserve decides about what passed them', () => {
    const lab = measured();
    lab.script.guard(1, 'keep');
    expect(judged(lab)).toMatchObject({ decision: { verdict: 'kept', items: { proof: expect.anything() } } });
  });
});
