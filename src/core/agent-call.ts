/** Calls of agents and models: what they leave, what they cost, why they failed. */

import type { ExpectedEffect } from './expected-effect.ts';

/** What an agent leaves beside its edit. Its hypothesis is the experiment's. */
export interface AgentNote {
  /** A short name of the change. */
  readonly title?: string;
  /** Why the change should help. */
  readonly mechanism?: string;
  /** What it expects to measure. */
  readonly expected?: string;
  /** The same as a number, where its words have one. */
  readonly effect?: ExpectedEffect;
  /** What could go wrong. */
  readonly risks?: string;
  /** It is meant to make the code simpler at no loss. */
  readonly simplifies?: true;
  /** Ideas for later. */
  readonly next?: readonly string[];
  /** The steering words that it follows. */
  readonly heeds?: readonly string[];
  /** The model behind it, as it says itself. */
  readonly model?: string;
  /** What the idea cost, as it says itself. */
  readonly spent?: { readonly tokens?: number | undefined; readonly usd?: number | undefined };
  /** Earlier experiments that it would keep as live bases. */
  readonly park?: readonly number[];
  /** Why there is no more than this: the note was missing or could not be read. */
  readonly problem?: string;
}

/** Why a call of an agent gave nothing. */
export type CallFailure =
  /** The provider asks to slow down. */
  | 'rate-limit'
  /** The account has nothing left for now. */
  | 'quota'
  /** The provider failed. */
  | 'server'
  /** The agent is not logged in, or its key is refused. */
  | 'login'
  /** The model does not exist, or cannot do what is asked. */
  | 'model'
  /** It ended by no progress or a time limit. */
  | 'hung'
  /** The session or the lab may spend no more. */
  | 'budget'
  /** The model refused to answer. */
  | 'refused'
  /** The agent's program failed. */
  | 'crashed'
  /** The harness took the request back. */
  | 'aborted';

/** What calls cost. */
export interface Usage {
  readonly calls: number;
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  /** Absent where no price is known. */
  readonly usd?: number;
  /** Who counted: our gateway, or the agent itself. */
  readonly source: 'gateway' | 'agent';
  /** How many of the calls have estimated figures: nobody awaited their answer, or it named none. Absent: none. */
  readonly estimated?: number;
}
