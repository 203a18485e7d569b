/** Budgets within budgets: what requests under way may still cost counts until it is known what they cost. */
import { expect, it } from 'vitest';
import { Account, type Cost } from './account.ts';
import { NO_TOKENS } from './apis.ts';

const cost = (input: number, usd: number | undefined, output = 0): Cost => ({
  tokens: { ...NO_TOKENS, input, output },
  usd,
});
const never = new AbortController().signal;

it('holds the longest answer of a request under way against all others, here and in the budget around it', async () => {
  const session = new Account('the session', { usd: 1 });
  const call = new Account('this call', {}, session);
  const other = new Account('another call', {}, session);
  const settle = call.reserve({ most: cost(100, 0.6, 900), assumed: cost(100, 0.5, 700) });
  expect(other.hasRoomFor(cost(100, 0.6))).toBe(false);
  expect(other.hasRoomFor(cost(100, 0.4))).toBe(true);
  expect(other.whyRefused(cost(100, 0.6), 'a model')).toBeUndefined(); // it only has to wait
  const settled = other.nextSettlement(never);
  settle(cost(100, 0.2), false);
  await settled;
  expect(other.hasRoomFor(cost(100, 0.6))).toBe(true);
  expect(other.whyRefused(cost(100, 0.9), 'a model')).toMatch(/budget of the session is \$1: \$0\.2000 are used/);
});

it('gives back what a request held that failed before it was read', () => {
  const account = new Account('this call', { usd: 1, tokens: 1000 });
  const settle = account.reserve({ most: cost(900, 0.9), assumed: cost(900, 0.9) });
  expect(account.hasRoomFor(cost(200, 0))).toBe(false);
  settle(cost(0, 0), false);
  expect(account.whyRefused(cost(1000, 1), 'a model')).toBeUndefined();
  expect(account.usage).toBeUndefined();
});

it('reports what is under way as estimated, and what was settled once and for all', () => {
  const account = new Account('this call', { tokens: 1000 });
  const settle = account.reserve({ most: cost(10, 0.1, 900), assumed: cost(10, 0.05, 300) });
  expect(account.usage).toMatchObject({ calls: 1, inputTokens: 10, outputTokens: 300, usd: 0.05, estimated: 1 });
  settle(cost(12, 0.01, 20), false);
  settle(cost(9999, 9, 9999), true);
  expect(account.usage).toEqual({
    calls: 1,
    inputTokens: 12,
    cachedTokens: 0,
    outputTokens: 20,
    usd: 0.01,
    source: 'gateway',
  });
});

it('lets one request go ahead alone, however long its answer may be', () => {
  const account = new Account('this call', { tokens: 1000 });
  expect(account.hasRoomFor(cost(900, 0))).toBe(true);
  account.reserve({ most: cost(900, 0, 128_000), assumed: cost(900, 0, 32_000) });
  expect(account.hasRoomFor(cost(1, 0))).toBe(false);
});
