/** Bodies that are meant to fill the harness's memory: 24 at once, with and without the token of the call. */
import { type ChildProcess, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerWith, PLAIN, type Provider, sendRaw, startProvider } from './gateway-scene.ts';

const LOADER = join(import.meta.dirname, '..', '..', 'node_modules', 'tsx', 'dist', 'loader.mjs');
const MB = 1024 * 1024;
const MAX_GROWTH_MB = 300;

let provider: Provider;
let harness: ChildProcess;
let lines: AsyncIterator<string>;
let where: { readonly socketPath: string; readonly token: string };

async function nextLine<T>(): Promise<T> {
  return JSON.parse((await lines.next()).value) as T;
}

beforeAll(async () => {
  provider = await startProvider(answerWith(1, 1));
  const program = join(import.meta.dirname, 'gateway-process.ts');
  harness = spawn(process.execPath, ['--import', LOADER, program, provider.url], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  lines = createInterface({ input: harness.stdout! })[Symbol.asyncIterator]();
  where = await nextLine();
});
afterAll(async () => {
  harness.stdin!.end();
  await provider.close();
});

/** Send a head and so many bytes, as fast as they are taken. Resolves with the status; never rejects. */
function pour(head: string, pieces: readonly Buffer[]): Promise<string> {
  return new Promise((resolve) => {
    let heard = '';
    const socket = connect(where.socketPath);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1');
      if (heard.includes('\r\n\r\n')) setTimeout(() => socket.destroy(), 50);
    });
    socket.on('close', () => resolve(/^HTTP\/1\.1 (\d+)/.exec(heard)?.[1] ?? 'none'));
    socket.write(head);
    const left = [...pieces];
    const pump = (): void => {
      while (left.length > 0) if (!socket.write(left.shift()!)) return void socket.once('drain', pump);
    };
    pump();
  });
}

const piece = Buffer.alloc(MB, 'x');
const chunkOf = (bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
const headOf = (token: string, length: string): string =>
  `POST /v1/messages HTTP/1.1\r\nHost: x\r\nx-api-key: ${token}\r\n${length}\r\n\r\n`;
/** A request of about so many bytes that says something, in one text. */
const wordy = (bytes: number): Buffer =>
  Buffer.from(JSON.stringify({ ...PLAIN.anthropic, messages: [{ role: 'user', content: 'ü'.repeat(bytes / 2) }] }));
const crowded = (bytes: number): Buffer =>
  Buffer.from(`{"model":"m","messages":[${'[],'.repeat(bytes / 3)}[]],"max_tokens":1}`);

describe('24 at once', () => {
  const announced = (bytes: number): string => `content-length: ${bytes}`;
  const chunked = 'transfer-encoding: chunked';
  const sixty = Array.from({ length: 60 }, () => piece);
  it.each<readonly [string, () => readonly [string, readonly Buffer[]], RegExp]>([
    ['60 MB with a wrong token', () => [headOf('wrong', announced(60 * MB)), sixty], /401|none/],
    ['60 MB in chunks with a wrong token', () => [headOf('wrong', chunked), sixty.map(chunkOf)], /401|none/],
    ['60 MB', () => [headOf(where.token, announced(60 * MB)), sixty], /413|none/],
    ['60 MB in chunks', () => [headOf(where.token, chunked), sixty.map(chunkOf)], /413|503|none/],
    ['7 MB that are a request', () => withBody(wordy(7 * MB)), /200|503|none/],
    [
      '7 MB that are a request, in chunks',
      () => [headOf(where.token, chunked), [chunkOf(wordy(7 * MB)), Buffer.from('0\r\n\r\n')]],
      /200|503|none/,
    ],
    ['7 MB that would be a million objects', () => withBody(crowded(7 * MB)), /400|503|none/],
    ['1 MB that would be as many as may be', () => withBody(crowded(MB)), /40\d|503|none/],
    [
      '7 MB that are announced and do not come',
      () => [headOf(where.token, announced(7 * MB)), [piece]],
      /none|503|408/,
    ],
  ])(
    '%s grow the harness by less than 300 MB, and it goes on',
    async (_, make, statuses) => {
      const [head, pieces] = make();
      const heard = await Promise.race([
        Promise.all(Array.from({ length: 24 }, () => pour(head, pieces))),
        new Promise<readonly string[]>((resolve) => setTimeout(() => resolve(['none']), 8000)),
      ]);
      for (const status of heard) expect(status).toMatch(statuses);
      harness.stdin!.write('\n');
      const { grownMb } = await nextLine<{ grownMb: number }>();
      expect(grownMb).toBeLessThan(MAX_GROWTH_MB);
      expect(await sendRaw(where.socketPath, headOf('wrong', announced(0)))).toMatch(/401/);
    },
    30_000,
  );

  const withBody = (bytes: Buffer): readonly [string, readonly Buffer[]] => [
    headOf(where.token, announced(bytes.length)),
    [bytes],
  ];
});
