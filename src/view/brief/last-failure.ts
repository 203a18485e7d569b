/** The newest failure of a lab: of a measurement, or of a guard. */
import type { FailureClass } from '../../core/outcome.ts';
import type { LabState } from '../../core/state.ts';

export interface LastFailure {
  readonly n: number;
  readonly class: FailureClass;
  readonly message: string;
  /** Blob of what was printed. */
  readonly log?: string | undefined;
}

export function lastFailure({ measurements, guardRuns }: LabState): LastFailure | undefined {
  const measurement = measurements.findLast((run) => run.state === 'finished' && run.outcome.kind !== 'measured');
  const guards = guardRuns.findLast((run) => run.state === 'finished' && run.failure !== undefined);
  const ofGuards =
    guards?.state === 'finished' && guards.failure
      ? { at: guards.at, n: guards.n, ...guards.failure, log: guards.log }
      : undefined;
  if (measurement?.state !== 'finished' || measurement.outcome.kind === 'measured') return ofGuards;
  if (ofGuards && ofGuards.at > measurement.at) return ofGuards;
  const { class: failureClass, message } = measurement.outcome;
  return { n: measurement.n, class: failureClass, message, log: measurement.conditions.log };
}
