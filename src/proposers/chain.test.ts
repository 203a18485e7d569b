/** A chain of proposers: who is asked when, who stands in, and when it is worth waiting. The clock is a number. */
import { describe, expect, it } from 'vitest';
import type { CallFailure } from '../core/agent-call.ts';
import type { Brief, Clock, Proposal, Proposer } from '../core/ports.ts';
import { arenaWith, Script } from '../testing/script.ts';
import { chainProposer } from './chain.ts';

type Say = 'idea' | 'empty' | 'done' | CallFailure;

class Room {
  readonly script = new Script(arenaWith()).addCalibration([5, 5.1, 4.9]);
  readonly asked: string[] = [];
  readonly switches: string[] = [];
  readonly controller = new AbortController();
  ms = Date.parse('2026-03-07T20:00:00Z');
  clock: Clock = {
    now: () => new Date(this.ms).toISOString(),
    monotonicMs: () => this.ms,
    sleep: async (ms) => void (this.ms += ms),
  };

  /** A proposer that says these things in turn, the last for ever; `done` and ideas of the optimizer cost no call. */
  member(name: string, ...says: Say[]): Proposer {
    return {
      name,
      propose: async (): Promise<Proposal> => {
        const say = says.length > 1 ? says.shift()! : says[0]!;
        this.asked.push(name);
        if (say === 'done') return { kind: 'none', reason: 'everything was tried' };
        if (name !== 'search') {
          const call = this.script.state.calls.length;
          const [outcome, more] =
            say === 'idea'
              ? (['edit', {}] as const)
              : say === 'empty'
                ? (['empty', {}] as const)
                : (['failed', { class: say }] as const);
          this.script.addEvent({ type: 'calling', call, n: 1, purpose: 'idea', agent: name, session: 0 });
          // The scripted ledger has a clock of its own: the call is made to end when it is now here.
          const at = Date.parse(this.script.state.calls.at(-1)!.at);
          this.ms = Math.max(this.ms, at);
          this.script.addEvent({ type: 'called', call, outcome, wallS: (this.ms - at) / 1000, ...more });
        }
        if (say === 'idea') return { kind: 'edit', hypothesis: 'h', edits: [] };
        return { kind: 'none', reason: say, ...(say !== 'empty' && { class: say }) };
      },
    };
  }

  ask(...members: Proposer[]): Promise<Proposal> {
    const chain = chainProposer(members, {
      clock: this.clock,
      session: 0,
      onSwitch: (text) => this.switches.push(text),
    });
    return this.chained(chain);
  }

  chained(chain: Proposer): Promise<Proposal> {
    return chain.propose({ state: this.script.state, signal: this.controller.signal } as Brief);
  }
}

describe('a chain', () => {
  it('asks the first, and names who had the idea', async () => {
    const room = new Room();
    expect(await room.ask(room.member('a', 'idea'), room.member('b', 'idea'))).toMatchObject({
      kind: 'edit',
      proposer: 'a',
    });
    expect(room.asked).toEqual(['a']);
  });

  it('goes on with the next when one is out, without waiting, and comes back to it later', async () => {
    const room = new Room();
    const chain = chainProposer([room.member('a', 'rate-limit', 'idea'), room.member('search', 'idea')], {
      clock: room.clock,
      session: 0,
      onSwitch: (text) => room.switches.push(text),
    });
    expect(await room.chained(chain)).toMatchObject({ proposer: 'search' });
    expect(await room.chained(chain)).toMatchObject({ proposer: 'search' });
    room.ms += 60_000;
    expect(await room.chained(chain)).toMatchObject({ proposer: 'a' });
    expect(room.asked).toEqual(['a', 'search', 'search', 'a']);
    expect(room.switches).toEqual(['Ideas now come from a instead of search.']);
  });

  it('asks once more after an empty answer, then the next', async () => {
    const room = new Room();
    expect(await room.ask(room.member('a', 'empty', 'idea'), room.member('b', 'idea'))).toMatchObject({
      proposer: 'a',
    });
    const other = new Room();
    expect(await other.ask(other.member('a', 'empty'), other.member('b', 'idea'))).toMatchObject({ proposer: 'b' });
    expect(other.asked).toEqual(['a', 'a', 'b']);
  });

  it('waits when nobody else is there, as long as waiting helps', async () => {
    const room = new Room();
    const from = room.ms;
    expect(await room.ask(room.member('a', 'server', 'quota', 'idea'), room.member('search', 'done'))).toMatchObject({
      proposer: 'a',
    });
    expect(room.ms - from).toBeGreaterThan(900_000);
  });

  it('says why when nobody will ever have anything', async () => {
    const room = new Room();
    expect(await room.ask(room.member('a', 'model'), room.member('search', 'done'))).toEqual({
      kind: 'none',
      reason: 'a: model; search: everything was tried',
    });
    const spent = new Room();
    expect(await spent.ask(spent.member('a', 'budget'))).toMatchObject({ kind: 'none', class: 'budget' });
    const mute = new Room();
    expect(await mute.ask(mute.member('a', 'empty'))).toMatchObject({
      kind: 'none',
      reason: expect.stringContaining('empty'),
    });
    expect(mute.asked).toHaveLength(10);
  });

  it('stops when the idea is no longer wanted', async () => {
    const room = new Room();
    room.clock = { ...room.clock, sleep: async () => room.controller.abort() };
    expect(await room.ask(room.member('a', 'quota'))).toMatchObject({ kind: 'none', class: 'aborted' });
  });

  describe('with budgets of agents', () => {
    const budget = (room: Room, agent: string, ideas: number): void => {
      room.script.addEvent({
        type: 'steered',
        id: `budget-${agent}`,
        from: 'person',
        wish: { verb: 'budget', agent, ideas },
      });
    };

    it('does not ask an agent whose ideas are used up, and goes on with the next', async () => {
      const room = new Room();
      budget(room, 'a', 0);
      expect(await room.ask(room.member('a', 'idea'), room.member('b', 'idea'))).toMatchObject({ proposer: 'b' });
      expect(room.asked).toEqual(['b']);
      expect(room.script.state.calls).toHaveLength(1);
    });

    it('ends where everybody has spent theirs, and says whose budget it was', async () => {
      const room = new Room();
      budget(room, '*', 0);
      expect(await room.ask(room.member('a', 'idea'), room.member('b', 'idea'))).toMatchObject({
        kind: 'none',
        class: 'budget',
        reason: expect.stringMatching(/budget of a is spent.*budget of b is spent/),
      });
      expect(room.asked).toEqual([]);
    });

    it('counts calls that are under way, and leaves the optimizer out of the budget of every agent', async () => {
      const room = new Room();
      budget(room, '*', 1);
      room.script.addEvent({ type: 'calling', call: 0, n: 1, purpose: 'idea', agent: 'a', session: 0 });
      expect(await room.ask(room.member('a', 'idea'), room.member('search', 'idea'))).toMatchObject({
        proposer: 'search',
      });
      expect(room.asked).toEqual(['search']);
      budget(room, 'search', 0);
      expect(await room.ask(room.member('search', 'idea'))).toMatchObject({ kind: 'none', class: 'budget' });
    });
  });
});
