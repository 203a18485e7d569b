/**
 * One call of an agent as the gateway knows it: its token, its account, what went wrong, what the model told it to do,
 * and when to give up on its behalf (agents retry for minutes, or hang for ever). Knows nothing about sockets.
 */
import { randomBytes } from 'node:crypto';
import type { Usage } from '../../core/event.ts';
import { Account, type Allowance } from './account.ts';
import type { ToolCall } from './apis.ts';
import type { Failure } from './classify.ts';

export interface CallOptions {
  readonly allowance: Allowance;
  /** The budgets around this call. */
  readonly within?: Account | undefined;
  /** Hosts that a tunnel may be opened to, `name:port`: only for a login that cannot go through the gateway. */
  readonly hosts?: readonly string[];
  /** Empty folder for the socket of the call, removed by the caller; one is made when absent. */
  readonly socketDir?: string;
  /** Called once when going on is pointless: end the agent. */
  readonly onGiveUp?: (failure: Failure) => void;
}

/** What became of a call, as seen from the gateway. */
export interface CallReport {
  /** `undefined` when no request was answered. */
  readonly usage: Usage | undefined;
  /** Requests that arrived, answered or not. */
  readonly requests: number;
  /** Why the work could not go on: the last request of the work failed and none after it succeeded. */
  readonly failure: Failure | undefined;
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
const ENOUGH: Readonly<Record<string, number>> = {
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
const MOST_TOOL_CALLS = 500;

export class GatewayCall {
  /** What the agent is given in place of a key. */
  readonly token = `overnight-${randomBytes(16).toString('hex')}`;
  readonly account: Account;
  readonly hosts: readonly string[];
  readonly #onGiveUp: ((failure: Failure) => void) | undefined;
  readonly #refused = new Set<string>();
  readonly #toolCalls = new Map<string, ToolCall>();
  readonly #models = new Map<string, number>();
  #requests = 0;
  #inRow = 0;
  #failure: Failure | undefined;
  #given = false;
  #worked = false;
  #open = 0;
  #openSince = 0;
  #modelMs = 0;

  constructor({ allowance, within, hosts = [], onGiveUp }: CallOptions) {
    this.account = new Account('this call', allowance, within);
    this.hosts = hosts;
    this.#onGiveUp = onGiveUp;
  }

  asked(model: string, calls: readonly ToolCall[], nowMs: number): void {
    this.#requests++;
    this.#models.set(model, (this.#models.get(model) ?? 0) + 1);
    for (const call of calls) if (this.#toolCalls.size < MOST_TOOL_CALLS) this.#toolCalls.set(call.id, call);
    if (this.#open++ === 0) this.#openSince = nowMs;
  }

  over(nowMs: number): void {
    if (--this.#open === 0) this.#modelMs += nowMs - this.#openSince;
  }

  succeeded(isWork: boolean): void {
    if (!isWork && this.#worked) return; // a title beside the work says nothing about the work
    this.#worked ||= isWork;
    this.#failure = undefined;
    this.#inRow = 0;
  }

  failed(failure: Failure, isWork: boolean, nowMs: number): void {
    if (!isWork && this.#worked) return;
    this.#inRow = this.#failure?.class === failure.class ? this.#inRow + 1 : 1;
    this.#failure = failure;
    const wait = failure.retryAt === undefined ? 0 : Date.parse(failure.retryAt) - nowMs;
    const enough = this.#inRow >= (ENOUGH[failure.class] ?? 1) || (failure.class !== 'server' && wait > LONG_WAIT_MS);
    if (!enough || this.#given) return;
    this.#given = true;
    this.#onGiveUp?.(failure);
  }

  /** Something that the gateway does not let through. */
  refuse(what: string): void {
    if (this.#refused.size < 50) this.#refused.add(what);
  }

  report(): CallReport {
    const most = [...this.#models].sort((a, b) => b[1] - a[1])[0];
    return {
      usage: this.account.usage,
      requests: this.#requests,
      failure: this.#failure,
      refused: [...this.#refused],
      toolCalls: [...this.#toolCalls.values()],
      model: most?.[0],
      modelMs: this.#modelMs,
    };
  }
}
