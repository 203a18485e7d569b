/** What a measurement used of models, and the port through which it reaches them. */
import type { ModelUser } from './model-rules.ts';

/** What one process used, counted by the harness. Tokens and dollars count an answer from the cache as a new one. */
export interface ModelUse {
  /** Requests that were answered, from the cache or not. */
  readonly requests: number;
  readonly fromCache: number;
  /** Tokens read, without those that the provider read from its own cache. */
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  /** Absent where a model has no price. */
  readonly usd?: number;
  /** What of it the provider was asked for now. */
  readonly billedTokens: number;
  readonly billedUsd?: number;
  /** Requests whose tokens are estimated: the answer did not arrive whole, or held no counts. */
  readonly estimated?: number;
  /** What was refused, each once. */
  readonly refused?: readonly string[];
}

/** By who asked. */
export type ModelUses = Readonly<Partial<Record<ModelUser, ModelUse>>>;

export const targetTokensOf = ({ inputTokens, cachedTokens, outputTokens }: ModelUse): number =>
  inputTokens + cachedTokens + outputTokens;

/** For whom a socket is opened. */
export interface ModelRequester {
  readonly user: ModelUser;
  /** Recorded answers are shared within it and nowhere else. */
  readonly space: string;
  /** Absent: recorded answers are used again. Else what makes the answers of this measurement its own. */
  readonly draw?: string;
}

/** Why no measurement came of it, though the code may be fine. */
export interface ProviderTrouble {
  readonly class: string;
  /** A sentence without a full stop. */
  readonly message: string;
}

/** The models of one process of one measurement. */
export interface OpenModels {
  /** Folder that holds the socket and nothing else, and the socket's name in it. */
  readonly socketDir: string;
  readonly socketName: string;
  /** What was used so far; requests under way count as far as they are known. */
  use(): ModelUse;
  /** The last failure of the provider that no retry cured. */
  readonly trouble: ProviderTrouble | undefined;
  /** Seconds that requests waited for a provider that failed, and then answered. */
  readonly waitedS: number;
  /** The last refusal for the budget, and for a model that is not allowed. */
  readonly overBudget: string | undefined;
  readonly notAllowed: string | undefined;
  close(): Promise<void>;
}

/** The only way from a measurement to a model. */
export interface ModelBroker {
  /** Waits first while the provider, as it said itself, answers nobody; at most a minute. */
  open(requester: ModelRequester): Promise<OpenModels>;
  /**
   * A measurement of `commit` came to nothing because the provider failed. `provider`: it is to be repeated. `code`:
   * the provider failed over this code again, and answers a small request of the harness's own.
   */
  whoIsToBlame(commit: string): Promise<'provider' | 'code'>;
  /** A measurement of `commit` went well. */
  forgetTrouble(commit: string): void;
}
