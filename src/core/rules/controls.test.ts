/** A/A controls: the unchanged incumbent, measured as if it were an idea. */
import { describe, expect, it } from 'vitest';
import { arenaWith, IDLE_CONTEXT, Script } from '../../testing/script.ts';
import { plan } from '../plan/plan.ts';
import type { Step } from '../plan/step.ts';

const quiet = [5, 5.1, 4.9, 5.05, 4.95] as const;
const baseline = (decide: object): Script => new Script(arenaWith({ decide })).addCalibration(quiet);
const next = (script: Script, experiments: number): Step => plan(script.state, { ...IDLE_CONTEXT, experiments });

describe('A/A controls', () => {
  const often = { controls: 0.5 };
  const addControl = (script: Script): Script => {
    const n = script.state.experiments.length;
    const fields = { n, parent: script.state.incumbent, proposer: 'harness', hypothesis: 'unchanged', edits: {} };
    return script.addEvent({ type: 'proposed', kind: 'control', ...fields }).addSnapshot(n);
  };

  it('are due at the rate that the manifest says, and none in a short try', () => {
    expect(next(baseline(often), 9)).toEqual({ do: 'propose' });
    expect(next(baseline(often).addKeptIdea(3), 9)).toEqual({ do: 'control' });
    const controlled = addControl(baseline(often).addKeptIdea(3)).measure(2, 3).decide(2);
    expect(next(controlled, 9)).toEqual({ do: 'propose' });
    expect(next(new Script().addCalibration(quiet).addKeptIdea(3), 9)).toEqual({ do: 'propose' });
  });

  it('are judged like an idea, counted apart, and never kept', () => {
    const script = addControl(baseline(often).addKeptIdea(3)).measure(2, 2.5).decide(2);
    expect(script.state.experiments[2]).toMatchObject({
      decision: { verdict: 'discarded', kind: 'control', wouldKeep: true },
    });
    expect(script.state).toMatchObject({ incumbent: 1, controls: { all: [2], decided: 1, wouldKeep: 1 } });
    expect(script.state.counts).toMatchObject({ kept: 1, discarded: 0 });
    expect(addControl(script).measure(3, 9).decide(3).state.controls).toMatchObject({ decided: 2, wouldKeep: 1 });
  });
});
