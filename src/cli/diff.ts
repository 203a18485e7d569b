import type { Call } from './spec.ts';
export async function main(_call: Call): Promise<number> {
  return 0;
}
