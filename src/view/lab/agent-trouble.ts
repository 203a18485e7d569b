/** Agents whose calls give nothing: since when, why, and when the next call comes. */
import { formatCount, oneLine } from '../../base/text.ts';
import { readinessOf } from '../../core/calls.ts';
import type { LabState } from '../../core/state.ts';
import { formatDuration } from '../format.ts';
import type { HealthView } from '../health-types.ts';

interface FailedCalls {
  readonly agent: string;
  /** Calls in a row without an idea, in this session. */
  readonly count: number;
  readonly message: string;
}

/** The agent that was called last, where that call gave nothing. */
function failedCalls(state: LabState): FailedCalls | undefined {
  const session = state.sessions.length - 1;
  const finished = state.calls.filter(
    ({ start, end }) => start.purpose !== 'advice' && start.session === session && end && isAnswer(end),
  );
  const last = finished.at(-1);
  if (!last || last.end!.outcome === 'edit') return undefined;
  const ofAgent = finished.filter(({ start }) => start.agent === last.start.agent);
  const count = ofAgent.length - 1 - ofAgent.findLastIndex(({ end }) => end!.outcome === 'edit');
  const message = oneLine(last.end!.message ?? last.end!.class ?? 'no idea', 200).replace(/[.\s]+$/, '');
  return { agent: last.start.agent, count, message };
}

const isAnswer = ({ outcome, class: kind }: { readonly outcome: string; readonly class?: string }): boolean =>
  outcome !== 'lost' && kind !== 'aborted';

/** A line under Health; none while agents answer. */
export function agentTroubleLines(state: LabState): HealthView[] {
  const failed = failedCalls(state);
  if (!failed) return [];
  const { agent, count, message } = failed;
  const text = `${agent} gave no idea in ${count === 1 ? 'its last call' : `its last ${formatCount(count, 'call')}`}: ${message}`;
  return [{ code: 'agents', what: 'Agents', text, warning: true }];
}

/** The permanent line of a call that just gave nothing; only of the first in a row, or when the reason is another. */
export function failedCallLine(state: LabState, currentTime: string): string | undefined {
  const failed = state.calls.at(-1)?.start.purpose === 'advice' ? undefined : failedCalls(state);
  if (!failed || !isNews(state, failed)) return undefined;
  const readiness = readinessOf(state, failed.agent, state.sessions.length - 1, currentTime);
  if (readiness.ready) return `${failed.agent}: ${failed.message}; trying again at once`;
  if (readiness.until === undefined) return `${failed.agent}: ${failed.message}; not asked again in this session`;
  const waitS = Math.max(1, Math.round((Date.parse(readiness.until) - Date.parse(currentTime)) / 1000));
  return `${failed.agent}: ${failed.message}; trying again in ${formatDuration(waitS)}`;
}

function isNews(state: LabState, { agent, count }: FailedCalls): boolean {
  if (count === 1) return true;
  const [earlier, last] = state.calls
    .filter(({ start, end }) => start.agent === agent && end && isAnswer(end))
    .slice(-2);
  return earlier?.end?.message !== last?.end?.message;
}
