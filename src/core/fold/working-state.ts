/** The state while it is folded: what may be changed in place, and how an event is refused that cannot follow. */
import { LabError } from '../../base/error.ts';
import type { EventType, LedgerEvent, Payload } from '../event.ts';
import type { Experiment } from '../experiment.ts';
import type { LabState } from '../state.ts';

type MutableContainer<T> = T extends readonly (infer E)[]
  ? E[]
  : T extends ReadonlyMap<infer K, infer V>
    ? Map<K, V>
    : T extends ReadonlySet<infer E>
      ? Set<E>
      : T;

type MutableProps<T> = { -readonly [K in keyof T]: MutableContainer<T[K]> };

/** The state as the fold sees it: containers and counters can be changed, what they hold is replaced whole. */
export type WorkingState = Omit<MutableProps<LabState>, 'counts' | 'refusals' | 'controls'> & {
  counts: MutableProps<LabState['counts']>;
  refusals: MutableProps<LabState['refusals']>;
  controls: MutableProps<LabState['controls']>;
};

export function rejectEvent(event: LedgerEvent, reason: string): never {
  throw new LabError('E_LEDGER_MOVE', {
    what: `Event ${event.seq} (${event.type}) cannot stand where it stands.`,
    why: reason,
    next: 'The ledger was edited or written by a faulty program: run `overnight audit`, and go on from a copy.',
  });
}

export type EventOf<T extends EventType> = Extract<LedgerEvent, { type: T }>;

/** An event without its envelope. */
export function payloadOf<T extends EventType>(event: EventOf<T>): Payload<T> {
  const { type, seq, v: version, prev, t: time, ...payload } = event;
  return payload as unknown as Payload<T>;
}

export function requireExperiment<S extends Experiment['state']>(
  state: WorkingState,
  event: LedgerEvent,
  n: number,
  ...states: S[]
): Extract<Experiment, { state: S }> {
  const experiment = state.experiments[n];
  if (!experiment || !(states as string[]).includes(experiment.state))
    rejectEvent(event, `Experiment ${n} is ${experiment ? experiment.state : 'unknown'}, not ${states.join(' or ')}.`);
  return experiment as Extract<Experiment, { state: S }>;
}
