/** The cure of a failed first measurement on this machine, from the table that `new`, `doctor` and `run` share. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { findOnPath } from '../agents/program.ts';
import { defined } from '../base/defined.ts';
import { findCure, type Cure, type ManifestState } from '../discover/cures.ts';

/** A measurement of the unchanged code that failed. */
export interface FailedBaseline {
  readonly folder: string;
  readonly command: string;
  readonly budgetS: number;
  readonly manifest: ManifestState;
  /** Class of the failure. */
  readonly kind: string;
  /** The reason and the last lines of output. */
  readonly text: string;
  readonly outsideS?: number | undefined;
}

/** Undefined where the failure is not known. */
export function cureFor(failed: FailedBaseline): Cure | undefined {
  return findCure({
    ...defined({ ...failed, outsideS: failed.outsideS }),
    folder: path.resolve(failed.folder),
    findProgram: (name) => findOnPath([name]),
    exists: (file) => fs.existsSync(file),
    home: os.homedir(),
    env: process.env,
  });
}
