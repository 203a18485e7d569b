/**
 * Budgets of tokens and dollars, one within another. Knows nothing about requests. The length of an answer is known
 * only when it has arrived. So a request may exceed a limit by its own answer; while it is under way, the longest
 * answer that it may get is held against all others, so that no second one exceeds it.
 */
import { defined } from '../../base/defined.ts';
import type { Usage } from '../../core/agent-call.ts';
import { NO_TOKENS, totalTokensOf, type TokenCounts } from './apis.ts';

export interface Allowance {
  /** All tokens, those read from a cache too. */
  readonly tokens?: number;
  readonly usd?: number;
}

export interface Cost {
  readonly tokens: TokenCounts;
  /** Absent where no price is known. */
  readonly usd?: number | undefined;
}

/** What a request under way may cost. */
export interface Reservation {
  /** With the longest answer. Counts against other requests. */
  readonly most: Cost;
  /** Counts as used where nobody awaits the answer. */
  readonly assumed: Cost;
}

/** Ends a reservation with the cost. Further calls change nothing. */
export type Settle = (cost: Cost, isEstimated: boolean) => void;

export class Account {
  readonly name: string;
  readonly #allowance: Allowance;
  readonly #parent: Account | undefined;
  #used: TokenCounts = NO_TOKENS;
  #spentUsd = 0;
  #unpricedCalls = 0;
  #callCount = 0;
  #estimatedCalls = 0;
  readonly #open = new Set<Reservation>();
  #onSettled: (() => void)[] = [];

  /** `accountName` is for people: "this call", "the session". */
  constructor(accountName: string, allowance: Allowance = {}, parent?: Account) {
    this.name = accountName;
    this.#allowance = allowance;
    this.#parent = parent;
  }

  /**
   * Why a request that reads so much may not be sent, also when nothing else is under way; `undefined` when it may.
   */
  whyRefused(request: Cost, modelName: string): string | undefined {
    const { tokens: maxTokens, usd: maxUsd } = this.#allowance;
    const usedTokens = totalTokensOf(this.#used);
    const requestTokens = totalTokensOf(request.tokens);
    if (maxTokens !== undefined && usedTokens + requestTokens > maxTokens)
      return `The budget of ${this.name} is ${maxTokens} tokens: ${usedTokens} are used, and this request reads about ${requestTokens}.`;
    if (maxUsd !== undefined && request.usd === undefined)
      return `The budget of ${this.name} is $${maxUsd}, but no price of the model "${modelName}" is known: give its price, or limit by tokens.`;
    const requestUsd = request.usd ?? 0;
    if (maxUsd !== undefined && this.#spentUsd + requestUsd > maxUsd)
      return `The budget of ${this.name} is $${maxUsd}: $${this.#spentUsd.toFixed(4)} are used, and this request reads for about $${requestUsd.toFixed(4)}.`;
    return this.#parent?.whyRefused(request, modelName);
  }

  /** True when a request that reads so much fits beside everything that the requests under way may still cost. */
  hasRoomFor(request: Cost): boolean {
    const { tokens: maxTokens = Infinity, usd: maxUsd = Infinity } = this.#allowance;
    const held = [...this.#open].map((reservation) => reservation.most);
    const tokens = [request, ...held].reduce(
      (sum, cost) => sum + totalTokensOf(cost.tokens),
      totalTokensOf(this.#used),
    );
    const usd = [request, ...held].reduce((sum, cost) => sum + (cost.usd ?? 0), this.#spentUsd);
    const isFree = this.#open.size === 0 || (tokens <= maxTokens && usd <= maxUsd);
    return isFree && (this.#parent?.hasRoomFor(request) ?? true);
  }

  /** Why no further request may be sent; `undefined` when one may. */
  whyExhausted(): string | undefined {
    const { tokens: maxTokens, usd: maxUsd } = this.#allowance;
    const usedTokens = totalTokensOf(this.#used);
    if (maxTokens !== undefined && usedTokens >= maxTokens)
      return `The budget of ${this.name} is ${maxTokens} tokens: ${usedTokens} are used.`;
    if (maxUsd !== undefined && this.#spentUsd >= maxUsd)
      return `The budget of ${this.name} is $${maxUsd}: $${this.#spentUsd.toFixed(4)} are used.`;
    return this.#parent?.whyExhausted();
  }

  /** Reserve what a request may cost, here and in the budgets around this one. */
  reserve(reservation: Reservation): Settle {
    this.#open.add(reservation);
    const settleParent = this.#parent?.reserve(reservation);
    return (cost, isEstimated) => {
      if (!this.#open.delete(reservation)) return;
      this.#book(cost, isEstimated);
      settleParent?.(cost, isEstimated);
      for (const listener of this.#onSettled.splice(0)) listener();
    };
  }

  /** Resolves when a request is settled in this budget or one around it, or when the signal is aborted. */
  nextSettlement(signal: AbortSignal): Promise<void> {
    if (this.#parent) return this.#parent.nextSettlement(signal);
    return new Promise((resolve) => {
      this.#onSettled.push(resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  /** The usage so far, with what is assumed of requests under way; `undefined` before the first. */
  get usage(): Usage | undefined {
    const assumed = [...this.#open].map((reservation) => reservation.assumed);
    const calls = this.#callCount + assumed.length;
    if (calls === 0) return undefined;
    const tokens = assumed.reduce((sum, cost) => addTokens(sum, cost.tokens), this.#used);
    const hasPrices = this.#unpricedCalls === 0 && assumed.every((cost) => cost.usd !== undefined);
    const usd = assumed.reduce((sum, cost) => sum + (cost.usd ?? 0), this.#spentUsd);
    return defined({
      calls,
      inputTokens: tokens.input + tokens.cacheWrite,
      cachedTokens: tokens.cacheRead,
      outputTokens: tokens.output,
      usd: hasPrices ? Math.round(usd * 1e8) / 1e8 : undefined,
      source: 'gateway' as const,
      estimated: this.#estimatedCalls + assumed.length || undefined,
    });
  }

  #book(cost: Cost, isEstimated: boolean): void {
    if (totalTokensOf(cost.tokens) === 0) return; // a request that failed before it was read
    this.#callCount++;
    if (isEstimated) this.#estimatedCalls++;
    this.#used = addTokens(this.#used, cost.tokens);
    if (cost.usd === undefined) this.#unpricedCalls++;
    else this.#spentUsd += cost.usd;
  }
}

const addTokens = (left: TokenCounts, right: TokenCounts): TokenCounts => ({
  input: left.input + right.input,
  cacheRead: left.cacheRead + right.cacheRead,
  cacheWrite: left.cacheWrite + right.cacheWrite,
  output: left.output + right.output,
});
