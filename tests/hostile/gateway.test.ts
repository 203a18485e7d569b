/**
 * Attacks of an agent on the gateway: addresses that are none, bodies that it cannot read, tools and sources that reach
 * a network. Each is contained, and the next honest request is answered.
 */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type ApiName, expectGoesOn, PATHS, PLAIN, scenesOfEachTest, send, sendRaw } from './gateway-scene.ts';

const stage = scenesOfEachTest();

const bytesOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const HOSTED = { ...PLAIN.anthropic, tools: [{ type: 'web_search_20250305', name: 'web_search' }] };
const hosted = bytesOf(HOSTED);
const utf16 = Buffer.from(hosted.toString(), 'utf16le');

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
    for (const address of [scene.socketPath, await scene.open.port()])
      expect(await sendRaw(address, bytes)).toMatch(/^HTTP\/1\.1 4\d\d /);
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

it('a body that is announced and asked for is read when its turn has come', async () => {
  const scene = await stage();
  const body = JSON.stringify(PLAIN.anthropic);
  const head = (token: string): string =>
    `POST /v1/messages HTTP/1.1\r\nHost: x\r\nx-api-key: ${token}\r\nExpect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n`;
  expect(await sendRaw(scene.socketPath, head(scene.open.call.token) + body)).toMatch(/ 100 Continue.* 200 OK/s);
  expect(await sendRaw(scene.socketPath, head('wrong'))).toMatch(/^HTTP\/1\.1 401 /);
});
