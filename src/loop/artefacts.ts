/** The files that a candidate hands to the evaluator: only those that the arena declares, and only regular ones. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { sha256Hex, sha256Parts } from '../base/hash.ts';
import type { Arena } from '../core/arena.ts';
import type { Outcome } from '../core/outcome.ts';
import { crashOutcome } from './faults.ts';
import type { MeasurementDirs } from './process-specs.ts';

/** `clockSeconds` is set where the training clock ended the candidate: then a missing artefact is a timeout. */
export function collectArtefacts(
  { artefact: artefactNames }: Arena,
  { out, artefact: artefactDir }: MeasurementDirs,
  clockSeconds: number | undefined,
): Outcome | undefined {
  for (const artefactName of artefactNames) {
    const sourcePath = path.join(out, artefactName);
    const fileStats = fs.lstatSync(sourcePath, { throwIfNoEntry: false });
    if (!fileStats && clockSeconds !== undefined)
      return {
        kind: 'timed out',
        class: 'timeout',
        message: `the training clock ended after ${clockSeconds} s and ${artefactName} was not written yet`,
      };
    if (!fileStats) return crashOutcome('no-artefact', `the artefact ${artefactName} is missing`);
    if (!fileStats.isFile()) return crashOutcome('no-artefact', `the artefact ${artefactName} is not a regular file`);
    const targetPath = path.join(artefactDir, artefactName);
    fs.mkdirSync(path.dirname(targetPath), { recursive: true });
    fs.renameSync(sourcePath, targetPath);
  }
  return undefined;
}

/** One hash of all collected artefacts; undefined where there are none. */
export function hashArtefacts({ artefact: artefactNames }: Arena, artefactDir: string): string | undefined {
  const collected = artefactNames
    .map((artefactName) => path.join(artefactDir, artefactName))
    .filter((artefactPath) => fs.existsSync(artefactPath));
  if (collected.length === 0) return undefined;
  return sha256Parts(collected.map((artefactPath) => sha256Hex(fs.readFileSync(artefactPath))));
}
