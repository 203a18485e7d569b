/**
 * Budgets of tokens and dollars, one within another: a call within an experiment within a night within a lab. Knows
 * nothing about requests. An answer's length is known only when it is there, so each request in flight may go beyond
 * the limit by its own answer.
 */
import type { Usage } from '../../core/event.ts';
import { NO_TOKENS, sumOf, type Tokens } from './apis.ts';

export interface Allowance {
  /** All tokens, those read from a cache too. */
  readonly tokens?: number;
  readonly usd?: number;
}

export class Account {
  readonly name: string;
  readonly #allowance: Allowance;
  readonly #parent: Account | undefined;
  #tokens: Tokens = NO_TOKENS;
  #usd = 0;
  #unpriced = 0;
  #calls = 0;
  #heldTokens = 0;
  #heldUsd = 0;

  /** `name` is for people: "this call", "the night". */
  constructor(name: string, allowance: Allowance = {}, parent?: Account) {
    this.name = name;
    this.#allowance = allowance;
    this.#parent = parent;
  }

  /**
   * Why a request that reads about so many tokens may not be sent; `undefined` when it may. `usd` is `undefined` where
   * no price is known.
   */
  refusal(tokens: number, usd: number | undefined, model: string): string | undefined {
    const { tokens: mostTokens, usd: mostUsd } = this.#allowance;
    const used = sumOf(this.#tokens) + this.#heldTokens;
    if (mostTokens !== undefined && used + tokens > mostTokens)
      return `The budget of ${this.name} is ${mostTokens} tokens: ${used} are used, and this request reads about ${tokens}.`;
    if (mostUsd !== undefined && usd === undefined)
      return `The budget of ${this.name} is $${mostUsd}, but no price of the model "${model}" is known: give its price, or limit by tokens.`;
    const spent = this.#usd + this.#heldUsd;
    if (mostUsd !== undefined && spent + (usd ?? 0) > mostUsd)
      return `The budget of ${this.name} is $${mostUsd}: $${spent.toFixed(4)} are used, and this request reads for about $${(usd ?? 0).toFixed(4)}.`;
    return this.#parent?.refusal(tokens, usd, model);
  }

  /** Why nothing at all may be sent any more; `undefined` when something may. */
  exhausted(): string | undefined {
    const { tokens, usd } = this.#allowance;
    const used = sumOf(this.#tokens);
    if (tokens !== undefined && used >= tokens)
      return `The budget of ${this.name} is ${tokens} tokens: ${used} are used.`;
    if (usd !== undefined && this.#usd >= usd)
      return `The budget of ${this.name} is $${usd}: $${this.#usd.toFixed(4)} are used.`;
    return this.#parent?.exhausted();
  }

  /** Set an estimate aside while a request is on its way. Returns how to book what it really was. */
  hold(tokens: number, usd: number | undefined): (real: Tokens, usd: number | undefined) => void {
    this.#heldTokens += tokens;
    this.#heldUsd += usd ?? 0;
    const above = this.#parent?.hold(tokens, usd);
    return (real, cost) => {
      this.#heldTokens -= tokens;
      this.#heldUsd -= usd ?? 0;
      this.#book(real, cost);
      above?.(real, cost);
    };
  }

  /** What went through so far; `undefined` before the first request. */
  get usage(): Usage | undefined {
    if (this.#calls === 0) return undefined;
    return {
      calls: this.#calls,
      inputTokens: this.#tokens.input + this.#tokens.cacheWrite,
      cachedTokens: this.#tokens.cacheRead,
      outputTokens: this.#tokens.output,
      ...(this.#unpriced === 0 && { usd: Math.round(this.#usd * 1e8) / 1e8 }),
      source: 'gateway',
    };
  }

  #book(real: Tokens, usd: number | undefined): void {
    if (sumOf(real) === 0) return; // a request that failed before it was read
    this.#calls++;
    const t = this.#tokens;
    this.#tokens = {
      input: t.input + real.input,
      cacheRead: t.cacheRead + real.cacheRead,
      cacheWrite: t.cacheWrite + real.cacheWrite,
      output: t.output + real.output,
    };
    if (usd === undefined) this.#unpriced++;
    else this.#usd += usd;
  }
}
