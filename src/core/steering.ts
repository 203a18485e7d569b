/**
 * What people asked for and what is in force of it: a pure fold over wishes. Knows nothing about what is done with it.
 */
import { valueOf } from './experiment.ts';
import type { LabState } from './state.ts';
import type { LabRequest } from './requests.ts';

export interface Steering {
  readonly paused: boolean;
  /** Words in force for whoever proposes, oldest first. */
  readonly words: readonly { readonly at: string; readonly from: string; readonly text: string }[];
  /** Experiments that were given up, whatever they measured. */
  readonly skipped: ReadonlySet<number>;
  /** Ideas that a person ruled out. */
  readonly vetoed: ReadonlySet<number>;
  /** Ideas to be tried once more, and measurements of the incumbent: asked for and not yet begun. */
  readonly pinned: readonly number[];
  readonly replicates: number;
  /** Experiments that ideas may start from although they were not kept. */
  readonly parked: readonly number[];
}

export const NO_STEERING: Steering = {
  paused: false,
  words: [],
  skipped: new Set(),
  vetoed: new Set(),
  pinned: [],
  replicates: 0,
  parked: [],
};

export function applyToSteering(
  steering: Steering,
  request: LabRequest,
  { t: at, from }: { t: string; from: string },
): Steering {
  switch (request.verb) {
    case 'steer':
      return { ...steering, words: [...steering.words, { at, from, text: request.text }] };
    case 'forget':
      return { ...steering, words: [] };
    case 'pause':
      return { ...steering, paused: true };
    case 'resume':
      return { ...steering, paused: false };
    case 'replicate':
      return { ...steering, replicates: steering.replicates + 1 };
    case 'skip':
      return { ...steering, skipped: new Set([...steering.skipped, request.n]) };
    case 'pin':
      return steering.pinned.includes(request.n) ? steering : { ...steering, pinned: [...steering.pinned, request.n] };
    case 'park':
      return { ...steering, parked: [...steering.parked.filter((other) => other !== request.n), request.n] };
    case 'unpark':
      return { ...steering, parked: steering.parked.filter((other) => other !== request.n) };
    case 'veto':
      return {
        ...withoutPin(steering, request.n),
        parked: steering.parked.filter((other) => other !== request.n),
        vetoed: new Set([...steering.vetoed, request.n]),
      };
    case 'stop':
    case 'note':
      return steering;
    default:
      return request satisfies never;
  }
}

/** Why a wish cannot be obeyed as things stand, if so. */
export function whyRefused(
  { lab, experiments, measurements, incumbent }: Pick<LabState, 'lab' | 'experiments' | 'measurements' | 'incumbent'>,
  request: LabRequest,
): string | undefined {
  if (!('n' in request)) return undefined;
  const experiment = experiments[request.n];
  if (!experiment) return `there is no experiment #${request.n}; the newest is #${experiments.length - 1}`;
  if (experiment.idea.kind !== 'idea')
    return `#${request.n} is ${experiment.idea.kind === 'baseline' ? 'the baseline' : `a${experiment.idea.kind === 'ablation' ? 'n ablation' : ' control'}`}, not an idea`;
  if (request.verb === 'skip' && experiment.state !== 'open')
    return `#${request.n} is ${experiment.state}, not being measured`;
  if (request.verb === 'park' && (lab?.arena.search?.branches ?? 1) < 2)
    return 'the manifest has no `search.branches` above 1: ideas start from the incumbent alone';
  if (
    request.verb === 'park' &&
    (experiment.state !== 'decided' || !experiment.measurements.some((m) => valueOf(measurements[m]!) !== undefined))
  )
    return `#${request.n} has no number: nothing speaks for building on it`;
  if (request.verb === 'pin' && experiment.state !== 'decided' && experiment.state !== 'refused')
    return `#${request.n} is not decided yet`;
  if (request.verb === 'pin' && request.n === incumbent) return `#${request.n} is the incumbent already`;
  return undefined;
}

export const withoutPin = (steering: Steering, other: number): Steering => ({
  ...steering,
  pinned: steering.pinned.filter((k) => k !== other),
});

export const withoutReplicate = (steering: Steering): Steering => ({
  ...steering,
  replicates: Math.max(0, steering.replicates - 1),
});
