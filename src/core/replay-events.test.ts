/** Events until an experiment is measured: what each one changes in the state of a lab, and where it cannot stand. */
import { describe, expect, it } from 'vitest';
import { LabError } from '../base/error.ts';
import { noiseOf } from '../base/stats.ts';
import { draftMeasuring, draftProposal, draftSnapshot } from '../testing/drafts.ts';
import { SCRIPT_CONDITIONS, Script } from '../testing/script.ts';
import type { EventDraft } from './event.ts';
import { createFold } from './replay.ts';
import { codeOf, measurementsOf, values } from './state.ts';

/** That the event cannot stand there, and that a refused one changes nothing. */
const refuses = (script: Script, draft: EventDraft): void => {
  const before = structuredClone(script.state);
  expect(() => script.addEvent(draft), JSON.stringify(draft)).toThrow(LabError);
  expect(script.state).toEqual(before);
};
const calibrated = (): Script => new Script().addCalibration([5, 5.2, 4.9]);

describe('a lab', () => {
  it('is empty before it is opened, and takes nothing else first', () => {
    const { state, apply } = createFold();
    expect(state).toMatchObject({ seq: 0, lastAt: '', incumbent: 0, champion: 0, tailsSetAside: 0 });
    expect(Object.values(state.counts)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(state.controls).toEqual({ all: [], decided: 0, wouldKeep: 0 });
    const sizes = [state.sessions, state.experiments, state.measurements, state.confirmations, state.marginal];
    expect(sizes.map((list) => list.length)).toEqual([0, 0, 0, 0, 0]);
    expect([state.notes, state.calls, state.steering.words, state.steering.pinned, state.steering.parked]).toEqual([
      [],
      [],
      [],
      [],
      [],
    ]);
    const note = { type: 'note', from: 'me', text: 'x', seq: 0, t: '2026-01-01T00:00:00Z', v: 1, prev: '' } as const;
    expect(() => apply(note)).toThrow(LabError);
    expect(state).toMatchObject({ seq: 0, lastAt: '' });
  });

  it('is opened once, and knows its newest event', () => {
    const script = new Script();
    const { type: _type, seq: _seq, t: _t, v: _v, prev: _prev, ...opened } = script.ledger.events[0]!;
    refuses(script, { type: 'lab.opened', ...opened } as EventDraft);
    expect(script.state.lab).toMatchObject({ lab: 'ab12', at: script.ledger.events[0]!.t });
    expect(script.state).toMatchObject({ seq: 1, lastAt: script.ledger.events[1]!.t });
  });

  it('has sessions that follow each other, and each ends once', () => {
    const script = new Script();
    const { start } = script.state.sessions[0]!;
    refuses(script, { ...start, session: 0 } as EventDraft);
    refuses(script, { ...start, session: 2 } as EventDraft);
    refuses(script, { type: 'session.ended', session: 1, reason: 'asked', detail: '' });
    script.addEvent({ type: 'session.ended', session: 0, reason: 'asked', detail: 'by a person' });
    expect(script.state.sessions[0]).toMatchObject({
      startedAt: script.ledger.events[1]!.t,
      end: { reason: 'asked', detail: 'by a person', at: script.state.lastAt },
    });
    refuses(script, { type: 'session.died', session: 0, detail: '', processes: 0 });
    script.startSession().addEvent({ type: 'session.died', session: 1, detail: 'gone', processes: 2 });
    expect(script.state.sessions[1]!.end).toMatchObject({ reason: 'died', detail: 'gone' });
  });

  it('counts tails that were set aside, and keeps notes', () => {
    const script = new Script();
    script
      .addEvent({ type: 'tail.set_aside', bytes: 3, file: 'f' })
      .addEvent({ type: 'tail.set_aside', bytes: 4, file: 'g' });
    expect(script.state.tailsSetAside).toBe(2);
    script.addEvent({ type: 'note', from: 'me', text: 'first' });
    expect(script.state.notes).toEqual([{ at: script.state.lastAt, from: 'me', text: 'first' }]);
  });

  it('knows of each stage how it stands', () => {
    const script = new Script().addEvent({ type: 'stage.started', stage: 'setup', key: 'k' });
    const stage = (): unknown => script.state.stages.get('setup');
    expect(stage()).toStrictEqual({ key: 'k' });
    script.addEvent({ type: 'stage.failed', stage: 'setup', key: 'k', message: 'no' });
    expect(stage()).toEqual({ key: 'k', failed: 'no' });
    script.addEvent({ type: 'stage.finished', stage: 'setup', key: 'k2', wallS: 3, output: 'o', reused: false });
    expect(stage()).toEqual({ key: 'k2', output: 'o', wallS: 3 });
  });
});

describe('an experiment', () => {
  it('has the next number and a parent that is there', () => {
    const script = calibrated();
    refuses(script, draftProposal(0));
    refuses(script, draftProposal(2));
    refuses(script, draftProposal(1, { parent: 1 }));
    script.addEvent(draftProposal(1, { why: 'because' }));
    expect(script.state.experiments[1]).toEqual({
      state: 'proposed',
      idea: {
        n: 1,
        kind: 'idea',
        parent: 0,
        proposer: 'p',
        hypothesis: 'h',
        edits: {},
        why: 'because',
        at: script.state.lastAt,
      },
    });
    expect([...script.state.unfinished]).toEqual([0, 1]);
  });

  it('is listed by what it is: control, bundle, ablation, answer to a request, retry', () => {
    const script = calibrated();
    script.addEvent(draftProposal(1)).addEvent(draftProposal(2));
    expect(script.state.controls.all).toEqual([]);
    expect(script.state.requests.size + script.state.bundled.size + script.state.ablations.size).toBe(0);
    script.addEvent(draftProposal(3, { kind: 'control' })).addEvent(draftProposal(4, { bundles: [1, 2] }));
    script
      .addEvent(draftProposal(5, { kind: 'ablation', ablates: 0 }))
      .addEvent(draftProposal(6, { request: 'wish-0001' }));
    expect(script.state.controls).toEqual({ all: [3], decided: 0, wouldKeep: 0 });
    expect([...script.state.bundled]).toEqual([
      [1, 4],
      [2, 4],
    ]);
    expect([...script.state.ablations]).toEqual([[0, 5]]);
    expect([...script.state.requests]).toEqual([['wish-0001', 6]]);
    script.addEvent({ type: 'refused', n: 1, code: 'guard', reason: 'r' });
    script.addEvent({ type: 'steered', id: 'wish-0002', from: 'me', wish: { verb: 'pin', n: 1 } });
    expect(script.state.steering.pinned).toEqual([1]);
    script.addEvent(draftProposal(7));
    expect(script.state.steering.pinned).toEqual([1]);
    script.addEvent(draftProposal(8, { retries: 1 }));
    expect(script.state.steering.pinned).toEqual([]);
  });

  it('is refused once, before it has code, and counts by the reason', () => {
    const script = calibrated().addEvent(draftProposal(1)).addEvent(draftProposal(2)).addEvent(draftProposal(3));
    script.addEvent({ type: 'refused', n: 1, code: 'duplicate', reason: 'same', earlier: 0 });
    script.addEvent({ type: 'refused', n: 2, code: 'duplicate', reason: 'same' });
    script.addEvent({ type: 'refused', n: 3, code: 'guard', reason: 'no' });
    const [, first, second] = script.state.experiments;
    expect(first).toMatchObject({ state: 'refused', code: 'duplicate', reason: 'same', earlier: 0 });
    expect(second).not.toHaveProperty('earlier');
    expect(script.state.counts.refused).toBe(3);
    expect(script.state.refusals).toEqual({ duplicate: 2, guard: 1 });
    expect([...script.state.unfinished]).toEqual([0]);
    refuses(script, { type: 'refused', n: 1, code: 'guard', reason: '' });
    refuses(script, { type: 'refused', n: 0, code: 'guard', reason: '' });
    refuses(script, { type: 'refused', n: 9, code: 'guard', reason: '' });
  });

  it('has code once, and is found by it; controls and ablations are not', () => {
    const script = calibrated();
    script.addEvent(draftProposal(1)).addEvent(draftSnapshot(1, { editable: 'e', normal: 'n', dependencies: 2 }));
    script.addEvent(draftProposal(2)).addEvent(draftSnapshot(2, { editable: 'e', normal: 'n' }));
    script.addEvent(draftProposal(3)).addEvent(draftSnapshot(3));
    script.addEvent(draftProposal(4, { kind: 'control' })).addEvent(draftSnapshot(4, { editable: 'e', normal: 'n' }));
    script.addEvent(draftProposal(5, { kind: 'ablation' })).addEvent(draftSnapshot(5, { editable: 'e', normal: 'n' }));
    expect(script.state.byEditable.get('e')).toEqual([1, 2]);
    expect(script.state.byEditable.get('e3')).toEqual([3]);
    expect([...script.state.byEditable.values()].flat()).toEqual([0, 1, 2, 3]);
    expect([...script.state.byNormal]).toEqual([['n', [1, 2]]]);
    expect(codeOf(script.state, 1)).toEqual({
      commit: 'c1',
      tree: 't1',
      editable: 'e',
      added: 1,
      deleted: 2,
      dependencies: 2,
    });
    expect(codeOf(script.state, 3)).toStrictEqual({ commit: 'c3', tree: 't3', editable: 'e3', added: 1, deleted: 2 });
    refuses(script, draftSnapshot(1));
    script.addEvent(draftProposal(6));
    expect(codeOf(script.state, 6)).toBeUndefined();
    expect(codeOf(script.state, 7)).toBeUndefined();
    expect(measurementsOf(script.state, 6)).toEqual([]);
    expect(measurementsOf(script.state, 7)).toEqual([]);
  });
});

describe('a repair', () => {
  const repaired = (attempt: number, edits: Record<string, string | null> = {}, n = 1): EventDraft => ({
    type: 'repaired',
    n,
    attempt,
    edits,
    proposer: 'p',
  });

  it('takes the idea back to where it has no code, and keeps what ran before as an attempt', () => {
    const script = calibrated()
      .addEvent(draftProposal(1, { edits: { a: '1', b: '2' } }))
      .addEvent(draftSnapshot(1));
    script.measure(1, 'exit', { purpose: 'screen' }).measure(1, 'exit', { pair: 1 });
    expect(script.state.screenRuns.get(1)).toEqual([3]);
    expect(script.state.pairs.get(1)).toEqual([4]);
    refuses(script, repaired(0));
    refuses(script, repaired(2));
    script.addEvent(repaired(1, { b: null, c: '3' }));
    expect(script.state.experiments[1]).toMatchObject({
      state: 'proposed',
      idea: { edits: { a: '1', b: null, c: '3' }, attempts: [{ snapshot: { commit: 'c1' }, measurements: [4] }] },
    });
    expect(script.state.pairs.has(1)).toBe(false);
    expect([...script.state.screenRuns]).toEqual([[1, []]]);
    script.addEvent(draftSnapshot(1, { commit: 'c9' }));
    refuses(script, repaired(1));
    script.addEvent(repaired(2));
    expect(script.state.experiments[1]!.idea.attempts?.map(({ snapshot }) => snapshot.commit)).toEqual(['c1', 'c9']);
  });

  it('is for what is open and not being measured', () => {
    const script = calibrated().addEvent(draftProposal(1));
    refuses(script, repaired(1));
    script.addEvent(draftSnapshot(1)).addIdea().startMeasurement(2);
    script.addEvent(repaired(1)).addEvent(draftSnapshot(1));
    expect(script.state.screenRuns.has(1)).toBe(false);
    script.startMeasurement(1);
    refuses(script, repaired(2));
    script.addEvent({ type: 'lost', m: 4, reason: 'r' }).addEvent(repaired(2));
    expect(script.state.experiments[1]!.idea.attempts).toHaveLength(2);
  });
});

describe('a measurement', () => {
  it('has the next number and belongs to an experiment with code', () => {
    const script = calibrated().addIdea().propose();
    refuses(script, draftMeasuring(2, 1));
    refuses(script, draftMeasuring(4, 1));
    refuses(script, draftMeasuring(3, 2));
    refuses(script, draftMeasuring(3, 9));
    script.addEvent(draftMeasuring(3, 1));
    expect(script.state.measurements[3]).toStrictEqual({
      state: 'running',
      m: 3,
      n: 1,
      purpose: 'idea',
      seed: 3,
      judgeSeed: 4,
      session: 0,
      deviceClass: 'device-a',
      startedAt: script.state.lastAt,
    });
    expect([...script.state.running]).toEqual([3]);
    expect(measurementsOf(script.state, 1).map(({ m }) => m)).toEqual([3]);
  });

  it('is listed by the claim and the pair that it serves; a screening run is listed apart', () => {
    const script = calibrated().addIdea().addIdea();
    script.addEvent(draftMeasuring(3, 1, { claim: 1, pair: 2 })).addEvent(draftMeasuring(4, 0, { claim: 1, pair: 2 }));
    script
      .addEvent(draftMeasuring(5, 2, { purpose: 'screen', claim: 2 }))
      .addEvent(draftMeasuring(6, 2, { purpose: 'screen' }));
    expect(script.state.measurements[3]).toMatchObject({ claim: 1, pair: 2 });
    expect([...script.state.claims]).toEqual([[1, [3, 4]]]);
    expect([...script.state.pairs]).toEqual([[2, [3, 4]]]);
    expect([...script.state.screenRuns]).toEqual([[2, [5, 6]]]);
    expect(measurementsOf(script.state, 2)).toEqual([]);
    expect(measurementsOf(script.state, 0).map(({ m }) => m)).toEqual([0, 1, 2, 4]);
  });

  it('ends once: with an outcome and its conditions, or lost', () => {
    const script = calibrated().addIdea().startMeasurement(1).startMeasurement(1);
    const outcome = { kind: 'measured', value: 4, metrics: {} } as const;
    refuses(script, { type: 'measured', m: 5, outcome, conditions: SCRIPT_CONDITIONS });
    refuses(script, { type: 'measured', m: 0, outcome, conditions: SCRIPT_CONDITIONS });
    refuses(script, { type: 'lost', m: 0, reason: '' });
    refuses(script, { type: 'lost', m: 5, reason: '' });
    script.addEvent({ type: 'measured', m: 3, outcome, conditions: SCRIPT_CONDITIONS });
    expect(script.state.measurements[3]).toMatchObject({
      state: 'finished',
      outcome,
      conditions: SCRIPT_CONDITIONS,
      at: script.state.lastAt,
    });
    expect([...script.state.running]).toEqual([4]);
    script.addEvent({ type: 'lost', m: 4, reason: 'killed' });
    expect(script.state.measurements[4]).toMatchObject({ state: 'lost', reason: 'killed' });
    expect([...script.state.running]).toEqual([]);
    expect(values(script.state, 1, 'device-a')).toEqual([4]);
  });

  it('adds to the noise of its device class what it says beyond the ones before', () => {
    const script = calibrated();
    const pool = () => script.state.noise.get('device-a')!.pool;
    const spread = noiseOf([5, 5.2, 4.9]);
    expect(pool().dof).toBe(2);
    expect(pool().ss).toBeCloseTo(2 * spread.sigma ** 2, 12);
    expect(script.state.noise.get('device-a')!.calibrated).toEqual(spread);
    script.addIdea().measure(1, 3);
    expect(pool().dof).toBe(2);
    script.measure(1, 'exit').measure(1, 3.4, { purpose: 'screen' });
    expect(pool().dof).toBe(2);
    script.measure(1, 3.4);
    expect(pool().dof).toBe(3);
    expect(pool().ss).toBeCloseTo(2 * spread.sigma ** 2 + 0.08, 12);
    script.measure(1, 9, { device: 'device-b' });
    expect(script.state.noise.get('device-b')).toMatchObject({ pool: { ss: 0, dof: 0 } });
    expect(pool().dof).toBe(3);
    script.addEvent({ type: 'calibrated', deviceClass: 'device-c', noise: spread });
    expect(script.state.noise.get('device-c')).toEqual({ pool: { ss: 0, dof: 0 }, calibrated: spread });
  });

  it('again of the incumbent answers one request for it, and no other measurement does', () => {
    const script = calibrated().addIdea();
    for (const id of ['wish-0001', 'wish-0002'])
      script.addEvent({ type: 'steered', id, from: 'me', wish: { verb: 'replicate' } });
    script.measure(0, 5).measure(1, 5, { purpose: 'replicate' });
    expect(script.state.steering.replicates).toBe(2);
    script.measure(0, 5, { purpose: 'replicate' });
    expect(script.state.steering.replicates).toBe(1);
    script.measure(0, 5, { purpose: 'replicate' }).measure(0, 5, { purpose: 'replicate' });
    expect(script.state.steering.replicates).toBe(0);
  });
});
