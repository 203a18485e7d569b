/**
 * 10,000 generated requests at the gateway: half raw bytes, half requests to models with something forbidden somewhere
 * in them, in any spelling and encoding. Nothing ends the gateway, nothing forbidden reaches the provider, the key
 * never comes back. OVERNIGHT_FUZZ multiplies the cases, and
 * OVERNIGHT_FUZZ_SEED repeats them.
 */
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Answerer, type ApiName, type GatewayScene, KEY, openScene, PATHS, PLAIN, send } from './gateway-scene.ts';

const RUNS = 10_000 * Number(process.env.OVERNIGHT_FUZZ ?? 1);
const SEED = Number(process.env.OVERNIGHT_FUZZ_SEED ?? Date.now() % 1e9);
const UNDER_WAY = 24;

/** Answers with everything that it was sent, the key included. */
const echo: Answerer = (response, body, asked) => {
  response.writeHead(200, { 'content-type': 'application/json', 'x-echo': JSON.stringify(asked.headers) });
  response.end(JSON.stringify({ headers: asked.headers, body, usage: { input_tokens: 1, output_tokens: 1 } }));
};

let scene: GatewayScene;
beforeAll(async () => {
  scene = await openScene(echo);
});
afterAll(() => scene.close());

/** Run all, several at once. */
async function forAll<T>(cases: readonly T[], run: (one: T) => Promise<void>): Promise<void> {
  const left = [...cases];
  const work = async (): Promise<void> => {
    for (let one = left.pop(); one !== undefined; one = left.pop()) await run(one);
  };
  await Promise.all(Array.from({ length: UNDER_WAY }, work));
}

const expectAnswers = async (): Promise<void> => {
  for (const api of Object.keys(PATHS) as ApiName[])
    expect((await send(scene, { path: PATHS[api], body: PLAIN[api] })).status, `seed ${SEED}`).toBe(200);
};

// ── raw bytes ──

const text = fc.string({ unit: 'binary', maxLength: 20 });
const target = fc.oneof(
  fc.constantFrom(
    '/',
    '//',
    '///',
    '*',
    '/v1/messages',
    '/v1/models',
    '//v1/messages',
    'http://[::1',
    'http://a:b/',
    '?',
    '#',
  ),
  fc.constantFrom(
    '/v1/../v1/messages',
    '/%',
    '/%00',
    '/v1/messages?key=%',
    'a:1',
    '[',
    'http:',
    'https://x/v1/messages',
    '\\',
  ),
  text,
);
const header = fc.tuple(
  fc.constantFrom(
    ...[
      'host',
      'content-length',
      'transfer-encoding',
      'content-encoding',
      'expect',
      'upgrade',
      'connection',
      'x-api-key',
    ],
    ...['authorization', 'proxy-authorization', 'x-goog-api-key', 'content-type', 'trailer', 'te', 'x'],
  ),
  fc.oneof(
    fc.constantFrom(
      '0',
      '5',
      '-1',
      '99999999999',
      'chunked',
      'gzip',
      'gzip, chunked',
      'chunked, chunked',
      '100-continue',
    ),
    fc.constantFrom(
      'TOKEN',
      'Bearer TOKEN',
      'Basic OlRPS0VO',
      'Basic %',
      'upgrade',
      'websocket',
      'h2c',
      'close',
      'identity',
    ),
    text,
  ),
);
const rawRequest = fc.oneof(
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
  {
    weight: 9,
    arbitrary: fc
      .record({
        method: fc.constantFrom('GET', 'POST', 'CONNECT', 'OPTIONS', 'HEAD', 'PUT', 'PRI', 'get', 'M-SEARCH', ''),
        target,
        version: fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9', ''),
        headers: fc.array(header, { maxLength: 5 }),
        body: fc.oneof(
          text,
          fc.json(),
          fc.constantFrom('5\r\nhello\r\n0\r\n\r\n', '{}', 'ffffffff\r\n', '0\r\nx: y\r\n\r\n'),
        ),
        end: fc.constantFrom('\r\n', '\n', '\r'),
      })
      .map(({ method, target, version, headers, body, end }) =>
        Buffer.from(
          `${method} ${target} ${version}${end}host: x${end}${headers.map(([name, value]) => `${name}: ${value}${end}`).join('')}${end}${body}`,
          'latin1',
        ),
      ),
  },
);

/** Sends and closes its half of the connection; resolves with what came back when the other half is closed. */
function exchangeRaw(bytes: Buffer): Promise<string> {
  const withToken = Buffer.from(bytes.toString('latin1').replaceAll('TOKEN', scene.open.call.token), 'latin1');
  return new Promise((resolve) => {
    let heard = '';
    const socket = connect(scene.socketPath);
    const timeout = setTimeout(() => socket.destroy(), 200);
    socket.on('data', (chunk) => (heard += chunk.toString('latin1')));
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timeout);
      resolve(heard);
    });
    socket.end(withToken);
  });
}

it(
  'raw bytes end nothing and give nothing away',
  async () => {
    const cases = fc.sample(rawRequest, { numRuns: RUNS / 2, seed: SEED });
    await forAll(cases, async (bytes) => {
      const heard = await exchangeRaw(bytes);
      const label = `seed ${SEED}: ${JSON.stringify(bytes.toString('latin1'))}`;
      expect(heard, label).toMatch(/^(HTTP\/1\.1 |$)/);
      expect(heard, label).not.toContain(KEY);
    });
    await expectAnswers();
  },
  120_000 + RUNS * 20,
);

// ── requests to models ──

/** Words that stand only where they are forbidden: in the type or the name of a tool, in an address. */
const FORBIDDEN = /evil|web_?search|code_?execution|code_interpreter|file_search|container|mcp|google|url_?context/i;

const evilUrl = fc.constantFrom(
  'https://evil.example/a.png',
  'http://evil',
  '//evil',
  'file:///evil',
  'gs://evil/x',
  ' https://evil',
);
const urlKey = fc.constantFrom(
  'url',
  'URL',
  'image_url',
  'imageUrl',
  'Image_URL',
  'file_url',
  'fileUri',
  'file_uri',
  'FILEURI',
  'uri',
  'urls',
);
const kind = fc.constantFrom(
  ...['text', 'image', 'image_url', 'input_image', 'input_file', 'document', 'tool_result', 'message', 'file'],
  ...['function_call_output', 'url', 'base64', 'content', undefined],
);
const source = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    fc.record({ type: kind, source: fc.record({ type: fc.constantFrom('url', 'base64', 'file'), url: evilUrl }) }),
    fc.tuple(kind, urlKey, evilUrl).map(([type, key, url]) => ({ type, [key]: url })),
    fc.tuple(kind, urlKey, evilUrl).map(([type, key, url]) => ({ type, [key]: { url } })),
    fc.tuple(kind, urlKey, evilUrl).map(([type, key, url]) => ({ type, [key]: [url, 'data:,'] })),
    fc.tuple(kind, evilUrl).map(([type, file_data]) => ({ type, file: { file_data } })),
    fc.tuple(urlKey, evilUrl).map(([key, url]) => ({ fileData: { [key]: url } })),
    fc.record({ type: kind, content: fc.array(tie('node'), { minLength: 1, maxLength: 2 }) }),
    fc.record({ functionResponse: fc.record({ name: fc.constant('f'), parts: fc.tuple(tie('node')) }) }),
  ),
})).node;

const hostedTool = fc.letrec<{ tool: unknown }>((tie) => ({
  tool: fc.oneof(
    { maxDepth: 3 },
    fc
      .constantFrom(
        'web_search',
        'web_search_20250305',
        'web_search_preview',
        'code_execution_20250825',
        'code_interpreter',
        'file_search',
        'mcp',
      )
      .map((type) => ({ type, name: 'x', input_schema: {}, function: { name: 'x' } })),
    fc.constantFrom('container_auto', 'container_reference').map((type) => ({ type: 'shell', environment: { type } })),
    fc
      .constantFrom('googleSearch', 'google_search', 'googleMaps', 'urlContext', 'url_context', 'codeExecution')
      .map((key) => ({ [key]: {} })),
    fc
      .constantFrom('googleSearch', 'codeExecution')
      .map((key) => ({ functionDeclarations: [{ name: 'edit' }], [key]: {} })),
    fc.record({ Type: fc.constantFrom('web_search', 'mcp'), name: fc.constant('x') }),
    fc.record({
      type: fc.constantFrom('function', 'custom'),
      TYPE: fc.constantFrom('web_search', 'mcp'),
      name: fc.constant('x'),
      function: fc.constant({}),
    }),
    fc.record({ type: fc.constant('namespace'), name: fc.constant('n'), tools: fc.tuple(tie('tool')) }),
  ),
})).tool;

const poisoned = fc
  .tuple(fc.constantFrom(...(Object.keys(PATHS) as ApiName[])), source, hostedTool, fc.nat(5))
  .map(([api, from, tool, where]) => {
    const plain = structuredClone(PLAIN[api]) as Record<string, any>;
    const turns = plain.messages ?? plain.input ?? plain.contents;
    const conversation = plain.messages ? 'messages' : plain.input ? 'input' : 'contents';
    if (where === 0) turns.push({ role: 'user', [api === 'gemini' ? 'parts' : 'content']: [from] });
    else if (where === 1) plain[conversation] = [from];
    else if (where === 2) turns.push({ role: 'user', [api === 'gemini' ? 'Parts' : 'Content']: [from] });
    else if (where === 3) plain.tools.push(tool);
    else if (where === 4) plain.tools = tool;
    else plain[api === 'anthropic' ? 'mcp_servers' : 'Tools'] = [tool];
    return { api, body: plain };
  });

const encoding = fc.constantFrom(
  'plain',
  'plain',
  'plain',
  'gzip',
  'secret gzip',
  'bom',
  'utf16',
  'escaped',
  'twice',
  'cut',
  'declared',
);

function encode(body: unknown, how: string): { bytes: Buffer; headers: Record<string, string> } {
  const json = JSON.stringify(body);
  const bytes = Buffer.from(json);
  if (how === 'gzip') return { bytes: gzipSync(bytes), headers: { 'content-encoding': 'gzip' } };
  if (how === 'secret gzip') return { bytes: gzipSync(bytes), headers: {} };
  if (how === 'bom') return { bytes: Buffer.from(`\ufeff${json}`), headers: {} };
  if (how === 'utf16')
    return { bytes: Buffer.from(json, 'utf16le'), headers: { 'content-type': 'application/json; charset=utf-16' } };
  if (how === 'escaped') {
    const escaped = json.replace(/[a-z]/gi, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
    return { bytes: Buffer.from(/true|false|null|\d/.test(json) ? json : escaped), headers: {} };
  }
  if (how === 'twice') return { bytes: Buffer.from(`{"tools":[],"messages":[],${json.slice(1)}`), headers: {} };
  if (how === 'cut') return { bytes: bytes.subarray(0, bytes.length - 1), headers: {} };
  return { bytes, headers: how === 'declared' ? { 'content-encoding': 'identity' } : {} };
}

it(
  'nothing forbidden reaches the provider, and the key does not come back',
  async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: UNDER_WAY });
    const exchange = (path: string, bytes: Buffer, headers: Record<string, string>): Promise<string> =>
      new Promise((resolve) => {
        const asking = request(
          {
            agent,
            socketPath: scene.socketPath,
            path,
            method: 'POST',
            headers: { 'x-api-key': scene.open.call.token, ...headers },
          },
          (response) => {
            let heard = JSON.stringify(response.headers);
            response.on('data', (chunk: Buffer) => (heard += chunk.toString('latin1')));
            response.on('close', () => resolve(heard));
          },
        );
        asking.on('error', () => resolve(''));
        asking.end(bytes);
      });
    const cases = fc.sample(fc.tuple(poisoned, encoding), { numRuns: RUNS / 2, seed: SEED });
    const before = scene.provider.bodies.length;
    await forAll(cases, async ([{ api, body }, how]) => {
      const { bytes, headers } = encode(body, how);
      const heard = await exchange(PATHS[api], bytes, headers);
      expect(heard, `seed ${SEED}: ${JSON.stringify(body)}`).not.toContain(KEY);
    });
    agent.destroy();
    const passed = scene.provider.bodies.slice(before);
    for (const sent of passed) {
      expect(JSON.stringify(JSON.parse(sent)), `seed ${SEED}`).toBe(sent);
      expect(sent, `seed ${SEED}`).not.toMatch(FORBIDDEN);
    }
    // Some pass: their forbidden part stood in a field that is left out. The others were not refused for nothing.
    expect(passed.length).toBeGreaterThan(RUNS / 200);
    expect(passed.length).toBeLessThan(RUNS / 4);
    await expectAnswers();
  },
  120_000 + RUNS * 20,
);
