// Tokenizer, documents, split and packing: round trips, leak control, full rows, determinism, damaged files.

import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cutDocuments, splitDocuments, createUnlikeFilter } from '../data/documents.ts';
import { readTokenizer, readTrain, tokenizeDocuments, writeTokenizer, writeTrain } from '../data/files.ts';
import { openLoader } from '../data/loader.ts';
import { createPacker, shuffleRows } from '../data/packing.ts';
import { createTokenizer, trainTokenizer } from '../data/tokenizer.ts';
import { createRandom } from '../tensor/random.ts';
import { freshFolder } from './folders.ts';

const prose = readFileSync(new URL('../program.md', import.meta.url), 'utf8');
const file = trainTokenizer([prose, 'naïve café — déjà vu 你好 👩‍👩‍👧 ١٢٣'], 400);
const tokenizer = createTokenizer(file);

describe('the tokenizer', () => {
  test('gives back every character of Unicode, alone and in a row', () => {
    let row = '';
    for (let code = 0; code <= 0x10ffff; code++) {
      if (code >= 0xd800 && code <= 0xdfff) continue; // Surrogates are no characters; UTF-8 has no bytes for them.
      row += String.fromCodePoint(code);
      if (code % 4096 !== 4095) continue;
      expect(tokenizer.decode(tokenizer.encode(row)) === row, `up to ${code.toString(16)}`).toBe(true);
      row = '';
    }
    for (const char of ['\0', '\r\n', '\u2028', '\ufeff', '\u{10ffff}']) {
      expect(tokenizer.decode(tokenizer.encode(char))).toBe(char);
    }
  });

  test('counts raw bytes, also for tokens that hold part of a character', () => {
    const text = '你好, naïve 👩‍👩‍👧';
    const bytes = tokenizer.encode(text).reduce((n, id) => n + (tokenizer.bytesOf[id]?.length ?? 0), 0);
    expect(bytes).toBe(Buffer.byteLength(text));
    expect(tokenizer.bytesOf[0xe4]).toEqual(Uint8Array.of(0xe4));
    expect(tokenizer.bytesOf[tokenizer.bos]).toHaveLength(0);
  });

  test('merges the most frequent pair first, and compresses what it has learnt', () => {
    const tiny = trainTokenizer(['abab abab abab'], 260);
    expect(tiny.merges[0]).toEqual([97, 98]);
    expect(tokenizer.encode(prose).length).toBeLessThan(Buffer.byteLength(prose) / 1.8);
    expect(trainTokenizer([prose], 400)).toEqual(trainTokenizer([prose], 400));
  });

  test('never merges across words or groups digits by more than two', () => {
    const trained = createTokenizer(trainTokenizer(['2026 2026 2026 2026 of the of the of the of the'], 300));
    const pieces = trained.encode('2026 of the').map((id) => Buffer.from(trained.bytesOf[id] ?? []).toString());
    expect(pieces).toEqual(['20', '26', ' of', ' the']);
  });

  test.each([512, 1024, 8192])('of %i tokens is whole: no token twice, BOS last, text comes back', (size) => {
    const random = createRandom(size);
    const syllable = (): string =>
      String.fromCharCode(97 + random.below(26), 97 + random.below(26), 0x430 + random.below(32));
    const text = Array.from({ length: 30_000 }, () => syllable() + syllable()).join(' ');
    const trained = createTokenizer(trainTokenizer([text], size));
    expect(trained.vocabSize).toBe(size);
    expect(trained.bos).toBe(size - 1);
    expect(new Set(trained.bytesOf.map((b) => Buffer.from(b).toString('hex'))).size).toBe(size);
    expect(trained.decode(trained.encode(text)) === text).toBe(true);
    expect(trained.encode(text).every((id) => id >= 0 && id < trained.bos)).toBe(true);
  });

  test('refuses a file whose merges were changed, and an impossible vocabulary', () => {
    expect(() => createTokenizer({ ...file, merges: file.merges.slice(1) })).toThrow('its hash differs');
    expect(() => trainTokenizer([prose], 100)).toThrow('vocabulary 100 is out of range');
  });
});

describe('documents', () => {
  const random = createRandom(1);
  const words = Array.from({ length: 400 }, (_, i) => `w${i}`);
  const essay = (): string => Array.from({ length: 120 }, () => words[random.below(400)]).join(' ');

  test('are cut before doc comments and keep every line but scraps of under 80 characters', () => {
    const member = (i: number): string =>
      `  /** Member ${i}: ${'does a thing. '.repeat(30)} */\n  member${i}(): void;\n`;
    const source = `interface Big {\n${Array.from({ length: 20 }, (_, i) => member(i)).join('')}}\n`;
    const cut = cutDocuments(source);
    expect(cut.length).toBeGreaterThan(5);
    expect(cut.slice(1).every((d) => d.startsWith('/** Member'))).toBe(true);
    const lines = (text: string): string[] =>
      text
        .split('\n')
        .map((l) => l.trim())
        .filter(Boolean);
    expect(cut.flatMap(lines)).toEqual(lines(source).slice(0, -1));
  });

  test('that repeat are dropped, and validation text that training text nearly contains is too', () => {
    const essays = Array.from({ length: 300 }, essay);
    // Every essay also in a copy with one word changed: the copy has its own hash, and may land on the other side.
    const copies = essays.map((e) => e.replace(/^\S+/, 'changed'));
    const split = splitDocuments([...essays, ...copies, ...essays.slice(0, 10)], 20);
    expect(split.dropped.exactRepeats).toBe(10);
    expect(split.dropped.near).toBeGreaterThan(50);
    const inTraining = new Set(split.train.map((d) => d.slice(20, 100)));
    expect(split.valEntries.filter((d) => inTraining.has(d.slice(20, 100)))).toEqual([]);
    expect(split.valEntries.length).toBeGreaterThan(0);
  });

  test('are like others when these hold more than a fifth of their text', () => {
    const [known, other] = [essay(), essay()];
    const isNew = createUnlikeFilter([known]);
    expect(isNew(other)).toBe(true);
    expect(isNew(known.replace(/^\S+/, 'changed'))).toBe(false);
    expect(isNew(`${other} ${known.split(' ').slice(0, 20).join(' ')}`), 'a seventh').toBe(true);
    expect(isNew(`${other} ${known.split(' ').slice(0, 60).join(' ')}`), 'a third').toBe(false);
  });

  test('go to the same side whatever the order of the files, which training text keeps', () => {
    const essays = Array.from({ length: 50 }, essay);
    const [there, back] = [splitDocuments(essays, 20), splitDocuments([...essays].reverse(), 20)];
    expect(back.valEntries).toEqual(there.valEntries);
    expect([...back.train].reverse()).toEqual(there.train);
    expect(there.train).toEqual(essays.filter((e) => there.train.includes(e)));
  });
});

/** Documents of the given lengths; every token tells its document, and the first is BOS (0). */
function numbered(lengths: readonly number[]) {
  const starts = new Uint32Array(lengths.length + 1);
  for (const [i, n] of lengths.entries()) starts[i + 1] = (starts[i] ?? 0) + n;
  const tokens = Uint16Array.from(lengths.flatMap((n, i) => [0, ...Array(n - 1).fill(i + 1)]));
  return { tokens, starts };
}

const random = createRandom(2);
const docs = numbered(Array.from({ length: 500 }, () => 5 + random.below(60)));

describe('packing', () => {
  test('fills every row with documents that each begin with BOS, and crops at most the last', () => {
    const packer = createPacker(docs, 64, 1);
    for (let r = 0; r < 200; r++) {
      const row = new Uint16Array(64).fill(9999);
      packer.fillRow(row);
      expect(row[0]).toBe(0);
      expect(row.includes(9999)).toBe(false);
      const begins = [...row.keys()].filter((i) => row[i] === 0);
      for (const [n, from] of begins.slice(0, -1).entries()) {
        const doc = (row[from + 1] ?? 0) - 1;
        const length = (docs.starts[doc + 1] ?? 0) - (docs.starts[doc] ?? 0);
        expect((begins[n + 1] ?? 0) - from).toBe(length);
      }
    }
  });

  test('draws evenly over the corpus: any stretch of rows holds every source in its share, whatever the seed', () => {
    // 100 sources of 16 neighbouring documents, each document exactly a row: a pass over the corpus takes one from each
    // source.
    const sources = numbered(Array.from({ length: 1600 }, () => 16));
    const passes = (seed: number): number[][] => {
      const packer = createPacker(sources, 16, seed);
      const row = new Uint16Array(16);
      const drawn = Array.from({ length: 1600 }, () => packer.fillRow(row) && (row[1] ?? 0) - 1);
      return [drawn.slice(0, 800), drawn.slice(800)] as number[][];
    };
    const [first = [], rest = []] = passes(1);
    for (const half of [first, rest]) {
      const perSource = Array.from({ length: 100 }, (_, s) => half.filter((d) => Math.floor(d / 16) === s).length);
      expect(Math.min(...perSource)).toBeGreaterThanOrEqual(3);
      expect(Math.max(...perSource)).toBeLessThanOrEqual(13);
    }
    expect(passes(2)[0]).not.toEqual(first);
  });

  test('for validation uses each document at most once, then has no more rows', () => {
    const packer = createPacker(docs, 64, 1, { isOnce: true });
    const row = new Uint16Array(64);
    const seen: number[] = [];
    let count = 0;
    while (packer.fillRow(row)) {
      count++;
      for (const i of row.keys()) if (row[i] === 0) seen.push(row[i + 1] ?? -1 - i);
    }
    const whole = seen.filter((d) => d > 0);
    expect(new Set(whole).size).toBe(whole.length);
    expect(whole.length).toBeGreaterThan(480);
    expect(count).toBeGreaterThan(200);
    expect(packer.fillRow(row)).toBe(false);
  });

  test('takes the largest document that fits', () => {
    const packer = createPacker(numbered([10, 6, 4, 3]), 10, 1);
    const row = new Uint16Array(10);
    packer.fillRow(row);
    expect([...row]).toEqual([0, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
  });

  test('is the same for the same seed and different for another', () => {
    const rows = (seed: number): number[] => {
      const packer = createPacker(docs, 64, seed);
      const row = new Uint16Array(64);
      return Array.from({ length: 20 }, () => {
        packer.fillRow(row);
        return row.reduce((a, b) => (a * 31 + b) >>> 0, 7);
      });
    };
    expect(rows(1)).toEqual(rows(1));
    expect(rows(2)).not.toEqual(rows(1));
  });
});

describe('rows in an order of the seed', () => {
  const first = (seed: number, count: number): string[] => {
    const fillRow = shuffleRows(createPacker(docs, 64, 1).fillRow, 64, seed);
    const row = new Uint16Array(64);
    return Array.from({ length: count }, () => fillRow(row) && row.join()) as string[];
  };

  test('are the same rows for every seed, window by window, and in another order', () => {
    for (const [from, to] of [
      [0, 256],
      [256, 512],
    ] as const) {
      const [one, two] = [first(1, to).slice(from), first(2, to).slice(from)];
      expect(one).not.toEqual(two);
      expect(one.toSorted()).toEqual(two.toSorted());
    }
    expect(first(2, 300)).toEqual(first(2, 300));
  });

  test('end where the text ends, and none is lost or used twice', () => {
    const packed: string[] = [];
    const row = new Uint16Array(64);
    for (const { fillRow } = createPacker(docs, 64, 1, { isOnce: true }); fillRow(row);) packed.push(row.join());
    const fillRow = shuffleRows(createPacker(docs, 64, 1, { isOnce: true }).fillRow, 64, 7);
    const shuffled: string[] = [];
    while (fillRow(row)) shuffled.push(row.join());
    expect(packed.length % 256).not.toBe(0);
    expect(shuffled).not.toEqual(packed);
    expect(shuffled.toSorted()).toEqual(packed.toSorted());
    expect(fillRow(row)).toBe(false);
  });
});

describe('prepared data', () => {
  const write = (): string => {
    const dir = freshFolder('data');
    mkdirSync(join(dir, 'train'));
    const texts = Array.from({ length: 40 }, (_, i) => `document ${i} ${prose.slice(i * 20, i * 20 + 300)}`);
    const docs = tokenizeDocuments(texts, tokenizer);
    const counts = { tokens: docs.tokens.length, documents: texts.length, bytes: docs.bytes };
    writeTokenizer(dir, file);
    writeTrain(dir, docs, { version: 1, tokenizer: tokenizer.hash, ...counts, source: 'test' });
    return dir;
  };

  test('comes from the loader as targets one place ahead of tokens, the same for the same seed, other rows for another', async () => {
    const dataDir = write();
    const take = async (seed = 4): Promise<number[][]> => {
      const loader = openLoader({ dataDir, rows: 3, length: 32, seed });
      const batches = [await loader.next(), await loader.next()];
      await loader.close();
      return batches.flatMap((b) => [[...b.tokens], [...b.targets]]);
    };
    const [tokens = [], targets = []] = await take();
    expect(tokens).toHaveLength(96);
    for (let i = 0; i < 96; i++) if (i % 32 !== 31) expect(targets[i]).toBe(tokens[i + 1]);
    for (const row of [0, 1, 2]) expect(tokens[row * 32]).toBe(tokenizer.bos);
    expect(await take()).toEqual(await take());
    expect(await take(5)).not.toEqual(await take());
  });

  test('is packed ahead on a thread of its own: a step that has kept the main thread busy finds the next batches there', async () => {
    const loader = openLoader({ dataDir: write(), rows: 3, length: 32, seed: 4 });
    await loader.next();
    const pause = new Int32Array(new SharedArrayBuffer(4));
    for (let step = 0; step < 5; step++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      const { waits: times } = loader.waited();
      for (let i = 0; i < 4; i++) await loader.next();
      expect(loader.waited().waits).toBe(times);
      Atomics.wait(pause, 0, 0, 200); // Nothing of this thread runs meanwhile, timers neither.
    }
    await loader.close();
  });

  test('that was cut short, is missing, or belongs to another tokenizer is refused with one clear message', async () => {
    const cut = write();
    truncateSync(join(cut, 'train', 'tokens.u16'), 100);
    expect(() => readTrain(cut, readTokenizer(cut))).toThrow('train holds 50 tokens, its description says');
    const loader = openLoader({ dataDir: cut, rows: 1, length: 8, seed: 1 });
    await expect(loader.next()).rejects.toThrow('train holds 50 tokens');
    await loader.close();
    const foreign = write();
    writeTokenizer(foreign, trainTokenizer([prose], 300));
    expect(() => readTrain(foreign, readTokenizer(foreign))).toThrow(
      /train was made with tokenizer .* but tokenizer.json is/,
    );
    expect(() => readTokenizer(join(foreign, 'nowhere'))).toThrow('cannot be read (ENOENT). Run prepare again.');
    writeFileSync(join(foreign, 'tokenizer.json'), '{"version": 1, "mer');
    expect(() => readTokenizer(foreign)).toThrow('is not a version 1 file');
  });
});
