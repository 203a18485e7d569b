/** What short runs say of one idea, and which of them count. */
import { describe, expect, it } from 'vitest';
import { draftProposal, draftSnapshot } from '../../testing/drafts.ts';
import { arenaWith, SCRIPT_DEVICE, Script } from '../../testing/script.ts';
import { screeningOf, screeningState, screenRunOf, wantsScreening } from '../rules/screening.ts';

const lab = (change: Readonly<Record<string, unknown>> = {}, screen: object = {}): Script =>
  new Script(arenaWith({ screen: { seconds: 0.5, ranks: true, ...screen }, ...change })).addCalibration([
    50, 50.1, 49.9,
  ]);
/** An idea with a short run, and a full one where there is a number for it. */
const tried = (script: Script, short: number, full?: number): Script => {
  const n = script.state.experiments.length;
  script.addIdea().measure(n, short, { purpose: 'screen' });
  return full === undefined ? script : script.measure(n, full).decide(n);
};
/** Eight ideas that were run both ways and agree. */
const agreeing = (script: Script, sign = 1): Script => {
  for (let k = 0; k < 8; k++) tried(script, sign * (10 + k), sign * (100 + k));
  return script;
};
const next = (script: Script, n = script.state.experiments.length - 1): string =>
  screeningOf(script.state, n, SCRIPT_DEVICE).next;
const pairs = (script: Script): number => screeningState(script.state, SCRIPT_DEVICE)!.agreement.pairs;

describe('the ideas that tell whether short runs rank', () => {
  it('are those with both numbers on this device', () => {
    const script = lab();
    tried(script, 10, 100);
    expect(pairs(script)).toBe(1);
    tried(script, 11);
    expect(pairs(script)).toBe(1);
    script.measure(2, 100, { device: 'device-b' });
    expect(pairs(script)).toBe(1);
    script.measure(2, 'exit');
    expect(pairs(script)).toBe(1);
    script.measure(2, 101);
    expect(pairs(script)).toBe(2);
    const n = script.state.experiments.length;
    script.addIdea().measure(n, 'exit', { purpose: 'screen' }).measure(n, 102);
    expect(pairs(script)).toBe(2);
    script.measure(n, 12, { purpose: 'screen', device: 'device-b' });
    expect(pairs(script)).toBe(2);
    expect(screeningState(lab({}, { ranks: false }).state, SCRIPT_DEVICE)).toBeUndefined();
    const larger = lab({ metric: { name: 'm', direction: 'maximize' } }).addIdea();
    expect(pairs(larger.measure(1, 'exit', { purpose: 'screen' }).measure(1, 102))).toBe(0);
  });

  it('are the first eight, then every sixth, and the newest sixteen of them', () => {
    const script = agreeing(lab());
    expect(pairs(script)).toBe(8);
    const counts: number[] = [];
    for (let k = 8; k < 80; k++) counts.push(pairs(tried(script, 10 + k, 100 + k)));
    // Number 12, 18, 24, … are checks.
    expect(counts.slice(0, 12)).toEqual([8, 8, 8, 8, 9, 9, 9, 9, 9, 9, 10, 10]);
    expect(counts.at(-1)).toBe(16);
  });

  it('agree as ranks do, whichever way the metric is better', () => {
    const larger = { metric: { name: 'm', direction: 'maximize' } };
    expect(screeningState(agreeing(lab(larger), -1).state, SCRIPT_DEVICE)).toMatchObject({
      phase: 'halving',
      agreement: { tau: 1 },
    });
    const turned = lab();
    for (let k = 0; k < 8; k++) tried(turned, 10 - k, 100 + k);
    expect(screeningState(turned.state, SCRIPT_DEVICE)).toMatchObject({ phase: 'stopped', agreement: { tau: -1 } });
  });

  it('rank from a τ of one half on', () => {
    const phaseAt = (shortLosses: readonly number[]): unknown => {
      const script = lab();
      for (const [k, short] of shortLosses.entries()) tried(script, short, 100 + k);
      const { phase, agreement } = screeningState(script.state, SCRIPT_DEVICE)!;
      return [phase, agreement.tau];
    };
    // Of 28 pairs 21 agree and 7 do not; then 20 and 8.
    expect(phaseAt([17, 10, 11, 12, 13, 14, 15, 16])).toEqual(['halving', 0.5]);
    expect(phaseAt([17, 11, 10, 12, 13, 14, 15, 16])).toEqual(['checking', expect.closeTo(12 / 28, 9)]);
  });

  it('must be eight before anything follows', () => {
    const seven = lab();
    for (let k = 0; k < 7; k++) tried(seven, 10 - k, 100 + k);
    expect(screeningState(seven.state, SCRIPT_DEVICE)!.phase).toBe('checking');
    const same = lab();
    for (let k = 0; k < 7; k++) tried(same, 10 + k, 100 + k);
    expect(screeningState(same.state, SCRIPT_DEVICE)!.phase).toBe('checking');
  });
});

describe('the short run of an idea', () => {
  it('is the newest that ended on this device', () => {
    const script = lab().addIdea();
    expect(screenRunOf(script.state, 1, SCRIPT_DEVICE)).toBeUndefined();
    script.measure(1, 10, { purpose: 'screen' }).measure(1, 11, { purpose: 'screen' });
    script.measure(1, 12, { purpose: 'screen', device: 'device-b' }).startMeasurement(1, { purpose: 'screen' });
    expect(screenRunOf(script.state, 1, SCRIPT_DEVICE)).toMatchObject({ m: 4 });
    script.addEvent({ type: 'lost', m: 6, reason: 'r' });
    expect(screenRunOf(script.state, 1, SCRIPT_DEVICE)).toMatchObject({ m: 4 });
    expect(screenRunOf(script.state, 1, 'device-b')).toMatchObject({ m: 5 });
  });
});

describe('what an idea gets next', () => {
  it('is a short run first, and the whole budget while nothing is known of them', () => {
    const script = lab().addIdea();
    expect(next(script)).toBe('short');
    expect(next(script.measure(1, 10, { purpose: 'screen' }))).toBe('full');
    const failed = lab().addIdea().measure(1, 'nan', { purpose: 'screen' });
    expect(screeningOf(failed.state, 1, SCRIPT_DEVICE)).toMatchObject({ next: 'failed', screenRun: { m: 3 } });
  });

  it('is the whole budget for whatever is no plain idea, and where short runs do not rank', () => {
    const of = (change: object): string => {
      const script = lab().addIdea().measure(1, 9, { purpose: 'screen' }).addIdea();
      return next(script.addEvent(draftProposal(3, change)).addEvent(draftSnapshot(3)));
    };
    expect(of({})).toBe('short');
    expect(of({ kind: 'control' })).toBe('full');
    expect(of({ kind: 'ablation', ablates: 1 })).toBe('full');
    expect(of({ bundles: [1, 2] })).toBe('full');
    expect(of({ retries: 1 })).toBe('full');
    expect(next(lab({}, { ranks: false }).addIdea())).toBe('full');
    const turned = lab();
    for (let k = 0; k < 8; k++) tried(turned, 10 - k, 100 + k);
    expect(next(turned.addIdea())).toBe('full');
  });

  it('is nothing more where it is not the best share of the newest nine, itself among them', () => {
    const script = agreeing(lab());
    // Of ten ideas the newest nine count: 11 to 17, 30 and itself. The best three of them are 11, 12 and 13.
    expect(next(tried(script, 30))).toBe('drop');
    expect(next(tried(script, 12.5))).toBe('full');
    const worse = tried(agreeing(lab()), 30);
    expect(next(tried(worse, 13.5))).toBe('drop');
    expect(screeningOf(worse.state, 10, SCRIPT_DEVICE)).toMatchObject({
      reason: expect.stringMatching(/ 4 .* 9,.* 3 /),
    });
  });

  it('is nothing more by the share that the manifest says', () => {
    const two = tried(agreeing(lab({}, { one_in: 2 })), 30);
    // The newest six: 14 to 17, 30 and itself; the best three of them go on.
    expect(next(tried(two, 15.5))).toBe('full');
    const again = tried(agreeing(lab({}, { one_in: 2 })), 30);
    expect(next(tried(again, 16.5))).toBe('drop');
  });

  it('is never worse for larger numbers where larger is better', () => {
    const larger = { metric: { name: 'm', direction: 'maximize' } };
    const script = tried(agreeing(lab(larger), -1), -30);
    expect(next(script)).toBe('drop');
    expect(next(tried(script, -9))).toBe('full');
  });

  it('leaves out short runs that gave no number', () => {
    const script = agreeing(lab());
    for (let i = 0; i < 3; i++) {
      const n = script.state.experiments.length;
      script.addIdea().measure(n, 'exit', { purpose: 'screen' });
    }
    // Numbers 8 to 10 failed; of the eight others and itself the best three are 10, 11 and 12.
    expect(next(tried(script, 12.5))).toBe('drop');
    const better = agreeing(lab());
    better.addIdea().measure(9, 'exit', { purpose: 'screen' });
    expect(next(tried(better, 11.5))).toBe('full');
  });

  it('is a short run as long as nothing of it ended', () => {
    const script = lab().addIdea();
    const wants = (): boolean => wantsScreening(script.state, 1, SCRIPT_DEVICE);
    expect(wants()).toBe(true);
    script.startMeasurement(1);
    expect(wants()).toBe(true);
    script.finishMeasurement(4);
    expect(wants()).toBe(false);
    expect(wantsScreening(lab({}, { ranks: false }).addIdea().state, 1, SCRIPT_DEVICE)).toBe(false);
  });
});
