import { describe, expect, it } from 'vitest';
import type { FinalComparison } from '../../core/event.ts';
import { type LabState, lineage } from '../../core/state.ts';
import { syntheticLab } from '../../testing/synthetic.ts';
import { viewLab } from './lab.ts';

const { state } = syntheticLab({ n: 40, seed: 3, calibrate: 8, sessions: 2 });
const firstKept = lineage(state, state.incumbent)[1]!;
const view = (changes: Partial<LabState>) =>
  viewLab({ ...state, ...changes }, { now: state.lastAt, alive: false, tip: '' });
const final = (interval: readonly [number, number]): FinalComparison => ({
  n: state.incumbent,
  against: 0,
  pairs: 5,
  effect: (interval[0] + interval[1]) / 2,
  interval,
  probability: 0.9,
  rule: 'final/1',
  dropped: [],
});

describe('the commands at the end of a run', () => {
  it('compare with the baseline where they say so', () => {
    const [diff] = view({}).take;
    expect(diff).toEqual({
      command: `overnight diff 0 ${state.champion}`,
      what: `show what #${state.champion} changes against the baseline`,
    });
  });

  it('take exactly what they show: all, what is confirmed, or what was compared last', () => {
    expect(view({ champion: state.incumbent }).take[1]!.command).toBe('overnight take');
    expect(firstKept).toBeLessThan(state.incumbent);
    expect(view({ champion: firstKept }).take[1]!.command).toBe('overnight take --confirmed');
    expect(view({ champion: firstKept, finalComparison: final([1, 2]) }).take[1]!.command).toBe('overnight take');
    const earlier = { ...final([1, 2]), n: firstKept };
    expect(view({ champion: state.incumbent, finalComparison: earlier }).take[1]!.command).toBe(
      `overnight take --experiment ${firstKept}`,
    );
  });

  it('say where the result goes, and nothing of it after a try', () => {
    expect(view({}).take[1]!.what).toMatch(/as a new branch$/);
    const { commit: _commit, ...source } = state.lab!.source;
    expect(view({ lab: { ...state.lab!, source } }).take[1]!.what).toMatch(/as patches$/);
    const [session] = state.sessions;
    const tried = [{ ...session!, start: { ...session!.start, command: 'try hello' } }];
    expect(view({ sessions: tried }).take.map(({ command }) => command.split(' ')[1])).toEqual(['diff', 'audit']);
  });

  it('nobody is told to take what the final comparison did not show', () => {
    const shown = view({ finalComparison: final([1, 2]) });
    expect(shown.next.join(' ')).toMatch(/then take it: `overnight diff 0 \d+`, `overnight take`/);
    const failed = view({ finalComparison: final([-1, 2]) });
    expect(failed.verdict.outcome).toBe('not shown');
    expect(failed.next.join(' ')).not.toMatch(/take it/);
    expect(failed.next[0]).toMatch(/^Try more ideas: .* The final comparison did not show #\d+ to be better\.$/);
    expect(failed.take[1]!.what).toMatch(/not shown to be better/);
  });

  it('where nobody has ideas left, another run is not the advice', () => {
    const [session] = state.sessions;
    const ended = [{ ...session!, end: { ...session!.end!, reason: 'proposer exhausted' as const } }];
    const advice = view({ sessions: ended }).next.join(' ');
    expect(advice).toMatch(/Nobody has more ideas: .*`overnight knobs`/);
    expect(advice).not.toMatch(/--experiments 50/);
  });
});
