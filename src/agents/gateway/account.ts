/**
 * Budgets of tokens and dollars, one within another: a call within an experiment within a night within a lab. Knows
 * nothing about requests. An answer's length is known only when it is there, so each request in flight may go beyond
 * the limit by its own answer.
 */
import type { Usage } from '../../core/event.ts';
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

  /** `name` is for people: "this call", "the night". */
  constructor(accountName: string, allowance: Allowance = {}, parent?: Account) {
    this.name = accountName;
    this.#allowance = allowance;
    this.#parent = parent;
  }

  /**
   * Why a request that reads about so many tokens may not be sent; `undefined` when it may. `usd` is `undefined` where
   * no price is known.
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

  /** Why nothing at all may be sent any more; `undefined` when something may. */
  whyExhausted(): string | undefined {
    const { tokens: maxTokens, usd: maxUsd } = this.#allowance;
    const usedTokens = totalTokensOf(this.#usedTokens);
    if (maxTokens !== undefined && usedTokens >= maxTokens)
      return `The budget of ${this.name} is ${maxTokens} tokens: ${usedTokens} are used.`;
    if (maxUsd !== undefined && this.#spentUsd >= maxUsd)
      return `The budget of ${this.name} is $${maxUsd}: $${this.#spentUsd.toFixed(4)} are used.`;
    return this.#parent?.whyExhausted();
  }

  /** Set an estimate aside while a request is on its way. Returns how to book what it really was. */
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

  /** What went through so far; `undefined` before the first request. */
  get usage(): Usage | undefined {
    if (this.#callCount === 0) return undefined;
    return {
      calls: this.#callCount,
      inputTokens: this.#usedTokens.input + this.#usedTokens.cacheWrite,
      cachedTokens: this.#usedTokens.cacheRead,
      outputTokens: this.#usedTokens.output,
      ...(this.#unpricedCalls === 0 && { usd: Math.round(this.#spentUsd * 1e8) / 1e8 }),
      source: 'gateway',
    };
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
