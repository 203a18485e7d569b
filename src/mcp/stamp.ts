/**
 * The stamp of a working copy: a small file in it that says which code of which lab the copy was made from. Whoever can
 * write to the copy can write the stamp, so what it says is looked up in the lab before anything is done with it.
 */
import * as path from 'node:path';
import { z } from 'zod';
import { LabError } from '../base/error.ts';
import { oneLine } from '../base/text.ts';
import { readText, writeAtomic } from '../os/files.ts';
import { readSmallFile } from '../os/left-files.ts';

export const STAMP_FILE = '.overnight-checkout.json';
const MAX_STAMP_BYTES = 64 * 1024;

const stampSchema = z.strictObject({
  overnight: z.literal('checkout'),
  /** Folder of the arena. */
  arena: z.string().min(1),
  /** Name of the lab. */
  tag: z.string().min(1),
  /** Id of the lab: another lab of the same name is not the same lab. */
  lab: z.string().min(1),
  /** The experiment whose code the copy holds. */
  n: z.number().int().nonnegative(),
  commit: z.string().min(1),
  /** The agent whose copy it is. */
  by: z.string().min(1).max(100).optional(),
});

export type Stamp = Readonly<z.infer<typeof stampSchema>>;

/** The stamp of a folder; undefined where there is none. Throws E_SUBMIT where it cannot be read. */
export function readStamp(folder: string): Stamp | undefined {
  const stampText = readSmallFile(folder, STAMP_FILE, MAX_STAMP_BYTES)?.toString('utf8');
  if (stampText === undefined) {
    if (readText(path.join(folder, STAMP_FILE)) === undefined) return undefined;
    throw badStampError(folder, 'it is no small plain file');
  }
  let stamp: unknown;
  try {
    stamp = JSON.parse(stampText);
  } catch {
    throw badStampError(folder, 'it is no JSON');
  }
  const parsed = stampSchema.safeParse(stamp);
  if (parsed.success) return parsed.data;
  throw badStampError(folder, `\`${parsed.error.issues[0]?.path.join('.') || 'it'}\` is not as it was written`);
}

export const writeStamp = (folder: string, stamp: Stamp): void =>
  writeAtomic(path.join(folder, STAMP_FILE), `${JSON.stringify(stamp, null, 2)}\n`);

const badStampError = (folder: string, why: string): LabError =>
  new LabError('E_SUBMIT', {
    what: `${oneLine(folder, 200)} cannot be read as a working copy.`,
    why: `Its stamp ${STAMP_FILE} is damaged: ${why}.`,
    next: 'Make a new copy with `overnight checkout FOLDER`, and bring your files over.',
  });
