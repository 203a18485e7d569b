/** SHA-256 of strings and bytes, as lower-case hex. The only file of `base` that touches `node:`. */
import * as crypto from 'node:crypto';

/** Hex SHA-256 of text (as UTF-8) or bytes. `crypto.hash` is one call without an object. */
export function sha256Hex(content: string | Uint8Array): string {
  return crypto.hash('sha256', content, 'hex');
}

/** A hash of named parts in order, unambiguous where parts contain the separator. */
export function sha256Parts(parts: readonly string[]): string {
  return sha256Hex(parts.map((part) => `${Buffer.byteLength(part)}:${part}`).join(''));
}
