/** SHA-256 of strings and bytes, as lower-case hex. The only file of `base` that touches `node:`. */
import * as crypto from 'node:crypto';

/** `crypto.hash` (one call, no object) came with Node 20.12; @types/node 20 knows it only since 20.12 as optional. */
const hashOnce = (crypto as { hash?: (algorithm: string, data: string | Uint8Array, encoding: 'hex') => string }).hash;

/** Hex SHA-256 of text (as UTF-8) or bytes. */
export function sha256Hex(content: string | Uint8Array): string {
  if (hashOnce) return hashOnce('sha256', content, 'hex');
  return crypto.createHash('sha256').update(content).digest('hex');
}

/** A hash of named parts in order, unambiguous where parts contain the separator. */
export function sha256Parts(parts: readonly string[]): string {
  return sha256Hex(parts.map((part) => `${Buffer.byteLength(part)}:${part}`).join(''));
}
