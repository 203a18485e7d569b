/** Candidates that are effectively the incumbent: any difference of their numbers is chance. */
import { codeOf, type LabState, measurementsOf } from '../state.ts';
import { marginSteps } from './simplicity.ts';

/**
 * Why candidate `n` is effectively the incumbent, if it is. Two cases: code that was not only shortened leaves the same
 * artefact; or a knob was moved and the configuration that the candidate echoes is the same.
 */
export function findNoOp(state: LabState, n: number, against: number, deviceClass: string): string | undefined {
  const hashesOf = (side: number, hashKind: 'artefact' | 'config'): string[] =>
    measurementsOf(state, side).flatMap((measurement) =>
      measurement.state === 'finished' && measurement.deviceClass === deviceClass && measurement.conditions[hashKind]
        ? [measurement.conditions[hashKind]]
        : [],
    );
  const sharesHash = (hashKind: 'artefact' | 'config'): boolean => {
    const againstHashes = hashesOf(against, hashKind);
    return hashesOf(n, hashKind).some((hash) => againstHashes.includes(hash));
  };
  if (marginSteps(codeOf(state, n)!) > 0 && sharesHash('artefact'))
    return `it left the same artefact as #${against}: any difference is chance`;
  if (state.experiments[n]!.idea.knobs && sharesHash('config'))
    return `its effective configuration is that of #${against}: the knob has no effect`;
  return undefined;
}
