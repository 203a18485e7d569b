/** Claims that a person asks for, and labs that measure each idea more than once. */
import { describe, expect, it } from 'vitest';
import { draftConfirmation } from '../../testing/drafts.ts';
import { arenaWith, IDLE_CONTEXT, SCRIPT_DEVICE, Script } from '../../testing/script.ts';
import { whyRefused } from '../request-check.ts';
import { judge } from '../rules/judge.ts';
import { plan } from './plan.ts';

const quiet = [5, 5.1, 4.9, 5.05, 4.95] as const;
const baseline = (decide: object = {}): Script =>
  new Script(arenaWith({ decide: { controls: 0, drift: 0, ...decide } })).addCalibration(quiet);
let requests = 0;
const ask = (script: Script, n?: number): Script =>
  script.addEvent({
    type: 'steered',
    id: `request-${++requests}`,
    from: 'me',
    wish: { verb: 'confirm', ...(n !== undefined && { n }) },
  });
const next = (script: Script, context: object = {}) => plan(script.state, { ...IDLE_CONTEXT, ...context });

describe('a claim that a person asks for', () => {
  it('is tested at the next step, that of the incumbent where no number is given', () => {
    const script = baseline().addKeptIdea(4);
    expect(next(script)).toEqual({ do: 'propose' });
    expect(next(ask(script))).toMatchObject({ do: 'measure', n: 1, purpose: 'confirm', claim: 1 });
    script.addEvent(draftConfirmation(1, false));
    expect(next(script)).toEqual({ do: 'propose' });
  });

  it('may be that of an earlier step, and may be tried again after it failed', () => {
    const script = baseline().addKeptIdea(4).addKeptIdea(3.5);
    expect(next(ask(script, 1))).toMatchObject({ n: 1, claim: 1 });
    script.addEvent(draftConfirmation(1, false));
    expect(next(ask(script, 1))).toMatchObject({ n: 1, claim: 1 });
  });

  it('waits for a session that has time for it, and is all that a session for it does', () => {
    const script = ask(baseline().addKeptIdea(4).addKeptIdea(3.5), 1);
    expect(next(script, { leftS: 8 })).toEqual({ do: 'propose' });
    script.addEvent(draftConfirmation(1, true));
    expect(next(script, { experiments: 2, confirm: true }).do).toBe('stop');
    expect(next(script, { experiments: 2 })).toMatchObject({ n: 2, claim: 2 });
  });

  it('is over when its step is confirmed with a later one, or is given up', () => {
    const later = ask(baseline().addKeptIdea(4).addKeptIdea(3.5), 1);
    later.addEvent(draftConfirmation(2, true));
    expect(later.state.steering.claim).toBeUndefined();
    const vetoed = ask(baseline().addKeptIdea(4));
    vetoed.addEvent({ type: 'steered', id: 'request-veto', from: 'me', wish: { verb: 'veto', n: 1 } });
    expect(vetoed.state.steering.claim).toBeUndefined();
  });

  it('is refused where there is nothing to confirm, with the reason', () => {
    const why = (script: Script, n?: number): string | undefined =>
      whyRefused(script.state, { verb: 'confirm', ...(n !== undefined && { n }) });
    expect(why(baseline())).toMatch(/nothing to confirm: no idea was carried on/);
    const script = baseline().addKeptIdea(4).tryIdea(9).addKeptIdea(3.5).addEvent(draftConfirmation(1, true));
    expect(why(script)).toBeUndefined();
    expect(why(script, 3)).toBeUndefined();
    expect(why(script, 1)).toBe('#1 is confirmed already');
    expect(why(script, 2)).toBe('#2 is no step on the way to #3, the best version so far');
    expect(why(script, 0)).toMatch(/baseline/);
    expect(why(script, 7)).toMatch(/no experiment #7/);
    script.addEvent(draftConfirmation(3, true));
    expect(why(script, 1)).toBe('#1 is a part of #3, which is confirmed');
    expect(why(script)).toMatch(/#3 is confirmed, and nothing was carried on after it/);
  });
});

describe('a claim that failed', () => {
  it('is tried once more at the end of a session, where it failed narrowly', () => {
    const after = (probability: number, times = 1): string => {
      const script = baseline().addKeptIdea(4);
      for (let i = 0; i < times; i++)
        script.addEvent({ ...draftConfirmation(1, false), probability } as ReturnType<typeof draftConfirmation>);
      return next(script, { experiments: 1 }).do;
    };
    expect([after(0.89), after(0.95), after(0.95, 2)]).toEqual(['stop', 'measure', 'stop']);
  });
});

describe('while a proposer thinks', () => {
  it('a claim that is asked for is measured where there are cores for it', () => {
    const script = ask(baseline().addKeptIdea(4));
    expect(next(script, { isThinking: true, hasSpareCores: true })).toMatchObject({ purpose: 'confirm', claim: 1 });
    expect(next(script, { isThinking: true })).toEqual({ do: 'wait' });
  });
});

describe('`decide.replicates`', () => {
  it('measures each idea so many times before its verdict, but not one that is far worse', () => {
    const script = baseline({ replicates: 3 }).addIdea();
    const verdicts = [4.5, 4.6, 4.55].map((value) => judge(script.measure(1, value).state, 1, SCRIPT_DEVICE));
    expect(verdicts.map((judgement) => judgement.again)).toEqual([true, true, false]);
    expect(verdicts[2]).toMatchObject({ decision: { verdict: 'kept', n: 3 } });
    const hopeless = baseline({ replicates: 3 }).addIdea().measure(1, 9);
    expect(judge(hopeless.state, 1, SCRIPT_DEVICE)).toMatchObject({ again: false, decision: { verdict: 'discarded' } });
  });

  it('leaves time for so many before the deadline', () => {
    const script = baseline({ replicates: 3 });
    expect([3.19, 3.21].map((leftS) => next(script, { leftS }).do)).toEqual(['stop', 'propose']);
  });
});
