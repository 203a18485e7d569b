/**
 * One call of an agent as the gateway knows it: its token, its account, what went wrong, what the model told it to do,
 * and when to give up on its behalf (agents retry for minutes, or hang for ever). Knows nothing about sockets.
 */
import { randomBytes } from 'node:crypto';
import type { Usage } from '../../core/event.ts';
import { Account, type Allowance } from './account.ts';
import type { ToolCall } from './apis.ts';
import type { ProviderFailure } from './classify.ts';

export interface CallOptions {
  readonly allowance: Allowance;
  /** The budgets around this call. */
  readonly within?: Account | undefined;
  /** Hosts that a tunnel may be opened to, `name:port`: only for a login that cannot go through the gateway. */
  readonly tunnelHosts?: readonly string[];
  /** Empty folder for the socket of the call, removed by the caller; one is made when absent. */
  readonly socketDir?: string;
  /** Called once when going on is pointless: end the agent. */
  readonly onGiveUp?: (failure: ProviderFailure) => void;
}

/** What became of a call, as seen from the gateway. */
export interface CallReport {
  /** `undefined` when no request was answered. */
  readonly usage: Usage | undefined;
  /** Requests that arrived, answered or not. */
  readonly requests: number;
  /** Why the work could not go on: the last request of the work failed and none after it succeeded. */
  readonly failure: ProviderFailure | undefined;
  /** What was refused by the gateway itself, once each. */
  readonly refused: readonly string[];
  readonly toolCalls: readonly ToolCall[];
  /** Model that was asked most. */
  readonly model: string | undefined;
  /** Milliseconds from the first request on that at least one was open: what the model took, as far as we see. */
  readonly modelMs: number;
}

/**
 * How many failures of a kind in a row are enough. A rate limit is waited for by the agent itself unless the wait is
 * long.
 */
const MAX_FAILURES: Readonly<Record<string, number>> = {
  'rate-limit': 6,
  quota: 1,
  server: 4,
  login: 2,
  model: 2,
  hung: 1,
  budget: 1,
  refused: 3,
};
/** A wait that the harness can use for something better. */
const LONG_WAIT_MS = 20_000;
const MAX_TOOL_CALLS = 500;

export class GatewayCall {
  /** What the agent is given in place of a key. */
  readonly token = `overnight-${randomBytes(16).toString('hex')}`;
  readonly account: Account;
  readonly tunnelHosts: readonly string[];
  readonly #onGiveUp: ((failure: ProviderFailure) => void) | undefined;
  readonly #refused = new Set<string>();
  readonly #toolCalls = new Map<string, ToolCall>();
  readonly #models = new Map<string, number>();
  #requests = 0;
  #failuresInRow = 0;
  #failure: ProviderFailure | undefined;
  #gaveUp = false;
  #workSucceeded = false;
  #openRequests = 0;
  #openSince = 0;
  #modelMs = 0;

  constructor({ allowance, within, tunnelHosts = [], onGiveUp }: CallOptions) {
    this.account = new Account('this call', allowance, within);
    this.tunnelHosts = tunnelHosts;
    this.#onGiveUp = onGiveUp;
  }

  recordRequest(modelName: string, toolCalls: readonly ToolCall[], nowMs: number): void {
    this.#requests++;
    this.#models.set(modelName, (this.#models.get(modelName) ?? 0) + 1);
    for (const toolCall of toolCalls)
      if (this.#toolCalls.size < MAX_TOOL_CALLS) this.#toolCalls.set(toolCall.id, toolCall);
    if (this.#openRequests++ === 0) this.#openSince = nowMs;
  }

  recordEnd(nowMs: number): void {
    if (--this.#openRequests === 0) this.#modelMs += nowMs - this.#openSince;
  }

  recordSuccess(isWork: boolean): void {
    if (!isWork && this.#workSucceeded) return; // a title beside the work says nothing about the work
    this.#workSucceeded ||= isWork;
    this.#failure = undefined;
    this.#failuresInRow = 0;
  }

  recordFailure(failure: ProviderFailure, isWork: boolean, nowMs: number): void {
    if (!isWork && this.#workSucceeded) return;
    this.#failuresInRow = this.#failure?.class === failure.class ? this.#failuresInRow + 1 : 1;
    this.#failure = failure;
    const waitMs = failure.retryAt === undefined ? 0 : Date.parse(failure.retryAt) - nowMs;
    const shouldGiveUp =
      this.#failuresInRow >= (MAX_FAILURES[failure.class] ?? 1) ||
      (failure.class !== 'server' && waitMs > LONG_WAIT_MS);
    if (!shouldGiveUp || this.#gaveUp) return;
    this.#gaveUp = true;
    this.#onGiveUp?.(failure);
  }

  /** Something that the gateway does not let through. */
  recordRefusal(description: string): void {
    if (this.#refused.size < 50) this.#refused.add(description);
  }

  buildReport(): CallReport {
    const mostAsked = [...this.#models].sort((left, right) => right[1] - left[1])[0];
    return {
      usage: this.account.usage,
      requests: this.#requests,
      failure: this.#failure,
      refused: [...this.#refused],
      toolCalls: [...this.#toolCalls.values()],
      model: mostAsked?.[0],
      modelMs: this.#modelMs,
    };
  }
}
