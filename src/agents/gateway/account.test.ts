/** Budgets within budgets: what requests in flight may still cost counts until it is known what they cost. */
import { expect, it } from 'vitest';
import { Account } from './account.ts';
import { NO_TOKENS } from './apis.ts';

it('counts the dollars of a request in flight, here and in the budget around it', () => {
  const session = new Account('the session', { usd: 1 });
  const call = new Account('this call', {}, session);
  const other = new Account('another call', {}, session);
  const settle = call.holdEstimate(100, 0.6);
  expect(other.whyRefused(100, 0.6, 'a model')).toMatch(/budget of the session is \$1: \$0\.6000 are used/);
  expect(other.whyRefused(100, 0.4, 'a model')).toBeUndefined();
  settle({ ...NO_TOKENS, input: 100 }, 0.2);
  expect(other.whyRefused(100, 0.6, 'a model')).toBeUndefined();
  expect(other.whyRefused(100, 0.9, 'a model')).toMatch(/\$0\.2000 are used/);
});

it('gives back what a request held that failed before it was read', () => {
  const account = new Account('this call', { usd: 1, tokens: 1000 });
  const settle = account.holdEstimate(900, 0.9);
  expect(account.whyRefused(200, 0, 'a model')).toMatch(/1000 tokens: 900 are used/);
  settle(NO_TOKENS, undefined);
  expect(account.whyRefused(1000, 1, 'a model')).toBeUndefined();
  expect(account.usage).toBeUndefined();
});
