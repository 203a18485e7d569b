/** Events of the lab, its sessions, their stages and their calls. */
import { type EventOf, payloadOf, rejectEvent, type WorkingState } from './working-state.ts';

export function openLab(state: WorkingState, event: EventOf<'lab.opened'>): void {
  if (state.lab) rejectEvent(event, 'The lab is open already.');
  state.lab = { ...event, at: event.t };
}

export function startSession(state: WorkingState, event: EventOf<'session.started'>): void {
  if (event.session !== state.sessions.length)
    rejectEvent(event, `It says session ${event.session}; the next one is ${state.sessions.length}.`);
  state.sessions.push({ start: event, startedAt: event.t });
}

export function endSession(state: WorkingState, event: EventOf<'session.ended'> | EventOf<'session.died'>): void {
  const session = state.sessions[event.session];
  if (!session || session.end)
    rejectEvent(event, `Session ${event.session} is ${session ? 'ended already' : 'unknown'}.`);
  const reason = event.type === 'session.died' ? 'died' : event.reason;
  state.sessions[event.session] = { ...session, end: { at: event.t, reason, detail: event.detail } };
}

type StageEvent = EventOf<'stage.started'> | EventOf<'stage.finished'> | EventOf<'stage.failed'>;

export function recordStage(state: WorkingState, event: StageEvent): void {
  const { key, stage } = event;
  if (event.type === 'stage.started') state.stages.set(stage, { key });
  else if (event.type === 'stage.finished') state.stages.set(stage, { key, output: event.output, wallS: event.wallS });
  else state.stages.set(stage, { key, failed: event.message });
}

export function recordCall(
  state: WorkingState,
  event: EventOf<'calling'> | EventOf<'called'> | EventOf<'advised'>,
): void {
  if (event.type === 'calling') startCall(state, event);
  else if (event.type === 'called') endCall(state, event);
  else recordAdvice(state, event);
}

function startCall(state: WorkingState, event: EventOf<'calling'>): void {
  if (event.call !== state.calls.length)
    rejectEvent(event, `It says call ${event.call}; the next one is ${state.calls.length}.`);
  state.calls.push({ start: event, at: event.t });
}

function recordAdvice(state: WorkingState, event: EventOf<'advised'>): void {
  if (state.calls[event.call]?.start.purpose !== 'advice')
    rejectEvent(event, `Call ${event.call}, which gave it, asked for no advice.`);
  state.advice.push({ at: event.t, ...payloadOf(event) });
}

function endCall(state: WorkingState, event: EventOf<'called'>): void {
  const call = state.calls[event.call];
  if (!call || call.end) rejectEvent(event, `Call ${event.call} is ${call ? 'ended already' : 'unknown'}.`);
  state.calls[event.call] = { ...call, end: event };
}
