/**
 * Answers of models on disk, by the hash of what was asked, within a bound: the answer that was used longest ago goes
 * first. Written by the harness alone, in a folder that no sandbox shows. Knows nothing about who asks.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { sha256Hex } from '../../base/hash.ts';
import { canonicalJson, type Json } from '../../base/json.ts';
import { asFields, type TokenCounts } from '../gateway/apis.ts';

export interface StoredAnswer {
  readonly contentType: string;
  readonly body: Buffer;
  readonly tokens: TokenCounts;
}

/** What makes two requests the same one. */
export interface AnswerKey {
  readonly api: string;
  /** Base URL of the provider. */
  readonly url: string;
  readonly path: string;
  /** The body as it is sent. */
  readonly body: Json;
  /** Answers are shared within it alone: a candidate neither reads nor makes those of another. */
  readonly space: string;
  /** What makes answers of one measurement its own; empty where recorded ones are used again. */
  readonly draw: string;
  /** How often the same was asked before in this measurement. */
  readonly occurrence: number;
}

export const MAX_STORE_BYTES = 256 << 20;
/** A longer answer is passed on and not recorded. */
export const MAX_ANSWER_BYTES = 4 << 20;
const FORMAT = 1;

export const hashOfKey = (key: AnswerKey): string => sha256Hex(canonicalJson({ ...key }));

export class AnswerStore {
  readonly #folder: string;
  readonly #maxBytes: number;
  /** Bytes of each answer, the one that was used longest ago first. */
  readonly #sizes = new Map<string, number>();
  #totalBytes = 0;

  constructor(folder: string, maxBytes = MAX_STORE_BYTES) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    const found = fs
      .readdirSync(folder)
      .filter((name) => /^[0-9a-f]{64}$/.test(name))
      .map((name) => ({ name, stats: fs.lstatSync(path.join(folder, name)) }))
      .sort((left, right) => left.stats.mtimeMs - right.stats.mtimeMs);
    for (const { name, stats } of found) this.#remember(name, stats.size);
    this.#makeRoom();
  }

  get bytes(): number {
    return this.#totalBytes;
  }

  /** A file that cannot be read as an answer is as good as none. */
  get(hash: string): StoredAnswer | undefined {
    if (!this.#sizes.has(hash)) return undefined;
    try {
      const file = path.join(this.#folder, hash);
      const fields = asFields(JSON.parse(fs.readFileSync(file, 'utf8')));
      const tokens = asFields(fields.tokens) as unknown as TokenCounts;
      const counts = [tokens.input, tokens.cacheRead, tokens.cacheWrite, tokens.output];
      if (fields.format !== FORMAT || typeof fields.body !== 'string') return undefined;
      if (!counts.every((count) => Number.isFinite(count) && count >= 0)) return undefined;
      const size = this.#sizes.get(hash)!;
      this.#sizes.delete(hash);
      this.#sizes.set(hash, size);
      const used = new Date();
      fs.utimesSync(file, used, used);
      return { contentType: String(fields.contentType), body: Buffer.from(fields.body, 'base64'), tokens };
    } catch {
      return undefined;
    }
  }

  /** Record an answer. Does nothing for one that is too long. A disk that is full loses the record, not the answer. */
  put(hash: string, { contentType, body, tokens }: StoredAnswer): void {
    if (body.length > MAX_ANSWER_BYTES) return;
    const text = JSON.stringify({ format: FORMAT, contentType, tokens, body: body.toString('base64') });
    const file = path.join(this.#folder, hash);
    try {
      fs.writeFileSync(`${file}.tmp`, text, { mode: 0o600 });
      fs.renameSync(`${file}.tmp`, file);
    } catch {
      fs.rmSync(`${file}.tmp`, { force: true });
      return;
    }
    this.#remember(hash, Buffer.byteLength(text));
    this.#makeRoom();
  }

  #remember(hash: string, size: number): void {
    this.#totalBytes += size - (this.#sizes.get(hash) ?? 0);
    this.#sizes.delete(hash);
    this.#sizes.set(hash, size);
  }

  #makeRoom(): void {
    for (const [hash, size] of this.#sizes) {
      if (this.#totalBytes <= this.#maxBytes) return;
      fs.rmSync(path.join(this.#folder, hash), { force: true });
      this.#sizes.delete(hash);
      this.#totalBytes -= size;
    }
  }
}
