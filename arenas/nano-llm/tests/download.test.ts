// Downloads against a server on loopback that fails in every way seen in practice, and parquet shards made here.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterEach, describe, expect, test } from 'vitest';
import { fetchDataset } from '../data/datasets.ts';
import { createProgressBar, download } from '../data/download.ts';
import { readTexts } from '../data/parquet.ts';
import { createRandom } from '../tensor/random.ts';
import { freshFolder } from './folders.ts';

const arena = fileURLToPath(new URL('..', import.meta.url));
const content = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 31) % 251));
const sha256 = createHash('sha256').update(content).digest('hex');
type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;

let server: Server | null = null;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Serves with `handler`, which is told how many requests came before. */
async function serve(handler: Handler): Promise<{ url: string; ranges: (string | undefined)[] }> {
  const ranges: (string | undefined)[] = [];
  server = createServer((request, response) => {
    ranges.push(request.headers.range);
    handler(request, response, ranges.length - 1);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, ranges };
}

/** Sends `body` from the wanted place on. */
function send(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  sendStart(request, response, body, Number.POSITIVE_INFINITY, '');
}

/** Sends `limit` bytes of what is wanted, and hangs up when more than before is in the file that they go to. */
function sendStart(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  limit: number,
  part: string,
): void {
  const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (from >= body.length) {
    response.writeHead(416, { 'content-range': `bytes */${body.length}` }).end();
    return;
  }
  const rest = body.subarray(from);
  response.writeHead(from > 0 ? 206 : 200, { 'content-length': rest.length });
  if (rest.length <= limit) response.end(rest);
  else {
    response.write(rest.subarray(0, limit));
    const looking = setInterval(() => {
      if ((statSync(part, { throwIfNoEntry: false })?.size ?? 0) <= from) return;
      clearInterval(looking);
      response.destroy();
    }, 5);
  }
}

const target = (): string => join(freshFolder('dl'), 'shard.parquet');
const quick = { waitMs: 5 };

describe('a download', () => {
  test('goes on where a broken transfer stopped, and appears only when it is whole', async () => {
    const path = target();
    const { url, ranges } = await serve((q, r, n) =>
      n < 2 ? sendStart(q, r, content, 70_000, `${path}.part`) : send(q, r, content),
    );
    expect(await download({ url, path, sha256, ...quick })).toEqual({ transferred: true });
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(ranges[0]).toBeUndefined();
    expect(ranges[2]).toMatch(/^bytes=\d{5,6}-$/);
    expect(existsSync(`${path}.part`)).toBe(false);
    expect(await download({ url, path, ...quick })).toEqual({ transferred: false });
    expect(ranges).toHaveLength(3);
  });

  test('retries a busy server, and reports progress up to the end', async () => {
    const { url, ranges } = await serve((q, r, n) =>
      n < 3 ? r.writeHead([503, 429, 500][n] ?? 500).end() : send(q, r, content),
    );
    const seen: [number, number | null][] = [];
    await download({ url, path: target(), ...quick, onProgress: (received, total) => seen.push([received, total]) });
    expect(ranges).toHaveLength(4);
    expect(seen.at(-1)).toEqual([content.length, content.length]);
  });

  test('waits twice as long after each failure, give or take a quarter, and says why it waits', async () => {
    const { url } = await serve((q, r, n) => (n < 5 ? r.writeHead(503).end() : send(q, r, content)));
    const waits: number[] = [];
    const reasons = new Set<string>();
    const onRetry = (wait: number, reason: string): void => {
      waits.push(wait);
      reasons.add(reason);
    };
    const began = performance.now();
    await download({ url, path: target(), waitMs: 8, onRetry });
    const took = performance.now() - began;
    expect(waits).toHaveLength(5);
    for (const [i, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(8 * 2 ** i * 0.75);
      expect(wait).toBeLessThanOrEqual(8 * 2 ** i * 1.25);
    }
    // Timers may end a millisecond early; the waits were waited.
    expect(took).toBeGreaterThan(waits.reduce((a, b) => a + b, 0) - 10);
    expect([...reasons]).toEqual(['the server answered 503']);
  });

  test('does not retry a file that is not there, and says what to do', async () => {
    const { url, ranges } = await serve((_q, r) => r.writeHead(404).end());
    const path = target();
    await expect(download({ url, path, ...quick })).rejects.toThrow(
      /^download: shard\.parquet could not be fetched: the server answered 404\. Check the network/,
    );
    expect(ranges).toHaveLength(1);
    expect(existsSync(path)).toBe(false);
  });

  test('with a wrong checksum is thrown away and fetched anew; a lasting one is refused', async () => {
    const wrong = Buffer.from(content).fill(0, 5, 6);
    const { url } = await serve((q, r, n) => send(q, r, n === 0 ? wrong : content));
    const path = target();
    await download({ url, path, sha256, ...quick });
    expect(readFileSync(path).equals(content)).toBe(true);
    const other = target();
    const stated = { 'content-length': wrong.length, 'x-linked-etag': `"${sha256}"` };
    const { url: bad } = await serve((_q, r) => r.writeHead(200, stated).end(wrong));
    await expect(download({ url: bad, path: other, attempts: 2, ...quick })).rejects.toThrow(
      /its SHA-256 is [0-9a-f]{12}…, expected [0-9a-f]{12}…/,
    );
    expect(existsSync(other)).toBe(false);
  });

  test('replaces a file on disk that has changed since it was fetched', async () => {
    const { url } = await serve((q, r) => send(q, r, content));
    const path = target();
    await download({ url, path, ...quick });
    writeFileSync(path, 'rotten');
    expect(await download({ url, path, ...quick })).toEqual({ transferred: true });
    expect(readFileSync(path).equals(content)).toBe(true);
  });
});

describe('progress', () => {
  const drawn = (isTTY: boolean, received: readonly number[], total: number | null): string => {
    let text = '';
    const stream = { isTTY, write: (chunk: string) => (text += chunk) } as unknown as NodeJS.WriteStream;
    const show = createProgressBar('shard', stream);
    for (const n of received) show(n, total);
    return text;
  };

  test('on a terminal is a bar in one line that ends full', () => {
    expect(drawn(true, [5e6, 10e6], 10e6)).toBe(
      `\rshard ${'█'.repeat(15)}${'░'.repeat(15)} 5.0 / 10.0 MB\rshard ${'█'.repeat(30)} 10.0 / 10.0 MB\n`,
    );
  });

  test('elsewhere is one line every tenth, and without a known length still says how much', () => {
    const steps = Array.from({ length: 100 }, (_, i) => (i + 1) * 1e5);
    const lines = drawn(false, steps, 10e6).trim().split('\n');
    expect(lines).toHaveLength(11);
    expect(lines.at(-1)).toBe('shard: 10.0 of 10.0 MB');
    expect(drawn(false, [3e6], null)).toBe('shard: 3.0 MB\n');
  });
});

const random = createRandom(1);
const word = (): string =>
  Array.from({ length: 2 + random.below(7) }, () => String.fromCharCode(97 + random.below(26))).join('');
const story = (): string => Array.from({ length: 150 }, word).join(' ');
const shard = (texts: string[], column = 'text'): Buffer =>
  Buffer.from(parquetWriteBuffer({ columnData: [{ name: column, data: texts, type: 'STRING' }], rowGroupSize: 40 }));

describe('parquet shards', () => {
  const collect = async (bytes: Buffer): Promise<string[]> => {
    const path = target();
    writeFileSync(path, bytes);
    const texts: string[] = [];
    for await (const text of readTexts(path)) texts.push(text);
    return texts;
  };
  const stories = Array.from({ length: 100 }, story);

  test('are read in order over all row groups, with any Unicode', async () => {
    const texts = [...stories, 'naïve 你好 👩‍👩‍👧'];
    expect(await collect(shard(texts))).toEqual(texts);
  });

  test('that are cut short, garbled or without text are refused by name', async () => {
    const whole = shard(stories);
    const remedy = /^parquet: shard\.parquet .*Remove the file and run prepare again\.$/;
    await expect(collect(whole.subarray(0, whole.length / 2))).rejects.toThrow(remedy);
    await expect(collect(Buffer.from('PAR1 but not really'))).rejects.toThrow(remedy);
    await expect(collect(shard(stories, 'story'))).rejects.toThrow('has no column "text", only story');
    const garbled = Buffer.from(whole);
    garbled.fill(0xff, 200, 2000);
    await expect(collect(garbled)).rejects.toThrow(remedy);
  });

  const dataset = { trainShards: ['a.parquet', 'b.parquet'], valShard: 'v.parquet' };
  const files: Record<string, Buffer> = {
    '/a.parquet': shard(stories),
    '/b.parquet': shard(Array.from({ length: 300 }, story)),
    '/v.parquet': shard(Array.from({ length: 650 }, story)),
    '/empty/v.parquet': shard(['']),
  };
  const files404: Handler = (q, r) => {
    const body = files[q.url ?? ''];
    if (body) send(q, r, body);
    else r.writeHead(404).end();
  };

  test('become a dataset with its own validation shard; without one there is a clear message', async () => {
    const { url } = await serve(files404);
    const options = { cacheDir: freshFolder('ds'), shards: 2, maxChars: 2e7, ...quick };
    const { train, val } = await fetchDataset({ dataset: { ...dataset, baseUrl: url }, ...options });
    expect([train.length, val.length]).toEqual([400, 650]);
    expect(train.slice(0, 100)).toEqual(stories);
    const cacheDir = freshFolder('ds');
    await expect(
      fetchDataset({ dataset: { ...dataset, baseUrl: `${url}/empty` }, ...options, cacheDir }),
    ).rejects.toThrow('v.parquet has no text: there is no validation split');
    await expect(fetchDataset({ dataset: { ...dataset, baseUrl: url }, ...options, shards: 3 })).rejects.toThrow(
      '3 shards were asked for. Choose 1 to 2.',
    );
  });

  test('feed prepare from download to token files', async () => {
    const { url } = await serve((q, r) => {
      const body = /validation/.test(q.url ?? '') ? files['/v.parquet'] : files['/b.parquet'];
      if (body) send(q, r, body);
    });
    const data = freshFolder('prep');
    const args = [
      '--import',
      'tsx',
      'prepare.ts',
      '--dataset',
      'tinystories',
      '--base-url',
      url,
      '--cache',
      join(data, 'cache'),
    ];
    const env = { PATH: process.env.PATH ?? '', OVERNIGHT_DEPS: data, OVERNIGHT_DATA: data };
    // Not spawnSync: the server of this process has to answer.
    const { spawn } = await import('node:child_process');
    const child = spawn(process.execPath, args, { cwd: arena, env });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const status = await new Promise((resolve) => child.on('exit', resolve));
    expect(stderr).toContain('split: 300 documents to train, 650 to score');
    expect(status).toBe(0);
    expect(readdirSync(data).sort()).toEqual(['cache', 'holdout', 'tokenizer.json', 'train', 'val']);
    expect(JSON.parse(readFileSync(join(data, 'train', 'meta.json'), 'utf8')).source).toBe('tinystories');
  });

  test('of too little text for the tokenizer or the validation split are refused with what to do', () => {
    const deps = freshFolder('deps');
    const text = join(deps, 'corpus', 'node_modules', 'text');
    const env = { PATH: process.env.PATH ?? '', OVERNIGHT_DEPS: deps, OVERNIGHT_DATA: freshFolder('data') };
    const prepare = () =>
      spawnSync(process.execPath, ['--import', 'tsx', 'prepare.ts'], { cwd: arena, env, encoding: 'utf8' });
    mkdirSync(text, { recursive: true });
    expect(prepare().stderr).toMatch(/prepare: no \.d\.ts files under .*\. Run setup again\.\n$/);
    writeFileSync(
      join(text, 'a.d.ts'),
      'declare const alone: number; // and nothing else in this file, which is too little for anybody\n',
    );
    expect(prepare().stderr).toMatch(
      /prepare: only \d+ of 1024 tokens could be learnt from the text\. Use more text\.\n$/,
    );
    writeFileSync(join(text, 'b.d.ts'), Array.from({ length: 60 }, story).join('\n\n'));
    expect(prepare().stderr).toMatch(
      /prepare: the split val has \d+ tokens, which fill \d+ of 448 rows of 257\. Use more text, or raise/,
    );
  });

  test('of an unknown dataset are refused before anything is fetched', () => {
    const env = {
      PATH: process.env.PATH ?? '',
      OVERNIGHT_DEPS: '/nowhere',
      OVERNIGHT_DATA: freshFolder('data'),
    };
    const args = ['--import', 'tsx', 'prepare.ts', '--dataset', 'pile'];
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: arena, env, encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toBe('prepare: there is no dataset "pile". Choose embedded, climbmix or tinystories.\n');
  });
});
