/** The requests of people that are in force: a pure fold. Knows nothing about how they are carried out. */
import { defined } from '../base/defined.ts';
import type { AgentNote } from './agent-call.ts';
import { type AgentBudget, EVERY_AGENT } from './agent-budget.ts';
import { type Direction, directionEnd, withDirection, withoutDirection } from './directions.ts';
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
  /** Decided experiments other than the incumbent that are to be measured once more, oldest request first. */
  readonly replicated: readonly number[];
  /** Ideas that are to be made of the changes of earlier ones, oldest request first. */
  readonly builds: readonly Build[];
  /** Who gave up which idea, and why. */
  readonly givenUp: ReadonlyMap<number, { readonly from: string; readonly because: string }>;
  /** Where agents are looking, oldest first; expired ones are forgotten with the next claim. */
  readonly directions: readonly Direction[];
  /** What each agent may spend, by its name. */
  readonly agentBudgets: ReadonlyMap<string, AgentBudget>;
}

/** An idea to be made of earlier changes. */
export interface Build {
  /** The request that asks for it. */
  readonly id: string;
  readonly from: string;
  /** Experiments whose changes are merged, in this order. */
  readonly of: readonly number[];
  /** The experiment whose code they are merged onto; the incumbent when absent. */
  readonly on?: number;
  /** A single change that is tried again on purpose. */
  readonly isRetry?: true;
  readonly hypothesis?: string;
  readonly note?: AgentNote;
}

export const NO_STEERING: Steering = {
  paused: false,
  words: [],
  skipped: new Set(),
  vetoed: new Set(),
  pinned: [],
  replicates: 0,
  parked: [],
  replicated: [],
  builds: [],
  givenUp: new Map(),
  directions: [],
  agentBudgets: new Map(),
};

export function applyToSteering(
  steering: Steering,
  request: LabRequest,
  { t: at, from, id = '' }: { t: string; from: string; id?: string },
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
      return request.n === undefined
        ? { ...steering, replicates: steering.replicates + 1 }
        : { ...steering, replicated: [...steering.replicated, request.n] };
    case 'combine':
    case 'retry':
      return { ...steering, builds: [...steering.builds, buildOf(request, id, from)] };
    case 'give-up':
      return {
        ...steering,
        skipped: new Set([...steering.skipped, request.n]),
        givenUp: new Map([...steering.givenUp, [request.n, { from, because: request.because }]]),
      };
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
    case 'claim-direction':
    case 'release-direction':
    case 'budget':
      return applyToTeam(steering, request, { at, from, id });
    case 'stop':
    case 'note':
    case 'star':
    case 'unstar':
      return steering;
    default:
      return request satisfies never;
  }
}

/** What agents agree on, and what a person lets each of them spend. */
function applyToTeam(
  steering: Steering,
  request: Extract<LabRequest, { verb: 'claim-direction' | 'release-direction' | 'budget' }>,
  { at, from, id }: { readonly at: string; readonly from: string; readonly id: string },
): Steering {
  const { directions, agentBudgets } = steering;
  if (request.verb === 'claim-direction') {
    const claimed = { id, from, text: request.direction, at, until: directionEnd(at, request.minutes) };
    return { ...steering, directions: withDirection(directions, claimed) };
  }
  if (request.verb === 'release-direction')
    return { ...steering, directions: withoutDirection(directions, { from, text: request.direction, at }) };
  const { verb: _, agent = EVERY_AGENT, ...budget } = request;
  return { ...steering, agentBudgets: new Map([...agentBudgets, [agent, defined(budget)]]) };
}

function buildOf(request: Extract<LabRequest, { verb: 'combine' | 'retry' }>, id: string, from: string): Build {
  const { hypothesis, note } = request;
  const said = defined({ hypothesis, note: note && defined(note) });
  return request.verb === 'combine'
    ? { id, from, of: request.of, ...said }
    : { id, from, of: [request.n], isRetry: true, ...defined({ on: request.on }), ...said };
}

export const withoutBuild = (steering: Steering, id: string): Steering => ({
  ...steering,
  builds: steering.builds.filter((build) => build.id !== id),
});

/** One further measurement of `n` was begun. */
export function withoutReplicated(steering: Steering, n: number): Steering {
  const index = steering.replicated.indexOf(n);
  return index < 0 ? steering : { ...steering, replicated: steering.replicated.toSpliced(index, 1) };
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
