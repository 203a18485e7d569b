/** Recorded answers: bounded, found again after a restart, and no harm where a file is broken. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { sha256Hex } from '../../base/hash.ts';
import { NO_TOKENS } from '../gateway/apis.ts';
import { type AnswerKey, AnswerStore, hashOfKey, MAX_ANSWER_BYTES } from './answer-store.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
const freshFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'overnight-test-answers-'));
  folders.push(folder);
  return folder;
};
const answer = (bytes: number) => ({
  contentType: 'application/json',
  body: Buffer.alloc(bytes, 120),
  tokens: { ...NO_TOKENS, input: bytes },
});
const hash = (name: string): string => sha256Hex(name);

it('what was recorded is found again by a store that is opened later', () => {
  const folder = freshFolder();
  new AnswerStore(folder).put(hash('a'), answer(10));
  const again = new AnswerStore(folder);
  expect(again.get(hash('a'))).toEqual(answer(10));
  expect(again.get(hash('b'))).toBeUndefined();
  expect(again.bytes).toBeGreaterThan(10);
});

it('stays within its bound: the answer that was used longest ago goes first', () => {
  const folder = freshFolder();
  const store = new AnswerStore(folder, 4000);
  for (const name of ['a', 'b']) store.put(hash(name), answer(1000));
  expect(store.get(hash('a'))).toBeDefined();
  for (const name of ['c', 'd']) store.put(hash(name), answer(1000));
  expect(store.bytes).toBeLessThanOrEqual(4000);
  expect(store.get(hash('b'))).toBeUndefined();
  expect(store.get(hash('d'))).toBeDefined();
  expect(readdirSync(folder).length).toBeLessThanOrEqual(2);
  expect(new AnswerStore(folder, 1500).bytes).toBeLessThanOrEqual(1500);
});

it('an answer that is too long is not recorded', () => {
  const folder = freshFolder();
  new AnswerStore(folder).put(hash('long'), answer(MAX_ANSWER_BYTES + 1));
  expect(readdirSync(folder)).toEqual([]);
});

it.each(['', '{', '[]', '{"format":1}', '{"format":1,"body":"eA==","tokens":{"input":-1}}', '{"format":9,"body":""}'])(
  'a file that holds %j is as good as none',
  (text) => {
    const folder = freshFolder();
    writeFileSync(join(folder, hash('a')), text);
    expect(new AnswerStore(folder).get(hash('a'))).toBeUndefined();
  },
);

it('every part of a request is part of its key', () => {
  const key: AnswerKey = { api: 'chat', url: 'u', path: 'p', body: { a: 1 }, space: 's', draw: 'd', occurrence: 0 };
  const others: Partial<AnswerKey>[] = [
    { api: 'responses' },
    { url: 'v' },
    { path: 'q' },
    { body: { a: 2 } },
    { space: 't' },
    { draw: 'e' },
    { occurrence: 1 },
  ];
  const hashes = [key, ...others.map((other) => ({ ...key, ...other }))].map(hashOfKey);
  expect(new Set(hashes).size).toBe(8);
  expect(hashOfKey({ ...key })).toBe(hashes[0]);
});
