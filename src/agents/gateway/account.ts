/**
 * Budgets of tokens and dollars, one within another. Knows nothing about requests. The length of an answer is known
 * only when it has arrived, so each request in flight may exceed the limit by its own answer.
 */
import { defined } from '../../base/defined.ts';
import type { Usage } from '../../core/agent-call.ts';
import { NO_TOKENS, totalTokensOf, type TokenCounts } from './apis.ts';

export interface Allowance {
  /** All tokens, those read from a cache too. */
  readonly tokens?: number;
  readonly usd?: number;
}

export class Account {
  readonly name: string;
  readonly #allowance: Allowance;
  readonly #parent: Account | undefined;
  #usedTokens: TokenCounts = NO_TOKENS;
  #spentUsd = 0;
  #unpricedCalls = 0;
  #callCount = 0;
  #heldTokens = 0;
  #heldUsd = 0;

  /** `accountName` is for people: "this call", "the session". */
  constructor(accountName: string, allowance: Allowance = {}, parent?: Account) {
    this.name = accountName;
    this.#allowance = allowance;
    this.#parent = parent;
  }

  /**
   * Why a request that reads about `requestTokens` may not be sent; `undefined` when it may. `requestUsd` is
   * `undefined` when no price is known.
   */
  whyRefused(requestTokens: number, requestUsd: number | undefined, modelName: string): string | undefined {
    const { tokens: maxTokens, usd: maxUsd } = this.#allowance;
    const usedTokens = totalTokensOf(this.#usedTokens) + this.#heldTokens;
    if (maxTokens !== undefined && usedTokens + requestTokens > maxTokens)
      return `The budget of ${this.name} is ${maxTokens} tokens: ${usedTokens} are used, and this request reads about ${requestTokens}.`;
    if (maxUsd !== undefined && requestUsd === undefined)
      return `The budget of ${this.name} is $${maxUsd}, but no price of the model "${modelName}" is known: give its price, or limit by tokens.`;
    const spentUsd = this.#spentUsd + this.#heldUsd;
    if (maxUsd !== undefined && spentUsd + (requestUsd ?? 0) > maxUsd)
      return `The budget of ${this.name} is $${maxUsd}: $${spentUsd.toFixed(4)} are used, and this request reads for about $${(requestUsd ?? 0).toFixed(4)}.`;
    return this.#parent?.whyRefused(requestTokens, requestUsd, modelName);
  }

  /** Why no further request may be sent; `undefined` when one may. */
  whyExhausted(): string | undefined {
    const { tokens: maxTokens, usd: maxUsd } = this.#allowance;
    const usedTokens = totalTokensOf(this.#usedTokens);
    if (maxTokens !== undefined && usedTokens >= maxTokens)
      return `The budget of ${this.name} is ${maxTokens} tokens: ${usedTokens} are used.`;
    if (maxUsd !== undefined && this.#spentUsd >= maxUsd)
      return `The budget of ${this.name} is $${maxUsd}: $${this.#spentUsd.toFixed(4)} are used.`;
    return this.#parent?.whyExhausted();
  }

  /** Reserve an estimate while a request is under way. Call the returned function with the actual cost. */
  holdEstimate(
    estimatedTokens: number,
    estimatedUsd: number | undefined,
  ): (actualTokens: TokenCounts, actualUsd: number | undefined) => void {
    this.#heldTokens += estimatedTokens;
    this.#heldUsd += estimatedUsd ?? 0;
    const settleParent = this.#parent?.holdEstimate(estimatedTokens, estimatedUsd);
    return (actualTokens, actualUsd) => {
      this.#heldTokens -= estimatedTokens;
      this.#heldUsd -= estimatedUsd ?? 0;
      this.#bookUsage(actualTokens, actualUsd);
      settleParent?.(actualTokens, actualUsd);
    };
  }

  /** The usage so far; `undefined` before the first answered request. */
  get usage(): Usage | undefined {
    if (this.#callCount === 0) return undefined;
    return defined({
      calls: this.#callCount,
      inputTokens: this.#usedTokens.input + this.#usedTokens.cacheWrite,
      cachedTokens: this.#usedTokens.cacheRead,
      outputTokens: this.#usedTokens.output,
      usd: this.#unpricedCalls === 0 ? Math.round(this.#spentUsd * 1e8) / 1e8 : undefined,
      source: 'gateway' as const,
    });
  }

  #bookUsage(actualTokens: TokenCounts, actualUsd: number | undefined): void {
    if (totalTokensOf(actualTokens) === 0) return; // a request that failed before it was read
    this.#callCount++;
    const totals = this.#usedTokens;
    this.#usedTokens = {
      input: totals.input + actualTokens.input,
      cacheRead: totals.cacheRead + actualTokens.cacheRead,
      cacheWrite: totals.cacheWrite + actualTokens.cacheWrite,
      output: totals.output + actualTokens.output,
    };
    if (actualUsd === undefined) this.#unpricedCalls++;
    else this.#spentUsd += actualUsd;
  }
}
