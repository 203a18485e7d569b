/**
 * What calls of agents cost, and when an agent may be asked again. Derived from the ledger alone, so that a harness
 * that was killed waits as long as one that was not. Knows nothing about agents, prices or clocks.
 */
import { createRandom, seedOf } from '../base/random.ts';
import type { CallFailure } from './agent-call.ts';
import type { RunLimits } from './session.ts';
import type { AgentCall } from './experiment.ts';
import type { LabState } from './state.ts';

export interface CallCosts {
  readonly calls: number;
  /** Input, cached input and output. */
  readonly tokens: number;
  readonly usd: number;
  /** Calls whose price nobody knows: `usd` is then too low. */
  readonly unpriced: number;
}

/** What the calls of one session cost, or of the whole lab. */
export function costOfCalls(calls: readonly AgentCall[], session?: number): CallCosts {
  let [callCount, tokens, usd, unpriced] = [0, 0, 0, 0];
  for (const { start, end } of calls) {
    if (session !== undefined && start.session !== session) continue;
    callCount++;
    if (!end?.usage) continue;
    tokens += end.usage.inputTokens + end.usage.cachedTokens + end.usage.outputTokens;
    if (end.usage.usd === undefined) unpriced++;
    else usd += end.usage.usd;
  }
  return { calls: callCount, tokens, usd, unpriced };
}

/** What may still be spent in this session, by its own limits and those of the lab; absent = no limit. */
export function budgetLeft(
  calls: readonly AgentCall[],
  session: number,
  limits: RunLimits,
): { tokens?: number; usd?: number } {
  const [sessionCosts, labCosts] = [costOfCalls(calls, session), costOfCalls(calls)];
  const remainingOf = (
    unit: 'tokens' | 'usd',
    ofSession: number | undefined,
    ofLab: number | undefined,
  ): number | undefined => {
    if (ofSession === undefined && ofLab === undefined) return undefined;
    const [sessionLeft, labLeft] = [
      (ofSession ?? Number.POSITIVE_INFINITY) - sessionCosts[unit],
      (ofLab ?? Number.POSITIVE_INFINITY) - labCosts[unit],
    ];
    return Math.max(0, Math.min(sessionLeft, labLeft));
  };
  const [tokens, usd] = [
    remainingOf('tokens', limits.tokens, limits.labTokens),
    remainingOf('usd', limits.usd, limits.labUsd),
  ];
  return { ...(tokens !== undefined && { tokens }), ...(usd !== undefined && { usd }) };
}

/**
 * Seconds before the second attempt after a failure of this class; doubled with each further one. Infinity: not again
 * in this session.
 */
const FIRST_WAIT_S: Readonly<Record<CallFailure | 'empty', number>> = {
  empty: 1,
  refused: 1,
  aborted: 0,
  crashed: 5,
  server: 5,
  'rate-limit': 10,
  hung: 30,
  login: 600,
  quota: 900,
  model: Number.POSITIVE_INFINITY,
  budget: Number.POSITIVE_INFINITY,
};
/** The longest wait: a provider that recovers is used again within half an hour. */
const MAX_WAIT_S = 1800;
/** After so many failures in a row that waiting does not heal, the agent is not asked again in this session. */
const GIVE_UP_AFTER = 10;
/** Failures that waiting heals. */
export const HEALED_BY_WAITING: readonly string[] = ['rate-limit', 'quota', 'server', 'login'];
/** Waits are longer by up to this share, so that several labs do not ask again in the same second. */
const JITTER = 0.25;

export type Readiness =
  | { readonly ready: true }
  /** Without `until` the agent is not asked again in this session. */
  | { readonly ready: false; readonly class: CallFailure | 'empty'; readonly until?: string };

/** May this agent be asked now? `waitScale` shortens every wait, for tests and the impatient. */
export function readinessOf(
  state: Pick<LabState, 'calls'>,
  agentName: string,
  session: number,
  currentTime: string,
  waitScale = 1,
): Readiness {
  const finishedCalls = state.calls.filter((call) => call.start.agent === agentName && call.end);
  const lastEnd = finishedCalls.at(-1)?.end;
  const failureClass = lastEnd && failureOf(lastEnd);
  if (!failureClass || failureClass === 'aborted') return { ready: true };
  if (!Number.isFinite(FIRST_WAIT_S[failureClass]))
    return finishedCalls.at(-1)!.start.session === session ? { ready: false, class: failureClass } : { ready: true };
  const endedAtMs = Date.parse(finishedCalls.at(-1)!.at) + lastEnd.wallS * 1000;
  const failureStreak =
    finishedCalls.length - 1 - finishedCalls.findLastIndex((call) => failureOf(call.end!) === undefined);
  const sessionFailures = finishedCalls.slice(-failureStreak).filter((call) => call.start.session === session).length;
  if (sessionFailures >= GIVE_UP_AFTER && !HEALED_BY_WAITING.includes(failureClass))
    return { ready: false, class: failureClass };
  const waitSeconds = Math.min(MAX_WAIT_S, FIRST_WAIT_S[failureClass] * 2 ** Math.min(20, failureStreak - 1));
  const jitterFactor = 1 + JITTER * createRandom(seedOf(`${agentName}/${lastEnd.call}`)).uniform();
  const retryAtMs = lastEnd.retryAt === undefined ? Number.NaN : Date.parse(lastEnd.retryAt);
  const readyAtMs = Math.ceil(
    Number.isNaN(retryAtMs)
      ? endedAtMs + waitSeconds * jitterFactor * 1000 * waitScale
      : retryAtMs + (jitterFactor - 1) * 20_000 * waitScale,
  );
  return readyAtMs <= Date.parse(currentTime)
    ? { ready: true }
    : { ready: false, class: failureClass, until: new Date(readyAtMs).toISOString() };
}

function failureOf(end: NonNullable<AgentCall['end']>): CallFailure | 'empty' | undefined {
  if (end.outcome === 'edit') return undefined;
  return end.outcome === 'empty' ? 'empty' : (end.class ?? 'crashed');
}
