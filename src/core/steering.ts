/**
 * What people asked for and what is in force of it: a pure fold over wishes. Knows nothing about what is done with it.
 */
import { valueOf } from './experiment.ts';
import type { LabState } from './state.ts';
import type { Wish } from './requests.ts';

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

export const unsteered: Steering = {
  paused: false,
  words: [],
  skipped: new Set(),
  vetoed: new Set(),
  pinned: [],
  replicates: 0,
  parked: [],
};

export function steered(now: Steering, wish: Wish, { t: at, from }: { t: string; from: string }): Steering {
  switch (wish.verb) {
    case 'steer':
      return { ...now, words: [...now.words, { at, from, text: wish.text }] };
    case 'forget':
      return { ...now, words: [] };
    case 'pause':
      return { ...now, paused: true };
    case 'resume':
      return { ...now, paused: false };
    case 'replicate':
      return { ...now, replicates: now.replicates + 1 };
    case 'skip':
      return { ...now, skipped: new Set([...now.skipped, wish.n]) };
    case 'pin':
      return now.pinned.includes(wish.n) ? now : { ...now, pinned: [...now.pinned, wish.n] };
    case 'park':
      return { ...now, parked: [...now.parked.filter((n) => n !== wish.n), wish.n] };
    case 'unpark':
      return { ...now, parked: now.parked.filter((n) => n !== wish.n) };
    case 'veto':
      return {
        ...unpinned(now, wish.n),
        parked: now.parked.filter((n) => n !== wish.n),
        vetoed: new Set([...now.vetoed, wish.n]),
      };
    case 'stop':
    case 'note':
      return now;
    default:
      return wish satisfies never;
  }
}

/** Why a wish cannot be obeyed as things stand, if so. */
export function objection(
  { lab, experiments, measurements, incumbent }: Pick<LabState, 'lab' | 'experiments' | 'measurements' | 'incumbent'>,
  wish: Wish,
): string | undefined {
  if (!('n' in wish)) return undefined;
  const x = experiments[wish.n];
  if (!x) return `there is no experiment #${wish.n}; the newest is #${experiments.length - 1}`;
  if (x.idea.kind !== 'idea')
    return `#${wish.n} is ${x.idea.kind === 'baseline' ? 'the baseline' : `a${x.idea.kind === 'ablation' ? 'n ablation' : ' control'}`}, not an idea`;
  if (wish.verb === 'skip' && x.state !== 'open') return `#${wish.n} is ${x.state}, not being measured`;
  if (wish.verb === 'park' && (lab?.arena.search?.branches ?? 1) < 2)
    return 'the manifest has no `search.branches` above 1: ideas start from the incumbent alone';
  if (
    wish.verb === 'park' &&
    (x.state !== 'decided' || !x.measurements.some((m) => valueOf(measurements[m]!) !== undefined))
  )
    return `#${wish.n} has no number: nothing speaks for building on it`;
  if (wish.verb === 'pin' && x.state !== 'decided' && x.state !== 'refused') return `#${wish.n} is not decided yet`;
  if (wish.verb === 'pin' && wish.n === incumbent) return `#${wish.n} is the incumbent already`;
  return undefined;
}

export const unpinned = (now: Steering, n: number): Steering => ({
  ...now,
  pinned: now.pinned.filter((k) => k !== n),
});

export const replicated = (now: Steering): Steering => ({ ...now, replicates: Math.max(0, now.replicates - 1) });
