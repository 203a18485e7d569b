/** What one measurement is asked for, from the plan's job and what the lab knows. */
import type { Arena } from '../core/arena.ts';
import { judgeSeedOf } from '../core/plan/seed.ts';
import { codeOf, type LabState, measurementsOf } from '../core/state.ts';
import { countTrials } from '../core/trials.ts';
import type { Job } from './lab-deps.ts';
import { expectedItems } from './lab-items.ts';
import type { MeasureRequest } from './measure.ts';
import type { Place } from './places.ts';
import { startupBoundsOf } from './startup.ts';

interface RequestContext extends Required<Pick<MeasureRequest, 'onTick' | 'onStart'>> {
  readonly state: LabState;
  readonly arena: Arena;
  readonly deviceClass: string;
  readonly createNonce: () => string;
  /** Measurements that may run at once. */
  readonly slots: number;
  /** Where it runs. */
  readonly place: Place;
}

/** Runs that start together on cores of their own wait for each other a little; on shared cores for all others. */
const waitsOf = ({ slots, place }: Pick<RequestContext, 'slots' | 'place'>): number =>
  slots > 1 && place.cores.candidate.length > 0 ? 2 : slots;

/** `m`: the number that the measurement will have. */
export function measureRequestOf(job: Job, m: number, context: RequestContext): MeasureRequest {
  const { state, arena, deviceClass, createNonce, onTick, onStart } = context;
  const { n, purpose, seed } = job;
  const baselineRuns = measurementsOf(state, 0);
  return {
    m,
    commit: codeOf(state, n)!.commit,
    seed,
    purpose,
    judgeSeed: judgeSeedOf(state, job, createNonce()),
    nonce: createNonce(),
    ...(purpose === 'holdout' && { trials: countTrials(state) }),
    screensFirst: purpose === 'idea' && !state.screenRuns.get(n)?.length,
    isScreening: purpose === 'screen',
    asksHoldout: purpose === 'holdout',
    expectedItems: expectedItems(state),
    startupBounds:
      n === 0 ? undefined : startupBoundsOf(baselineRuns, deviceClass, arena.budget.seconds, waitsOf(context)),
    onTick,
    onStart,
  };
}
