// Public datasets as parquet shards: where they lie, which shard is validation, and reading them into documents.
// Validation is a shard of its own, as upstream has it, so no document is on both sides by construction.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createProgressBar, download } from './download.ts';
import { DataError } from './files.ts';
import { readTexts } from './parquet.ts';

export interface Dataset {
  readonly baseUrl: string;
  readonly trainShards: readonly string[];
  readonly valShard: string;
}

const numberedNames = (count: number, nameOf: (i: number) => string): string[] =>
  Array.from({ length: count }, (_, i) => nameOf(i));

export const DATASETS: Readonly<Record<string, Dataset>> = {
  climbmix: {
    baseUrl: 'https://huggingface.co/datasets/karpathy/climbmix-400b-shuffle/resolve/main',
    trainShards: numberedNames(6542, (i) => `shard_${String(i).padStart(5, '0')}.parquet`),
    valShard: 'shard_06542.parquet',
  },
  tinystories: {
    baseUrl: 'https://huggingface.co/datasets/roneneldan/TinyStories/resolve/main/data',
    trainShards: [
      'train-00000-of-00004-2d5a1467fff1081b.parquet',
      'train-00001-of-00004-5852b56a2bd28fd9.parquet',
      'train-00002-of-00004-a26307300439e943.parquet',
      'train-00003-of-00004-d243063613e5a057.parquet',
    ],
    valShard: 'validation-00000-of-00001-869c898b519ad725.parquet',
  },
};

export interface FetchOptions {
  readonly dataset: Dataset;
  readonly cacheDir: string;
  /** Training shards to take, from the first. */
  readonly shards: number;
  /** Text to keep, in characters, for training; validation keeps a twentieth of it at most. */
  readonly maxChars: number;
  readonly attempts?: number;
  readonly waitMs?: number;
}

async function collectTexts(path: string, maxChars: number): Promise<string[]> {
  const texts: string[] = [];
  let collectedChars = 0;
  for await (const text of readTexts(path)) {
    if (text.length === 0) continue;
    texts.push(text);
    collectedChars += text.length;
    if (collectedChars >= maxChars) break;
  }
  return texts;
}

/** Downloads what is missing and reads the texts of both sides. */
export async function fetchDataset(options: FetchOptions): Promise<{ train: string[]; val: string[] }> {
  const { dataset, cacheDir, shards, maxChars, attempts, waitMs } = options;
  if (!(shards >= 1 && shards <= dataset.trainShards.length)) {
    throw new DataError(`datasets: ${shards} shards were asked for. Choose 1 to ${dataset.trainShards.length}.`);
  }
  mkdirSync(cacheDir, { recursive: true });
  const fetchShard = async (fileName: string): Promise<string> => {
    const cachedPath = join(cacheDir, fileName);
    const retryOptions = {
      ...(attempts === undefined ? {} : { attempts }),
      ...(waitMs === undefined ? {} : { waitMs }),
    };
    const onRetry = (waitedMs: number, reason: string): void => {
      process.stderr.write(`${fileName}: ${reason}; trying again in ${(waitedMs / 1000).toFixed(1)} s\n`);
    };
    const url = `${dataset.baseUrl}/${fileName}`;
    await download({ url, path: cachedPath, onProgress: createProgressBar(fileName), onRetry, ...retryOptions });
    return cachedPath;
  };
  const val = await collectTexts(await fetchShard(dataset.valShard), Math.ceil(maxChars / 20));
  if (val.length === 0) throw new DataError(`datasets: ${dataset.valShard} has no text: there is no validation split.`);
  const train: string[] = [];
  let charsLeft = maxChars;
  for (const shardName of dataset.trainShards.slice(0, shards)) {
    if (charsLeft <= 0) break;
    const texts = await collectTexts(await fetchShard(shardName), charsLeft);
    charsLeft -= texts.reduce((total, text) => total + text.length, 0);
    train.push(...texts);
  }
  return { train, val };
}
