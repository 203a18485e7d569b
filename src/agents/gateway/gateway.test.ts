/** The gateway against a scripted server: four APIs counted alike, keys kept, budgets held, everything else refused. */
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Api, type Script, startModelServer } from '../../../tests/fixtures/models/server.ts';
import { Account } from './account.ts';
import { APIS } from './apis.ts';
import type { CallOptions } from './call.ts';
import { Gateway, type GatewayOptions, type OpenCall, SOCKET_NAME } from './gateway.ts';

const KEY = 'sk-REAL-0123456789abcdef';
const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

async function stage(script: Script, call: Partial<CallOptions> = {}, options: Partial<GatewayOptions> = {}) {
  const server = await startModelServer(script);
  const at = (path: string) => ({ baseUrl: server.url + path, key: KEY });
  const gateway = new Gateway({
    upstreams: { anthropic: at(''), chat: at('/v1/'), responses: at('/v1'), gemini: at('') },
    ...options,
  });
  const open = await gateway.openCall({ allowance: {}, ...call });
  undo.push(
    () => server.close(),
    () => gateway.close(),
    () => open.close(),
  );
  return { server, gateway, open };
}

interface Heard {
  readonly status: number;
  readonly body: string;
}

function send(
  open: OpenCall,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
  method = 'POST',
): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const options = {
      socketPath: join(open.socketDir, SOCKET_NAME),
      path,
      method,
      headers: { authorization: `Bearer ${open.call.token}`, ...headers },
    };
    const sent = request(options, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('close', () => resolve({ status: response.statusCode ?? 0, body: text }));
      response.on('error', () => {});
    });
    sent.on('error', reject);
    sent.end(method === 'GET' ? undefined : JSON.stringify(body));
  });
}

const PATHS: Readonly<Record<Api, (streamed: boolean) => string>> = {
  anthropic: () => '/v1/messages',
  chat: () => '/v1/chat/completions',
  responses: () => '/v1/responses',
  gemini: (streamed) =>
    `/v1beta/models/gemini-2.5-pro:${streamed ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
};
const MODELS: Readonly<Record<Api, string>> = {
  anthropic: 'claude-sonnet-4-5',
  chat: 'gpt-5',
  responses: 'gpt-5',
  gemini: 'gemini-2.5-pro',
};
const TOOLS: Readonly<Record<Api, object>> = {
  anthropic: { name: 'edit', input_schema: {} },
  chat: { type: 'function', function: { name: 'edit' } },
  responses: { type: 'function', name: 'edit', parameters: {} },
  gemini: { functionDeclarations: [{ name: 'edit' }] },
};

/** A request in the words of an API. */
function ask(api: Api, streamed: boolean, more: object = {}) {
  const say = 'Make x 42.';
  const messages = [{ role: 'user', content: say }];
  const own =
    api === 'gemini'
      ? { contents: [{ role: 'user', parts: [{ text: say }] }] }
      : api === 'responses'
        ? { input: messages }
        : { messages };
  return { ...own, tools: [TOOLS[api]], ...(api !== 'gemini' && { model: MODELS[api], stream: streamed }), ...more };
}

const both = APIS.flatMap((api) =>
  [true, false].map((streamed) => [api, streamed ? 'streamed' : 'whole', streamed] as const),
);

describe('through the gateway', () => {
  it.each(both)('%s, %s: the answer passes as it is and its tokens are counted alike', async (api, _, streamed) => {
    const usage = { input: 700, cacheRead: 300, output: 40 };
    const { server, open } = await stage(() => ({ text: 'Hello ü.', usage }));
    const heard = await send(open, PATHS[api](streamed), ask(api, streamed));
    expect(heard.status).toBe(200);
    expect(heard.body).toContain('Hello ü.');
    expect(open.call.buildReport().usage).toMatchObject({
      calls: 1,
      inputTokens: 700,
      cachedTokens: 300,
      outputTokens: 40,
      source: 'gateway',
    });
    expect(open.call.buildReport().usage!.usd).toBeGreaterThan(0);
    const sent = server.asked[0]!.headers;
    expect(sent.authorization ?? sent['x-api-key'] ?? sent['x-goog-api-key']).toContain(KEY);
    expect(JSON.stringify(sent)).not.toContain(open.call.token);
    expect(open.call.buildReport()).toMatchObject({ requests: 1, failure: undefined, refused: [], model: MODELS[api] });
  });

  it.each(both)('%s, %s: an answer that says nothing about tokens is estimated', async (api, _, streamed) => {
    const { open } = await stage(() => ({ text: 'Hello.', silent: true }));
    await send(open, PATHS[api](streamed), ask(api, streamed));
    expect(open.call.buildReport().usage!.inputTokens).toBeGreaterThan(10);
    expect(open.call.buildReport().usage!.outputTokens).toBeGreaterThan(0);
  });

  it('prices what is written to a cache, and leaves dollars out where it knows no price', async () => {
    const { open } = await stage(() => ({ text: 'x', usage: { input: 0, cacheWrite: 1_000_000, output: 0 } }));
    await send(open, '/v1/messages', ask('anthropic', false));
    expect(open.call.buildReport().usage).toMatchObject({ inputTokens: 1_000_000, usd: 7.5 }); // beyond 200,000 tokens
    await send(open, '/v1/messages', ask('anthropic', false, { model: 'nobody-knows' }));
    expect(open.call.buildReport().usage).not.toHaveProperty('usd');
  });

  it('takes prices of the person before its own', async () => {
    const { open } = await stage(
      () => ({ text: 'x', usage: { input: 1e6, output: 1e6 } }),
      {},
      { prices: { 'my-model': { input: 1, output: 2 } } },
    );
    await send(open, '/v1/chat/completions', ask('chat', true, { model: 'my-model' }));
    expect(open.call.buildReport().usage!.usd).toBe(3);
  });
});

describe('the gateway refuses', () => {
  it('everything without the token of the call, and tells', async () => {
    const { server, open } = await stage(() => ({ text: 'x' }));
    expect((await send(open, '/v1/messages', ask('anthropic', false), { authorization: 'Bearer other' })).status).toBe(
      401,
    );
    expect((await send(open, '/v1/messages', ask('anthropic', false), { 'x-api-key': KEY })).status).toBe(401);
    expect(server.asked).toHaveLength(0);
    expect(open.call.buildReport().refused).toEqual(['a request to the gateway without the token of its call']);
  });

  it('everything that asks no model', async () => {
    const { open } = await stage(() => ({ text: 'x' }));
    for (const path of ['/v1/files', '/v1/../v1/batches', '/v1beta/cachedContents', '/', '/v1/messages/batches'])
      expect((await send(open, path, {})).status, path).toBe(404);
    expect((await send(open, '/v1/models', undefined, {}, 'GET')).status).toBe(200);
    expect((await send(open, '/v1/messages/count_tokens', ask('anthropic', false))).status).toBe(200);
    expect(open.call.buildReport().refused).toContain('POST /v1/files at the gateway');
    expect(open.call.buildReport().usage).toBeUndefined();
  });

  it.each([
    ['anthropic', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
    ['responses', { tools: [{ type: 'web_search' }] }],
    ['chat', { tools: [{ type: 'web_search' }] }],
    ['gemini', { tools: [{ googleSearch: {} }] }],
  ] as const)('tools that %s would run on its own machines', async (api, more) => {
    const { server, open } = await stage(() => ({ text: 'x' }));
    expect((await send(open, PATHS[api](false), ask(api, false, more))).status).toBe(403);
    expect(server.asked).toHaveLength(0);
    expect(open.call.buildReport().refused[0]).toMatch(/tools on the provider's machines/);
  });

  it('an API that nobody configured', async () => {
    const { open } = await stage(() => ({ text: 'x' }), {}, { upstreams: {} });
    expect((await send(open, '/v1/messages', ask('anthropic', false))).status).toBe(401);
    expect(open.call.buildReport().failure).toMatchObject({ class: 'login' });
  });
});

describe('two labs on one gateway', () => {
  it('are counted and bounded apart, and neither’s token opens the other’s way', async () => {
    const { gateway, open: mine, server } = await stage(() => ({ text: 'x', usage: { input: 1000, output: 100 } }));
    const theirs = await gateway.openCall({ allowance: { tokens: 0 } });
    undo.push(() => theirs.close());
    expect((await send(mine, '/v1/messages', ask('anthropic', false))).status).toBe(200);
    expect((await send(theirs, '/v1/messages', ask('anthropic', false))).status).toBe(403);
    const stolen = await send(theirs, '/v1/messages', ask('anthropic', false), {
      authorization: `Bearer ${mine.call.token}`,
    });
    expect(stolen.status).toBe(401);
    expect((await send(mine, '/v1/messages', ask('anthropic', false))).status).toBe(200);
    expect(server.asked).toHaveLength(2);
    expect(mine.call.buildReport().usage).toMatchObject({ calls: 2, inputTokens: 2000, outputTokens: 200 });
    expect(mine.call.buildReport().failure).toBeUndefined();
    expect(theirs.call.buildReport().usage).toBeUndefined();
    expect(theirs.call.buildReport().failure).toMatchObject({ class: 'budget' });
  });
});

describe('budgets', () => {
  it('hold before a request is sent, at every level, also for calls that share them', async () => {
    const lab = new Account('the lab', { tokens: 2500 });
    const night = new Account('the night', {}, lab);
    const { server, gateway, open } = await stage(() => ({ text: 'x', usage: { input: 1000, output: 100 } }), {
      within: night,
    });
    const second = await gateway.openCall({ allowance: {}, within: new Account('another night', {}, lab) });
    undo.push(() => second.close());
    const other = { ...open, socketDir: second.socketDir, call: second.call };
    expect((await send(open, '/v1/messages', ask('anthropic', true))).status).toBe(200);
    expect((await send(other, '/v1/messages', ask('anthropic', true))).status).toBe(200);
    expect((await send(open, '/v1/messages', ask('anthropic', true, { system: 'x'.repeat(2000) }))).status).toBe(403);
    expect(server.asked).toHaveLength(2);
    expect(open.call.buildReport().failure).toMatchObject({
      class: 'budget',
      message: expect.stringContaining('The budget of the lab is 2500 tokens: 2200 are used'),
    });
    expect(lab.usage).toMatchObject({ calls: 2, inputTokens: 2000, outputTokens: 200 });
    expect(open.call.buildReport().usage).toMatchObject({ calls: 1 });
  });

  it('in dollars need a price', async () => {
    const { open } = await stage(() => ({ text: 'x' }), { allowance: { usd: 5 } });
    expect((await send(open, '/v1/messages', ask('anthropic', false, { model: 'nobody-knows' }))).status).toBe(403);
    expect(open.call.buildReport().failure!.message).toMatch(/no price of the model "nobody-knows" is known/);
    expect((await send(open, '/v1/messages', ask('anthropic', false))).status).toBe(200);
  });

  it('of nothing say so before anything is asked', () => {
    expect(new Account('this call', { usd: 0 }).whyExhausted()).toMatch(/budget of this call is \$0/);
    expect(new Account('this call', {}, new Account('the night', { tokens: 0 })).whyExhausted()).toMatch(
      /the night is 0 tokens/,
    );
    expect(new Account('this call', { usd: 0.01 }).whyExhausted()).toBeUndefined();
  });
});

describe('trouble upstream', () => {
  it('is passed on, classified, and given up at the right time', async () => {
    let left = 6;
    const given: string[] = [];
    const script: Script = () => (left-- > 0 ? { status: 500 } : { text: 'x' });
    const { open } = await stage(script, { onGiveUp: (failure) => given.push(failure.class) });
    for (let i = 0; i < 3; i++) expect((await send(open, '/v1/messages', ask('anthropic', true))).status).toBe(500);
    expect(given).toEqual([]);
    for (let i = 0; i < 3; i++) await send(open, '/v1/messages', ask('anthropic', true));
    expect(given).toEqual(['server']);
    await send(open, '/v1/messages', ask('anthropic', true));
    expect(open.call.buildReport().failure).toBeUndefined(); // it went on, and well
  });

  it('within a stream counts too', async () => {
    const server = createServer((socket) => {
      socket.once('data', () =>
        socket.end(
          'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\nevent: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n',
        ),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    undo.push(() => new Promise((resolve) => void server.close(() => resolve())));
    const baseUrl = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
    const { open } = await stage(() => ({ text: 'x' }), {}, { upstreams: { anthropic: { baseUrl } } });
    await send(open, '/v1/messages', ask('anthropic', true));
    expect(open.call.buildReport().failure).toMatchObject({
      class: 'server',
      message: expect.stringContaining('Overloaded'),
    });
  });

  it('that is silence or a broken line is a failure that names it', async () => {
    const { open } = await stage(
      ({ step: _, body }) => (body.model === 'cut' ? { cut: true } : { hang: true }),
      {},
      { silenceMs: 300 },
    );
    expect((await send(open, '/v1/messages', ask('anthropic', false, { model: 'cut' }))).status).toBe(502);
    expect(open.call.buildReport().failure).toMatchObject({ class: 'server' });
    expect((await send(open, '/v1/messages', ask('anthropic', false))).status).toBe(504);
    expect(open.call.buildReport().failure).toMatchObject({ class: 'hung' });
    // Both had the request; whether they read it, nobody knows.
    expect(open.call.buildReport().usage).toMatchObject({ calls: 2, outputTokens: 0, estimated: 2 });
  });

  it('beside the work (a title, a summary) does not end the work', async () => {
    const { open } = await stage(({ lastUser }) => (lastUser.includes('title') ? { status: 404 } : { text: 'x' }));
    await send(open, '/v1/messages', ask('anthropic', false));
    const title = { model: 'small', messages: [{ role: 'user', content: 'title ANSWER WITHOUT TOOLS' }] };
    for (let i = 0; i < 3; i++) await send(open, '/v1/messages', title);
    expect(open.call.buildReport().failure).toBeUndefined();
  });
});

describe('a tunnel', () => {
  const proxy = async (open: OpenCall, target: string, token: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(join(open.socketDir, SOCKET_NAME));
      let heard = '';
      socket.on('data', (chunk) => {
        heard += chunk;
        if (heard.endsWith('\r\n\r\n') && heard.includes(' 200 ')) socket.write('hello');
      });
      socket.on('close', () => resolve(heard));
      const auth = Buffer.from(`overnight:${token}`).toString('base64');
      socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\nProxy-Authorization: Basic ${auth}\r\n\r\n`);
    });

  it('leads to the hosts of a login and to nowhere else', async () => {
    const echo = createServer((socket) => socket.once('data', (chunk) => socket.end(`echo ${chunk}`)));
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
    undo.push(() => new Promise((resolve) => void echo.close(() => resolve())));
    const target = `127.0.0.1:${(echo.address() as { port: number }).port}`;
    const { open } = await stage(() => ({ text: 'x' }), { tunnelHosts: [target] });
    expect(await proxy(open, target, open.call.token)).toContain('echo hello');
    expect(await proxy(open, '127.0.0.1:1', open.call.token)).toContain(' 403 ');
    expect(await proxy(open, target, 'wrong')).toContain(' 403 ');
    expect(open.call.buildReport().refused).toContain('a connection to 127.0.0.1:1');
  });
});
