/** `overnight report`: the morning report as files. */
import type { LabPaths } from '../os/paths.ts';
import type { Call } from './spec.ts';

export async function main(_call: Call): Promise<number> {
  return 0;
}
export async function writeReport(_paths: LabPaths, _tag: string): Promise<string | undefined> {
  return undefined;
}
