import { describe, expect, it } from 'vitest';
import type { LedgerEvent } from '../../core/event.ts';
import { createFold } from '../../core/replay.ts';
import { type SyntheticOptions, syntheticLab } from '../../testing/synthetic.ts';
import { boardOf } from '../board.ts';
import { viewExperiment } from './experiment.ts';
import { viewLab } from './lab.ts';
import type { Facts, LabView } from '../types.ts';

function view(options: SyntheticOptions, facts: Partial<Facts> = {}): LabView {
  const { state, now, tip } = syntheticLab(options);
  return viewLab(state, { now, tip, alive: false, ...facts });
}

describe('a night that goes on', () => {
  it('has a view, a board and the page of every experiment after each of its events', () => {
    const { events, now, tip } = syntheticLab({ n: 20, seed: 4, noise: 0.01, goodRate: 0.3, sessions: 2 });
    const facts = { now, tip, alive: true };
    const { state, apply } = createFold();
    for (const [k, event] of events.entries()) {
      apply(event);
      const lab = viewLab(state, facts);
      expect(lab.verdict.sentence, `event ${k}`).not.toBe('');
      expect(boardOf(lab).experiments.length, `event ${k}`).toBe(lab.experiments.length);
      if (state.experiments.length > 0)
        expect(viewExperiment(state, state.experiments.length - 1, facts)).toBeDefined();
    }
  });
});

describe('the verdict', () => {
  it('claims an improvement only where fresh measurements confirmed one', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const lab = view({ n: 12, seed, noise: 0.05, goodRate: 0.3 });
      const passed = lab.claims.some((c) => c.passed);
      expect(lab.verdict.outcome === 'confirmed').toBe(passed);
      expect(lab.gain !== undefined).toBe(passed);
      expect(/^Nothing|^None/.test(lab.verdict.sentence)).toBe(!passed);
      if (!passed) expect(lab.verdict.headline).toMatch(/not confirmed|nothing better/);
    }
  });

  it('gives an interval that holds the truth about as often as it says', () => {
    let [held, all] = [0, 0];
    for (let seed = 1; seed <= 150; seed++) {
      const { state, now, tip, truth } = syntheticLab({ n: 10, seed, goodRate: 0.5, noise: 0.01, calibrate: 8 });
      const interval = viewLab(state, { now, tip, alive: false }).gain?.effect.interval;
      if (!interval) continue;
      const gained = truth[0]! - truth[state.champion]!;
      all++;
      if (interval[0] <= gained && gained <= interval[1]) held++;
    }
    expect(all).toBeGreaterThan(80);
    expect(held / all).toBeGreaterThan(0.9);
  });

  it('adds the claims up, with their errors', () => {
    const lab = view({ n: 60, seed: 3, calibrate: 8, sessions: 3 });
    const passed = lab.claims.filter((c) => c.passed);
    expect(passed.length).toBeGreaterThan(1);
    expect(lab.gain!.effect.raw).toBeCloseTo(
      passed.reduce((sum, c) => sum + c.effect.raw, 0),
      12,
    );
    const halves = passed.map((c) => c.effect.half!.raw);
    expect(lab.gain!.effect.half!.raw).toBeCloseTo(Math.hypot(...halves), 9);
    expect(lab.gain!.effect.half!.raw).toBeLessThan(halves.reduce((a, b) => a + b));
  });

  it('says the same of a metric that should grow', () => {
    const down = view({ n: 30, seed: 3, start: 1, best: 0.75 });
    const up = view({ n: 30, seed: 3, start: -1, best: -0.75, direction: 'maximize' });
    expect(up.verdict.outcome).toBe(down.verdict.outcome);
    expect(up.metric.arrow).toBe('↑');
    expect(up.experiments.find((row) => row.verdict === 'kept')!.effect!.delta).toMatch(/^\+/);
    expect(down.experiments.find((row) => row.verdict === 'kept')!.effect!.delta).toMatch(/^−/);
  });
});

describe('the state', () => {
  const until = (s: { running: ReadonlySet<number> }): boolean => s.running.has(15);

  it('tells a living run from one that died and one that hangs', () => {
    expect(view({ n: 20, until }, { alive: true }).state.kind).toBe('running');
    expect(view({ n: 20, until }).state.text).toMatch(/^died after \d\d:\d\d UTC because/);
    expect(view({ n: 20, until }, { alive: true, now: '2026-03-20T00:00:00.000Z' }).state.kind).toBe('stalled');
  });

  it('names how a session ended', () => {
    const ended = (reason: 'deadline' | 'asked' | 'target' | 'error' | 'stuck'): string =>
      view({ n: 3, stop: { reason, detail: 'so it was' } }).state.kind;
    expect(['deadline', 'asked', 'target', 'error', 'stuck'].map((r) => ended(r as 'error'))).toEqual([
      'stopped on budget',
      'stopped by person',
      'finished',
      'broken',
      'broken',
    ]);
  });

  it('counts a dead session up to its last sign of life, not up to the next start', () => {
    const lab = view({ n: 30, seed: 3, sessions: 3 });
    const [, died] = lab.sessions;
    expect(died!.end).toBe('died');
    expect(died!.lengthS).toBeLessThan(2 * 3600);
    expect(lab.time.longestGapS).toBeLessThan(60);
  });

  it('puts the reader’s clock on every time', () => {
    expect(view({ n: 3 }, { zoneMinutes: 120 }).sessions[0]!.started).toBe('2026-03-07 23:04 +02:00');
  });
});

describe('experiments', () => {
  it('are counted once each', () => {
    const lab = view({ n: 80, seed: 4 });
    const { tried, kept, discarded, inconclusive, crashed, timedOut, refused, open } = lab.counts;
    expect(tried).toBe(80);
    expect(kept + discarded + inconclusive + crashed + timedOut + refused + open).toBe(80);
    const controls = lab.experiments.length - 81;
    expect(controls, 'one in a hundred ideas').toBe(1);
    const dead = lab.deadEnds.reduce((sum, theme) => sum + theme.tried, 0);
    expect(dead).toBe(discarded + inconclusive + crashed + timedOut);
  });

  it('of another device are shown but never mixed in', () => {
    const { ledger, now, tip } = syntheticLab({ n: 6, seed: 3 });
    const m = ledger.state.measurements.length;
    const earlier = ledger.events.find((e): e is LedgerEvent & { type: 'measured' } => e.type === 'measured')!;
    const before = viewLab(ledger.state, { now, tip, alive: false });
    const where = { deviceClass: 'gpu:other', cores: [], session: 0 };
    ledger.append({ type: 'measuring', m, n: 0, purpose: 'calibrate', seed: 1, judgeSeed: 1, ...where });
    const outcome = { kind: 'measured', value: 123, metrics: {} } as const;
    ledger.append({ type: 'measured', m, outcome, conditions: earlier.conditions });
    const after = viewLab(ledger.state, { now, tip, alive: false });
    expect(after.baseline!.mean!.raw).toBe(123);
    expect(after.experiments.filter((row) => row.mean && row.otherDevice).map((row) => row.n)).toEqual(
      before.experiments.filter((row) => row.mean && row.n > 0).map((row) => row.n),
    );
  });

  it('have a page each, with both sides of the comparison', () => {
    const { state, now, tip } = syntheticLab({ n: 20, seed: 3 });
    const facts = { now, tip, alive: false };
    for (const n of state.experiments.keys()) {
      const page = viewExperiment(state, n, facts)!;
      expect(page.row).toMatchObject({ n, verdict: viewLab(state, facts).experiments[n]!.verdict });
      if (page.row.effect) expect(page.other!.measurements.length).toBeGreaterThan(0);
    }
    expect(viewExperiment(state, 21, facts)).toBeUndefined();
  });

  it('name in the fine print which sampler chose them, and why that one', () => {
    const { ledger, state, now, tip } = syntheticLab({ n: 3, seed: 3 });
    const why = 'gp: one knob from the best (a Gaussian process (additive) for few trials)';
    const idea = {
      type: 'proposed',
      kind: 'idea',
      parent: 0,
      hypothesis: 'A 1 → 2',
      edits: {},
      knobs: { A: 2 },
    } as const;
    ledger.append({ ...idea, n: 4, proposer: 'search', why });
    const lines = viewLab(state, { now, tip, alive: false }).finePrint;
    expect(lines.find(({ label }) => label === 'Ideas by')?.text).toMatch(
      /\b3; search 1 \(gp 1\): a Gaussian process \(additive\) for few trials$/,
    );
  });

  it('that are undecided carry the price of an answer', () => {
    const lab = view({ n: 60, seed: 5, noise: 0.2, goodRate: 0.4 });
    expect(lab.undecided.length).toBeGreaterThan(0);
    for (const u of lab.undecided) expect(u.cost).toMatch(/further measurement|not worth/);
  });
});
