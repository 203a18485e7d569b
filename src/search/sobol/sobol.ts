/**
 * Sobol points (Sobol 1967, direction numbers of Joe & Kuo 2008), Owen-scrambled by a seed. Random access: point i does
 * not need points before it, so a resumed search goes on where it was. Knows nothing about knobs.
 */
import { JOE_KUO } from './direction-numbers.ts';

/** Dimensions with direction numbers; beyond them a caller must pad with independent numbers. */
export const SOBOL_DIMENSIONS = JOE_KUO.length + 1;

const BITS = 32;
const cache = new Map<number, Uint32Array>();

/** The 32 direction numbers of a dimension (from 0), as 32-bit binary fractions. */
function directions(dimension: number): Uint32Array {
  const known = cache.get(dimension);
  if (known) return known;
  const v = new Uint32Array(BITS);
  if (dimension === 0) for (let i = 0; i < BITS; i++) v[i] = 1 << (31 - i);
  else {
    const [s, a, ...m] = JOE_KUO[dimension - 1]! as [number, number, ...number[]];
    for (let i = 0; i < BITS; i++) {
      if (i < s) v[i] = m[i]! << (31 - i);
      else {
        let x = v[i - s]! ^ (v[i - s]! >>> s);
        for (let k = 1; k < s; k++) if ((a >> (s - 1 - k)) & 1) x ^= v[i - k]!;
        v[i] = x;
      }
    }
  }
  cache.set(dimension, v);
  return v;
}

/**
 * Coordinate of point `index` (from 0) in a dimension (from 0) of the plain sequence, in [0, 1), in Gray-code order as
 * generators produce it.
 */
export function sobolAt(index: number, dimension: number): number {
  return bitsAt(index, dimension) / 4294967296;
}

function bitsAt(index: number, dimension: number): number {
  const v = directions(dimension);
  let x = 0;
  for (let gray = (index ^ (index >>> 1)) >>> 0, bit = 0; gray !== 0; gray >>>= 1, bit++) if (gray & 1) x ^= v[bit]!;
  return x >>> 0;
}

/**
 * As `sobolAt`, with a nested uniform scramble by hashing (Burley, "Practical Hash-based Owen Scrambling", JCGT 9,
 * 2020).
 */
export function scrambledSobolAt(index: number, dimension: number, seed: number): number {
  const hashed = hash(seed ^ Math.imul(dimension + 1, 0x9e3779b9));
  return reverseBits(laineKarras(reverseBits(bitsAt(index, dimension)), hashed)) / 4294967296;
}

function hash(seed: number): number {
  let x = seed >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

/**
 * The permutation of Laine & Karras (2011) with the constants of Vegdahl as given by Burley: each bit depends only on
 * lower ones.
 */
function laineKarras(value: number, seed: number): number {
  let x = (value + seed) >>> 0;
  x ^= Math.imul(x, 0x6c50b47c);
  x ^= Math.imul(x, 0xb82f1e52);
  x ^= Math.imul(x, 0xc7afe638);
  x ^= Math.imul(x, 0x8d22f6e6);
  return x >>> 0;
}

function reverseBits(value: number): number {
  let x = value;
  x = ((x >>> 1) & 0x55555555) | ((x & 0x55555555) << 1);
  x = ((x >>> 2) & 0x33333333) | ((x & 0x33333333) << 2);
  x = ((x >>> 4) & 0x0f0f0f0f) | ((x & 0x0f0f0f0f) << 4);
  x = ((x >>> 8) & 0x00ff00ff) | ((x & 0x00ff00ff) << 8);
  return ((x >>> 16) | (x << 16)) >>> 0;
}
