/** Live bases: what an idea may start from, and what a line that came from a branch means for everything after it. */
import { describe, expect, it } from 'vitest';
import { arenaWith, IDLE_CONTEXT, Script } from '../../testing/script.ts';
import { viewLab } from '../../view/lab/lab.ts';
import { admitIdea } from '../admission/policy.ts';
import { plan } from '../plan/plan.ts';
import { lastGain } from '../plan/stop-rules.ts';
import { replayEvents } from '../replay.ts';
import { whyRefused } from '../request-check.ts';
import { lineage } from '../state.ts';
import { liveBases } from './live-bases.ts';

/** A lab with so many live bases. */
const opened = (branches = 3, manifest: object = {}): Script =>
  new Script(arenaWith({ search: { branches }, decide: { controls: 0, drift: 0 }, ...manifest })).addCalibration([
    5, 5.02, 4.98,
  ]);
/** So many ideas that gain nothing, two of them near misses (#3 and #6). */
function stuck(script: Script, ideas = 14): Script {
  for (let k = 0; k < ideas; k++) script.tryIdea(k === 2 ? 5.001 : k === 5 ? 5.004 : 6);
  return script;
}

describe('live bases', () => {
  it('are the incumbent and what is not clearly behind it, nearest first, as many as the manifest allows', () => {
    const script = stuck(opened());
    expect(liveBases(script.state).map(({ n, role }) => [n, role])).toEqual([
      [0, 'incumbent'],
      [3, 'runner-up'],
      [6, 'runner-up'],
    ]);
    expect(liveBases(stuck(opened(2)).state).map(({ n }) => n)).toEqual([0, 3]);
    expect(liveBases(stuck(opened(1)).state).map(({ n }) => n)).toEqual([0]);
  });

  it('never hold the same code twice, nothing that was ruled out, and a branch no longer once six ideas came from it', () => {
    const script = stuck(opened(4));
    const twin = script.state.experiments.length;
    script.propose().addEvent({
      type: 'snapshot',
      n: twin,
      commit: 'c'.repeat(40),
      tree: 't'.repeat(40),
      editable: (script.state.experiments[3] as { snapshot: { editable: string } }).snapshot.editable,
      added: 1,
      deleted: 1,
    });
    script.measure(twin, 5.001).decide(twin);
    expect(liveBases(script.state).map(({ n }) => n)).toEqual([0, 3, 6]);
    script.addEvent({ type: 'steered', id: 'wish-0001', from: 'me', wish: { verb: 'veto', n: 6 } });
    expect(liveBases(script.state).map(({ n }) => n)).toEqual([0, 3]);
    for (let k = 0; k < 6; k++) script.tryIdea(6, { parent: 3 });
    // Its twin takes its place: it is another experiment with the same code.
    expect(liveBases(script.state).map(({ n }) => n)).toEqual([0, twin]);
  });

  it('hold what a person parked, whatever it measured, as long as it has a number', () => {
    const script = stuck(opened());
    script.addEvent({ type: 'steered', id: 'wish-0001', from: 'me', wish: { verb: 'park', n: 1 } });
    expect(liveBases(script.state)[1]).toMatchObject({ n: 1, role: 'parked' });
    script.addEvent({ type: 'steered', id: 'wish-0002', from: 'me', wish: { verb: 'unpark', n: 1 } });
    expect(liveBases(script.state).map(({ n }) => n)).not.toContain(1);
    script.propose();
    expect(whyRefused(script.state, { verb: 'park', n: 15 })).toMatch(/no number/);
    expect(whyRefused(stuck(opened(1)).state, { verb: 'park', n: 1 })).toMatch(/search\.branches/);
  });
});

describe('an idea from a branch', () => {
  /** #2 is kept on the baseline; #3 comes from the near miss #1 and beats it: the line is 0, 1, 3. */
  const moved = (): Script => {
    const script = opened().tryIdea(5.001).tryIdea(4.5);
    return script.tryIdea(4, { parent: 1 });
  };

  it('is held against the incumbent, not against what it was made on', () => {
    const script = opened().tryIdea(5.001).tryIdea(4.5);
    script.tryIdea(4.7, { parent: 1 });
    expect(script.state.experiments[3]).toMatchObject({ decision: { verdict: 'discarded', against: 2 } });
    expect(script.state.incumbent).toBe(2);
  });

  it('moves the line to its branch when it is better; the runner-up is a step of it', () => {
    const { state, ledger } = moved();
    expect(lineage(state, state.incumbent)).toEqual([0, 1, 3]);
    expect(replayEvents(ledger.events)).toEqual(state);
    expect(lastGain(state)).toBe(3);
    const view = viewLab(state, { now: state.lastAt, alive: true, tip: '' });
    expect(view.lineage).toEqual([0, 1, 3]);
    expect(view.deadEnds.flatMap(({ experiments }) => experiments)).not.toContain(1);
    expect(
      liveBases(state).map(({ n }) => n),
      'what was beaten clearly is no base',
    ).toEqual([3]);
  });

  it('and finalize ablates each of its steps, the runner-up too', () => {
    expect(plan(moved().state, { ...IDLE_CONTEXT, finalize: true })).toEqual({ do: 'ablate', n: 1 });
  });

  it('ruled out, gives the line back to what it had beaten', () => {
    for (const n of [1, 3]) {
      const { state } = moved().addEvent({ type: 'steered', id: 'wish-0001', from: 'me', wish: { verb: 'veto', n } });
      expect(lineage(state, state.incumbent), `${n}`).toEqual([0, 2]);
    }
  });

  it('that another branch tried against the same incumbent is a duplicate', () => {
    const script = opened().tryIdea(5.001).tryIdea(4.5);
    script.tryIdea(4.7, { parent: 2 });
    const known = script.state.experiments[3] as { snapshot: { editable: string } };
    const files = new Map([['x.ts', 'a']]);
    const edits = [{ path: 'x.ts', content: 'b' }];
    const first = admitIdea(script.state.lab!.arena, script.state, { parent: 1 }, files, edits);
    expect(first.ok).toBe(true);
    const seen = new Map([[first.ok ? first.editable : '', [3]]]);
    expect(known.snapshot.editable).toBeTruthy();
    const state = { ...script.state, byEditable: seen };
    expect(admitIdea(state.lab!.arena, state, { parent: 1 }, files, edits)).toMatchObject({
      ok: false,
      code: 'duplicate',
      earlier: 3,
    });
  });
});
