import { Readable } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteBudget, MAX_BODY_BYTES, parseJsonObject, readBody } from './body.ts';

const requestOf = (chunks: readonly Buffer[], length?: number): IncomingMessage =>
  Object.assign(Readable.from(chunks, { objectMode: false }), {
    headers: length === undefined ? {} : { 'content-length': String(length) },
  }) as unknown as IncomingMessage;

describe('a body', () => {
  it('is the same however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme' })), fc.nat(7), async (texts, size) => {
        const bytes = Buffer.from(texts.join(''));
        const chunks = Array.from({ length: Math.ceil(bytes.length / (size + 1)) }, (_, i) =>
          bytes.subarray(i * (size + 1), (i + 1) * (size + 1)),
        );
        const read = await readBody(requestOf(chunks), new ByteBudget(1e6));
        expect(read).toMatchObject({ kind: 'read', text: texts.join('') });
      }),
      { numRuns: 50 },
    );
  });

  it('over several blocks keeps its letters whole, and gives its bytes back once', async () => {
    const text = 'aü€😀'.repeat(100_000);
    const budget = new ByteBudget(Buffer.byteLength(text));
    const read = await readBody(requestOf([Buffer.from(text)]), budget);
    expect(read.kind === 'read' && read.text === text).toBe(true);
    expect(budget.take(1)).toBe(false);
    if (read.kind === 'read') for (let i = 0; i < 3; i++) read.release();
    expect(budget.take(Buffer.byteLength(text) + 1)).toBe(false);
    expect(budget.take(Buffer.byteLength(text))).toBe(true);
  });

  it('is refused when it is too long, comes too late, or others hold too much', async () => {
    const big = Buffer.alloc(MAX_BODY_BYTES);
    expect(await readBody(requestOf([], MAX_BODY_BYTES + 1), new ByteBudget(1e9))).toMatchObject({ status: 413 });
    expect(await readBody(requestOf([big, Buffer.from('x')]), new ByteBudget(1e9))).toMatchObject({ status: 413 });
    const budget = new ByteBudget(100);
    expect(await readBody(requestOf([Buffer.alloc(60), Buffer.alloc(60)]), budget)).toMatchObject({ status: 503 });
    expect(await readBody(requestOf([], 200), budget)).toMatchObject({ status: 503 });
    const late = Object.assign(new Readable({ read() {} }), { headers: {} }) as unknown as IncomingMessage;
    expect(await readBody(late, budget, 20)).toMatchObject({ status: 408 });
    expect(budget.take(100)).toBe(true);
  });
});

describe('what a text says', () => {
  it('is a JSON object or nothing', () => {
    for (const text of [undefined, '', '[]', '1', 'null', '"{}"', '{', '{}{}', '\ufeff{}', '{a:1}'])
      expect(parseJsonObject(text), String(text)).toHaveProperty('problem');
    expect(parseJsonObject(' {"a":"\\\\","b":"[[{,\\""} ')).toEqual({ fields: { a: '\\', b: '[[{,"' } });
  });

  it('is bounded in depth and in values, but for those within texts', () => {
    const nested = (depth: number): string => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    expect(parseJsonObject(nested(199))).toHaveProperty('fields');
    expect(parseJsonObject(nested(200))).toHaveProperty('problem', expect.stringMatching(/deep/));
    expect(parseJsonObject(`{"a":[${'0,'.repeat(400_001)}0]}`)).toHaveProperty(
      'problem',
      expect.stringMatching(/values/),
    );
    expect(parseJsonObject(`{"a":"${'[,'.repeat(400_001)}"}`)).toHaveProperty('fields');
  });
});
