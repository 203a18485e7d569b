/** Is it alive, and what does it do? Knows nothing about results. */
import { oneLine } from '../../base/text.ts';
import type { StopReason } from '../../core/event.ts';
import type { Measurement } from '../../core/experiment.ts';
import { values } from '../../core/state.ts';
import { type Basis, titleOf } from '../basis.ts';
import { clockTime, duration, secondsBetween, zoneName } from '../format.ts';
import type { LabStateKind, NowView, StateView } from '../types.ts';

/** Silence after which a living run is called stalled: nothing may take longer without an event. */
const SILENCE_FACTOR = 4;
const SILENCE_S = 120;

const KINDS: Readonly<Record<StopReason | 'died', LabStateKind>> = {
  experiments: 'finished',
  target: 'finished',
  finalized: 'finished',
  'proposer exhausted': 'finished',
  plateau: 'finished',
  budget: 'stopped on budget',
  idle: 'broken',
  deadline: 'stopped on budget',
  asked: 'stopped by person',
  interrupted: 'stopped by person',
  stuck: 'broken',
  error: 'broken',
  died: 'died',
};

export function stateView(b: Basis, lastSign: string): StateView {
  const { state, facts } = b;
  const time = (iso: string): string => `${clockTime(iso, b.zone)} ${zoneName(b.zone)}`;
  if (facts.ledgerProblem) {
    const at = state.lastAt ? `; shown is the state of ${time(state.lastAt)}` : '';
    return {
      kind: 'broken',
      text: `broken: ${oneLine(facts.ledgerProblem, 300).replace(/\.$/, '')}${at}`,
      at: state.lastAt,
    };
  }
  const session = state.sessions.at(-1);
  if (!session) return { kind: 'never run', text: 'never run' };
  if (!session.end) return facts.alive ? livingState(b) : diedState(lastSign, time, 'the process is gone');
  const { reason, detail, at } = session.end;
  if (reason === 'died') return diedState(lastSign, time, detail);
  const kind = KINDS[reason];
  const words = kind === 'broken' ? `broken at ${time(at)} because` : `${kind} at ${time(at)}:`;
  return { kind, text: `${words} ${oneLine(detail, 300) || reason}`, at };
}

function diedState(at: string, time: (iso: string) => string, detail: string): StateView {
  return { kind: 'died', text: `died at ${time(at)} because ${oneLine(detail, 300)}`, at };
}

function livingState(b: Basis): StateView {
  const { state, facts } = b;
  const silent = secondsBetween(state.lastAt, facts.now);
  const { wall_s, grace_s } = b.arena.budget;
  const patience = facts.patienceS ?? Math.max(SILENCE_S, SILENCE_FACTOR * b.typicalS, wall_s + grace_s + SILENCE_S);
  if (silent > patience)
    return { kind: 'stalled', text: `stalled: nothing was recorded for ${duration(silent)}`, at: state.lastAt };
  return { kind: 'running', text: `running: ${activity(b)}` };
}

function activity(b: Basis): string {
  const { state } = b;
  const [first] = state.running;
  const m = first === undefined ? undefined : state.measurements[first];
  if (m) return `${nowText(b, m)}${state.running.size > 1 ? ` and ${state.running.size - 1} more` : ''}`;
  for (const [stage, record] of state.stages)
    if (record.output === undefined && record.failed === undefined) return `${stage}`;
  if (state.measurements.length === 0) return 'getting ready';
  return state.steering.paused ? 'paused by a person, no new ideas until `resume`' : 'waiting for the next idea';
}

/** What a measurement is for, in words. */
export function purposeText(b: Basis, m: Measurement): string {
  switch (m.purpose) {
    case 'screen':
      return `a short run of #${m.n}`;
    case 'calibrate':
      return `measuring the noise, repeat ${values(b.state, 0, m.deviceClass).length + 1} of ${b.arena.calibrate.replicates}`;
    case 'idea':
      return `#${m.n}`;
    case 'replicate':
      return `#${m.n} again`;
    case 'confirm':
      return `confirming #${m.claim}: fresh measurement of #${m.n}`;
    case 'drift':
      return `looking for drift: #${m.n} again`;
    case 'final':
      return `the last comparison: #${m.n}`;
    case 'holdout':
      return `#${m.n} before the holdout`;
    default:
      return m.purpose satisfies never;
  }
}

function nowText(b: Basis, m: Measurement): string {
  const titled = m.purpose === 'idea' || m.purpose === 'replicate';
  return titled ? `${purposeText(b, m)} ${titleOf(b.state, m.n)}` : purposeText(b, m);
}

export function nowViews(b: Basis): NowView[] {
  return [...b.state.running].map((k) => {
    const m = b.state.measurements[k]!;
    return {
      m: m.m,
      n: m.n,
      purpose: m.purpose,
      startedAt: m.startedAt,
      elapsedS: Math.max(0, secondsBetween(m.startedAt, b.facts.now)),
      text: nowText(b, m),
    };
  });
}

/** Which agent is asked for what, while a living harness waits for it. */
export function thinkingPart(b: Basis): { readonly thinking?: string } {
  const call = b.state.calls.at(-1);
  if (!call || call.end || !b.facts.alive) return {};
  const { agent, model, n, purpose } = call.start;
  const who = oneLine(model ? `${agent} (${model})` : agent, 80);
  const what = purpose === 'repair' ? `to repair #${n}` : `for idea #${n}`;
  return { thinking: `${who} is asked ${what}, ${duration(Math.max(0, secondsBetween(call.at, b.facts.now)))}` };
}
