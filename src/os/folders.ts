/** Makes folders that Overnight needs, with a message for the person where they cannot be made. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { LabError, reasonOf } from '../base/error.ts';
import { isFull } from './files.ts';

/** Make a folder and those above it. An existing one is fine. Throws E_NOT_WRITABLE. */
export function makeFolder(folder: string): void {
  try {
    fs.mkdirSync(folder, { recursive: true });
  } catch (thrown) {
    throw notWritableError(folder, thrown, 'Make that folder writable, or work in another one.');
  }
}

/** Write a file that is not there yet into a folder of ours. Throws E_NOT_WRITABLE. */
export function writeNewFile(filePath: string, content: string): void {
  if (fs.existsSync(filePath)) return;
  try {
    fs.writeFileSync(filePath, content);
  } catch (thrown) {
    throw notWritableError(filePath, thrown, 'Make its folder writable, or work in another one.');
  }
}

/** Make a fresh folder for temporary files. The caller removes it. Throws E_NOT_WRITABLE. */
export function makeTemporaryFolder(namePrefix: string): string {
  const parentFolder = os.tmpdir();
  try {
    return fs.mkdtempSync(path.join(parentFolder, namePrefix));
  } catch (thrown) {
    const nextStep = 'Make that folder writable, or set TMPDIR to one that is.';
    throw notWritableError(parentFolder, thrown, nextStep);
  }
}

function notWritableError(target: string, thrown: unknown, nextStep: string): unknown {
  if (isFull(thrown)) return thrown;
  return new LabError(
    'E_NOT_WRITABLE',
    {
      what: `${target} cannot be written.`,
      why: `Reason: ${reasonOf(thrown)}.`,
      next: nextStep,
    },
    thrown,
  );
}
