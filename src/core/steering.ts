/** The requests of people that are in force: a pure fold. Knows nothing about how they are carried out. */
import type { LabRequest } from './requests.ts';

export interface Steering {
  /** No new ideas until `resume`. */
  readonly paused: boolean;
  /** Words in force for whoever proposes, oldest first. */
  readonly words: readonly { readonly at: string; readonly from: string; readonly text: string }[];
  /** Experiments that were given up, whatever they measured. */
  readonly skipped: ReadonlySet<number>;
  /** Ideas that a person ruled out. */
  readonly vetoed: ReadonlySet<number>;
  /** Ideas that are to be tried once more and are not begun yet. */
  readonly pinned: readonly number[];
  /** Further measurements of the incumbent that are not begun yet. */
  readonly replicates: number;
  /** Experiments that ideas may start from although they were not kept. */
  readonly parked: readonly number[];
  /** The step whose claim is to be tested now. */
  readonly claim?: number;
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
    case 'confirm':
      // Without a number it is about the incumbent, which the fold knows.
      return request.n === undefined ? steering : { ...steering, claim: request.n };
    case 'stop':
    case 'note':
    case 'star':
    case 'unstar':
      return steering;
    default:
      return request satisfies never;
  }
}

export const withoutPin = (steering: Steering, other: number): Steering => ({
  ...steering,
  pinned: steering.pinned.filter((k) => k !== other),
});

/** The request for a claim is answered, or can be answered no more. */
export function withoutClaim(steering: Steering): Steering {
  const { claim: _answered, ...rest } = steering;
  return rest;
}

export const withoutReplicate = (steering: Steering): Steering => ({
  ...steering,
  replicates: Math.max(0, steering.replicates - 1),
});
