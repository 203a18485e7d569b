/**
 * What an exception means: the only place that decides it. A bad experiment is data, and so is an exception over what a
 * candidate or an agent left; the session goes on then. Only a broken lab or a broken machine ends it.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import { oneLine } from '../base/text.ts';
import type { Conditions, FailureClass } from '../core/outcome.ts';
import { tryRemoveTree } from '../os/remove-tree.ts';
import { crashOutcome } from './faults.ts';
import type { MeasureResult } from './measure.ts';

/** Failures after which files that all runs share may have changed. */
export const DAMAGE_CLASSES: ReadonlySet<FailureClass> = new Set(['frozen-changed', 'data-changed']);

/**
 * `lab`: the record, the disk or the machine; nothing can be measured. `untrusted`: what a candidate or an agent made.
 * A LabError names what is broken, so it is never theirs. Anything else is theirs as long as the work folder can be
 * written: the harness did not expect what it found.
 */
export function blameFor(thrown: unknown, workFolder: string): 'lab' | 'untrusted' {
  if (thrown instanceof LabError) return 'lab';
  return isUsable(workFolder) ? 'untrusted' : 'lab';
}

function isUsable(workFolder: string): boolean {
  const probeFolder = path.join(workFolder, '.probe');
  try {
    fs.mkdirSync(probeFolder, { recursive: true });
    fs.writeFileSync(path.join(probeFolder, 'file'), 'probe');
    return true;
  } catch {
    return false;
  } finally {
    tryRemoveTree(probeFolder);
  }
}

/** What was thrown, for the record: agents read it, so it names no path of this machine. */
export function describeThrown(thrown: unknown): string {
  const { code, syscall } = (thrown ?? {}) as NodeJS.ErrnoException;
  if (code !== undefined && syscall !== undefined) return `${code} in ${syscall}`;
  return oneLine(thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown), 300);
}

const NO_CONDITIONS: Conditions = {
  startupS: 0,
  budgetedS: 0,
  wallS: 0,
  cpuS: 0,
  evaluateS: 0,
  memoryMb: 0,
  accounting: 'sampled',
  cut: false,
  load: 0,
};

/** The result of a measurement that failed twice over the same candidate. */
export function failedTwice(thrown: unknown): MeasureResult {
  const message = `the harness could not measure it, twice: ${describeThrown(thrown)}`;
  return {
    outcome: crashOutcome('infrastructure', message),
    conditions: NO_CONDITIONS,
    log: '',
    wasAborted: false,
    artefactDir: '',
    discard: () => {},
  };
}
