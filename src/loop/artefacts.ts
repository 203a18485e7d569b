/**
 * The files that a candidate hands to the evaluator: only those that the arena declares, and only regular ones. They
 * are taken by descriptor (os/left-files.ts) and hashed before and after the evaluator has seen them.
 */
import * as path from 'node:path';
import { sha256Parts } from '../base/hash.ts';
import type { Arena } from '../core/arena.ts';
import { clockWords } from '../core/clock-words.ts';
import type { Outcome } from '../core/outcome.ts';
import { hashLeftFile, isProblem, type LeftFile, openLeftFile, takeLeftFile } from '../os/left-files.ts';
import { crashOutcome } from './faults.ts';
import type { MeasurementDirs } from './process-specs.ts';

const MIB = 1024 * 1024;

export type Collected =
  { readonly failure: Outcome; readonly hash?: undefined } | { readonly failure?: undefined; readonly hash?: string };

/**
 * Move the declared artefacts to where the evaluator sees them. `clockSeconds` is set where the training clock ended
 * the candidate: then a missing artefact is a timeout. The hash is absent where no artefact is declared.
 */
export async function collectArtefacts(
  { artefact: artefactNames, resources, budget }: Arena,
  { out, artefact: artefactDir }: MeasurementDirs,
  clockSeconds: number | undefined,
): Promise<Collected> {
  const hashes: string[] = [];
  let totalBytes = 0;
  for (const artefactName of artefactNames) {
    const opened = openLeftFile(out, artefactName);
    if (isProblem(opened)) {
      if (opened.kind === 'missing' && clockSeconds !== undefined)
        return { failure: cutBeforeArtefact(artefactName, `${clockSeconds} s${clockWords(budget)}`) };
      return { failure: crashOutcome('no-artefact', `the artefact ${artefactName} ${opened.problem}`) };
    }
    try {
      totalBytes += opened.stats.size;
      if (totalBytes > resources.disk_mb * MIB)
        return {
          failure: crashOutcome(
            'disk',
            `the artefacts have more than ${Math.floor(totalBytes / MIB)} MB, and ${resources.disk_mb} MB are allowed`,
          ),
        };
      await takeLeftFile(opened, path.join(artefactDir, artefactName));
      hashes.push(await hashLeftFile(opened));
    } finally {
      opened.close();
    }
  }
  return hashes.length === 0 ? {} : { hash: sha256Parts(hashes) };
}

function cutBeforeArtefact(artefactName: string, clockTime: string): Outcome {
  const message = `the training clock ended after ${clockTime} and ${artefactName} was not written yet`;
  return { kind: 'timed out', class: 'timeout', message };
}

/** The collected artefacts must be what they were when they were collected. */
export async function findChangedArtefact(
  { artefact: artefactNames }: Arena,
  artefactDir: string,
  hashBefore: string | undefined,
): Promise<Outcome | undefined> {
  if (hashBefore === undefined) return undefined;
  const hashes: string[] = [];
  for (const artefactName of artefactNames) hashes.push(await hashInPlace(artefactDir, artefactName));
  if (sha256Parts(hashes) === hashBefore) return undefined;
  return crashOutcome('frozen-changed', 'the artefact changed while it was evaluated');
}

async function hashInPlace(artefactDir: string, artefactName: string): Promise<string> {
  const opened: LeftFile | { readonly problem: string } = openLeftFile(artefactDir, artefactName);
  if ('problem' in opened) return opened.problem;
  try {
    return await hashLeftFile(opened);
  } finally {
    opened.close();
  }
}
