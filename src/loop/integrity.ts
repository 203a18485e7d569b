/** Checks that a run left everything as it was that it must not change, and used the seed that it was given. */
import { oneLine } from '../base/text.ts';
import type { Outcome } from '../core/outcome.ts';
import { hashTree, stampTree } from '../os/files.ts';
import { stampKit } from '../os/kit.ts';
import { crashOutcome } from './faults.ts';
import { type Bench, linkedEntriesOf } from './process-specs.ts';
import { keyValues } from './protocol.ts';
import { readConfig } from './side-files.ts';

/** The candidate's files, the evaluator's files and the data must be what they were before the run. */
export function findTampering(
  bench: Bench,
  candidateDir: string,
  before: { readonly hash: string; readonly bytes: number },
): Outcome | undefined {
  const { arena, pristine, data, deps, depsStamp, kitStamp, fileHashes } = bench;
  const linkedEntries = new Set(linkedEntriesOf(arena));
  const hashOf = (folder: string, maxBytes?: number): string =>
    hashTree(folder, (entryPath) => linkedEntries.has(entryPath), maxBytes, fileHashes);
  if (hashOf(candidateDir, before.bytes) !== before.hash)
    return crashOutcome('frozen-changed', 'the candidate’s files changed while it ran');
  const { dir, hash, holdoutDir, holdoutHash } = pristine;
  if (hashOf(dir) !== hash || (holdoutDir !== undefined && hashOf(holdoutDir) !== holdoutHash))
    return crashOutcome('frozen-changed', 'the evaluator’s files changed while the candidate ran');
  if (deps && depsStamp !== undefined && stampTree(deps) !== depsStamp)
    return crashOutcome('frozen-changed', 'what setup installed changed while the candidate ran');
  if (kitStamp !== undefined && stampKit() !== kitStamp)
    return crashOutcome('frozen-changed', 'the kit for arenas changed while the candidate ran');
  if (data && stampTree(data.dir) !== data.stamp)
    return crashOutcome('data-changed', 'the prepared data changed while the candidate ran');
  return undefined;
}

/** A candidate that reports a seed must have run under the one that it was given. */
export function findForeignSeed(outDir: string, seed: number): Outcome | undefined {
  const reportedSeed = keyValues(readConfig(outDir) ?? '').find(([key]) => key === 'seed')?.[1];
  if (reportedSeed === undefined || reportedSeed === String(seed)) return undefined;
  return crashOutcome(
    'seed',
    `it ran under seed ${oneLine(reportedSeed, 20)}, not under the one it was given, ${seed}`,
  );
}
