/**
 * What the calls of agents say: what was spent, and whom it is worth asking again, and when. Derived from the ledger
 * alone, so that a harness that was killed waits as patiently as one that was not. Knows nothing about agents, prices
 * or clocks.
 */
import { random, seedOf } from '../base/random.ts';
import type { CallFailure, RunLimits } from './event.ts';
import type { Call } from './experiment.ts';
import type { LabState } from './state.ts';

export interface Spent {
  readonly calls: number;
  /** All of them, those read from a cache too. */
  readonly tokens: number;
  readonly usd: number;
  /** Calls whose price nobody knows: `usd` is then too low. */
  readonly unpriced: number;
}

/** What the calls of one session cost, or of the whole lab. */
export function spent(calls: readonly Call[], session?: number): Spent {
  let [n, tokens, usd, unpriced] = [0, 0, 0, 0];
  for (const { start, end } of calls) {
    if (session !== undefined && start.session !== session) continue;
    n++;
    if (!end?.usage) continue;
    tokens += end.usage.inputTokens + end.usage.cachedTokens + end.usage.outputTokens;
    if (end.usage.usd === undefined) unpriced++;
    else usd += end.usage.usd;
  }
  return { calls: n, tokens, usd, unpriced };
}

/** What may still be spent, in this session and in the whole lab; absent = no bound. Never below zero. */
export function budgetLeft(
  calls: readonly Call[],
  session: number,
  limits: RunLimits,
): { tokens?: number; usd?: number } {
  const [here, ever] = [spent(calls, session), spent(calls)];
  const left = (
    what: 'tokens' | 'usd',
    ofSession: number | undefined,
    ofLab: number | undefined,
  ): number | undefined => {
    if (ofSession === undefined && ofLab === undefined) return undefined;
    const [mine, all] = [
      (ofSession ?? Number.POSITIVE_INFINITY) - here[what],
      (ofLab ?? Number.POSITIVE_INFINITY) - ever[what],
    ];
    return Math.max(0, Math.min(mine, all));
  };
  const [tokens, usd] = [left('tokens', limits.tokens, limits.labTokens), left('usd', limits.usd, limits.labUsd)];
  return { ...(tokens !== undefined && { tokens }), ...(usd !== undefined && { usd }) };
}

/**
 * Seconds before the second attempt after a failure of this class; doubled with each further one. `never` within the
 * session for the others.
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
const MOST_WAIT_S = 1800;
/** Failures in a row of a kind that waiting does not heal, after which nobody asks again in the session. */
const GIVE_UP_AFTER = 10;
const HEALED_BY_WAITING: readonly string[] = ['rate-limit', 'quota', 'server', 'login'];
/** Waits are spread by so much, lest several labs ask again in the same second. */
const JITTER = 0.25;

export type Readiness =
  | { readonly ready: true }
  /** Without `until` there is no use in asking again in this session. */
  | { readonly ready: false; readonly class: CallFailure | 'empty'; readonly until?: string };

/** May this agent be asked now? `scale` shortens every wait, for tests and the impatient. */
export function readiness(
  state: Pick<LabState, 'calls'>,
  agent: string,
  session: number,
  now: string,
  scale = 1,
): Readiness {
  const mine = state.calls.filter((call) => call.start.agent === agent && call.end);
  const last = mine.at(-1)?.end;
  const why = last && failureOf(last);
  if (!why || why === 'aborted') return { ready: true };
  if (!Number.isFinite(FIRST_WAIT_S[why]))
    return mine.at(-1)!.start.session === session ? { ready: false, class: why } : { ready: true };
  const at = Date.parse(mine.at(-1)!.at) + last.wallS * 1000;
  const failures = mine.length - 1 - mine.findLastIndex((call) => failureOf(call.end!) === undefined);
  const here = mine.slice(-failures).filter((call) => call.start.session === session).length;
  if (here >= GIVE_UP_AFTER && !HEALED_BY_WAITING.includes(why)) return { ready: false, class: why };
  const waitS = Math.min(MOST_WAIT_S, FIRST_WAIT_S[why] * 2 ** Math.min(20, failures - 1));
  const spread = 1 + JITTER * random(seedOf(`${agent}/${last.call}`)).uniform();
  const told = last.retryAt === undefined ? Number.NaN : Date.parse(last.retryAt);
  const until = Math.ceil(
    Number.isNaN(told) ? at + waitS * spread * 1000 * scale : told + (spread - 1) * 20_000 * scale,
  );
  return until <= Date.parse(now)
    ? { ready: true }
    : { ready: false, class: why, until: new Date(until).toISOString() };
}

function failureOf(end: NonNullable<Call['end']>): CallFailure | 'empty' | undefined {
  if (end.outcome === 'edit') return undefined;
  return end.outcome === 'empty' ? 'empty' : (end.class ?? 'crashed');
}
