/** Screening runs that rank: which ideas go on, when none may be dropped, and that their number is no measurement. */
import { describe, expect, it } from 'vitest';
import { arenaWith, SCRIPT_DEVICE, Script, IDLE_CONTEXT } from '../../testing/script.ts';
import { viewLab } from '../../view/lab/lab.ts';
import { judge } from './judge.ts';
import { screeningState } from './screening.ts';
import { plan } from '../plan/plan.ts';
import { values } from '../state.ts';

const opened = (screen: object = { seconds: 0.2, ranks: true }): Script =>
  new Script(arenaWith({ screen, decide: { controls: 0, drift: 0 } })).addCalibration([50, 50.1, 49.9]);
const next = (script: Script) => plan(script.state, IDLE_CONTEXT);

/** One idea as the plan has it: screened, then in full where it goes on. `short` and `long` are what it measures. */
function idea(script: Script, short: number, long: number): string[] {
  const n = script.state.experiments.length;
  script.addIdea();
  const done: string[] = [];
  for (let step = next(script); ; step = next(script)) {
    done.push(step.do === 'measure' ? step.purpose : step.do);
    if (step.do === 'measure')
      script.measure(step.n, step.purpose === 'screen' ? short : long, { purpose: step.purpose });
    else if (step.do === 'decide') script.decide(n);
    else if (step.do === 'advance') script.advance(n);
    else return done.slice(0, -1);
  }
}
const checked = (script: Script, short: (k: number) => number): Script => {
  for (let k = 0; k < 8; k++) idea(script, short(k), 100 + k);
  return script;
};

describe('screening runs that rank', () => {
  it('are made of every idea, and drop nobody until eight ideas were run both ways', () => {
    const script = opened();
    for (let k = 0; k < 8; k++) expect(idea(script, 10 + k, 100 + k), `${k}`).toEqual(['screen', 'idea', 'decide']);
    expect(screeningState(script.state, SCRIPT_DEVICE)).toMatchObject({
      phase: 'halving',
      agreement: { tau: 1, pairs: 8 },
    });
  });

  it('let one in three go on from there; the others cost no whole budget', () => {
    const script = checked(opened(), (k) => 10 + k);
    expect(idea(script, 30, 0)).toEqual(['screen', 'decide']);
    expect(script.state.experiments[9]).toMatchObject({
      decision: {
        verdict: 'discarded',
        kind: 'screened',
        rule: 'halving/1',
        n: 0,
        reason: 'its short run came 9 of the last 9, and one in 3 goes on',
      },
    });
    expect(idea(script, 9, 40)).toEqual(['screen', 'idea', 'decide', 'advance']);
    expect(script.state.incumbent).toBe(10);
    expect(script.state.marginal, 'what was never measured is no near miss').not.toContain(9);
  });

  it('rank the larger number first where larger is better', () => {
    const larger = new Script(
      arenaWith({
        metric: { name: 'acc', direction: 'maximize' },
        screen: { seconds: 0.2, ranks: true },
        decide: { controls: 0, drift: 0 },
      }),
    ).addCalibration([50, 50.1, 49.9]);
    for (let k = 0; k < 8; k++) idea(larger, 30 - k, 40 - k);
    expect(screeningState(larger.state, SCRIPT_DEVICE)).toMatchObject({ phase: 'halving', agreement: { tau: 1 } });
    expect(idea(larger, 10, 0), 'the smallest').toEqual(['screen', 'decide']);
    expect(larger.state.experiments[9]).toMatchObject({
      decision: { kind: 'screened', reason: 'its short run came 9 of the last 9, and one in 3 goes on' },
    });
    expect(idea(larger, 99, 40), 'the largest').toEqual(['screen', 'idea', 'decide']);
  });

  it('go on whatever they said every sixth time, so that the check goes on too', () => {
    const script = checked(opened(), (k) => 10 + k);
    const fates = Array.from({ length: 12 }, (_, k) => idea(script, 60 + k, 160 + k).includes('idea'));
    expect(fates).toEqual(Array.from({ length: 12 }, (_, k) => (8 + k) % 6 === 0));
  });

  it('are given up once they are shown not to rank, with a warning, and every idea is measured in full again', () => {
    const script = checked(opened(), (k) => 10 - k);
    expect(screeningState(script.state, SCRIPT_DEVICE)?.phase).toBe('stopped');
    expect(idea(script, 1, 200)).toEqual(['idea', 'decide']);
    const { health } = viewLab(script.state, { now: script.state.lastAt, alive: true, tip: '' });
    expect(health.find(({ what }) => what === 'Screening')).toMatchObject({
      warning: true,
      text: expect.stringMatching(/does not rank.*τ −1\.00.*switched off/),
    });
  });

  it('in doubt drop nobody: the number of pairs that are wanted grows', () => {
    const order = [3, 0, 5, 1, 6, 2, 7, 4];
    const script = checked(opened(), (k) => order[k]!);
    expect(screeningState(script.state, SCRIPT_DEVICE)).toMatchObject({
      phase: 'checking',
      agreement: { warning: expect.stringContaining('τ = 0.36') },
    });
    expect(idea(script, 99, 200)).toEqual(['screen', 'idea', 'decide']);
  });

  it('are never a number of the experiment, nor part of the noise', () => {
    const script = opened().addIdea().measure(1, 3, { purpose: 'screen' });
    expect(values(script.state, 1, SCRIPT_DEVICE)).toEqual([]);
    const before = script.state.noise.get(SCRIPT_DEVICE)?.pool;
    script.measure(1, 55);
    expect(script.state.noise.get(SCRIPT_DEVICE)?.pool).toEqual(before);
    expect(judge(script.state, 1, SCRIPT_DEVICE)).toMatchObject({ decision: { effect: -5 } });
  });

  it('that fail end the idea as a failure would', () => {
    const script = opened().addIdea().measure(1, 'nan', { purpose: 'screen' });
    expect(judge(script.state, 1, SCRIPT_DEVICE)).toMatchObject({
      decision: { verdict: 'crashed', failure: 'nan', rule: 'halving/1' },
    });
  });

  it('of a candidate that is repaired are made again, and the order of the checks stays as it was', () => {
    const script = opened()
      .addIdea()
      .measure(1, 'nan', { purpose: 'screen' })
      .addIdea()
      .measure(2, 9, { purpose: 'screen' });
    script.addEvent({ type: 'repaired', n: 1, attempt: 1, edits: {}, proposer: 'test' }).addSnapshot(1);
    expect([...script.state.screenRuns]).toEqual([
      [1, []],
      [2, [4]],
    ]);
    expect(next(script)).toMatchObject({ do: 'measure', n: 1, purpose: 'screen' });
  });

  it('are not made where the manifest does not say that they rank', () => {
    expect(idea(opened({ seconds: 0.2 }), 1, 60)).toEqual(['idea', 'decide']);
  });
});
