/**
 * The artefact of the newest kept experiment, where a person finds it: `best` in the lab's folder. A harness may be
 * killed at any moment; then the next one finishes or removes the copy.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { copyTree, removeTree } from '../os/files.ts';
import type { LabPaths } from '../os/paths.ts';

/** Copy the artefact beside `best` first: a folder that carries the experiment's number is complete. */
export function keepBestArtefact(paths: LabPaths, n: number, artefactDir: string): void {
  const completeCopy = path.join(paths.lab, `best.${n}`);
  const halfCopy = `${completeCopy}.half`;
  removeTree(halfCopy);
  copyTree(artefactDir, halfCopy);
  removeTree(completeCopy);
  fs.renameSync(halfCopy, completeCopy);
  finishInterruptedCopy(paths);
}

/** Put a complete copy in place and remove a half one. */
export function finishInterruptedCopy(paths: LabPaths): void {
  const bestDir = path.join(paths.lab, 'best');
  for (const entryName of fs.readdirSync(paths.lab)) {
    if (/^best\.\d+\.half$/.test(entryName)) removeTree(path.join(paths.lab, entryName));
    if (!/^best\.\d+$/.test(entryName)) continue;
    removeTree(bestDir);
    fs.renameSync(path.join(paths.lab, entryName), bestDir);
  }
}
