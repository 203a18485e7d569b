/** Whether a request of a person can be applied to a lab as it stands. */
import { valueOf } from './experiment.ts';
import { type LabState, lineage } from './state.ts';
import { isAnnotation, type LabRequest } from './requests.ts';

const KIND_NAMES = { baseline: 'the baseline', control: 'a control', ablation: 'an ablation' } as const;

/** Why a request cannot be applied as things stand; undefined where it can. */
export function whyRefused(
  state: Pick<LabState, 'lab' | 'experiments' | 'measurements' | 'incumbent' | 'champion'>,
  request: LabRequest,
): string | undefined {
  const { lab, experiments, measurements, incumbent } = state;
  if (request.verb === 'confirm') return whyNoClaim(state, request.n);
  if (!('n' in request) || request.n === undefined) return undefined;
  const experiment = experiments[request.n];
  if (!experiment) return `there is no experiment #${request.n}; the newest is #${experiments.length - 1}`;
  if (isAnnotation(request)) return undefined;
  if (experiment.idea.kind !== 'idea') return `#${request.n} is ${KIND_NAMES[experiment.idea.kind]}, not an idea`;
  if (request.verb === 'skip' && experiment.state !== 'open')
    return `#${request.n} is ${experiment.state}, not being measured`;
  if (request.verb === 'park' && (lab?.arena.search?.branches ?? 1) < 2)
    return 'the manifest has no `search.branches` above 1: ideas start from the incumbent alone';
  if (
    request.verb === 'park' &&
    (experiment.state !== 'decided' || !experiment.measurements.some((m) => valueOf(measurements[m]!) !== undefined))
  )
    return `#${request.n} has no number, so no idea may start from it`;
  if (request.verb === 'pin' && experiment.state !== 'decided' && experiment.state !== 'refused')
    return `#${request.n} is not decided yet`;
  if (request.verb === 'pin' && request.n === incumbent) return `#${request.n} is the incumbent already`;
  return undefined;
}

/** Why the claim of `n`, of the incumbent when absent, cannot be tested. */
function whyNoClaim(
  state: Pick<LabState, 'experiments' | 'measurements' | 'incumbent' | 'champion'>,
  n: number | undefined,
): string | undefined {
  const { experiments, incumbent, champion } = state;
  if (n === undefined) {
    if (incumbent !== champion) return undefined;
    return champion === 0
      ? 'there is nothing to confirm: no idea was carried on yet'
      : `there is nothing to confirm: #${champion} is confirmed, and nothing was carried on after it`;
  }
  if (!experiments[n]) return `there is no experiment #${n}; the newest is #${experiments.length - 1}`;
  if (n === 0) return '#0 is the baseline, which every claim is compared with in the end';
  if (n === champion) return `#${n} is confirmed already`;
  if (lineage(state, champion).includes(n)) return `#${n} is a part of #${champion}, which is confirmed`;
  if (!lineage(state, incumbent).includes(n))
    return `#${n} is no step on the way to #${incumbent}, the best version so far`;
  return undefined;
}
