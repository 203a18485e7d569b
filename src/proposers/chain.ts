/**
 * Several proposers in order of preference: whoever can be asked now is asked first, the others stand in. Rate limits,
 * quotas and outages are waited out (backoff with jitter, until the reset time where one is told) while somebody
 * cheaper goes on. Knows nothing about agents.
 */
import { oneLine } from '../base/text.ts';
import { readiness } from '../core/calls.ts';
import type { Brief, Clock, Failure, Proposal, Proposer } from '../core/ports.ts';

export interface ChainOptions {
  readonly clock: Clock;
  readonly session: number;
  /** Factor on every wait of our own. 1 unless a test is in a hurry. */
  readonly patience?: number;
  /** Told once for each change of who is asked, in words. Must not throw. */
  readonly onSwitch?: (text: string) => void;
}

/** Times that a member is asked in one go when it comes back with nothing. */
const MOST_EMPTY = 2;
const WAIT_STEP_MS = 1000;

type None = Extract<Proposal, { kind: 'none' }>;

export function chainProposer(members: readonly Proposer[], options: ChainOptions): Proposer {
  if (members.length === 0) throw new RangeError('a chain needs at least one proposer');
  const chain = new Chain(members, options);
  const able = members.some((member) => member.repair);
  return {
    name: members.map((member) => member.name).join(','),
    propose: (brief) => chain.ask(brief, (member) => member.propose(brief)),
    ...(able && {
      repair: (brief: Brief, failure: Failure) => chain.once(brief, (member) => member.repair?.(brief, failure)),
    }),
  };
}

class Chain {
  readonly #members: readonly Proposer[];
  readonly #options: ChainOptions;
  #asked = '';

  constructor(members: readonly Proposer[], options: ChainOptions) {
    this.#members = members;
    this.#options = options;
  }

  /** An idea from the first who has one; waits as long as waiting can help. */
  async ask(brief: Brief, how: (member: Proposer) => Promise<Proposal>): Promise<Proposal> {
    for (;;) {
      const said: None[] = [];
      for (const member of this.#members) {
        const answer = await this.#persist(brief, member, how, said);
        if (answer) return answer;
        if (brief.signal.aborted) return { kind: 'none', class: 'aborted', reason: 'nobody wants the idea any more' };
      }
      const until = this.#earliest(brief);
      if (until === undefined) return this.#nobody(said);
      await this.#wait(until, brief.signal);
    }
  }

  /** The first who is ready, asked once: nobody waits to repair what crashed. */
  async once(brief: Brief, how: (member: Proposer) => Promise<Proposal> | undefined): Promise<Proposal> {
    for (const member of this.#members) {
      if (!this.#ready(brief, member).ready) continue;
      const answer = await how(member);
      if (answer) return answer.kind === 'edit' ? { ...answer, proposer: member.name } : answer;
    }
    return { kind: 'none', reason: 'nobody can repair it now' };
  }

  async #persist(
    brief: Brief,
    member: Proposer,
    how: (member: Proposer) => Promise<Proposal>,
    said: None[],
  ): Promise<Proposal | undefined> {
    for (let attempt = 0; attempt < MOST_EMPTY && !brief.signal.aborted; attempt++) {
      const state = this.#ready(brief, member);
      if (!state.ready && (attempt === 0 || state.class !== 'empty' || state.until === undefined)) {
        said.push({
          kind: 'none',
          reason: `${member.name}: ${state.class}${state.until ? `, until ${state.until}` : ''}`,
        });
        return undefined;
      }
      if (!state.ready) await this.#wait(state.until!, brief.signal);
      const calls = brief.state.calls.length;
      const answer = await how(member);
      if (answer.kind === 'edit') {
        this.#tell(member.name);
        return { ...answer, proposer: answer.proposer ?? member.name };
      }
      said.push({ ...answer, reason: `${member.name}: ${answer.reason}` });
      // Who made no call (an optimizer that is done, a budget that is spent) says the same when asked again.
      if (answer.class !== undefined || brief.state.calls.length === calls) return undefined;
    }
    return undefined;
  }

  #ready(brief: Brief, member: Proposer): ReturnType<typeof readiness> {
    const { clock, session, patience = 1 } = this.#options;
    return readiness(brief.state, member.name, session, clock.now(), patience);
  }

  /** When the first of those that wait may be asked again. */
  #earliest(brief: Brief): string | undefined {
    return this.#members
      .map((member) => this.#ready(brief, member))
      .flatMap((state) => (state.ready || state.until === undefined ? [] : [state.until]))
      .sort()[0];
  }

  async #wait(until: string, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    for (;;) {
      const leftMs = Date.parse(until) - Date.parse(clock.now());
      if (!(leftMs > 0) || signal.aborted) return;
      await clock.sleep(Math.min(WAIT_STEP_MS, leftMs), signal);
    }
  }

  #tell(name: string): void {
    if (this.#asked !== '' && this.#asked !== name)
      this.#options.onSwitch?.(`Ideas now come from ${name}, before from ${this.#asked}.`);
    this.#asked = name;
  }

  #nobody(said: readonly None[]): None {
    const spent = said.length > 0 && said.every((one) => one.class === 'budget');
    const reason = oneLine(said.map((one) => one.reason).join('; '), 500);
    return { kind: 'none', reason, ...(spent && { class: 'budget' as const }) };
  }
}
