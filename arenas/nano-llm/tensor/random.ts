// Seeded random numbers for initialisation and data order; the same seed gives the same numbers on every machine.
// Knows nothing of tensors. Generator: sfc32 (Chris Doty-Humphrey, PractRand).

export interface Random {
  /** Uniform in [0, 1). */
  readonly uniform: () => number;
  /** Standard normal. */
  readonly normal: () => number;
  /** Uniform whole number in [0, n). */
  readonly below: (n: number) => number;
}

/** A generator for (seed, stream); different streams of one seed are independent for our purposes. */
export function createRandom(seed: number, stream = ''): Random {
  let [a, b, c, d] = [seed >>> 0, 0x9e3779b9, 0x243f6a88, 1];
  for (const char of stream) b = Math.imul(b ^ char.charCodeAt(0), 0x01000193) >>> 0;
  const next = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 15; i++) next();
  const uniform = (): number => (next() * 0x200000 + (next() >>> 11)) / 2 ** 53;
  let spare: number | null = null;
  const normal = (): number => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
  return { uniform, normal, below: (n) => Math.floor(uniform() * n) };
}
