/**
 * What one process of a measurement has asked of models: its budget, what the provider was paid, what was refused, and
 * how the provider failed. Knows nothing about connections.
 */
import { defined } from '../../base/defined.ts';
import { oneLine } from '../../base/text.ts';
import type { ModelUse, ProviderTrouble } from '../../core/model-use.ts';
import { Account, type Allowance, type Reservation, type Settle } from '../gateway/account.ts';
import type { ProviderFailure } from '../gateway/classify.ts';

/** Failures that are the provider's, the network's or the key's, whatever a candidate asked. */
const PROVIDER_CLASSES: ReadonlySet<string> = new Set(['login', 'quota', 'rate-limit', 'server', 'hung']);
const MAX_REFUSALS = 20;
const MAX_REFUSAL_CHARS = 300;

export class Tally {
  /** What the budget is compared with: answers from the cache count as new ones. */
  readonly account: Account;
  /** What the provider was asked for. */
  readonly #billed = new Account('the provider');
  readonly #refused = new Set<string>();
  #fromCache = 0;
  trouble: ProviderTrouble | undefined;
  /** Before this time since 1970 the provider answers nobody, as it said. 0: it said nothing. */
  retryAtMs = 0;
  waitedMs = 0;
  overBudget: string | undefined;
  notAllowed: string | undefined;

  constructor(allowance: Allowance) {
    this.account = new Account('this measurement', allowance);
  }

  /** For a request that is sent to the provider. */
  reserve(reservation: Reservation): Settle {
    const settles = [this.account.reserve(reservation), this.#billed.reserve(reservation)];
    return (cost, isEstimated) => {
      for (const settle of settles) settle(cost, isEstimated);
    };
  }

  /** For a request that is answered from the cache. */
  recordFromCache(): void {
    this.#fromCache++;
  }

  recordRefusal(description: string): void {
    if (this.#refused.size < MAX_REFUSALS) this.#refused.add(oneLine(description, MAX_REFUSAL_CHARS));
  }

  /** `true` where the provider is to blame. */
  recordFailure(failure: ProviderFailure): boolean {
    if (!PROVIDER_CLASSES.has(failure.class)) {
      this.recordRefusal(`the provider refused a request: ${failure.message}`);
      return false;
    }
    if (failure.retryAt !== undefined) this.retryAtMs = Math.max(this.retryAtMs, Date.parse(failure.retryAt));
    this.trouble = { class: failure.class, message: failure.message };
    return true;
  }

  use(): ModelUse {
    const [used, billed] = [this.account.usage, this.#billed.usage];
    return defined({
      requests: used?.calls ?? 0,
      fromCache: this.#fromCache,
      inputTokens: used?.inputTokens ?? 0,
      cachedTokens: used?.cachedTokens ?? 0,
      outputTokens: used?.outputTokens ?? 0,
      usd: used ? used.usd : 0,
      billedTokens: billed ? billed.inputTokens + billed.cachedTokens + billed.outputTokens : 0,
      billedUsd: billed ? billed.usd : 0,
      estimated: used?.estimated,
      refused: this.#refused.size > 0 ? [...this.#refused] : undefined,
    });
  }
}
