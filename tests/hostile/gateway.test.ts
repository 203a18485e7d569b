/**
 * Attacks of an agent on the gateway: bodies that it cannot read, tools and addresses that reach a network, answers
 * that nobody pays for, keys that come back. Each is contained, and the next honest request is answered.
 */
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import {
  answerWith,
  type Answerer,
  type ApiName,
  type GatewayScene,
  KEY,
  openScene,
  PATHS,
  PLAIN,
  send,
  sendRaw,
} from './gateway-scene.ts';

const scenes: GatewayScene[] = [];
afterEach(async () => {
  for (const scene of scenes.splice(0)) await scene.close();
});
const stage = async (...args: Parameters<typeof openScene>): Promise<GatewayScene> => {
  const scene = await openScene(...args);
  scenes.push(scene);
  return scene;
};

const bytesOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const HOSTED = { ...PLAIN.anthropic, tools: [{ type: 'web_search_20250305', name: 'web_search' }] };
const hosted = bytesOf(HOSTED);
const utf16 = Buffer.from(hosted.toString(), 'utf16le');

async function expectGoesOn(scene: GatewayScene): Promise<void> {
  for (const api of Object.keys(PATHS) as ApiName[]) {
    const heard = await send(scene, { path: PATHS[api], body: PLAIN[api] });
    expect(heard.status, `${api}: ${heard.body}`).toBe(200);
  }
}

describe('a request that is no address', () => {
  it.each([
    ['//', 'GET // HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['an open bracket', 'POST http://[::1 HTTP/1.1\r\nHost: x\r\ncontent-length: 0\r\n\r\n'],
    ['a port that is none', 'GET http://a:99999999/v1/models HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['an upgrade of it', 'GET // HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'],
    ['a tunnel to it', 'CONNECT // HTTP/1.1\r\nHost: x\r\nProxy-Authorization: Basic %%%\r\n\r\n'],
    ['a tunnel to no port', 'CONNECT a:b:c HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['an expectation', 'POST // HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello'],
    ['no HTTP', '\x00\xff\x16\x03\x01 hello\r\n\r\n'],
  ])('%s is refused, on the socket and on the port, and the gateway goes on', async (_, bytes) => {
    const scene = await stage();
    const heard = await sendRaw(scene.socketPath, bytes);
    expect(heard).toMatch(/^HTTP\/1\.1 4\d\d /);
    await scene.open.port();
    await expectGoesOn(scene);
    expect(scene.provider.bodies).toHaveLength(4);
  });
});

describe('a body that the gateway cannot read', () => {
  const bom = Buffer.from([0xef, 0xbb, 0xbf]);
  it.each<readonly [string, Buffer, Record<string, string>]>([
    ['gzip', gzipSync(hosted), { 'content-encoding': 'gzip' }],
    ['gzip after identity', gzipSync(hosted), { 'content-encoding': 'identity, gzip' }],
    ['gzip that is not declared', gzipSync(hosted), {}],
    ['an encoding that is not used', hosted, { 'content-encoding': 'br' }],
    ['a byte order mark', Buffer.concat([bom, hosted]), {}],
    ['a byte order mark after a space', Buffer.concat([Buffer.from(' '), bom, hosted]), {}],
    ['UTF-16', utf16, { 'content-type': 'application/json; charset=utf-16le' }],
    ['UTF-16 with its mark', Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]), {}],
    ['UTF-16, the other order', Buffer.from(utf16).swap16(), {}],
    ['bytes that are no UTF-8', Buffer.from(hosted.toString().replace('hi', 'h\xff'), 'latin1'), {}],
    ['a list', bytesOf([HOSTED]), {}],
    ['a text with the request in it', bytesOf(JSON.stringify(HOSTED)), {}],
    ['a form', Buffer.from(`body=${encodeURIComponent(hosted.toString())}`), {}],
    ['two objects', Buffer.concat([bytesOf(PLAIN.anthropic), hosted]), {}],
    ['a comment', Buffer.from(`{"model":"x",/* */"tools":[]}`), {}],
    ['nothing', Buffer.alloc(0), {}],
    ['a deep nest', Buffer.from(`{"messages":${'['.repeat(100_000)}${']'.repeat(100_000)}}`), {}],
  ])('(%s) is refused and goes nowhere', async (_, bytes, headers) => {
    const scene = await stage();
    const heard = await send(scene, { bytes, headers });
    expect([400, 415]).toContain(heard.status);
    expect(scene.provider.bodies).toEqual([]);
    expect(scene.open.call.buildReport().refused[0]).toMatch(/cannot read/);
    await expectGoesOn(scene);
  });

  it('is what is read, once: of a name that stands twice the last, in the words of the gateway', async () => {
    const scene = await stage();
    const twice = `{"tools":[{"type":"web_search"}],"model":"m","max_tokens":1,"messages":[],"tools":[],"\\u0074ools":[]}`;
    expect((await send(scene, { bytes: Buffer.from(twice) })).status).toBe(200);
    expect(scene.provider.bodies).toEqual(['{"tools":[],"model":"m","max_tokens":1,"messages":[]}']);
    const hidden = twice.replace('"\\u0074ools":[]', '"\\u0074ools":[{"type":"web_search_20250305","name":"w"}]');
    expect((await send(scene, { bytes: Buffer.from(hidden) })).status).toBe(403);
    expect(scene.provider.bodies).toHaveLength(1);
  });
});

describe('a tool that runs at the provider', () => {
  const container = { type: 'shell', environment: { type: 'container_auto' } };
  it.each<readonly [string, ApiName, object]>([
    ['search', 'anthropic', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
    ['a newer search', 'anthropic', { tools: [{ type: 'web_search_20991231', name: 'web_search' }] }],
    ['fetch', 'anthropic', { tools: [{ type: 'web_fetch_20250910', name: 'web_fetch' }] }],
    ['code', 'anthropic', { tools: [{ type: 'code_execution_20250825', name: 'code_execution' }] }],
    ['a type that is no text', 'anthropic', { tools: [{ type: ['custom'], name: 'x', input_schema: {} }] }],
    ['tools in an object', 'anthropic', { tools: { 0: { type: 'web_search_20250305', name: 'x' } } }],
    ['servers', 'anthropic', { mcp_servers: [{ type: 'url', url: 'http://x', name: 'x' }] }],
    ['a container', 'anthropic', { container: 'c' }],
    [
      'its result in the history',
      'anthropic',
      part({ type: 'server_tool_use', id: 'x', name: 'web_search', input: {} }),
    ],
    ['a hosted shell', 'responses', { tools: [container] }],
    ['a shell that does not say where', 'responses', { tools: [{ type: 'shell' }] }],
    ['a container by name', 'responses', { tools: [{ type: 'shell', environment: { type: 'container_reference' } }] }],
    ['search (responses)', 'responses', { tools: [{ type: 'web_search' }] }],
    ['search of a preview', 'responses', { tools: [{ type: 'web_search_preview_2025_03_11' }] }],
    ['files', 'responses', { tools: [{ type: 'file_search', vector_store_ids: ['v'] }] }],
    ['code (responses)', 'responses', { tools: [{ type: 'code_interpreter', container: { type: 'auto' } }] }],
    ['a remote server', 'responses', { tools: [{ type: 'mcp', server_url: 'https://x', server_label: 'x' }] }],
    ['pictures', 'responses', { tools: [{ type: 'image_generation' }] }],
    ['one within a group', 'responses', { tools: [{ type: 'namespace', name: 'n', tools: [{ type: 'web_search' }] }] }],
    ['one found later', 'responses', { input: [{ type: 'tool_search_output', tools: [{ type: 'mcp' }] }] }],
    ['a search for tools at the provider', 'responses', { tools: [{ type: 'tool_search' }] }],
    ['a stored prompt', 'responses', { prompt: { id: 'pmpt_1' } }],
    ['work in the background', 'responses', { background: true }],
    ['an earlier answer', 'responses', { previous_response_id: 'resp_1' }],
    ['a choice', 'responses', { tool_choice: { type: 'web_search_preview' } }],
    ['search options', 'chat', { web_search_options: {} }],
    ['a plugin', 'chat', { plugins: [{ id: 'web' }] }],
    ['a tool of another kind', 'chat', { tools: [{ type: 'builtin_function', function: { name: '$web_search' } }] }],
    ['a type in capitals', 'chat', { tools: [{ Type: 'web_search' }] }],
    ['a model that searches', 'chat', { model: 'openai/gpt-5:online' }],
    ['another that searches', 'chat', { model: 'gpt-4o-search-preview' }],
    ['search (gemini)', 'gemini', { tools: [{ googleSearch: {} }] }],
    ['search, spelled otherwise', 'gemini', { tools: [{ google_search: {} }] }],
    ['search beside a function', 'gemini', { tools: [{ functionDeclarations: [], urlContext: {} }] }],
    ['search without a list', 'gemini', { tools: { googleSearch: {} } }],
    ['maps', 'gemini', { tools: [{ googleMaps: {} }] }],
    ['code (gemini)', 'gemini', { tools: [{ codeExecution: {} }] }],
    ['what is stored there', 'gemini', { cachedContent: 'cachedContents/1' }],
  ])('(%s, %s) is refused', async (_, api, more) => {
    const scene = await stage();
    const heard = await send(scene, { path: PATHS[api], body: { ...PLAIN[api], ...more } });
    expect(heard.status, heard.body).toBe(403);
    expect(scene.provider.bodies).toEqual([]);
    expect(scene.open.call.buildReport().refused).toHaveLength(1);
    await expectGoesOn(scene);
  });

  it('does not pass in a field that the gateway does not know', async () => {
    const scene = await stage();
    const more = {
      Tools: [{ type: 'web_search' }],
      extra_body: { plugins: [{ id: 'web' }] },
      service_tier: 'priority',
    };
    expect((await send(scene, { path: PATHS.chat, body: { ...PLAIN.chat, ...more } })).status).toBe(200);
    expect(JSON.parse(scene.provider.bodies[0]!)).toEqual(PLAIN.chat);
    expect(scene.open.call.buildReport().refused).toContain('the field "Tools" of a request');
  });

  it('is told apart from the tools that agents run themselves', async () => {
    const scene = await stage();
    const anthropicTools = ['bash_20250124', 'text_editor_20250728', 'memory_20250818', 'computer_20250124'];
    const ok: readonly (readonly [ApiName, object])[] = [
      ['anthropic', { tools: anthropicTools.map((type) => ({ type, name: type.replace(/_\d+$/, '') })) }],
      ['responses', { tools: [{ type: 'local_shell' }, { type: 'apply_patch' }, { type: 'custom', name: 'x' }] }],
      ['responses', { tools: [{ type: 'shell', environment: { type: 'local' } }] }],
      ['responses', { tools: [{ type: 'tool_search', execution: 'client', description: '', parameters: {} }] }],
      ['chat', { tools: [{ type: 'custom', custom: { name: 'x' } }] }],
    ];
    for (const [api, more] of ok) {
      const heard = await send(scene, { path: PATHS[api], body: { ...PLAIN[api], ...more } });
      expect(heard.status, heard.body).toBe(200);
    }
    expect(scene.open.call.buildReport().refused).toEqual([]);
  });
});

function part(content: object): object {
  return { messages: [{ role: 'user', content: [content] }] };
}

describe('an address that the provider would fetch', () => {
  const URL_SOURCE = { type: 'url', url: 'https://evil.example/a.png' };
  const answered = (content: unknown): object => part({ type: 'tool_result', tool_use_id: 'a', content });
  const said = (content: unknown): object => ({ input: [{ role: 'user', content: [content] }] });
  const output = (inner: unknown): object => ({
    input: [{ type: 'function_call_output', call_id: 'c', output: [inner] }],
  });
  const parts = (...inner: object[]): object => ({ contents: [{ role: 'user', parts: inner }] });
  const file = { fileData: { fileUri: 'https://evil.example/a' } };
  it.each<readonly [string, ApiName, object]>([
    ['a picture', 'anthropic', part({ type: 'image', source: URL_SOURCE })],
    ['a document', 'anthropic', part({ type: 'document', source: URL_SOURCE })],
    ['a stored file', 'anthropic', part({ type: 'image', source: { type: 'file', file_id: 'file_1' } })],
    ['a picture in the result of a tool', 'anthropic', answered([{ type: 'image', source: URL_SOURCE }])],
    [
      'one in a document in it',
      'anthropic',
      answered([{ type: 'document', source: { type: 'content', content: [{ type: 'image', source: URL_SOURCE }] } }]),
    ],
    [
      'bytes that are an address',
      'anthropic',
      part({ type: 'image', source: { type: 'base64', data: 'https://evil.example' } }),
    ],
    ['a file for a container', 'anthropic', part({ type: 'container_upload', file_id: 'f' })],
    ['a picture (chat)', 'chat', part({ type: 'image_url', image_url: { url: 'https://evil.example' } })],
    ['a picture without an object', 'chat', part({ type: 'image_url', image_url: 'http://evil.example' })],
    ['a file of this machine', 'chat', part({ type: 'image_url', image_url: { url: 'file:///etc/passwd' } })],
    ['two spellings', 'chat', part({ type: 'text', text: 'x', Type: 'image_url', Image_URL: { URL: 'http://x' } })],
    ['a part in capitals', 'chat', part({ Type: 'image_url', Image_Url: { Url: 'http://x' } })],
    ['a film', 'chat', part({ type: 'video_url', video_url: { url: 'http://evil.example' } })],
    [
      'bytes that are an address (chat)',
      'chat',
      part({ type: 'file', file: { file_data: 'https://evil.example/a.pdf' } }),
    ],
    ['a picture (responses)', 'responses', said({ type: 'input_image', image_url: 'https://evil.example' })],
    ['a file', 'responses', said({ type: 'input_file', file_url: 'https://evil.example' })],
    ['a stored file (responses)', 'responses', said({ type: 'input_file', file_id: 'file-1' })],
    ['a picture of a tool', 'responses', output({ type: 'input_image', image_url: 'https://evil.example' })],
    ['a file of a tool', 'responses', output({ type: 'input_file', file_url: 'ftp://evil.example' })],
    ['a file (gemini)', 'gemini', parts(file)],
    ['a file, spelled otherwise', 'gemini', parts({ file_data: { file_uri: 'gs://bucket/a' } })],
    ['a file of a tool (gemini)', 'gemini', parts({ functionResponse: { name: 'f', response: {}, parts: [file] } })],
    ['a file in the instructions', 'gemini', { systemInstruction: { parts: file } }],
    ['parts in capitals', 'gemini', { contents: [{ role: 'user', Parts: [file] }] }],
  ])('(%s, %s) is refused', async (_, api, more) => {
    const scene = await stage();
    const heard = await send(scene, { path: PATHS[api], body: { ...PLAIN[api], ...more } });
    expect(heard.status, heard.body).toBe(403);
    expect(scene.provider.bodies).toEqual([]);
    await expectGoesOn(scene);
  });

  it('is told apart from words, arguments of tools and bytes', async () => {
    const scene = await stage();
    const data = 'data:image/png;base64,iVBORw0KGgo=';
    const url = 'https://example.org/';
    const ok: readonly (readonly [ApiName, object])[] = [
      ['anthropic', part({ type: 'text', text: url })],
      ['anthropic', part({ type: 'tool_use', id: 'a', name: 'fetch', input: { url, file_id: 'x', type: 'anything' } })],
      ['anthropic', answered([{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBO' } }])],
      ['anthropic', part({ type: 'document', source: { type: 'text', media_type: 'text/plain', data: url } })],
      ['anthropic', { system: [{ type: 'text', text: url, cache_control: { type: 'ephemeral' } }] }],
      ['chat', part({ type: 'image_url', image_url: { url: data } })],
      ['responses', said({ type: 'input_image', image_url: data })],
      ['responses', { input: [{ type: 'function_call', call_id: 'c', name: 'f', arguments: `{"url":"${url}"}` }] }],
      [
        'gemini',
        parts({ functionCall: { name: 'f', args: { url } } }, { inlineData: { mimeType: 'x', data: 'iVBO' } }),
      ],
    ];
    for (const [api, more] of ok) {
      const heard = await send(scene, { path: PATHS[api], body: { ...PLAIN[api], ...more } });
      expect(heard.status, heard.body).toBe(200);
    }
  });
});

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

it('a body that is announced and asked for is read when its turn has come', async () => {
  const scene = await stage();
  const body = JSON.stringify(PLAIN.anthropic);
  const head = (token: string): string =>
    `POST /v1/messages HTTP/1.1\r\nHost: x\r\nx-api-key: ${token}\r\nExpect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n`;
  expect(await sendRaw(scene.socketPath, head(scene.open.call.token) + body)).toMatch(/ 100 Continue.* 200 OK/s);
  expect(await sendRaw(scene.socketPath, head('wrong'))).toMatch(/^HTTP\/1\.1 401 /);
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
