import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classifyResponse, classifyText, redactSecrets } from './classify.ts';
import { pricesFrom, upstreamsFrom } from './environment.ts';
import { PRICE_ROWS } from './price-table.ts';
import { priceOf, usdOf } from './prices.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const at = (seconds: number): string => new Date(NOW + seconds * 1000).toISOString();
const error = (type: string, message: string): string =>
  JSON.stringify({ type: 'error', error: { type, message, code: type } });

describe('an answer of a provider', () => {
  it.each([
    [401, {}, error('authentication_error', 'invalid x-api-key'), 'login', undefined],
    [403, {}, error('permission_error', 'no'), 'login', undefined],
    [
      400,
      {},
      '{"error":{"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}',
      'login',
      undefined,
    ],
    [429, { 'retry-after': '20' }, error('rate_limit_error', 'slow'), 'rate-limit', at(20)],
    [429, { 'retry-after': 'Sat, 21 Nov 2026 12:05:00 GMT' }, '', 'rate-limit', at(300)],
    [429, { 'retry-after-ms': '1500' }, '', 'rate-limit', at(1.5)],
    [
      429,
      {
        'x-ratelimit-reset-tokens': '6m0s',
        'x-ratelimit-remaining-tokens': '0',
        'x-ratelimit-reset-requests': '1h',
        'x-ratelimit-remaining-requests': '9',
      },
      '',
      'rate-limit',
      at(360),
    ],
    [
      429,
      { 'anthropic-ratelimit-unified-reset': String(NOW / 1000 + 7200) },
      error('rate_limit_error', 'x'),
      'rate-limit',
      at(7200),
    ],
    [
      429,
      {},
      '{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"34s"}]}}',
      'rate-limit',
      at(34),
    ],
    [
      429,
      {},
      error('insufficient_quota', 'You exceeded your current quota, please check your plan and billing details'),
      'quota',
      undefined,
    ],
    [
      429,
      {},
      '{"error":{"type":"usage_limit_reached","message":"The usage limit has been reached","resets_at":1795269600}}',
      'quota',
      new Date(1795269600_000).toISOString(),
    ],
    [400, {}, error('invalid_request_error', 'Your credit balance is too low'), 'quota', undefined],
    [402, {}, '', 'quota', undefined],
    [404, {}, error('not_found_error', 'model: claude-9'), 'model', undefined],
    [400, {}, error('invalid_request_error', "The model 'gpt-9' does not exist"), 'model', undefined],
    [400, {}, error('invalid_request_error', 'messages: too long'), 'refused', undefined],
    [500, {}, 'not json', 'server', undefined],
    [529, {}, error('overloaded_error', 'Overloaded'), 'server', undefined],
  ] as const)('%i %j %s is %s', (status, headers, body, kind, retryAt) => {
    const failure = classifyResponse(status, headers, body, NOW);
    expect(failure.class).toBe(kind);
    expect(failure.retryAt).toBe(retryAt);
    expect(failure.message).toMatch(new RegExp(`^${status}: .`));
  });

  it('never throws and never names a time without one', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 400, max: 599 }),
        fc.dictionary(fc.string(), fc.string()),
        fc.string(),
        (status, headers, body) => {
          const { retryAt } = classifyResponse(status, headers, body, NOW);
          if (retryAt !== undefined) expect(Number.isNaN(Date.parse(retryAt))).toBe(false);
        },
      ),
    );
  });
});

describe('what a program says', () => {
  it.each([
    ['Claude AI usage limit reached|1795269600', 'quota', new Date(1795269600_000).toISOString()],
    ["You've hit your limit · resets at 2026-11-21T15:00:00Z", 'quota', '2026-11-21T15:00:00.000Z'],
    ["You've hit your usage limit. Upgrade to Pro or try again in 2 hours 5 minutes.", 'quota', at(7500)],
    ['error: 429 Too Many Requests, retry after 30 seconds', 'rate-limit', at(30)],
    ['Invalid API key · Please run /login', 'login', undefined],
    ['OAuth token has expired', 'login', undefined],
    ['The model `gpt-9` does not exist or you do not have access to it', 'model', undefined],
    ['stream disconnected before completion', 'server', undefined],
    ['Segmentation fault', undefined, undefined],
  ])('%s is %s', (text, kind, retryAt) => {
    const failure = classifyText(`Working on train.py…\n${text}\n`, NOW);
    expect(failure?.class).toBe(kind);
    expect(failure?.retryAt).toBe(retryAt);
  });

  it('holds no keys', () => {
    const said = redactSecrets(
      'key sk-ant-api03-abcdefghijk Authorization: Bearer eyJhbGciOi.J9.x_y-zzzzzzz api_key="AIzaSyA1234567890"',
    );
    expect(said).not.toMatch(/abcdefghijk|eyJhbGci|AIzaSy/);
  });
});

describe('prices', () => {
  it('are known for the models that people use, and for no others', () => {
    expect(priceOf('claude-sonnet-4-5-20250929', 1000)).toMatchObject({
      input: 3,
      output: 15,
      cacheRead: 0.3,
      cacheWrite: 3.75,
    });
    expect(priceOf('openai/gpt-5', 1000)).toMatchObject({ input: 1.25, output: 10 });
    expect(priceOf('gemini-2.5-pro', 300_000)).toMatchObject({ input: 2.5, output: 15 });
    expect(priceOf('qwen3-coder:30b', 1000)).toBeUndefined();
    expect(usdOf('claude-sonnet-4-5', { input: 1000, cacheRead: 10_000, cacheWrite: 100, output: 100 })).toBeCloseTo(
      0.003 + 0.003 + 0.000375 + 0.0015,
      10,
    );
  });

  it('are sound: positive, and no cheaper to write to a cache than to read from it', () => {
    for (const [names, input = 0, cacheRead = 0, cacheWrite = 0, output = 0, from, ...above] of PRICE_ROWS) {
      expect(names).not.toBe('');
      for (const price of [input, cacheRead, cacheWrite, output]) expect(price, names).toBeGreaterThanOrEqual(0);
      expect(cacheRead, names).toBeLessThanOrEqual(cacheWrite);
      if (from !== undefined) expect(above, names).toHaveLength(4);
    }
  });
});

describe('the environment', () => {
  it('says where models are, by the variables that every client knows', () => {
    expect(upstreamsFrom({})).toEqual({});
    expect(upstreamsFrom({ ANTHROPIC_API_KEY: 'a', OPENAI_API_KEY: ' ' })).toEqual({
      anthropic: { baseUrl: 'https://api.anthropic.com', key: 'a' },
    });
    const local = { baseUrl: 'http://127.0.0.1:11434/v1' };
    expect(upstreamsFrom({ OPENAI_BASE_URL: local.baseUrl })).toEqual({ chat: local, responses: local });
    expect(upstreamsFrom({ ANTHROPIC_AUTH_TOKEN: 't', ANTHROPIC_BASE_URL: 'http://x' })).toEqual({
      anthropic: { baseUrl: 'http://x', key: 't', bearer: true },
    });
    expect(upstreamsFrom({ GOOGLE_API_KEY: 'g' }).gemini).toMatchObject({ key: 'g' });
  });

  it('may hold prices', () => {
    expect(pricesFrom({})).toEqual({});
    expect(pricesFrom({ OVERNIGHT_PRICES: '{"m":{"input":1,"output":2}}' })).toEqual({ m: { input: 1, output: 2 } });
    for (const bad of [
      'x',
      '[1]',
      'null',
      '{"m":1}',
      '{"m":{"input":"1","output":2}}',
      '{"m":{"input":-1,"output":2}}',
    ])
      expect(() => pricesFrom({ OVERNIGHT_PRICES: bad }), bad).toThrow(/OVERNIGHT_PRICES cannot be understood/);
  });
});
