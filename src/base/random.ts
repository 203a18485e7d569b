/**
 * Seeded chance (xoshiro128**, Blackman & Vigna 2018, seeded by splitmix32): the same seed gives the same stream on
 * every machine. Knows nothing about the clock; nothing else in the pure half of the code base may draw a random
 * number.
 */

export interface Random {
  /** Uniform in [0, 1), 32 bits of resolution. */
  uniform(): number;
  /** Uniform integer in [0, n). */
  below(bound: number): number;
  /** Standard normal (Box–Muller, one value per call). */
  normal(): number;
}

export function createRandom(seed: number): Random {
  let mixState = seed >>> 0;
  const nextSeedWord = (): number => {
    mixState = (mixState + 0x9e3779b9) >>> 0;
    let word = mixState;
    word = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
    return (word ^ (word >>> 15)) >>> 0;
  };
  let [first, second, third, fourth] = [nextSeedWord(), nextSeedWord(), nextSeedWord(), nextSeedWord()];
  const rotateLeft = (word: number, bits: number): number => ((word << bits) | (word >>> (32 - bits))) >>> 0;
  const nextWord = (): number => {
    const result = Math.imul(rotateLeft(Math.imul(second, 5) >>> 0, 7), 9) >>> 0;
    const shifted = (second << 9) >>> 0;
    third = (third ^ first) >>> 0;
    fourth = (fourth ^ second) >>> 0;
    second = (second ^ third) >>> 0;
    first = (first ^ fourth) >>> 0;
    third = (third ^ shifted) >>> 0;
    fourth = rotateLeft(fourth, 11);
    return result;
  };
  const drawUniform = (): number => nextWord() / 4294967296;
  return {
    uniform: drawUniform,
    below: (bound) => Math.floor(drawUniform() * bound),
    normal: () => Math.sqrt(-2 * Math.log(1 - drawUniform())) * Math.cos(2 * Math.PI * drawUniform()),
  };
}

/** A 31-bit positive integer from any text: how a lab derives independent seeds from names. */
export function seedOf(label: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < label.length; i++) hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  hash ^= hash >>> 16;
  return ((hash >>> 1) % 2147483646) + 1;
}
