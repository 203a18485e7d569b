/**
 * Answers that nobody waits for, keys that come back: what a request costs is booked whatever the agent does, budgets
 * hold in parallel, and the key stays outside.
 */
import { describe, expect, it } from 'vitest';
import {
  answerWith,
  type Answerer,
  type ApiName,
  KEY,
  expectGoesOn,
  scenesOfEachTest,
  PATHS,
  PLAIN,
  send,
} from './gateway-scene.ts';

const stage = scenesOfEachTest();

describe('what was sent is booked', () => {
  const ask = { ...PLAIN.anthropic, max_tokens: 2000 };

  it('when the agent hangs up before the answer: the cap holds all the same', async () => {
    const scene = await stage(answerWith(100, 2000, 700), { allowance: { tokens: 5000 } });
    await Promise.all(Array.from({ length: 20 }, () => send(scene, { body: ask, hangUpMs: 150 })));
    for (let i = 0; i < 20; i++) await send(scene, { body: ask, hangUpMs: 60 });
    expect(scene.provider.bodies.length).toBeLessThanOrEqual(3);
    const { usage, failure } = scene.open.call.buildReport();
    expect(usage!.calls).toBe(scene.provider.bodies.length);
    expect(usage!.estimated).toBe(usage!.calls);
    expect(usage!.outputTokens).toBe(2000 * usage!.calls);
    expect(failure).toMatchObject({ class: 'budget' });
  });

  it('when it hangs up without having named a bound', async () => {
    const scene = await stage(answerWith(100, 50_000, 5000));
    await send(scene, { path: PATHS.responses, body: PLAIN.responses, hangUpMs: 100 });
    await expect.poll(() => scene.open.call.buildReport().usage).toMatchObject({ outputTokens: 32_000, estimated: 1 });
  });

  it('when a call ends while its request is under way', async () => {
    const scene = await stage(answerWith(100, 2000, 5000));
    void send(scene, { body: ask });
    await expect.poll(() => scene.provider.bodies.length).toBe(1);
    expect(scene.open.call.buildReport().usage).toMatchObject({ calls: 1, outputTokens: 2000, estimated: 1 });
  });

  it('when a stream is cut before it names its tokens: by the text that came', async () => {
    const streaming: Answerer = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const delta = { type: 'content_block_delta', delta: { type: 'text_delta', text: 'x'.repeat(4000) } };
      for (let i = 0; i < 19; i++) response.write(`event: x\ndata: ${JSON.stringify(delta)}\n\n`);
    };
    const scene = await stage(streaming);
    await send(scene, { body: { ...ask, stream: true }, hangUpMs: 300 });
    await expect.poll(() => scene.open.call.buildReport().usage).toMatchObject({ outputTokens: 19_000, estimated: 1 });
  });

  it('when a whole answer is cut in its middle', async () => {
    const half: Answerer = (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 5000 });
      response.write('{"content":');
    };
    const scene = await stage(half);
    await send(scene, { body: ask, hangUpMs: 200 });
    await expect.poll(() => scene.open.call.buildReport().usage).toMatchObject({ outputTokens: 2000, estimated: 1 });
  });

  it.each([
    ['a bound', { ...PLAIN.anthropic, max_tokens: 1000 }],
    ['no bound', { ...PLAIN.anthropic, max_tokens: undefined }],
  ])('with %s: 60 at once exceed a cap by one answer at most', async (_, body) => {
    const scene = await stage(answerWith(1000, 1000, 20), { allowance: { tokens: 3000 } });
    const heard = await Promise.all(Array.from({ length: 60 }, () => send(scene, { body })));
    const { usage } = scene.open.call.buildReport();
    expect(usage!.inputTokens + usage!.outputTokens).toBeLessThanOrEqual(3000 + 2000);
    expect(heard.filter(({ status }) => status === 200)).toHaveLength(usage!.calls);
    expect(heard.filter(({ status }) => status !== 200 && status !== 403)).toEqual([]);
  });

  it('also where two calls share the cap, in dollars', async () => {
    const { Account } = await import('../../src/agents/gateway/account.ts');
    const night = new Account('the session', { usd: 0.05 });
    const scene = await stage(answerWith(1000, 1000, 20), { within: night });
    const second = await scene.gateway.openCall({ allowance: {}, within: night });
    const other = { ...scene, open: second, socketPath: `${second.socketDir}/gateway` };
    const body = { ...PLAIN.anthropic, max_tokens: 1000 };
    await Promise.all(Array.from({ length: 40 }, (_, i) => send(i % 2 ? scene : other, { body })));
    await second.close();
    expect(night.usage!.usd).toBeLessThanOrEqual(0.05 + 0.018 + 1e-9);
    expect(night.usage!.usd).toBeGreaterThan(0.04);
  });

  it('and few are under way at once; those that wait longest are served first, too many are turned away', async () => {
    let underWay = 0;
    let mostUnderWay = 0;
    const slow: Answerer = (response, ...rest) => {
      mostUnderWay = Math.max(mostUnderWay, ++underWay);
      setTimeout(() => {
        underWay--;
        answerWith(1, 1)(response, ...rest);
      }, 100);
    };
    const scene = await stage(slow);
    const heard = await Promise.all(Array.from({ length: 100 }, () => send(scene, { body: PLAIN.anthropic })));
    const turnedAway = heard.filter(({ status }) => status === 429);
    expect(mostUnderWay).toBeLessThanOrEqual(8);
    expect(heard.filter(({ status }) => status === 200)).toHaveLength(100 - turnedAway.length);
    expect(turnedAway.length).toBeGreaterThan(0);
    expect(turnedAway.length).toBeLessThanOrEqual(28);
    await expectGoesOn(scene);
  });
});

describe('the real key', () => {
  const echo: Answerer = (response, _, asked) => {
    const key = String(asked.headers['x-api-key'] ?? asked.headers.authorization ?? asked.headers['x-goog-api-key']);
    response.writeHead(200, { 'content-type': 'text/plain', 'x-echo': key, 'x-list': [key, key] });
    response.write(`you sent ${key}, `);
    response.write(`again ${key.slice(0, 9)}`);
    setTimeout(() => response.write(key.slice(9, 20)), 20);
    setTimeout(() => response.end(`${key.slice(20)}. And ${key}${key} ${key.slice(0, 12)}`), 40);
  };

  it.each(Object.keys(PATHS) as ApiName[])('does not come back from a provider that echoes it (%s)', async (api) => {
    const scene = await stage(echo);
    const heard = await send(scene, { path: PATHS[api], body: PLAIN[api] });
    expect(heard.status).toBe(200);
    expect(heard.body + JSON.stringify(heard.headers)).not.toContain(KEY);
    expect(heard.body.match(/\[key\]/g)).toHaveLength(4);
    expect(heard.body).toMatch(/sk-MARKERKEY?$|sk-MA.*$/); // a beginning of the key that is only that
    expect(heard.headers['x-echo']).toContain('[key]');
  });

  it('does not come back in an error, byte by byte, or in a compressed answer', async () => {
    const bytewise: Answerer = (response) => {
      response.writeHead(500, { 'content-type': 'application/json' });
      const bytes = [...`{"error":{"message":"bad key ${KEY}"}}`];
      const next = (): void => {
        const byte = bytes.shift();
        if (byte === undefined) return void response.end();
        response.write(byte);
        setImmediate(next);
      };
      next();
    };
    const scene = await stage(bytewise);
    const heard = await send(scene, { body: PLAIN.anthropic });
    expect(heard).toMatchObject({ status: 500, body: '{"error":{"message":"bad key [key]"}}' });
    expect(JSON.stringify(scene.open.call.buildReport())).not.toContain(KEY);
    const { gzipSync: gzip } = await import('node:zlib');
    const packed = await stage((response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end(gzip(KEY));
    });
    expect((await send(packed, { body: PLAIN.anthropic })).status).toBe(502);
  });

  it('is sent with headers and parameters that the gateway knows, and no others', async () => {
    let seen: { url?: string | undefined; headers?: object } = {};
    const scene = await stage((response, body, asked) => {
      seen = { url: asked.url, headers: asked.headers };
      answerWith(1, 1)(response, body, asked);
    });
    await send(scene, {
      path: '/v1/messages?beta=true&key=x&access_token=y&$alt=media',
      body: PLAIN.anthropic,
      headers: {
        'x-http-method-override': 'DELETE',
        'openai-organization': 'another',
        'x-goog-user-project': 'another',
        'anthropic-version': '2023-06-01',
        cookie: 'a=b',
      },
    });
    expect(seen.url).toBe('/v1/messages?beta=true');
    expect(Object.keys(seen.headers!).sort()).toEqual(
      [
        'accept-encoding',
        'anthropic-version',
        'connection',
        'content-length',
        'content-type',
        'host',
        'x-api-key',
      ].sort(),
    );
  });
});
