import { describe, expect, it } from 'vitest';
import type { AgentCall } from '../../core/experiment.ts';
import type { LabState } from '../../core/state.ts';
import { syntheticLab } from '../../testing/synthetic.ts';
import { viewLab } from './lab.ts';
import type { LabView } from '../types.ts';

const made = syntheticLab({ n: 10, seed: 2, noise: 0.0009, best: 0.9, crashRate: 0, timeoutRate: 0, refuseRate: 0 });
const see = (state: LabState, alive = false): LabView => viewLab(state, { now: made.now, alive, tip: made.tip });
const line = (view: LabView, what: string): string | undefined =>
  view.economics.lines.find((l) => l.what === what)?.text;

const call = (n: number, usd?: number): AgentCall => ({
  at: made.now,
  start: { call: n - 1, n, purpose: 'idea', agent: 'codex', session: 0 },
  end: {
    call: n - 1,
    outcome: 'edit',
    wallS: 10,
    usage: {
      calls: 1,
      inputTokens: 1000,
      cachedTokens: 200,
      outputTokens: 50,
      source: 'gateway',
      ...(usd !== undefined && { usd }),
    },
  },
});

/** The same night, with agents asked and a model that is measured. */
function paid(usd: readonly (number | undefined)[], target: Record<string, number> = {}, limits = {}): LabState {
  const { state } = made;
  const measurements = state.measurements.map((m) =>
    m.state === 'finished' && m.outcome.kind === 'measured'
      ? { ...m, outcome: { ...m.outcome, metrics: { ...m.outcome.metrics, ...target } } }
      : m,
  );
  const sessions = state.sessions.map((s) => ({
    ...s,
    start: { ...s.start, limits: { ...s.start.limits, ...limits } },
  }));
  return { ...state, measurements, sessions, calls: usd.map((each, k) => call(k + 1, each)) };
}

describe('what a night costs', () => {
  it('without a model is time of the device alone', () => {
    const view = see(made.state);
    expect(line(view, 'Money for ideas')).toBe('none: no agent or model was asked');
    expect(line(view, 'Tokens for ideas')).toBe('none');
    expect(line(view, 'Measured model')).toBeUndefined();
    expect(line(view, 'Per experiment')).toMatch(/of the device$/);
    expect(view.spend.short).toBe(view.time.text.sessions);
  });

  it('adds up what ideas cost, an experiment and a confirmed gain', () => {
    const view = see(paid([0.5, 0.25, 0.25]));
    expect(line(view, 'Money for ideas')).toBe('$1.00');
    expect(line(view, 'Tokens for ideas')).toBe('3,000 in (600 from cache), 150 out');
    expect(line(view, 'Per experiment')).toMatch(/ of the device and \$0\.10$/);
    const gains = view.experiments.filter((row) => row.standing === 'confirmed' || row.standing === 'in stack').length;
    expect(gains).toBeGreaterThan(1);
    expect(line(view, 'Per confirmed gain')).toContain(`of the device and $${(1 / gains).toFixed(2)}`);
  });

  it('says how many calls have no price, rather than counting them as free', () => {
    expect(line(see(paid([0.5, undefined])), 'Money for ideas')).toBe(
      '$0.50 for 1 of 2 calls; the others have no price',
    );
    expect(line(see(paid([undefined])), 'Money for ideas')).toBe('not known: no prices are recorded');
  });

  it('counts the model that is measured apart from the one that proposes', () => {
    const numbers = made.state.measurements.length;
    const view = see(paid([0.5], { target_tokens: 100, target_usd: 0.01 }));
    expect(line(view, 'Measured model')).toBe(
      `${(100 * numbers).toLocaleString('en-US')} tokens, $${(numbers / 100).toFixed(2)}, as the evaluator reports`,
    );
    expect(view.economics.usd).toBeCloseTo(0.5 + numbers / 100);
    expect(line(view, 'Money for ideas')).toBe('$0.50');
  });

  it('shows how much of each budget is used, and what its end will cost', () => {
    const view = see(paid([0.5, 0.25], {}, { usd: 3, labTokens: 25_000, experiments: 40 }), true);
    expect(view.limits.bars).toContainEqual({ label: '$0.75 of $3.00', share: 0.25 });
    expect(view.limits.bars).toContainEqual({ label: '2,500 of 25,000 tokens for the lab', share: 0.1 });
    expect(line(view, 'At the budget’s end')).toMatch(/device-hours and \$3\.00 for 40 experiments$/);
  });
});
