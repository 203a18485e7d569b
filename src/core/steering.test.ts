import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { draftProposal, draftSnapshot } from '../testing/drafts.ts';
import { arenaWith, Script } from '../testing/script.ts';
import { syntheticLab } from '../testing/synthetic.ts';
import type { LedgerEvent } from './event.ts';
import { replayEvents } from './replay.ts';
import { lineage } from './state.ts';
import { whyRefused } from './request-check.ts';
import { applyToSteering, NO_STEERING, type Steering, withoutPin, withoutReplicate } from './steering.ts';
import type { LabRequest } from './requests.ts';

const { events, state } = syntheticLab({ n: 40, seed: 3, goodRate: 0.5 });
const says = (wish: LabRequest, id = 'wish-0001'): LedgerEvent =>
  ({ ...events.at(-1)!, type: 'steered', seq: events.length, id, from: 'test', wish }) as LedgerEvent;

describe('what is in force', () => {
  it('is the last of pause and resume, and every direction since the last `forget`', () => {
    const verbs = fc.array(
      fc.oneof(
        fc.constantFrom<LabRequest>({ verb: 'pause' }, { verb: 'resume' }, { verb: 'forget' }),
        fc.string({ minLength: 1 }).map((text): LabRequest => ({ verb: 'steer', text })),
      ),
    );
    fc.assert(
      fc.property(verbs, (wishes) => {
        const now = wishes.reduce((at, wish) => applyToSteering(at, wish, { t: '', from: 'x' }), NO_STEERING);
        const switches = wishes.filter(({ verb }) => verb === 'pause' || verb === 'resume');
        expect(now.paused).toBe(switches.at(-1)?.verb === 'pause');
        const since = wishes.slice(wishes.findLastIndex(({ verb }) => verb === 'forget') + 1);
        expect(now.words.map(({ text }) => text)).toEqual(since.flatMap((w) => (w.verb === 'steer' ? [w.text] : [])));
      }),
    );
  });
});

describe('each request', () => {
  const after = (...wishes: LabRequest[]): Steering =>
    wishes.reduce((steering, wish) => applyToSteering(steering, wish, { t: 'now', from: 'me' }), NO_STEERING);

  it('is in force for what it names', () => {
    expect(NO_STEERING).toEqual({
      paused: false,
      words: [],
      skipped: new Set(),
      vetoed: new Set(),
      pinned: [],
      replicates: 0,
      parked: [],
      replicated: [],
      builds: [],
      directions: [],
      agentBudgets: new Map(),
      givenUp: new Map(),
    });
    expect(after({ verb: 'replicate', n: 1 }, { verb: 'replicate', n: 1 }).replicated).toEqual([1, 1]);
    const givenUp = after({ verb: 'give-up', n: 2, because: 'no' });
    expect([[...givenUp.skipped], givenUp.givenUp.get(2)]).toEqual([[2], { from: 'me', because: 'no' }]);
    expect(after({ verb: 'retry', n: 1, on: 3 }).builds).toEqual([
      { id: '', from: 'me', of: [1], isRetry: true, on: 3 },
    ]);
    expect(after({ verb: 'steer', text: 'go left' }).words).toEqual([{ at: 'now', from: 'me', text: 'go left' }]);
    expect(after({ verb: 'replicate' }, { verb: 'replicate' }).replicates).toBe(2);
    expect([...after({ verb: 'skip', n: 1 }, { verb: 'skip', n: 2 }).skipped]).toEqual([1, 2]);
    expect(after({ verb: 'stop' }, { verb: 'note', text: 'x' })).toEqual(NO_STEERING);
  });

  it('to pin counts once, in order; to park moves to the end', () => {
    const [one, two]: LabRequest[] = [
      { verb: 'pin', n: 1 },
      { verb: 'pin', n: 2 },
    ];
    expect(after(two!, one!, two!).pinned).toEqual([2, 1]);
    expect(after({ verb: 'park', n: 1 }, { verb: 'park', n: 2 }, { verb: 'park', n: 1 }).parked).toEqual([2, 1]);
    expect(after({ verb: 'park', n: 1 }, { verb: 'park', n: 2 }, { verb: 'unpark', n: 1 })).toEqual({
      ...NO_STEERING,
      parked: [2],
    });
  });

  it('to rule out takes away the pin and the place among the parked', () => {
    const ruled = after(
      { verb: 'pin', n: 1 },
      { verb: 'pin', n: 2 },
      { verb: 'park', n: 1 },
      { verb: 'park', n: 2 },
      { verb: 'veto', n: 3 },
      { verb: 'veto', n: 1 },
    );
    expect(ruled).toMatchObject({ pinned: [2], parked: [2], vetoed: new Set([3, 1]) });
  });

  it('that is done is done: a pin, a replicate, never below none', () => {
    const steering = after({ verb: 'pin', n: 1 }, { verb: 'pin', n: 2 }, { verb: 'replicate' });
    expect(withoutPin(steering, 1).pinned).toEqual([2]);
    expect(withoutReplicate(steering).replicates).toBe(0);
    expect(withoutReplicate(withoutReplicate(steering)).replicates).toBe(0);
  });
});

describe('a request that cannot be applied', () => {
  const lab = (branches = 2): Script =>
    new Script(arenaWith({ search: { branches } })).addCalibration([5, 5.1, 4.9]).addKeptIdea(3);
  const objection = (script: Script, wish: LabRequest): string | undefined => whyRefused(script.state, wish);

  it('names no experiment, or one that is no idea; the others are', () => {
    const script = lab()
      .addEvent(draftProposal(2, { kind: 'control' }))
      .addEvent(draftProposal(3, { kind: 'ablation' }));
    expect(objection(script, { verb: 'veto', n: 4 })).toMatch(/#4.*#3$/);
    expect(objection(script, { verb: 'veto', n: 0 })).toMatch(/baseline/);
    expect(objection(script, { verb: 'veto', n: 2 })).toMatch(/control/);
    expect(objection(script, { verb: 'veto', n: 3 })).toMatch(/ablation/);
    expect(objection(script, { verb: 'veto', n: 1 })).toBeUndefined();
    expect(objection(script, { verb: 'unpark', n: 1 })).toBeUndefined();
    for (const verb of ['pause', 'resume', 'stop', 'replicate', 'forget'] as const)
      expect(objection(script, { verb })).toBeUndefined();
  });

  it('to build of other changes: each that it names is there, whichever place it is named in', () => {
    const script = lab();
    for (const wish of [
      { verb: 'retry', n: 9 },
      { verb: 'retry', n: 1, on: 9 },
      { verb: 'combine', of: [1, 9] },
      { verb: 'combine', of: [9, 8] },
      { verb: 'replicate', n: 9 },
      { verb: 'give-up', n: 9, because: 'no' },
      { verb: 'note', text: 'a', learned: { experiments: [9] } },
    ] as const)
      expect(objection(script, wish as LabRequest), JSON.stringify(wish)).toMatch(/#[89]; the newest is #1|already/);
    expect(objection(script, { verb: 'retry', n: 1, on: 0 })).toBeUndefined();
  });

  it('to skip: only what is being measured', () => {
    const script = lab().propose();
    expect(objection(script, { verb: 'skip', n: 2 })).toMatch(/proposed/);
    expect(objection(script, { verb: 'skip', n: 1 })).toMatch(/decided/);
    script.addSnapshot(2);
    expect(objection(script, { verb: 'skip', n: 2 })).toBeUndefined();
  });

  it('to park: only where there are branches, and what was decided with a number', () => {
    const park = (script: Script, n: number): string | undefined => objection(script, { verb: 'park', n });
    expect(park(lab(1), 1)).toMatch(/branches/);
    expect(park(new Script().addCalibration([5, 5.1, 4.9]).addKeptIdea(3), 1)).toMatch(/branches/);
    expect(park(lab(2), 1)).toBeUndefined();
    const script = lab().addIdea().measure(2, 9);
    expect(park(script, 2)).toMatch(/number/);
    script.decide(2).addIdea().measure(3, 'exit').decide(3);
    expect(park(script, 2)).toBeUndefined();
    expect(park(script, 3)).toMatch(/number/);
    script
      .addIdea()
      .measure(4, 'exit')
      .measure(4, 9)
      .addEvent({
        type: 'decided',
        n: 4,
        decision: { verdict: 'crashed', reason: 'r', rule: 'r', against: 0, n: 1, nAgainst: 1 },
      });
    expect(park(script, 4)).toBeUndefined();
  });

  it('to pin: only what is decided or refused, and not the incumbent', () => {
    const pin = (script: Script, n: number): string | undefined => objection(script, { verb: 'pin', n });
    const script = lab().addEvent(draftProposal(2)).addEvent(draftProposal(3)).addEvent(draftSnapshot(3));
    expect(pin(script, 1)).toMatch(/incumbent/);
    expect(pin(script, 2)).toMatch(/not decided/);
    expect(pin(script, 3)).toMatch(/not decided/);
    script.addEvent({ type: 'refused', n: 2, code: 'guard', reason: 'r' }).measure(3, 9).decide(3);
    expect(pin(script, 2)).toBeUndefined();
    expect(pin(script, 3)).toBeUndefined();
    expect(objection(script, { verb: 'skip', n: 2 })).toMatch(/refused/);
  });
});

describe('a veto', () => {
  it('of any idea leaves an incumbent and a champion that are not built on it, and names nothing but kept ideas', () => {
    const ideas = state.experiments.flatMap(({ idea }) => (idea.kind === 'idea' ? [idea.n] : []));
    for (const n of ideas) {
      const after = replayEvents([...events, says({ verb: 'veto', n })]);
      expect(lineage(after, after.incumbent)).not.toContain(n);
      expect(lineage(after, after.incumbent)).toContain(after.champion);
      const hit = lineage(state, state.incumbent).includes(n);
      expect(after.incumbent).toBe(hit ? state.experiments[n]!.idea.parent : state.incumbent);
    }
  });

  it('of the baseline, of a control, or of nothing is objected to, and recorded it breaks the ledger', () => {
    for (const n of [0, 4000]) {
      expect(whyRefused(state, { verb: 'veto', n })).toMatch(/baseline|no experiment/);
      expect(() => replayEvents([...events, says({ verb: 'veto', n })])).toThrow(/cannot be applied/);
    }
  });
});
