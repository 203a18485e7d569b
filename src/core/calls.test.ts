/** What calls cost, and how long nobody is asked again after they failed. */
import { describe, expect, it } from 'vitest';
import { Script } from '../testing/script.ts';
import { budgetLeft, readinessOf, costOfCalls } from './calls.ts';
import type { CallFailure } from './agent-call.ts';
import type { Payload } from './event.ts';

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
    expect(budgetLeft(all, 1, {})).toStrictEqual({});
    expect(budgetLeft(all, 1, { usd: 1 })).toStrictEqual({ usd: 0.75 });
    expect(budgetLeft(all, 1, { tokens: 2000 })).toStrictEqual({ tokens: 400 });
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

  it.each<readonly [CallFailure, number]>([
    ['refused', 1],
    ['crashed', 5],
    ['server', 5],
    ['rate-limit', 10],
    ['hung', 30],
    ['login', 600],
    ['quota', 900],
  ])('waits after the first %s for %i s and up to a quarter more, and double after the second', (kind, seconds) => {
    const [first, second] = [new Calls().fail(kind).waitS()!, new Calls().fail(kind, 2).waitS()!];
    expect(first / seconds).toBeGreaterThan(1);
    expect(first / seconds).toBeLessThan(1.25);
    expect(second / Math.min(1800, 2 * seconds)).toBeGreaterThan(1);
    expect(second / Math.min(1800, 2 * seconds)).toBeLessThan(1.25);
  });

  it('waits a second after an empty answer, as after a crash where no class is known, and not at all after a stop', () => {
    const empty = new Calls().add({ outcome: 'empty' }).waitS()!;
    expect(empty).toBeGreaterThan(1);
    expect(empty).toBeLessThan(1.25);
    const lost = new Calls().add({ outcome: 'lost' }).waitS()!;
    expect(lost).toBeGreaterThan(5);
    expect(lost).toBeLessThan(6.25);
    const { state } = new Calls().fail('server').fail('aborted').script;
    expect(readinessOf(state, 'a', 0, state.calls[0]!.at)).toEqual({ ready: true });
  });

  it('spreads the waits of different agents and calls, and a named time by up to five seconds in the same proportion', () => {
    const wait = new Calls().fail('server').waitS()!;
    const second = new Calls().add({ outcome: 'edit' }).fail('server').waitS()!;
    expect(second).not.toBe(wait);
    const { state } = new Calls().fail('quota', 1, { retryAt: '2026-03-08T02:00:00.000Z' }).script;
    const named = readinessOf(state, 'a', 0, state.lastAt);
    const delayS = (Date.parse((named as { until: string }).until) - Date.parse('2026-03-08T02:00:00Z')) / 1000;
    expect(delayS / 20).toBeCloseTo(wait / 5 - 1, 3);
    const agents = new Calls().fail('server').add({ outcome: 'failed', class: 'server' }, 'b').script.state;
    const until = (agent: string, call: number): number =>
      Date.parse((readinessOf(agents, agent, 0, agents.lastAt) as { until: string }).until) -
      Date.parse(agents.calls[call]!.at);
    expect(until('a', 0)).not.toBe(until('b', 1));
  });

  it('shortens every wait by the scale', () => {
    const { state } = new Calls().fail('server').script;
    const end = Date.parse(state.calls[0]!.at) + 10_000;
    const whole = Date.parse((readinessOf(state, 'a', 0, state.calls[0]!.at) as { until: string }).until) - end;
    const tenth = Date.parse((readinessOf(state, 'a', 0, state.calls[0]!.at, 0.1) as { until: string }).until) - end;
    expect(tenth).toBeGreaterThanOrEqual(Math.floor(whole / 10));
    expect(tenth).toBeLessThanOrEqual(Math.ceil(whole / 10) + 1);
    const named = new Calls().fail('quota', 1, { retryAt: '2026-03-08T02:00:00.000Z' }).script.state;
    expect(readinessOf(named, 'a', 0, named.lastAt, 0)).toMatchObject({ until: '2026-03-08T02:00:00.000Z' });
  });

  it('is over at the very moment that it ends', () => {
    const { state } = new Calls().fail('server').script;
    const { until } = readinessOf(state, 'a', 0, state.lastAt) as { until: string };
    expect(readinessOf(state, 'a', 0, until)).toEqual({ ready: true });
    expect(readinessOf(state, 'a', 0, new Date(Date.parse(until) - 1).toISOString())).toMatchObject({ ready: false });
  });

  it('counts failures since the last edit, and of the session where it comes to giving up', () => {
    const afterEdit = new Calls().fail('server', 5).add({ outcome: 'edit' }).fail('server').waitS()!;
    expect(afterEdit).toBeLessThan(6.25);
    expect(new Calls().fail('hung', 9).waitS()).toBeGreaterThanOrEqual(1800);
    const calls = new Calls().fail('hung', 9);
    calls.script.startSession();
    expect(calls.fail('hung').waitS(1)).toBeGreaterThanOrEqual(1800);
    expect(calls.fail('hung', 9).waitS(1)).toBeUndefined();
    const between = new Calls().fail('hung', 5);
    for (let i = 0; i < 5; i++) between.add({ outcome: 'edit' });
    expect(between.fail('hung', 5).waitS()).toBeGreaterThan(0);
    for (const kind of ['rate-limit', 'quota', 'server', 'login'] as const)
      expect(new Calls().fail(kind, 10).waitS(), kind).toBeGreaterThanOrEqual(1800);
    for (const kind of ['crashed', 'refused'] as const)
      expect(new Calls().fail(kind, 10).waitS(), kind).toBeUndefined();
    expect(new Calls().fail('budget').waitS()).toBeUndefined();
  });

  it('says of which kind the failure was', () => {
    const kindOf = (calls: Calls): unknown => readinessOf(calls.script.state, 'a', 0, '2026-03-07T20:00:00Z');
    expect(kindOf(new Calls().fail('model'))).toEqual({ ready: false, class: 'model' });
    expect(kindOf(new Calls().fail('hung', 10))).toEqual({ ready: false, class: 'hung' });
    expect(kindOf(new Calls().add({ outcome: 'empty' }))).toMatchObject({ ready: false, class: 'empty' });
  });

  it('looks at finished calls of this agent alone', () => {
    const calls = new Calls().fail('server').add({ outcome: 'edit' }, 'b');
    expect(calls.waitS()).toBeGreaterThan(0);
    const { script } = new Calls().add({ outcome: 'edit' });
    script.addEvent({ type: 'calling', call: 1, n: 1, purpose: 'idea', agent: 'a', session: 0 });
    expect(readinessOf(script.state, 'a', 0, script.state.lastAt)).toEqual({ ready: true });
    expect(costOfCalls(script.state.calls)).toEqual({ calls: 2, tokens: 0, usd: 0, unpriced: 0 });
  });

  it('concerns only the agent that failed', () => {
    const { state } = new Calls().fail('model').script;
    expect(readinessOf(state, 'b', 0, state.lastAt)).toEqual({ ready: true });
  });
});
