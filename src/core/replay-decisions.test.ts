/** Decisions and what follows from them, vetoes too: what each one changes, and where it cannot stand. */
import { describe, expect, it } from 'vitest';
import { LabError } from '../base/error.ts';
import { decisionOf, draftConfirmation, draftProposal, draftSnapshot } from '../testing/drafts.ts';
import { arenaWith, Script } from '../testing/script.ts';
import type { Decision } from './decision.ts';
import type { EventDraft } from './event.ts';
import { forkOf, lineage } from './state.ts';

/** That the event cannot stand there, and that a refused one changes nothing. */
const refuses = (script: Script, draft: EventDraft): void => {
  const before = structuredClone(script.state);
  expect(() => script.addEvent(draft), JSON.stringify(draft)).toThrow(LabError);
  expect(script.state).toEqual(before);
};
const calibrated = (): Script => new Script().addCalibration([5, 5.2, 4.9]);

describe('a decision', () => {
  const decided = (n: number, change: Partial<Decision> = {}): EventDraft => ({
    type: 'decided',
    n,
    decision: decisionOf(change),
  });

  it('is made once, of what is open, and counts for ideas and the baseline alone', () => {
    const script = calibrated().addIdea();
    script.addEvent(draftProposal(2, { kind: 'control' })).addEvent(draftSnapshot(2));
    script.addEvent(draftProposal(3, { kind: 'ablation' })).addEvent(draftSnapshot(3));
    script.addEvent(decided(1));
    expect(script.state.experiments[1]).toMatchObject({
      state: 'decided',
      decision: { verdict: 'discarded' },
      at: script.state.lastAt,
      advanced: false,
    });
    refuses(script, decided(1));
    refuses(script, decided(9));
    script
      .addEvent(decided(2))
      .addEvent(decided(3))
      .addEvent(decided(0, { verdict: 'kept' }));
    expect(script.state.counts).toEqual({
      kept: 1,
      discarded: 1,
      inconclusive: 0,
      crashed: 0,
      'timed out': 0,
      refused: 0,
    });
    expect([...script.state.unfinished]).toEqual([0]);
  });

  it('is bound to the device class of the newest number, where there is one', () => {
    const script = calibrated().addIdea().addIdea();
    script.measure(1, 4).measure(1, 4, { device: 'device-b' }).measure(1, 'exit');
    script.addEvent(decided(1)).addEvent(decided(2));
    expect(script.state.experiments[1]).toMatchObject({ deviceClass: 'device-b' });
    expect(script.state.experiments[2]).not.toHaveProperty('deviceClass');
  });

  it('of an idea that came near makes it a near miss, unless it is a bundle', () => {
    const script = calibrated().addIdea().addIdea().addIdea().addIdea();
    script.addEvent(decided(1, { verdict: 'inconclusive' })).addEvent(decided(2, { kind: 'within noise' }));
    script.addEvent(decided(3, { kind: 'constraint' })).addEvent(decided(4, { verdict: 'kept', kind: 'within noise' }));
    expect(script.state.marginal).toEqual([1, 2]);
    script
      .addEvent(draftProposal(5, { bundles: [1, 2] }))
      .addEvent(draftSnapshot(5))
      .addEvent(decided(5, { verdict: 'inconclusive' }));
    script
      .addEvent(draftProposal(6, { kind: 'control' }))
      .addEvent(draftSnapshot(6))
      .addEvent(decided(6, { verdict: 'inconclusive' }));
    expect(script.state.marginal).toEqual([1, 2]);
  });

  it('of a control says whether it would have been kept', () => {
    const script = calibrated();
    for (const [i, wouldKeep] of [true, false, undefined].entries()) {
      const change = wouldKeep === undefined ? {} : { wouldKeep };
      script
        .addEvent(draftProposal(i + 1, { kind: 'control' }))
        .addEvent(draftSnapshot(i + 1))
        .addEvent(decided(i + 1, change));
    }
    expect(script.state.controls).toEqual({ all: [1, 2, 3], decided: 2, wouldKeep: 1 });
  });

  it('to keep is finished when the branch points at it, once', () => {
    const script = calibrated()
      .addIdea()
      .addIdea()
      .addEvent(decided(1, { verdict: 'kept' }))
      .addEvent(decided(2));
    expect([...script.state.unfinished]).toEqual([0, 1]);
    expect(script.state.incumbent).toBe(0);
    refuses(script, { type: 'advanced', n: 2, commit: 'c' });
    refuses(script, { type: 'advanced', n: 0, commit: 'c' });
    script.advance(1);
    expect(script.state).toMatchObject({ incumbent: 1, champion: 0 });
    expect(script.state.experiments[1]).toMatchObject({ advanced: true });
    expect([...script.state.unfinished]).toEqual([0]);
    refuses(script, { type: 'advanced', n: 1, commit: 'c' });
  });
});

describe('a confirmation', () => {
  it('makes a champion when it is passed, of a decided experiment', () => {
    const script = calibrated().addKeptIdea(3).addKeptIdea(1).addIdea();
    refuses(script, draftConfirmation(3, true));
    script.addEvent(draftConfirmation(1, true)).addEvent(draftConfirmation(2, false));
    expect(script.state).toMatchObject({ champion: 1, incumbent: 2 });
    expect(script.state.confirmations).toHaveLength(2);
    expect(script.state.confirmations[0]).toEqual({
      n: 1,
      against: 0,
      passed: true,
      effect: 1,
      interval: [0, 2],
      probability: 0.9,
      rule: 'r',
      reason: 'r',
      judgedAfter: 5,
    });
  });

  it('on the holdout is kept by experiment, in order', () => {
    const script = calibrated().addIdea().measure(1, 3);
    const outcome = (value: number) => ({ kind: 'measured', value, metrics: {} }) as const;
    script.addEvent({ type: 'held', m: 0, outcome: outcome(1) }).addEvent({ type: 'held', m: 3, outcome: outcome(2) });
    script.addEvent({ type: 'held', m: 1, outcome: outcome(3) });
    expect([...script.state.holdoutOutcomes]).toEqual([
      [0, [outcome(1), outcome(3)]],
      [1, [outcome(2)]],
    ]);
    refuses(script, { type: 'held', m: 4, outcome: outcome(1) });
  });

  it('at the end of all stands alone', () => {
    const final = {
      n: 1,
      against: 0,
      pairs: 3,
      effect: 1,
      interval: [0, 2],
      probability: 0.9,
      rule: 'r',
      dropped: [2],
    } as const;
    const script = calibrated().addEvent({ type: 'finalized', ...final });
    expect(script.state.finalComparison).toEqual(final);
    script.addEvent({ type: 'finalized', ...final, holdout: { effect: 2 } });
    expect(script.state.finalComparison).toEqual({ ...final, holdout: { effect: 2 } });
  });
});

describe('a call', () => {
  it('has the next number and ends once', () => {
    const script = new Script();
    const calling = (call: number): EventDraft => ({
      type: 'calling',
      call,
      n: 1,
      purpose: 'idea',
      agent: 'a',
      session: 0,
    });
    const called = (call: number): EventDraft => ({ type: 'called', call, outcome: 'edit', wallS: 3 });
    refuses(script, calling(1));
    refuses(script, called(0));
    script.addEvent(calling(0));
    expect(script.state.calls).toMatchObject([{ start: { agent: 'a' }, at: script.state.lastAt }]);
    expect(script.state.calls[0]!.end).toBeUndefined();
    script.addEvent(called(0));
    expect(script.state.calls[0]!.end).toMatchObject({ outcome: 'edit', wallS: 3 });
    refuses(script, called(0));
    refuses(script, calling(0));
  });
});

describe('what experiments were built on', () => {
  it('leads from the baseline to them, and two of them have a newest common one', () => {
    const script = calibrated().addKeptIdea(4).addKeptIdea(3);
    script.addEvent(draftProposal(3, { parent: 1 })).addEvent(draftProposal(4, { parent: 3 }));
    expect(lineage(script.state, 4)).toEqual([0, 1, 3, 4]);
    expect(forkOf(script.state, 4, 2)).toBe(1);
    expect(forkOf(script.state, 2, 4)).toBe(1);
    expect(forkOf(script.state, 4, 3)).toBe(3);
    expect(forkOf(script.state, 4, 0)).toBe(0);
  });
});

describe('a veto', () => {
  const veto = (n: number): EventDraft => ({
    type: 'steered',
    id: `wish-${n}`,
    from: 'me',
    wish: { verb: 'veto', n },
  });

  it('takes what was built on the idea with it, and gives up what is open on it', () => {
    const script = calibrated().addKeptIdea(4).addKeptIdea(3);
    script.addEvent(draftProposal(3, { parent: 2 })).addEvent(draftSnapshot(3));
    script.addEvent(draftProposal(4, { parent: 1 }));
    script.addEvent(veto(2));
    expect(script.state).toMatchObject({ incumbent: 1, champion: 0 });
    expect([...script.state.steering.skipped]).toEqual([3]);
    expect([...script.state.steering.vetoed]).toEqual([2]);
    expect([...script.state.unfinished]).toEqual([0, 3, 4]);
  });

  it('of an idea that the incumbent does not stand on moves nothing', () => {
    const script = calibrated().addKeptIdea(4).addIdea().measure(2, 9).decide(2);
    script.addEvent(veto(2));
    expect(script.state.incumbent).toBe(1);
    expect(script.state.steering.skipped.size).toBe(0);
  });

  it('closes what was kept on it and waits for its branch', () => {
    const script = calibrated().addKeptIdea(4).addIdea();
    script.addEvent({ type: 'decided', n: 2, decision: decisionOf({ verdict: 'kept' }) });
    expect([...script.state.unfinished]).toEqual([0, 2]);
    script.addEvent(veto(1));
    expect([...script.state.unfinished]).toEqual([0]);
    expect(script.state.steering.skipped.size).toBe(0);
  });

  it('takes the title from a champion that stood on it, and gives it to the newest confirmed one before', () => {
    const script = calibrated().addKeptIdea(4).addKeptIdea(3).addKeptIdea(2);
    const passed = {
      type: 'confirmation',
      against: 0,
      passed: true,
      effect: 1,
      interval: [0, 2],
      probability: 1,
    } as const;
    for (const n of [1, 2, 3]) script.addEvent({ ...passed, n, rule: 'r', reason: 'r' });
    script.addEvent({ ...passed, passed: false, n: 2, rule: 'r', reason: 'r' });
    script.addEvent(veto(3));
    expect(script.state).toMatchObject({ incumbent: 2, champion: 2 });
    script.addEvent(veto(1));
    expect(script.state).toMatchObject({ incumbent: 0, champion: 0 });
  });

  it('alone moves the line: no other request that names an experiment does', () => {
    const script = calibrated().addKeptIdea(4).addKeptIdea(3);
    script.addEvent({ type: 'steered', id: 'wish-pin', from: 'me', wish: { verb: 'pin', n: 1 } });
    expect(script.state).toMatchObject({ incumbent: 2, notes: [], steering: { pinned: [1] } });
    script.addEvent({ type: 'steered', id: 'wish-note', from: 'me', wish: { verb: 'note', text: 'look' } });
    expect(script.state.notes).toEqual([{ at: script.state.lastAt, from: 'me', text: 'look' }]);
  });

  it('that cannot be obeyed is kept with the reason and changes nothing else', () => {
    const script = calibrated();
    refuses(script, veto(0));
    const before = script.state.steering;
    script.addEvent({ ...veto(7), refused: 'no such experiment' } as EventDraft);
    expect([...script.state.refusedRequests]).toEqual([['wish-7', 'no such experiment']]);
    expect(script.state.requests.has('wish-7')).toBe(true);
    expect(script.state.steering).toBe(before);
  });
});

describe('a veto where there are branches', () => {
  const veto = (n: number): EventDraft => ({ type: 'steered', id: `wish-${n}`, from: 'me', wish: { verb: 'veto', n } });
  const keep = (script: Script, n: number, against: number): Script =>
    script.addEvent({ type: 'decided', n, decision: decisionOf({ verdict: 'kept', against }) }).advance(n);

  it('gives the line back to what the branch had beaten', () => {
    const script = new Script(arenaWith({ search: { branches: 3 } })).addCalibration([5, 5.1, 4.9]);
    script.addIdea().addIdea();
    keep(script, 1, 0);
    // 2 was discarded on the baseline; 3 grew on it as a branch and took the line from 1.
    script.addEvent({ type: 'decided', n: 2, decision: decisionOf() });
    script.addEvent(draftProposal(3, { parent: 2 })).addEvent(draftSnapshot(3));
    keep(script, 3, 1);
    expect(script.state.incumbent).toBe(3);
    script.addEvent(veto(2));
    expect(script.state.incumbent).toBe(1);
  });

  it('of something else leaves the title with a champion of another line', () => {
    const script = new Script(arenaWith({ search: { branches: 3 } })).addCalibration([5, 5.1, 4.9]);
    script.addIdea().addIdea();
    keep(script, 1, 0);
    script.addEvent({
      type: 'confirmation',
      n: 1,
      against: 0,
      passed: true,
      effect: 1,
      interval: [0, 2],
      probability: 1,
      rule: 'r',
      reason: 'r',
    });
    script.addEvent({ type: 'decided', n: 2, decision: decisionOf() });
    script.addEvent(draftProposal(3, { parent: 2 })).addEvent(draftSnapshot(3));
    keep(script, 3, 1);
    script.addIdea().addEvent({ type: 'decided', n: 4, decision: decisionOf() });
    script.addEvent(veto(4));
    expect(script.state).toMatchObject({ incumbent: 3, champion: 1 });
    script.addEvent(veto(1));
    expect(script.state).toMatchObject({ incumbent: 3, champion: 0 });
  });

  it('of a step in the line goes back to its parent', () => {
    const script = new Script(arenaWith({ search: { branches: 3 } })).addCalibration([5, 5.1, 4.9]);
    script.addIdea();
    keep(script, 1, 0);
    script.addIdea();
    keep(script, 2, 1);
    script.addEvent(veto(2));
    expect(script.state.incumbent).toBe(1);
    script.addEvent(veto(1));
    expect(script.state.incumbent).toBe(0);
  });

  it('goes back to the baseline where what was beaten is ruled out itself', () => {
    const script = new Script(arenaWith({ search: { branches: 3 } })).addCalibration([5, 5.1, 4.9]);
    script.addIdea().addIdea();
    keep(script, 1, 0);
    script.addEvent({ type: 'decided', n: 2, decision: decisionOf() });
    script.addEvent(draftProposal(3, { parent: 2 })).addEvent(draftSnapshot(3));
    keep(script, 3, 1);
    script.addEvent(veto(1));
    expect(script.state.incumbent).toBe(3);
    script.addEvent(veto(3));
    expect(script.state.incumbent).toBe(0);
  });
});
