/** What the plan must know beside the ledger, from the parts of an open lab that know it. */
import { defined } from '../base/defined.ts';
import type { PlanContext } from '../core/plan/step.ts';
import type { LabDeps } from './lab-deps.ts';
import type { Places } from './places.ts';
import type { Proposing } from './proposing.ts';

/** Calls that may go into the repair of one candidate. */
export const MAX_REPAIRS = 2;

interface LabParts {
  readonly deps: LabDeps;
  readonly places: Places;
  readonly proposing: Proposing;
  readonly stopRequested: boolean;
  readonly isTrying: boolean;
}

export function planContextOf({ deps, places, proposing, stopRequested, isTrying }: LabParts): PlanContext {
  const { experiments, deadline, target, plateau, idleS, finalize, confirm } = deps.limits;
  const currentTime = deps.clock.now();
  const leftS = deadline === undefined ? undefined : (Date.parse(deadline) - Date.parse(currentTime)) / 1000;
  return {
    deviceClass: deps.deviceClass,
    slots: places.count,
    otherSlots: places.jobs,
    isTrying,
    hasSpareCores: deps.hasSpareCores,
    isThinking: proposing.isThinking,
    callsUnderWay: proposing.callsUnderWay,
    stopRequested,
    busyExperiments: places,
    repairs: deps.proposer.repair ? MAX_REPAIRS : 0,
    unrepairable: proposing.unrepairable,
    isRepairing: proposing.isRepairing,
    acceptsSubmissionsOnly: deps.proposer.mute === true,
    readsProfiles: deps.proposer.mute === true || deps.proposer.repair !== undefined,
    currentTime,
    ...defined({ plateau, idleS, experiments, leftS, target, finalize: finalize || undefined, confirm }),
    ...defined({ maxCalls: deps.maxCalls, ideaS: proposing.ideaS }),
  };
}
