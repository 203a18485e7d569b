/**
 * Numbers as they should not be, and what becomes of each: a verdict or a warning in words, never a crash of ours and
 * never a silent guess.
 */
import { describe, expect, it } from 'vitest';
import { judge } from '../../core/rules/judge.ts';
import { plan } from '../../core/plan/plan.ts';
import { arenaWith, SCRIPT_CONDITIONS, SCRIPT_DEVICE, Script } from '../../testing/script.ts';
import { PLAIN } from '../../render/text.ts';
import { showText } from '../../render/show.ts';
import { resultsTsv } from '../../render/tsv.ts';
import { type ExperimentPage, viewExperiment } from './experiment.ts';
import { viewLab } from './lab.ts';
import type { LabView } from '../types.ts';

const second = (change: Record<string, unknown> = {}): Script =>
  new Script(arenaWith({ ...change, decide: { controls: 0, ...(change.decide as object) } }));
const view = (script: Script): LabView => viewLab(script.state, { now: script.state.lastAt, alive: true, tip: '' });
const maximize = { metric: { name: 'score', direction: 'maximize' } };
const verdict = (script: Script): unknown => {
  const n = script.state.experiments.length - 1;
  return script.decide(n).state.experiments[n];
};
const decided = (what: object): object => ({ decision: expect.objectContaining(what) });

describe('odd numbers', () => {
  it('negative and zero metrics are metrics, and no share of zero is printed', () => {
    const script = second().addCalibration([-1, -1.1, -0.9]).addIdea().measure(1, -2);
    expect(verdict(script)).toMatchObject(decided({ verdict: 'kept', effect: expect.closeTo(1, 9) }));
    const zero = second().addCalibration([0, 0.1, -0.1]).addIdea().measure(1, -1);
    expect(verdict(zero)).toMatchObject(decided({ verdict: 'kept' }));
    expect(JSON.stringify(view(zero.advance(1)))).not.toMatch(/NaN|Infinity|null %/);
  });

  it('a maximised metric is better when it is larger', () => {
    const script = second(maximize).addCalibration([5, 5.1, 4.9]);
    expect(verdict(script.addIdea().measure(1, 4))).toMatchObject(decided({ verdict: 'discarded' }));
    expect(verdict(script.addIdea().measure(2, 6))).toMatchObject(decided({ verdict: 'kept' }));
  });

  it('a constant metric carries on every gain and no equal number, and says so', () => {
    const script = second().addCalibration([5, 5, 5]);
    expect(verdict(script.addIdea().measure(1, 5))).toMatchObject(decided({ verdict: 'discarded' }));
    expect(verdict(script.addIdea().measure(2, 4.999))).toMatchObject(decided({ verdict: 'kept' }));
    expect(view(script).noise?.warnings.join()).toMatch(/deterministic, quantised or rarely changes/);
  });

  it('a metric with two values, one at its bound, and one that follows the machine are named', () => {
    const warnings = (script: Script): string => view(script).noise!.warnings.join('; ');
    expect(warnings(second().addCalibration([1, 0, 1, 0, 1]))).toMatch(/only two values: the metric is binary/);
    const bounded = { metric: { name: 'share', direction: 'maximize', plausible: { min: 0, max: 1 } } };
    expect(warnings(second(bounded).addCalibration([0.999, 1, 0.998, 1, 0.999]))).toMatch(
      /saturated, no improvement can show/,
    );
    const following = (name: string, change = {}): Script => {
      const script = second(change).propose('baseline').addSnapshot();
      for (const k of [1, 2, 3, 4, 5, 6])
        script.measure(0, 5 + 0.1 * k, { purpose: 'calibrate', metrics: { [name]: 100 - k } });
      return script;
    };
    const follows = following('rows');
    expect(warnings(follows)).toMatch(
      /follow rows \(correlation −1\.00\): both measure one thing, or both follow the machine$/,
    );
    expect(warnings(following('wall_s'))).toMatch(
      /follow wall_s .*busier machine .* Leave it alone while it measures, or fix the work .*`budget\.steps`\)$/,
    );
    expect(warnings(following('wall_s', { budget: { seconds: 5, wall_s: 60, steps: 100 } }))).toMatch(
      /Leave it alone while it measures$/,
    );
    expect(view(follows).noise?.cost).toMatch(/with one measurement of each idea .* with 3 measurements of each idea /);
  });

  it('one number far from its repeats is set aside and counted; many are the noise, which they widen', () => {
    const script = second().addCalibration([5, 5.01, 4.99, 5, 9]);
    expect(view(script).noise?.sigma.raw).toBeLessThan(0.01);
    expect(view(script).health.find(({ code }) => code === 'far-out')?.text).toMatch(/^1 measurement set aside/);
    const heavy = second().addCalibration([5, 5.01, 4.99, 5, 9, 1, 8]);
    expect(view(heavy).noise?.sigma.raw).toBeGreaterThan(1);
    heavy.addIdea().measure(1, 4.9);
    const judged = judge(heavy.state, 1, SCRIPT_DEVICE);
    expect(judged.again ? 1 : judged.decision.probability).toBeLessThan(0.75);
  });

  it('one replicate that crashes among five fails its candidate, and says of how many', () => {
    const script = second().addCalibration([5, 5.1, 4.9]).addIdea();
    for (let k = 0; k < 4; k++) script.measure(1, 3, { purpose: k === 0 ? 'idea' : 'replicate' });
    script.measure(1, 'exit', { purpose: 'replicate' });
    const reason = 'it failed: exit (in 1 of 5 measurements)';
    expect(verdict(script)).toMatchObject(decided({ verdict: 'crashed', failure: 'exit', reason }));
  });

  it('on another device class nothing is compared before the baseline is measured there', () => {
    const script = second()
      .addCalibration([5, 5.1, 4.9])
      .addIdea()
      .measure(1, 3)
      .decide(1)
      .advance(1)
      .startSession('device-b')
      .addIdea();
    const now = {
      deviceClass: 'device-b',
      stopRequested: false,
      slots: 1,
      busyExperiments: new Set<number>(),
      isThinking: false,
      hasSpareCores: false,
    };
    expect(plan(script.state, now)).toMatchObject({ do: 'measure', n: 0, purpose: 'calibrate' });
    script.measure(2, 1, { device: 'device-b' });
    expect(judge(script.state, 2, 'device-b')).toMatchObject({
      decision: { verdict: 'inconclusive', reason: '#1, which it is compared with, has no number on this device' },
    });
  });

  it('samples of varying number are a warning: the numbers are not means over the same things', () => {
    const script = second().addCalibration([5, 5.1, 4.9]);
    for (const samples of [
      [1, 2, 3],
      [1, 2],
    ]) {
      script.addIdea().startMeasurement(script.state.experiments.length - 1);
      const m = script.state.measurements.length - 1;
      const outcome = { kind: 'measured', value: 5, metrics: {}, samples } as const;
      script
        .addEvent({ type: 'measured', m, outcome, conditions: SCRIPT_CONDITIONS })
        .decide(script.state.experiments.length - 1);
    }
    expect(view(script).health.find((line) => line.what === 'Samples')).toMatchObject({
      warning: true,
      text: expect.stringContaining('means over 2 to 3 samples'),
    });
  });

  it('a clock that jumps backwards makes no negative durations and no other verdict', () => {
    const script = second().addCalibration([5, 5.1, 4.9]).addIdea().measure(1, 3).decide(1).advance(1);
    const early = viewLab(script.state, { now: '2020-01-01T00:00:00.000Z', alive: true, tip: '' });
    expect(early.time.sessionsS).toBeGreaterThanOrEqual(0);
    expect(early.sinceBest.seconds).toBeGreaterThanOrEqual(0);
    expect(early.experiments[1]).toMatchObject({ verdict: 'kept' });
    expect(JSON.stringify(early.time.text)).not.toMatch(/−|NaN/);
  });

  it('keeps the digits of what was measured, however large the noise is', () => {
    const measured = [0.00063, 0.0026, 0.0011, 0.00094];
    const script = second().addCalibration(measured).addIdea().measure(1, 0.001234567);
    const pageOf = (n: number): ExperimentPage =>
      viewExperiment(script.state, n, { now: script.state.lastAt, alive: true, tip: '' })!;
    const texts = pageOf(0).mine.measurements.map(({ value }) => value?.text);
    expect(texts).toEqual(['0.00063', '0.0026', '0.0011', '0.00094']);
    expect(pageOf(1).mine.measurements[0]?.value?.text).toBe('0.001234567');
    expect(showText(pageOf(1), PLAIN)).toContain('0.001234567');
    expect(resultsTsv(script.decide(1).state)).toContain('\t0.001234567\t');
    const noise = view(script).noise!;
    expect(noise.sigma.text).toBe('0.00088');
    expect(view(script).baseline).toMatchObject({ mean: { text: '0.0013' }, half: { text: '0.0014' } });
  });

  it('without noise no two different numbers look equal, and no difference is rounded away', () => {
    const script = second().addCalibration([5, 5, 5]).addIdea().measure(1, 4.9999999).decide(1).advance(1);
    const { experiments } = view(script);
    expect(experiments.map(({ mean }) => mean?.text)).toEqual(['5.0000000', '4.9999999']);
    expect(experiments[1]?.effect).toMatchObject({ words: 'better by 0.0000001', delta: '−0.0000001' });
  });

  it('numbers of every size are written in a few characters', () => {
    for (const scale of [1e-300, 1e-100, 1e-12, 1e-6, 1, 1e6, 1e15, 1e300]) {
      const script = second().addCalibration([5, 5.1, 4.9].map((value) => value * scale));
      script
        .addIdea()
        .measure(1, 3 * scale)
        .decide(1);
      const { baseline, experiments, noise } = view(script);
      for (const text of [baseline!.mean!.text, experiments[1]!.mean!.text, noise!.sigma.text])
        expect(text, String(scale)).toMatch(/^(∞|[\d.,]{1,14}(e−?\d{1,3})?)$/);
      expect(Number(baseline!.mean!.text.replaceAll(',', '').replace('−', '-'))).toBeCloseTo(
        5 * scale,
        -Math.log10(scale),
      );
    }
  });
});
