/**
 * Sobol points (Sobol 1967, direction numbers of Joe & Kuo 2008), Owen-scrambled by a seed. Any point can be computed
 * without those before it, so a resumed search continues where it was. Knows nothing about knobs.
 */
import { JOE_KUO } from './direction-numbers.ts';

/** Dimensions with direction numbers. For more, the caller must pad with independent random numbers. */
export const SOBOL_DIMENSIONS = JOE_KUO.length + 1;

const BITS = 32;
const numbersCache = new Map<number, Uint32Array>();

/** The 32 direction numbers of a dimension (from 0), as 32-bit binary fractions. */
function directionNumbers(dimension: number): Uint32Array {
  const cached = numbersCache.get(dimension);
  if (cached) return cached;
  const numbers = new Uint32Array(BITS);
  if (dimension === 0) for (let bit = 0; bit < BITS; bit++) numbers[bit] = 1 << (31 - bit);
  else {
    const [degree, coefficients, ...initialNumbers] = JOE_KUO[dimension - 1]! as [number, number, ...number[]];
    for (let bit = 0; bit < BITS; bit++) {
      if (bit < degree) numbers[bit] = initialNumbers[bit]! << (31 - bit);
      else {
        let bits = numbers[bit - degree]! ^ (numbers[bit - degree]! >>> degree);
        for (let term = 1; term < degree; term++)
          if ((coefficients >> (degree - 1 - term)) & 1) bits ^= numbers[bit - term]!;
        numbers[bit] = bits;
      }
    }
  }
  numbersCache.set(dimension, numbers);
  return numbers;
}

/**
 * Coordinate of point `index` (from 0) in a dimension (from 0) of the plain sequence, in [0, 1), in Gray-code order as
 * generators produce it.
 */
export function sobolAt(index: number, dimension: number): number {
  return bitsAt(index, dimension) / 4294967296;
}

function bitsAt(index: number, dimension: number): number {
  const numbers = directionNumbers(dimension);
  let bits = 0;
  for (let gray = (index ^ (index >>> 1)) >>> 0, bit = 0; gray !== 0; gray >>>= 1, bit++)
    if (gray & 1) bits ^= numbers[bit]!;
  return bits >>> 0;
}

/**
 * As `sobolAt`, with a nested uniform scramble by hashing (Burley, "Practical Hash-based Owen Scrambling", JCGT 9,
 * 2020).
 */
export function scrambledSobolAt(index: number, dimension: number, seed: number): number {
  const hashedSeed = hashSeed(seed ^ Math.imul(dimension + 1, 0x9e3779b9));
  return reverseBits(laineKarras(reverseBits(bitsAt(index, dimension)), hashedSeed)) / 4294967296;
}

function hashSeed(seed: number): number {
  let bits = seed >>> 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad);
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
  return (bits ^ (bits >>> 15)) >>> 0;
}

/**
 * The permutation of Laine & Karras (2011) with the constants of Vegdahl as given by Burley: each bit depends only on
 * lower ones.
 */
function laineKarras(value: number, seed: number): number {
  let bits = (value + seed) >>> 0;
  bits ^= Math.imul(bits, 0x6c50b47c);
  bits ^= Math.imul(bits, 0xb82f1e52);
  bits ^= Math.imul(bits, 0xc7afe638);
  bits ^= Math.imul(bits, 0x8d22f6e6);
  return bits >>> 0;
}

function reverseBits(value: number): number {
  let bits = value;
  bits = ((bits >>> 1) & 0x55555555) | ((bits & 0x55555555) << 1);
  bits = ((bits >>> 2) & 0x33333333) | ((bits & 0x33333333) << 2);
  bits = ((bits >>> 4) & 0x0f0f0f0f) | ((bits & 0x0f0f0f0f) << 4);
  bits = ((bits >>> 8) & 0x00ff00ff) | ((bits & 0x00ff00ff) << 8);
  return ((bits >>> 16) | (bits << 16)) >>> 0;
}
