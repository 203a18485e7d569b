/** Whether a request may be made by this sender at this time, beside whether the lab can apply it. */
import { whyOverBudget } from './agent-budget.ts';
import { whyNotClaimed } from './directions.ts';
import { whyRefused } from './request-check.ts';
import type { LabRequest } from './requests.ts';
import type { LabState } from './state.ts';

/** Why a request has no effect, as things stand at an ISO time; undefined where it has. */
export function whySenderRefused(
  state: LabState,
  request: LabRequest,
  { from, now }: { readonly from: string; readonly now: string },
): string | undefined {
  const objection = whyRefused(state, request);
  if (objection !== undefined) return objection;
  if (request.verb === 'combine' || request.verb === 'retry') return whyOverBudget(state, from);
  if (request.verb !== 'claim-direction') return undefined;
  return whyNotClaimed(state.steering.directions, { from, text: request.direction, now });
}
