/** Events of scratch tries: asked for and ended. Nothing else of a lab follows from them. */
import { payloadOf, rejectEvent, type EventOf, type WorkingState } from './working-state.ts';

export function recordTry(state: WorkingState, event: EventOf<'try.asked'> | EventOf<'try.ended'>): void {
  if (event.type === 'try.asked') askTry(state, event);
  else endTry(state, event);
}

function askTry(state: WorkingState, event: EventOf<'try.asked'>): void {
  if (event.tryOut !== state.tries.length)
    rejectEvent(event, `It says try ${event.tryOut}; the next one is ${state.tries.length}.`);
  if (!state.experiments[event.parent]) rejectEvent(event, `Its parent ${event.parent} is unknown.`);
  state.requests.set(event.id, undefined);
  state.tries.push({ asked: payloadOf(event), at: event.t });
}

function endTry(state: WorkingState, event: EventOf<'try.ended'>): void {
  const tryOut = state.tries[event.tryOut];
  if (!tryOut || tryOut.end) rejectEvent(event, `Try ${event.tryOut} is ${tryOut ? 'ended already' : 'unknown'}.`);
  state.tries[event.tryOut] = { ...tryOut, end: payloadOf(event) };
}
