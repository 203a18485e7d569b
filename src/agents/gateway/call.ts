/**
 * One call of an agent as the gateway sees it: its token, its account, its failures, the tool calls of its model, and
 * when to end the agent because it cannot succeed (agents retry for minutes, or hang for ever). Knows nothing about
 * sockets.
 */
import { randomBytes } from 'node:crypto';
import { oneLine } from '../../base/text.ts';
import type { Usage } from '../../core/agent-call.ts';
import { Account, type Allowance } from './account.ts';
import type { ToolCall } from './apis.ts';
import type { ProviderFailure } from './classify.ts';
import { Slots } from './slots.ts';

export interface CallOptions {
  readonly allowance: Allowance;
  /** The budget that contains this call. */
  readonly within?: Account | undefined;
  /** Hosts to which a tunnel may be opened, `name:port`: only for a login that cannot be used through the gateway. */
  readonly tunnelHosts?: readonly string[];
  /** Empty folder for the socket of the call, removed by the caller. When absent, one is made and removed. */
  readonly socketDir?: string;
  /** Called once when the agent cannot succeed any more and should be ended. */
  readonly onGiveUp?: (failure: ProviderFailure) => void;
}

/** A call as the gateway saw it. */
export interface CallReport {
  /** What the requests used that were sent, answered or not; `undefined` when none was. */
  readonly usage: Usage | undefined;
  /** Requests that arrived, answered or not. */
  readonly requests: number;
  /** Why the work could not continue: its last request failed, and none after it succeeded. */
  readonly failure: ProviderFailure | undefined;
  /** What the gateway itself refused, each once. */
  readonly refused: readonly string[];
  readonly toolCalls: readonly ToolCall[];
  /** The model with the most requests. */
  readonly model: string | undefined;
  /** Milliseconds during which at least one request was open: about the time that the model took. */
  readonly modelMs: number;
}

/**
 * Failures of one class in a row after which the agent is ended. After a rate limit the agent itself waits and retries,
 * unless the wait is long.
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
/** A longer wait than this is not left to the agent: the harness can use the time. */
const LONG_WAIT_MS = 20_000;
const MAX_TOOL_CALLS = 500;
/** Characters of one recorded tool call, and of all: agents send their whole history with every request. */
const MAX_TOOL_CALL_CHARS = 20_000;
const MAX_TOOL_CHARS = 4_000_000;
/** Requests of one call that are under way at once, and those that wait for their turn. */
const MAX_UNDER_WAY = 8;
const MAX_WAITING = 64;
const MAX_REFUSAL_CHARS = 300;

export class GatewayCall {
  /** The agent gets it in place of a key. */
  readonly token = `overnight-${randomBytes(16).toString('hex')}`;
  readonly account: Account;
  readonly tunnelHosts: readonly string[];
  readonly slots = new Slots(MAX_UNDER_WAY, MAX_WAITING);
  readonly #onGiveUp: ((failure: ProviderFailure) => void) | undefined;
  readonly #refused = new Set<string>();
  readonly #toolCalls = new Map<string, ToolCall>();
  readonly #models = new Map<string, number>();
  #toolChars = 0;
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
    for (const toolCall of toolCalls) this.#recordToolCall(toolCall);
    if (this.#openRequests++ === 0) this.#openSince = nowMs;
  }

  #recordToolCall({ id, name, input }: ToolCall): void {
    const toolCall = {
      id: shortCopy(id, 200),
      name: shortCopy(name, 200),
      input: shortCopy(input, MAX_TOOL_CALL_CHARS),
    };
    const isKnown = this.#toolCalls.has(toolCall.id);
    if (isKnown || this.#toolCalls.size >= MAX_TOOL_CALLS || this.#toolChars > MAX_TOOL_CHARS) return;
    this.#toolChars += toolCall.input.length;
    this.#toolCalls.set(toolCall.id, toolCall);
  }

  recordEnd(nowMs: number): void {
    if (--this.#openRequests === 0) this.#modelMs += nowMs - this.#openSince;
  }

  recordSuccess(isWork: boolean): void {
    if (!isWork && this.#workSucceeded) return; // a request for a title says nothing about the work
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

  /** Something that the gateway refused. */
  recordRefusal(description: string): void {
    if (this.#refused.size < 50) this.#refused.add(oneLine(description, MAX_REFUSAL_CHARS));
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

/** A copy, because a slice of a text keeps the whole text in memory. */
const shortCopy = (text: string, maxChars: number): string =>
  text.length <= maxChars ? text : Buffer.from(text.slice(0, maxChars)).toString();
