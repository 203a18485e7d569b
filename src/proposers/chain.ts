/**
 * Several proposers in order of preference: the first that can be asked now is asked. After a rate limit, a spent quota
 * or an outage, a proposer is asked again later (backoff with jitter, or the reset time when the provider gives one);
 * meanwhile the next ones are asked. One whose own budget is spent is not asked. Knows nothing about agents.
 */
import { defined } from '../base/defined.ts';
import { oneLine } from '../base/text.ts';
import { openCallsOf, whyOverBudget } from '../core/agent-budget.ts';
import { readinessOf } from '../core/calls.ts';
import type { Brief, Clock, CandidateFailure, Proposal, Proposer } from '../core/ports.ts';

export interface ChainOptions {
  readonly clock: Clock;
  readonly session: number;
  /** Factor on every backoff. 1 except in tests. */
  readonly patience?: number;
  /** Called with a sentence each time that ideas come from another proposer. Must not throw. */
  readonly onSwitch?: (message: string) => void;
}

/** How often in a row a member is asked that returns no idea. */
const MAX_EMPTY_ATTEMPTS = 2;
const WAIT_STEP_MS = 1000;

type NoProposal = Extract<Proposal, { kind: 'none' }>;

export function chainProposer(members: readonly Proposer[], options: ChainOptions): Proposer {
  if (members.length === 0) throw new RangeError('a chain needs at least one proposer');
  const proposerChain = new Chain(members, options);
  const canRepair = members.some((member) => member.repair);
  return {
    name: members.map((member) => member.name).join(','),
    propose: (brief) => proposerChain.askInOrder(brief, (member) => member.propose(brief)),
    ...(canRepair && {
      repair: (brief: Brief, failure: CandidateFailure) =>
        proposerChain.askOnce(brief, (member) => member.repair?.(brief, failure)),
    }),
  };
}

class Chain {
  readonly #members: readonly Proposer[];
  readonly #options: ChainOptions;
  #lastAsked = '';

  constructor(members: readonly Proposer[], options: ChainOptions) {
    this.#members = members;
    this.#options = options;
  }

  /** An idea from the first member that has one. Waits as long as a member can be asked again later. */
  async askInOrder(brief: Brief, askMember: (member: Proposer) => Promise<Proposal>): Promise<Proposal> {
    for (;;) {
      const declined: NoProposal[] = [];
      for (const member of this.#members) {
        const answer = await this.#askWithRetries(brief, member, askMember, declined);
        if (answer) return answer;
        if (brief.signal.aborted) return { kind: 'none', class: 'aborted', reason: 'the idea is no longer wanted' };
      }
      const earliestRetry = this.#earliestRetry(brief);
      if (earliestRetry === undefined) return this.#noProposalFrom(declined);
      await this.#waitUntil(earliestRetry, brief.signal);
    }
  }

  /** Ask the first member that is ready, once: a repair is not worth a wait. */
  async askOnce(brief: Brief, askMember: (member: Proposer) => Promise<Proposal> | undefined): Promise<Proposal> {
    for (const member of this.#members) {
      if (!this.#readinessOf(brief, member).ready || this.#whyOverBudget(brief, member) !== undefined) continue;
      const answer = await askMember(member);
      if (answer) return answer.kind === 'edit' ? { ...answer, proposer: member.name } : answer;
    }
    return { kind: 'none', reason: 'no proposer can repair it now' };
  }

  async #askWithRetries(
    brief: Brief,
    member: Proposer,
    askMember: (member: Proposer) => Promise<Proposal>,
    declined: NoProposal[],
  ): Promise<Proposal | undefined> {
    for (let attempt = 0; attempt < MAX_EMPTY_ATTEMPTS && !brief.signal.aborted; attempt++) {
      const overBudget = this.#whyOverBudget(brief, member);
      if (overBudget !== undefined) {
        declined.push({ kind: 'none', class: 'budget', reason: overBudget });
        return undefined;
      }
      const memberReadiness = this.#readinessOf(brief, member);
      if (
        !memberReadiness.ready &&
        (attempt === 0 || memberReadiness.class !== 'empty' || memberReadiness.until === undefined)
      ) {
        declined.push({
          kind: 'none',
          reason: `${member.name}: ${memberReadiness.class}${memberReadiness.until ? `, until ${memberReadiness.until}` : ''}`,
        });
        return undefined;
      }
      if (!memberReadiness.ready) await this.#waitUntil(memberReadiness.until!, brief.signal);
      const callsBefore = brief.state.calls.length;
      const answer = await askMember(member);
      if (answer.kind === 'edit') {
        this.#announceSwitch(member.name);
        return { ...answer, proposer: answer.proposer ?? member.name };
      }
      declined.push({ ...answer, reason: `${member.name}: ${answer.reason}` });
      // A member that made no call (a finished optimizer, a spent budget) would answer the same again.
      if (answer.class !== undefined || brief.state.calls.length === callsBefore) return undefined;
    }
    return undefined;
  }

  /** A person may have given each agent a budget; what its calls under way may bring counts too. */
  #whyOverBudget({ state }: Brief, { name }: Proposer): string | undefined {
    return whyOverBudget(state, name, openCallsOf(state, name, this.#options.session));
  }

  #readinessOf(brief: Brief, member: Proposer): ReturnType<typeof readinessOf> {
    const { clock, session, patience = 1 } = this.#options;
    return readinessOf(brief.state, member.name, session, clock.now(), patience);
  }

  /** The earliest time at which a waiting member may be asked again. */
  #earliestRetry(brief: Brief): string | undefined {
    return this.#members
      .map((member) => this.#readinessOf(brief, member))
      .flatMap((memberReadiness) =>
        memberReadiness.ready || memberReadiness.until === undefined ? [] : [memberReadiness.until],
      )
      .sort()[0];
  }

  async #waitUntil(untilTime: string, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    for (;;) {
      const leftMs = Date.parse(untilTime) - Date.parse(clock.now());
      if (!(leftMs > 0) || signal.aborted) return;
      await clock.sleep(Math.min(WAIT_STEP_MS, leftMs), signal);
    }
  }

  #announceSwitch(proposerName: string): void {
    if (this.#lastAsked !== '' && this.#lastAsked !== proposerName)
      this.#options.onSwitch?.(`Ideas now come from ${proposerName} instead of ${this.#lastAsked}.`);
    this.#lastAsked = proposerName;
  }

  #noProposalFrom(declined: readonly NoProposal[]): NoProposal {
    const isBudgetSpent = declined.length > 0 && declined.every((noProposal) => noProposal.class === 'budget');
    const reason = oneLine(declined.map((noProposal) => noProposal.reason).join('; '), 500);
    return defined({ kind: 'none', reason, class: isBudgetSpent ? 'budget' : undefined } as const);
  }
}
