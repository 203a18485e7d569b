/** When a session ends by itself: each limit is tried on both sides. */
import { describe, expect, it } from 'vitest';
import { draftConfirmation, draftProposal, draftSnapshot } from '../../testing/drafts.ts';
import { arenaWith, IDLE_CONTEXT, Script } from '../../testing/script.ts';
import type { EventDraft } from '../event.ts';
import type { FailureClass } from '../outcome.ts';
import { ideasTried, typicalMeasurementS } from './pace.ts';
import { lastGain, stopStep } from './stop-rules.ts';
import { nextSeed } from './seed.ts';
import { plan } from './plan.ts';
import type { PlanContext, Step } from './step.ts';

const quiet = [5, 5.02, 4.98] as const;
const plain = { controls: 0, drift: 0 };
const lab = (change: object = {}): Script => new Script(arenaWith({ decide: plain, ...change })).addCalibration(quiet);
const next = (script: Script, change: Partial<PlanContext> = {}): Step =>
  plan(script.state, { ...IDLE_CONTEXT, ...change });
const reasonOf = (step: Step): string => (step.do === 'stop' ? step.reason : step.do);
const fail = (script: Script, failure: FailureClass = 'exit'): Script => {
  const n = script.state.experiments.length;
  return script.addIdea().measure(n, failure).decide(n);
};

describe('what counts as an idea tried', () => {
  it('is every experiment but the baseline, the controls and the ablations', () => {
    expect(ideasTried(new Script().state)).toBe(0);
    const script = lab()
      .addIdea()
      .addEvent(draftProposal(2, { kind: 'control' }));
    script.addEvent(draftProposal(3, { kind: 'ablation', ablates: 1 })).addEvent(draftProposal(4));
    expect(ideasTried(script.state)).toBe(2);
    expect(reasonOf(next(lab(), { experiments: 1 }))).toBe('propose');
    expect(reasonOf(next(lab(), { experiments: 0 }))).toBe('experiments');
  });
});

describe('the time that a measurement takes', () => {
  it('is the median of the newest nine, with their evaluation, without short runs', () => {
    const script = lab();
    expect(typicalMeasurementS(new Script(arenaWith({ budget: { seconds: 10, wall_s: 20 } })).state)).toBeCloseTo(
      14,
      9,
    );
    for (let i = 1; i <= 12; i++) script.measure(0, 5, { conditions: { wallS: i, evaluateS: 0.5 } });
    expect(typicalMeasurementS(script.state)).toBe(8.5);
    script.measure(0, 5, { purpose: 'screen', conditions: { wallS: 99 } }).startMeasurement(0);
    expect(typicalMeasurementS(script.state)).toBe(8.5);
    script.finishMeasurement('exit', { conditions: { wallS: 99 } });
    expect(typicalMeasurementS(script.state)).toBe(9.5);
  });

  it('must be left before the deadline, and a fifth more; in pairs as many as one idea may take', () => {
    expect([1.19, 1.21].map((leftS) => reasonOf(next(lab(), { leftS })))).toEqual(['deadline', 'propose']);
    const paired = lab({ decide: { ...plain, rule: 'paired', max_replicates: 3 } });
    expect([6.19, 6.21].map((leftS) => reasonOf(next(paired, { leftS })))).toEqual(['deadline', 'propose']);
  });

  it('is kept back for a claim that is to come, and no more once it was judged', () => {
    const script = lab().addKeptIdea(3);
    // Six numbers of its own and three of the baseline.
    expect([10.19, 10.21].map((leftS) => next(script, { leftS }).do)).toEqual(['measure', 'propose']);
    // What is too little for a claim is for ideas.
    expect([9, 8.99].map((leftS) => next(script, { leftS }).do)).toEqual(['measure', 'propose']);
    script.addEvent(draftConfirmation(1, false));
    expect([1.19, 1.21].map((leftS) => reasonOf(next(script, { leftS })))).toEqual(['deadline', 'propose']);
    script.addEvent(draftConfirmation(1, true));
    expect([1.19, 1.21].map((leftS) => reasonOf(next(script, { leftS })))).toEqual(['deadline', 'propose']);
  });
});

describe('the target', () => {
  it('is reached by the mean of the incumbent itself', () => {
    const script = lab();
    expect([4.99, 5, 5.01].map((target) => reasonOf(next(script, { target })))).toEqual([
      'propose',
      'target',
      'target',
    ]);
    const larger = lab({ metric: { name: 'm', direction: 'maximize' } });
    expect([4.99, 5, 5.01].map((target) => reasonOf(next(larger, { target })))).toEqual([
      'target',
      'target',
      'propose',
    ]);
  });
});

describe('the target without a number', () => {
  it('is not reached on a device that has measured nothing', () => {
    for (const target of [4, 5, 6])
      expect(stopStep(lab().state, { ...IDLE_CONTEXT, deviceClass: 'device-b', target })).toBeUndefined();
  });
});

describe('a plateau', () => {
  it('begins at the newest kept experiment that no fresh measurement refuted', () => {
    const script = lab().addKeptIdea(4).addKeptIdea(3);
    expect(lastGain(script.state)).toBe(2);
    expect(lastGain(script.addEvent(draftConfirmation(1, true)).state)).toBe(2);
    expect(lastGain(script.addEvent(draftConfirmation(2, false)).state)).toBe(1);
    expect(lastGain(script.addEvent(draftConfirmation(1, false)).state)).toBe(0);
    expect(lastGain(lab().state)).toBe(0);
  });

  it('passes over steps of a branch that were not kept', () => {
    const script = lab({ search: { branches: 3 } })
      .addIdea()
      .measure(1, 6)
      .decide(1);
    script
      .addEvent(draftProposal(2, { parent: 1 }))
      .addEvent(draftSnapshot(2))
      .measure(2, 3)
      .decide(2)
      .advance(2);
    expect(lastGain(script.state)).toBe(2);
    expect(lastGain(script.addEvent(draftConfirmation(2, false)).state)).toBe(0);
  });

  it('is so many ideas of this session since then, controls not among them', () => {
    const script = lab();
    for (let n = 1; n <= 3; n++) script.addIdea().measure(n, 9).decide(n);
    script
      .addEvent(draftProposal(4, { kind: 'control' }))
      .addEvent(draftSnapshot(4))
      .measure(4, 5)
      .decide(4);
    expect([3, 4].map((plateau) => reasonOf(next(script, { plateau })))).toEqual(['plateau', 'propose']);
    script.startSession();
    expect(reasonOf(next(script, { plateau: 1 }))).toBe('propose');
    script.addIdea().measure(5, 9).decide(5);
    expect([1, 2].map((plateau) => reasonOf(next(script, { plateau })))).toEqual(['plateau', 'propose']);
  });
});

describe('silence', () => {
  const after = (script: Script, seconds: number): string => {
    const currentTime = new Date(Date.parse(script.state.lastAt) + seconds * 1000).toISOString();
    return reasonOf(next(script, { idleS: 600, currentTime }));
  };

  it('is counted from the newest number', () => {
    const script = lab();
    const ago = Date.parse(script.state.lastAt) - Date.parse((script.state.measurements[2] as { at: string }).at);
    expect([599, 600].map((seconds) => after(script, seconds - ago / 1000))).toEqual(['propose', 'idle']);
    fail(script);
    const later = Date.parse(script.state.lastAt) - Date.parse((script.state.measurements[2] as { at: string }).at);
    expect([599, 600].map((seconds) => after(script, seconds - later / 1000))).toEqual(['propose', 'idle']);
    expect(reasonOf(next(script, { idleS: 0 }))).toBe('propose');
    expect(reasonOf(next(script, { currentTime: '2027-01-01T00:00:00Z' }))).toBe('propose');
  });

  it('is not broken by a measurement that still runs, or was lost', () => {
    const script = lab().startMeasurement(0);
    const startedAgo =
      Date.parse(script.state.lastAt) - Date.parse((script.state.measurements[2] as { at: string }).at);
    expect([599, 600].map((seconds) => after(script, seconds - startedAgo / 1000))).toEqual(['wait', 'idle']);
    script.addEvent({ type: 'lost', m: 3, reason: 'r' });
    const lostAgo = Date.parse(script.state.lastAt) - Date.parse((script.state.measurements[2] as { at: string }).at);
    expect([599, 600].map((seconds) => after(script, seconds - lostAgo / 1000))).toEqual(['propose', 'idle']);
  });

  it('is counted from the start of a session that has no number yet', () => {
    const script = lab().startSession();
    expect([599, 600].map((seconds) => after(script, seconds))).toEqual(['propose', 'idle']);
  });
});

describe('failures of one class in a row', () => {
  it('stop after ten, whatever was before, and not where one of them differs', () => {
    const script = fail(lab(), 'nan');
    for (let i = 0; i < 9; i++) fail(script);
    expect(reasonOf(next(script))).toBe('propose');
    expect(reasonOf(next(fail(script)))).toBe('stuck');
    expect(reasonOf(next(fail(script, 'nan')))).toBe('propose');
  });

  it('are refusals of one code too', () => {
    const refused = (codes: readonly ('guard' | 'duplicate')[]): string => {
      const script = lab();
      for (const [i, code] of codes.entries())
        script.propose().addEvent({ type: 'refused', n: i + 1, code, reason: 'r' });
      return reasonOf(next(script));
    };
    expect(refused(new Array<'guard'>(10).fill('guard'))).toBe('stuck');
    expect(refused([...new Array<'guard'>(9).fill('guard'), 'duplicate'])).toBe('propose');
  });

  it('are none where ideas end without a failure, nor those of an earlier session', () => {
    const fine = lab();
    for (let n = 1; n <= 12; n++) fine.addIdea().measure(n, 9).decide(n);
    expect(reasonOf(next(fine))).toBe('propose');
    const script = lab();
    for (let i = 0; i < 5; i++) fail(script);
    script.startSession();
    for (let i = 0; i < 9; i++) fail(script);
    expect(reasonOf(next(script))).toBe('propose');
    expect(reasonOf(next(fail(script)))).toBe('stuck');
  });
});

describe('a person who wants to stop, or the end of time', () => {
  it('ends what is open as it stands, and measures no reference any more', () => {
    const fresh = new Script(arenaWith({ decide: plain })).propose('baseline').addSnapshot();
    expect(reasonOf(next(fresh, { leftS: 0 }))).toBe('deadline');
    expect(reasonOf(next(fresh, { leftS: 0.1 }))).toBe('measure');
    expect(reasonOf(next(fresh, { stopRequested: true }))).toBe('asked');
    const script = lab().addKeptIdea(4);
    expect(reasonOf(next(script, { stopRequested: true }))).toBe('asked');
  });

  it('takes an idea back that is being thought about, but no repair', () => {
    const thinking = { isThinking: true, hasSpareCores: true };
    expect(next(lab(), { ...thinking, experiments: 0 })).toEqual({ do: 'abandon' });
    expect(next(lab(), { ...thinking, isRepairing: true, experiments: 0 }).do).not.toBe('abandon');
    expect(next(lab(), { ...thinking, isRepairing: true, stopRequested: true })).toEqual({ do: 'abandon' });
    expect(next(lab(), { ...thinking, isRepairing: true, leftS: 0 })).toEqual({ do: 'abandon' });
  });
});

describe('the seed of the next measurement', () => {
  it('follows from the lab and the number of measurements alone', () => {
    const script = lab();
    const first = nextSeed(script.state);
    expect(nextSeed(script.addIdea().state)).toBe(first);
    expect(nextSeed(script.measure(1, 4).state)).not.toBe(first);
    expect(nextSeed(lab({ seeds: { first: 7, fixed: true } }).state)).toBe(7);
    expect(nextSeed(lab({ seeds: { first: 7 } }).state)).toBe(first);
  });
});

describe('agents that give nothing', () => {
  type End = {
    readonly outcome: 'empty' | 'edit' | 'failed' | 'lost';
    readonly class?: string;
    readonly message?: string;
  };
  const call = (script: Script, end: End = { outcome: 'empty' }, purpose: 'idea' | 'repair' = 'idea'): Script => {
    const number = script.state.calls.length;
    const session = script.state.sessions.length - 1;
    return script
      .addEvent({ type: 'calling', call: number, n: 1, purpose, agent: `agent ${number}`, session })
      .addEvent({ type: 'called', call: number, wallS: 1, ...end } as EventDraft);
  };
  const callTimes = (script: Script, times: number, end?: End): Script => {
    for (let i = 0; i < times; i++) call(script, end);
    return script;
  };

  it('end the session after six calls in a row, with the words of the last', () => {
    expect(reasonOf(next(callTimes(lab(), 5)))).toBe('propose');
    const script = call(callTimes(lab(), 5), { outcome: 'failed', class: 'exit', message: 'cannot open x' });
    expect(next(script)).toMatchObject({ do: 'stop', reason: 'agents failing' });
    expect((next(script) as { detail: string }).detail).toMatch(/6 calls .* of agent 5: cannot open x$/);
    expect((next(callTimes(lab(), 6)) as { detail: string }).detail).toMatch(/agent 5: empty$/);
    expect(reasonOf(next(callTimes(lab(), 9)))).toBe('agents failing');
  });

  it('do not when one of the last six gave an edit, and do when an earlier one did', () => {
    expect(reasonOf(next(callTimes(call(lab(), { outcome: 'edit' }), 5)))).toBe('propose');
    expect(reasonOf(next(call(callTimes(lab(), 5), { outcome: 'edit' })))).toBe('propose');
    expect(reasonOf(next(callTimes(call(lab(), { outcome: 'edit' }), 6)))).toBe('agents failing');
  });

  it.each<End>([
    { outcome: 'lost' },
    { outcome: 'failed', class: 'aborted' },
    { outcome: 'failed', class: 'quota' },
    { outcome: 'failed', class: 'rate-limit' },
  ])('do not by what waiting heals or what the harness took back: %j', (excused) => {
    expect(reasonOf(next(callTimes(lab(), 9, excused)))).toBe('propose');
    expect(reasonOf(next(call(callTimes(lab(), 5), excused)))).toBe('propose');
    expect(reasonOf(next(call(callTimes(lab(), 6), excused)))).toBe('agents failing');
  });

  it('do not by calls for repairs, by calls of an earlier session, or while a call has no end', () => {
    const repairs = lab();
    for (let i = 0; i < 9; i++) call(repairs, { outcome: 'failed', class: 'exit' }, 'repair');
    expect(reasonOf(next(repairs))).toBe('propose');
    expect(reasonOf(next(callTimes(lab(), 9).startSession()))).toBe('propose');
    const open = callTimes(lab(), 5);
    open.addEvent({ type: 'calling', call: 5, n: 1, purpose: 'idea', agent: 'a', session: 0 });
    expect(reasonOf(next(open))).toBe('propose');
  });

  it('do not when somebody else had an idea since the first of the six', () => {
    const others = callTimes(lab(), 3).addIdea().measure(1, 5).decide(1);
    expect(reasonOf(next(callTimes(others, 3)))).not.toBe('agents failing');
    const earlier = lab().addIdea().measure(1, 5).decide(1);
    expect(reasonOf(next(callTimes(earlier, 6)))).toBe('agents failing');
    const control = callTimes(lab(), 3).addEvent(draftProposal(1, { kind: 'control' }));
    expect(reasonOf(next(callTimes(control.addSnapshot(1).measure(1, 5).decide(1), 3)))).toBe('agents failing');
  });
});
