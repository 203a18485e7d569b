/** Conclusions from numbers that are already in the ledger: noise, confirmed claims, the final comparison. */
import { defined } from '../base/defined.ts';
import { noiseOf } from '../base/stats.ts';
import { finalResult } from '../core/plan/finalize.ts';
import type { Step } from '../core/plan/step.ts';
import type { Ledger } from '../core/ports.ts';
import { judgeClaim } from '../core/rules/claims.ts';
import { calibrateItems } from '../core/rules/item-calibration.ts';
import { decidesByItems } from '../core/rules/item-comparison.ts';
import { values } from '../core/state.ts';

export interface ConclusionDeps {
  readonly ledger: Ledger;
  readonly deviceClass: string;
}

type ConclusionStep = Extract<Step, { do: 'calibrate' | 'confirm' | 'finalize' }>;

export function recordConclusion(deps: ConclusionDeps, step: ConclusionStep): void {
  if (step.do === 'calibrate') recordCalibration(deps);
  else if (step.do === 'confirm') recordConfirmation(deps, step.n, step.against);
  else recordFinalResult(deps);
}

/** Record the noise of this device class, from the repeats of the baseline. */
function recordCalibration({ ledger, deviceClass }: ConclusionDeps): void {
  const items = decidesByItems(ledger.state) ? calibrateItems(ledger.state, deviceClass) : undefined;
  const noise = noiseOf(values(ledger.state, 0, deviceClass));
  ledger.append({ type: 'calibrated', deviceClass, noise, ...defined({ items }) });
}

/** Record whether experiment `n` is better than `against`, where the claim can be judged. */
function recordConfirmation({ ledger, deviceClass }: ConclusionDeps, n: number, against: number): void {
  const confirmation = judgeClaim(ledger.state, n, against, deviceClass);
  if (confirmation) ledger.append({ type: 'confirmation', n, against, ...confirmation });
}

/** Record the comparison of the result with the baseline, where there is one. */
function recordFinalResult({ ledger, deviceClass }: ConclusionDeps): void {
  const finalComparison = finalResult(ledger.state, deviceClass);
  if (finalComparison) ledger.append({ type: 'finalized', ...finalComparison });
}
