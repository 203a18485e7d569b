/**
 * `overnight doctor --slots 4`: the unchanged code measured in all slots at once, beside its numbers when it runs
 * alone. Neighbours share caches, memory and the clock of the processor, so they may change the number, or its noise.
 */
import { LabError } from '../base/error.ts';
import { formatCount } from '../base/text.ts';
import type { Noise } from '../base/stats.ts';
import type { Proposer, Sandbox } from '../core/ports.ts';
import type { SlotsWanted } from '../app/choose-places.ts';
import { openLab } from '../app/open-lab.ts';
import { removeTree } from '../os/files.ts';
import { DOCTOR_TAG, labPaths } from '../os/paths.ts';
import { decimalsOfExact, decimalsOfSpread, formatFixed, spreadText } from '../view/format.ts';
import type { DoctorCheck } from './doctor-check.ts';
import type { Progress } from './progress.ts';

const nobody: Proposer = { name: 'doctor', propose: async () => ({ kind: 'none', reason: 'nothing is tried' }) };
/** Standard errors beyond which the mean has moved, and the factor beyond which it is noisier: few runs say no less. */
const MOVED_Z = 3;
const NOISIER_FACTOR = 3;

/** `alone`: the repeats in turn. Where so many slots cannot be had, the check fails with the reason. */
export async function checkNeighbours(
  folder: string,
  sandbox: Sandbox,
  progress: Progress,
  wanted: SlotsWanted,
  alone: Noise,
): Promise<DoctorCheck> {
  const doctorPaths = labPaths(folder, DOCTOR_TAG);
  removeTree(doctorPaths.lab);
  try {
    progress.updateShare(undefined, 'measuring the unchanged code in all slots at once');
    const opened = await openLab({
      folder,
      tag: DOCTOR_TAG,
      sandbox,
      slots: wanted,
      calibrate: alone.n,
      proposer: nobody,
      command: 'doctor',
    });
    await opened.run();
    const slots = opened.state.sessions.at(-1)!.start.slots ?? 1;
    if (slots === 1) return oneSlot;
    return compareNeighbours(slots, alone, [...opened.state.noise.values()][0]!.calibrated!);
  } catch (thrown) {
    if (!(thrown instanceof LabError)) throw thrown;
    const { what, why, next } = thrown.parts;
    return { name: 'neighbours', ok: false, detail: `${what} ${why}`, fix: next };
  } finally {
    removeTree(doctorPaths.lab);
  }
}

const oneSlot: DoctorCheck = {
  name: 'neighbours',
  ok: true,
  detail: 'this machine has room for one measurement at a time, so it has none',
};

/** Both sides as mean ± deviation; a warning where neighbours change either. Pure. */
export function compareNeighbours(slots: number, alone: Noise, beside: Noise): DoctorCheck {
  const decimals = decimalsOfSpread(Math.max(alone.sigma, beside.sigma)) ?? decimalsOfExact([alone.mean, beside.mean]);
  const textOf = ({ mean, sigma }: Noise): string =>
    `${formatFixed(mean, decimals)} with a deviation of ${sigma === 0 ? 0 : spreadText(sigma)}`;
  const shift = beside.mean - alone.mean;
  const standardError = Math.sqrt(alone.sigma ** 2 / alone.n + beside.sigma ** 2 / beside.n);
  const hasMoved = standardError === 0 ? shift !== 0 : Math.abs(shift) > MOVED_Z * standardError;
  const isNoisier = beside.sigma > NOISIER_FACTOR * alone.sigma && beside.sigma > 0;
  const percent = spreadText((100 * Math.abs(shift)) / Math.abs(alone.mean || 1));
  const findings = [
    ...(hasMoved ? [`the number moves by ${percent} %`] : []),
    ...(isNoisier ? ['the noise is more than three times as large'] : []),
  ];
  const both = `${textOf(beside)} with ${slots} at once, ${textOf(alone)} alone`;
  if (findings.length === 0) return { name: 'neighbours', ok: true, detail: `${both}: \`--slots ${slots}\` is fine` };
  const fewer = Math.floor(slots / 2);
  return {
    name: 'neighbours',
    ok: true,
    warning: true,
    detail: `${both}: ${findings.join(', and ')}`,
    fix: `${fewer > 1 ? `try ${formatCount(fewer, 'slot')}, or ` : ''}measure one at a time; \`resources: { exclusive: true }\` says so in arena.yaml`,
  };
}
