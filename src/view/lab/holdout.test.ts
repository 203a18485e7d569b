/** What people read of the holdout, on every surface; and that proposers read nothing of it. */
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../core/outcome.ts';
import type { LabState } from '../../core/state.ts';
import { reportHtml } from '../../render/html.ts';
import { reportMarkdown } from '../../render/markdown.ts';
import { arenaWith, Script } from '../../testing/script.ts';
import { briefText } from '../brief/brief.ts';
import { viewLab } from './lab.ts';
import { tilesOf } from './tiles.ts';

const facts = { now: '2026-03-07T21:00:00Z', alive: false, tip: '' };
const manifest = {
  metric: { name: 'loss', direction: 'minimize', unit: 'ms' },
  evaluate: { command: 'judge' },
  prepare: { command: 'split' },
  holdout: { command: 'judge', data: ['hidden'], reads: 6 },
};
const FAILED: Outcome = { kind: 'crashed', class: 'evaluator-exit', message: 'it ended with status 5' };

/** A champion that fresh measurements confirm at 4, from 5; and what the holdout says of both sides. */
function champion(held: readonly (readonly [number, number | Outcome])[], change = {}): LabState {
  const script = new Script(arenaWith({ ...manifest, ...change })).addCalibration([5, 5.02, 4.98]).addKeptIdea(4);
  for (const [n, value] of [
    [1, 4.01],
    [0, 5.01],
    [1, 3.99],
  ] as const)
    // prettier-ignore
    script.measure(n, value, { purpose: 'confirm', claim: 1 });
  script.addEvent({
    type: 'confirmation',
    n: 1,
    against: 0,
    passed: true,
    effect: 1,
    interval: [0.9, 1.1],
    probability: 0.99,
    rule: 'confirm/3',
    reason: 'better',
    numbers: [2, 4],
  });
  for (const [n, answer] of held) {
    script.measure(n, n === 0 ? 5 : 4, { purpose: 'holdout' });
    const outcome: Outcome = typeof answer === 'number' ? { kind: 'measured', value: answer, metrics: {} } : answer;
    script.addEvent({ type: 'held', m: script.state.measurements.length - 1, outcome });
  }
  return script.state;
}

const sides = (baseline: readonly number[], own: readonly number[]) => [
  ...baseline.map((value) => [0, value] as const),
  ...own.map((value) => [1, value] as const),
];

const viewOf = (state: LabState) => viewLab(state, facts);
const healthOf = (state: LabState) => viewOf(state).health.find(({ code }) => code === 'holdout');

describe('a holdout that agrees', () => {
  it('leaves the headline as it is, and stands under Health with its gap and the interval of that', () => {
    const state = champion(sides([7.01, 6.99], [6.02, 5.98]));
    const { verdict } = viewOf(state);
    expect(verdict.outcome).toBe('confirmed');
    expect(verdict.sentence + verdict.headline).not.toMatch(/holdout/);
    expect(healthOf(state)).toMatchObject({
      warning: false,
      text: '#1 is better by 1.000 ms than the baseline on it, better by 1.00 ms in validation: a gap of 0.00 ms (95 %: −0.14 to 0.14); 2 reads against 2 of the baseline, noise of these reads (4 of 6 reads used)',
    });
  });

  it('that was asked once a side says that its noise is validation’s', () => {
    expect(healthOf(champion(sides([7], [6])))!.text).toContain(
      '1 read against 1 of the baseline, noise as known from validation',
    );
  });

  it('says beside it what only its evaluator reports, and nothing of it to proposers', () => {
    const answer = (value: number, sharpe: number, memory: number): Outcome => ({
      kind: 'measured',
      value,
      metrics: { deflated_sharpe: sharpe, memory_mb: memory },
    });
    const state = champion([
      [0, answer(7, 0.31, 90)],
      [1, answer(6, 0.9634, 91)],
    ]);
    expect(healthOf(state)!.text).toMatch(/; there it also has deflated_sharpe 0\.9634 \(baseline 0\.31\) \(2 of/);
    expect(healthOf(state)!.text).not.toMatch(/memory_mb/);
    const brief = briefText(state, facts, { files: new Map(), left: {}, blob: () => undefined });
    expect(brief).toContain('#1');
    expect(brief).not.toMatch(/sharpe/);
  });

  it('that was not asked is no objection, and is said under Health', () => {
    const state = champion([]);
    expect(viewOf(state).verdict).toMatchObject({
      outcome: 'confirmed',
      headline: expect.not.stringMatching(/holdout/),
    });
    expect(healthOf(state)).toMatchObject({
      warning: true,
      text: expect.stringContaining('it was not asked about #1'),
    });
  });
});

describe('a holdout that contradicts the claim', () => {
  it.each([
    [
      'shows harm',
      sides([7.01, 6.99], [7.52, 7.48]),
      /, but the holdout does not confirm it: worse by 0\.500 ms on it$/,
    ],
    ['shows nothing', sides([7.01, 6.99], [7.02, 6.98]), /, but the holdout does not confirm it: no difference on it$/],
    [
      'shows less, and perhaps nothing',
      sides([7.02, 6.98], [6.97, 6.93]),
      /, but the holdout does not confirm it: better by/,
    ],
    [
      'shows less for sure',
      sides([7.01, 6.99], [6.71, 6.69]),
      /, but the holdout confirms only part of it: better by 0\.300 ms on it$/,
    ],
    [
      'gave no number',
      [
        [0, 7],
        [1, FAILED],
      ] as const,
      /, but the holdout does not confirm it: it gave no number$/,
    ],
  ])('because it %s is in the headline and in every report', (_case, held, headline) => {
    const state = champion(held);
    const view = viewOf(state);
    expect(view.verdict.outcome).toBe('contradicted');
    expect(view.verdict.headline).toMatch(headline);
    const words = /But the holdout (does not confirm it|confirms only part of it): /;
    expect(view.verdict.sentence).toMatch(words);
    expect(reportMarkdown(view)).toMatch(words);
    expect(reportHtml(view, {})).toMatch(words);
    expect(tilesOf(view).find(({ name }) => name === 'Is it real?')!.value).toBe('not by the holdout');
    expect(view.next.join('\n')).toMatch(/before you take it .*the holdout/);
    expect(view.next.join('\n')).not.toMatch(/then take it/);
    expect(healthOf(state)).toMatchObject({ warning: true });
  });

  it('is told in no brief', () => {
    const loud = viewOf(champion(sides([7.01, 6.99], [7.52, 7.48])));
    expect(loud.verdict.sentence).toMatch(/holdout/);
    const briefOf = (state: LabState) => briefText(state, facts, { files: new Map(), left: {}, blob: () => undefined });
    const [worse, better] = [sides([7.01, 6.99], [7.52, 7.48]), sides([7.01, 6.99], [6.02, 5.98])].map((held) =>
      briefOf(champion(held)),
    );
    expect(worse).toContain('confirmed');
    expect(worse).not.toMatch(/holdout/i);
    expect(worse).toBe(better);
  });
});

describe('the final comparison', () => {
  const finalized = (effect: number, holdout: object): LabState => {
    const script = new Script(arenaWith(manifest)).addCalibration([5, 5.02, 4.98]).addKeptIdea(4);
    const numbers = { pairs: 5, effect, interval: [effect - 0.1, effect + 0.1] as const, probability: 0.99 };
    script.addEvent({
      type: 'finalized',
      n: 1,
      against: 0,
      ...numbers,
      rule: 'final/1',
      dropped: [],
      holdout: holdout as never,
    });
    return script.state;
  };

  it('carries the holdout’s contradiction too, with intervals and as early ledgers have it', () => {
    for (const holdout of [
      { effect: -0.8, interval: [-0.9, -0.7], reads: [2, 2], noise: 'holdout' },
      { effect: -0.8 },
    ]) {
      const { verdict } = viewOf(finalized(1, holdout));
      expect(verdict.headline).toMatch(
        /^final better by [^,]+, 5 pairs, but the holdout does not confirm it: worse by/,
      );
      expect(verdict.sentence).toMatch(/side by side\. But the holdout does not confirm it: #1 is worse by/);
    }
    const agreed = viewOf(finalized(1, { effect: 1.1 })).verdict;
    expect(agreed).toMatchObject({
      outcome: 'confirmed',
      sentence: expect.stringContaining('The holdout agrees: #1 is'),
    });
    expect(agreed.validation).not.toMatch(/holdout/);
  });

  it('that shows nothing is not made worse or better by a holdout', () => {
    expect(viewOf(finalized(0.01, { effect: -0.8 })).verdict.outcome).toBe('not shown');
  });
});
