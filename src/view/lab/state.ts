/** Is it alive, and what does it do? Knows nothing about results. */
import { oneLine } from '../../base/text.ts';
import type { StopReason } from '../../core/session.ts';
import type { Measurement } from '../../core/experiment.ts';
import { values } from '../../core/state.ts';
import { type Basis, titleOf } from '../basis.ts';
import { runningGuards, runningGuardsText } from './guards.ts';
import { clockTime, formatDuration, secondsBetween, zoneName } from '../format.ts';
import type { LabState } from '../../core/state.ts';
import type { LabStateKind, NowView, StateView } from '../types.ts';

/** Silence after which a living run is called stalled: nothing may take longer without an event. */
const SILENCE_FACTOR = 4;
const SILENCE_S = 120;

const STATE_KINDS: Readonly<Record<StopReason | 'died', LabStateKind>> = {
  experiments: 'finished',
  target: 'finished',
  finalized: 'finished',
  'proposer exhausted': 'finished',
  plateau: 'finished',
  budget: 'stopped on budget',
  idle: 'broken',
  'agents failing': 'broken',
  deadline: 'stopped on budget',
  asked: 'stopped by person',
  interrupted: 'stopped by person',
  stuck: 'broken',
  error: 'broken',
  died: 'died',
};

/** The state of the lab; a pause in force is said whatever else it does. */
export function stateView(basis: Basis, lastSign: string): StateView {
  const view = stateWithoutPause(basis, lastSign);
  const isSaid = !basis.state.steering.paused || view.text.includes(PAUSED) || view.isRecordDamaged;
  return isSaid ? view : { ...view, text: `${PAUSED}; ${view.text}` };
}

const PAUSED = 'paused by a person, no new ideas until `resume`';

function stateWithoutPause(basis: Basis, lastSign: string): StateView {
  const { state, facts } = basis;
  const formatTime = (timestamp: string): string => `${clockTime(timestamp, basis.zone)} ${zoneName(basis.zone)}`;
  if (facts.ledgerProblem) {
    const suffix = state.lastAt ? `; shown is the state of ${formatTime(state.lastAt)}` : '';
    return {
      kind: 'broken',
      text: `broken: ${oneLine(facts.ledgerProblem, 300).replace(/\.$/, '')}${suffix}`,
      at: state.lastAt,
      isRecordDamaged: true,
    };
  }
  const session = state.sessions.at(-1);
  if (!session) return { kind: 'never run', text: 'never run' };
  if (!session.end) return facts.alive ? livingState(basis) : diedState(lastSign, formatTime, 'the process is gone');
  const { reason, detail, at } = session.end;
  if (reason === 'died') return diedState(lastSign, formatTime, detail);
  const kind = STATE_KINDS[reason];
  const opening = kind === 'broken' ? `broken at ${formatTime(at)} because` : `${kind} at ${formatTime(at)}:`;
  return { kind, text: `${opening} ${oneLine(detail, 300) || reason}`, at };
}

/** `diedAt` is its last sign of life: when it died, nobody saw. */
function diedState(diedAt: string, formatTime: (timestamp: string) => string, detail: string): StateView {
  return { kind: 'died', text: `died after ${formatTime(diedAt)} because ${oneLine(detail, 300)}`, at: diedAt };
}

function livingState(basis: Basis): StateView {
  const { state, facts } = basis;
  const silentS = secondsBetween(state.lastAt, facts.now);
  const { wall_s, grace_s } = basis.arena.budget;
  const guardsS = basis.arena.guards.reduce((total, guard) => total + guard.wall_s, 0);
  const patienceS =
    facts.patienceS ??
    Math.max(SILENCE_S, SILENCE_FACTOR * basis.typicalS, wall_s + grace_s + SILENCE_S, guardsS + SILENCE_S);
  if (silentS > patienceS)
    return { kind: 'stalled', text: `stalled: nothing was recorded for ${formatDuration(silentS)}`, at: state.lastAt };
  return { kind: 'running', text: `running: ${activityText(basis)}` };
}

function activityText(basis: Basis): string {
  const { state } = basis;
  const [firstRunning] = state.running;
  const measurement = firstRunning === undefined ? undefined : state.measurements[firstRunning];
  if (measurement)
    return `${nowText(basis, measurement)}${state.running.size > 1 ? ` and ${state.running.size - 1} more` : ''}`;
  const guardRun = runningGuards(state);
  if (guardRun) return runningGuardsText(guardRun);
  for (const [stage, record] of state.stages)
    if (record.output === undefined && record.failed === undefined) return `${stage}`;
  if (state.measurements.length === 0) return 'starting';
  return state.steering.paused ? PAUSED : 'waiting for the next idea';
}

/** What a measurement is for, in words. */
export function purposeText(basis: Basis, measurement: Measurement): string {
  switch (measurement.purpose) {
    case 'screen':
      return `screening #${measurement.n}`;
    case 'calibrate':
      return `measuring the noise, repeat ${values(basis.state, 0, measurement.deviceClass).length + 1} of ${basis.arena.calibrate.replicates}`;
    case 'idea':
      return `#${measurement.n}`;
    case 'replicate':
      return `#${measurement.n} again`;
    case 'confirm':
      return `confirming #${measurement.claim}: fresh measurement of #${measurement.n}`;
    case 'drift':
      return `checking for drift: #${measurement.n} again`;
    case 'final':
      return `final comparison: #${measurement.n}`;
    case 'holdout':
      return `#${measurement.n} on the holdout`;
    default:
      return measurement.purpose satisfies never;
  }
}

function nowText(basis: Basis, measurement: Measurement): string {
  const hasTitle = measurement.purpose === 'idea' || measurement.purpose === 'replicate';
  return hasTitle
    ? `${purposeText(basis, measurement)} ${titleOf(basis.state, measurement.n)}`
    : purposeText(basis, measurement);
}

export function nowViews(basis: Basis): NowView[] {
  return [...basis.state.running].map((index) => {
    const measurement = basis.state.measurements[index]!;
    return {
      m: measurement.m,
      n: measurement.n,
      purpose: measurement.purpose,
      startedAt: measurement.startedAt,
      elapsedS: Math.max(0, secondsBetween(measurement.startedAt, basis.facts.now)),
      text: nowText(basis, measurement),
    };
  });
}

/** Which agent is asked for what, while a living harness waits for it. */
export function thinkingPart(basis: Basis): { readonly thinking?: string } {
  const call = basis.state.calls.at(-1);
  if (!call || call.end || !basis.facts.alive) return {};
  const { agent, model, n, purpose } = call.start;
  const agentName = oneLine(model ? `${agent} (${model})` : agent, 80);
  const tasks = { repair: `to repair #${n}`, idea: `for idea #${n}`, advice: `for advice before #${n}` };
  const task = tasks[purpose];
  return {
    thinking: `${agentName} is asked ${task}, ${formatDuration(Math.max(0, secondsBetween(call.at, basis.facts.now)))}`,
  };
}

/** A measurement that came to nothing, while a person watches. */
export const lostLine = (
  { measurements }: LabState,
  { m, reason }: { readonly m: number; readonly reason: string },
): string =>
  `a measurement of #${measurements[m]?.n ?? '?'} came to nothing and will be repeated: ${oneLine(reason, 300)}`;
