/** Whether a request of a person can be applied to a lab as it stands. */
import { valueOf } from './experiment.ts';
import type { LabState } from './state.ts';
import { isAnnotation, type LabRequest } from './requests.ts';

const KIND_NAMES = { baseline: 'the baseline', control: 'a control', ablation: 'an ablation' } as const;

/** Why a request cannot be applied as things stand; undefined where it can. */
export function whyRefused(
  { lab, experiments, measurements, incumbent }: Pick<LabState, 'lab' | 'experiments' | 'measurements' | 'incumbent'>,
  request: LabRequest,
): string | undefined {
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
