/** Lines of health, as every surface shows them. */

export type HealthCode =
  | 'failures'
  | 'refusals'
  | 'idle'
  | 'false-keeps'
  | 'far-out'
  | 'controls'
  | 'review'
  | 'noise'
  | 'drift'
  | 'holdout'
  | 'soft-limit'
  | 'screening'
  | 'branches'
  | 'stack'
  | 'exploration'
  | 'front'
  | 'calibration'
  | 'lost'
  | 'died'
  | 'ledger'
  | 'samples'
  | 'agents'
  | 'model'
  | 'machine';

/** One line of health: what, and whether a person should look at it. */
export interface HealthView {
  readonly code: HealthCode;
  readonly what: string;
  readonly text: string;
  readonly warning: boolean;
}
