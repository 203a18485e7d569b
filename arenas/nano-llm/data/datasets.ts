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

const numbered = (count: number, name: (i: number) => string): string[] =>
  Array.from({ length: count }, (_, i) => name(i));

export const DATASETS: Readonly<Record<string, Dataset>> = {
  climbmix: {
    baseUrl: 'https://huggingface.co/datasets/karpathy/climbmix-400b-shuffle/resolve/main',
    trainShards: numbered(6542, (i) => `shard_${String(i).padStart(5, '0')}.parquet`),
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

async function collect(path: string, maxChars: number): Promise<string[]> {
  const texts: string[] = [];
  let size = 0;
  for await (const text of readTexts(path)) {
    if (text.length === 0) continue;
    texts.push(text);
    size += text.length;
    if (size >= maxChars) break;
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
  const fetched = async (name: string): Promise<string> => {
    const path = join(cacheDir, name);
    const retry = { ...(attempts === undefined ? {} : { attempts }), ...(waitMs === undefined ? {} : { waitMs }) };
    const onRetry = (wait: number, reason: string): void => {
      process.stderr.write(`${name}: ${reason}; trying again in ${(wait / 1000).toFixed(1)} s\n`);
    };
    const url = `${dataset.baseUrl}/${name}`;
    await download({ url, path, onProgress: createProgressBar(name), onRetry, ...retry });
    return path;
  };
  const val = await collect(await fetched(dataset.valShard), Math.ceil(maxChars / 20));
  if (val.length === 0) throw new DataError(`datasets: ${dataset.valShard} has no text: there is no validation split.`);
  const train: string[] = [];
  let left = maxChars;
  for (const name of dataset.trainShards.slice(0, shards)) {
    if (left <= 0) break;
    const texts = await collect(await fetched(name), left);
    left -= texts.reduce((n, t) => n + t.length, 0);
    train.push(...texts);
  }
  return { train, val };
}
