/** What calls cost, and how long nobody is asked again after they failed. */
import { describe, expect, it } from 'vitest';
import { Script } from '../testing/script.ts';
import { budgetLeft, readinessOf, costOfCalls } from './calls.ts';
import type { CallFailure, Payload } from './event.ts';

const usage = { calls: 2, inputTokens: 1000, cachedTokens: 500, outputTokens: 100, source: 'gateway' } as const;

class Calls {
  readonly script = new Script();
  add(end: Omit<Payload<'called'>, 'call' | 'wallS'>, agent = 'a'): this {
    const call = this.script.state.calls.length;
    const session = this.script.state.sessions.length - 1;
    this.script.addEvent({ type: 'calling', call, n: 1, purpose: 'idea', agent, session });
    this.script.addEvent({ type: 'called', call, wallS: 10, ...end });
    return this;
  }
  fail(kind: CallFailure, times = 1, more: object = {}): this {
    for (let i = 0; i < times; i++) this.add({ outcome: 'failed', class: kind, ...more });
    return this;
  }
  /** Seconds after the newest call's end at which the agent may be asked; undefined = never in this session. */
  waitS(session = 0): number | undefined {
    const { state } = this.script;
    const end = Date.parse(state.calls.at(-1)!.at) + 10_000;
    const at = readinessOf(state, 'a', session, state.calls.at(-1)!.at);
    if (at.ready) return 0;
    return at.until === undefined ? undefined : (Date.parse(at.until) - end) / 1000;
  }
}

describe('what calls cost', () => {
  it('adds up by session and in all, and says how many have no price', () => {
    const calls = new Calls().add({ outcome: 'edit', usage: { ...usage, usd: 0.5 } }).add({ outcome: 'empty', usage });
    calls.script.startSession();
    calls.add({ outcome: 'edit', usage: { ...usage, usd: 0.25 } });
    const { calls: all } = calls.script.state;
    expect(costOfCalls(all)).toEqual({ calls: 3, tokens: 4800, usd: 0.75, unpriced: 1 });
    expect(costOfCalls(all, 1)).toEqual({ calls: 1, tokens: 1600, usd: 0.25, unpriced: 0 });
    expect(budgetLeft(all, 1, { tokens: 1000, usd: 1 })).toEqual({ tokens: 0, usd: 0.75 });
    expect(budgetLeft(all, 1, {})).toEqual({});
    expect(budgetLeft(all, 1, { labUsd: 0.8, labTokens: 10_000 })).toEqual({ tokens: 5200, usd: expect.closeTo(0.05) });
    expect(budgetLeft(all, 1, { usd: 0.3, labUsd: 5 })).toEqual({ usd: expect.closeTo(0.05) });
    expect(budgetLeft(all, 1, { usd: 9, labUsd: 0.5 })).toEqual({ usd: 0 });
  });
});

describe('patience', () => {
  it('an agent that was never asked, or answered last, is ready', () => {
    expect(readinessOf(new Calls().script.state, 'a', 0, '2026-03-07T20:00:00Z')).toEqual({ ready: true });
    expect(new Calls().fail('server', 3).add({ outcome: 'edit' }).waitS()).toBe(0);
  });

  it('waits longer after each failure, spread by a quarter, half an hour at most', () => {
    for (const [times, least] of [
      [1, 5],
      [2, 10],
      [5, 80],
      [20, 1800],
    ] as const) {
      const wait = new Calls().fail('server', times).waitS()!;
      expect(wait).toBeGreaterThanOrEqual(least);
      expect(wait).toBeLessThanOrEqual(1.25 * least);
    }
  });

  it('waits until the time that the provider named, and a little', () => {
    const calls = new Calls().fail('quota', 1, { retryAt: '2026-03-08T02:00:00.000Z' });
    const state = readinessOf(calls.script.state, 'a', 0, '2026-03-07T23:00:00Z');
    expect(state).toMatchObject({ ready: false, class: 'quota' });
    expect(!state.ready && state.until! >= '2026-03-08T02:00:00.000Z' && state.until! < '2026-03-08T02:00:06').toBe(
      true,
    );
    expect(readinessOf(calls.script.state, 'a', 0, '2026-03-08T02:00:10Z')).toEqual({ ready: true });
  });

  it('is over for the session where waiting does not help, and begins again with the next', () => {
    expect(new Calls().fail('model').waitS()).toBeUndefined();
    expect(new Calls().fail('model').waitS(1)).toBe(0);
    expect(new Calls().fail('hung', 10).waitS()).toBeUndefined();
    expect(new Calls().fail('rate-limit', 50).waitS()).toBeGreaterThanOrEqual(1800);
  });

  it('concerns only the agent that failed', () => {
    const { state } = new Calls().fail('model').script;
    expect(readinessOf(state, 'b', 0, state.lastAt)).toEqual({ ready: true });
  });
});
