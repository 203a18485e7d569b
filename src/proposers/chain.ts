/**
 * Several proposers in order of preference: whoever can be asked now is asked first, the others stand in. Rate limits,
 * quotas and outages are waited out (backoff with jitter, until the reset time where one is told) while somebody
 * cheaper goes on. Knows nothing about agents.
 */
import { oneLine } from '../base/text.ts';
import { readinessOf } from '../core/calls.ts';
import type { Brief, Clock, CandidateFailure, Proposal, Proposer } from '../core/ports.ts';

export interface ChainOptions {
  readonly clock: Clock;
  readonly session: number;
  /** Factor on every wait of our own. 1 unless a test is in a hurry. */
  readonly patience?: number;
  /** Told once for each change of who is asked, in words. Must not throw. */
  readonly onSwitch?: (message: string) => void;
}

/** Times that a member is asked in one go when it comes back with nothing. */
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

  /** An idea from the first who has one; waits as long as waiting can help. */
  async askInOrder(brief: Brief, askMember: (member: Proposer) => Promise<Proposal>): Promise<Proposal> {
    for (;;) {
      const declined: NoProposal[] = [];
      for (const member of this.#members) {
        const answer = await this.#askWithRetries(brief, member, askMember, declined);
        if (answer) return answer;
        if (brief.signal.aborted) return { kind: 'none', class: 'aborted', reason: 'nobody wants the idea any more' };
      }
      const earliestRetry = this.#earliestRetry(brief);
      if (earliestRetry === undefined) return this.#noProposalFrom(declined);
      await this.#waitUntil(earliestRetry, brief.signal);
    }
  }

  /** The first who is ready, asked once: nobody waits to repair what crashed. */
  async askOnce(brief: Brief, askMember: (member: Proposer) => Promise<Proposal> | undefined): Promise<Proposal> {
    for (const member of this.#members) {
      if (!this.#readinessOf(brief, member).ready) continue;
      const answer = await askMember(member);
      if (answer) return answer.kind === 'edit' ? { ...answer, proposer: member.name } : answer;
    }
    return { kind: 'none', reason: 'nobody can repair it now' };
  }

  async #askWithRetries(
    brief: Brief,
    member: Proposer,
    askMember: (member: Proposer) => Promise<Proposal>,
    declined: NoProposal[],
  ): Promise<Proposal | undefined> {
    for (let attempt = 0; attempt < MAX_EMPTY_ATTEMPTS && !brief.signal.aborted; attempt++) {
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
      // Who made no call (an optimizer that is done, a budget that is spent) says the same when asked again.
      if (answer.class !== undefined || brief.state.calls.length === callsBefore) return undefined;
    }
    return undefined;
  }

  #readinessOf(brief: Brief, member: Proposer): ReturnType<typeof readinessOf> {
    const { clock, session, patience = 1 } = this.#options;
    return readinessOf(brief.state, member.name, session, clock.now(), patience);
  }

  /** When the first of those that wait may be asked again. */
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
      this.#options.onSwitch?.(`Ideas now come from ${proposerName}, before from ${this.#lastAsked}.`);
    this.#lastAsked = proposerName;
  }

  #noProposalFrom(declined: readonly NoProposal[]): NoProposal {
    const isBudgetSpent = declined.length > 0 && declined.every((noProposal) => noProposal.class === 'budget');
    const reason = oneLine(declined.map((noProposal) => noProposal.reason).join('; '), 500);
    return { kind: 'none', reason, ...(isBudgetSpent && { class: 'budget' as const }) };
  }
}
