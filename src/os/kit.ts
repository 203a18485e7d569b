/** The kit for arenas that comes with the package: where it lies, its hash, and which arenas use it. Only reads. */
import * as fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { orUndefined } from './attempt.ts';
import { hashTree, stampTree } from './trees.ts';

export const KIT_FOLDER = fileURLToPath(new URL('../../kit', import.meta.url));
export const KIT_VARIABLE = 'OVERNIGHT_KIT';

/** A file that names the kit's variable is code, and code is not larger than this. */
const MAX_CODE_BYTES = 1 << 18;
/** What an interpreter leaves beside the source is no part of the kit. */
const LEFT_BY_PYTHON = '__pycache__';

const isNoPart = (entryPath: string): boolean => entryPath.split('/').includes(LEFT_BY_PYTHON);

let knownHash: string | undefined;

/** Hash of the kit's files; read once in this process. */
export const hashKit = (): string => (knownHash ??= hashTree(KIT_FOLDER, isNoPart));

/** Changes when anybody writes to the kit. */
export const stampKit = (): string => stampTree(KIT_FOLDER, isNoPart);

/** Does one of these files of an arena use the kit? */
export const namesKit = (files: readonly { readonly location: string; readonly size: number }[]): boolean =>
  files.some(({ location, size }) => size <= MAX_CODE_BYTES && holdsVariable(location));

const holdsVariable = (file: string): boolean =>
  orUndefined(() => fs.lstatSync(file).isFile() && fs.readFileSync(file).includes(KIT_VARIABLE)) ?? false;
