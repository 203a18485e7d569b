/** What an adviser cost and what it is worth, with an interval. */
import { describe, expect, it } from 'vitest';
import type { AdviserTurn } from '../../core/advice.ts';
import type { LabState } from '../../core/state.ts';
import { adviserLines, adviserWorth } from './adviser.ts';

const idea = (adviser: AdviserTurn | undefined, verdict: string): object => ({
  state: 'decided',
  idea: { adviser },
  decision: { verdict },
});
const ideas = (turn: AdviserTurn, steps: number, others: number): object[] => [
  ...Array.from({ length: steps }, () => idea(turn, 'kept')),
  ...Array.from({ length: others }, () => idea(turn, 'discarded')),
];
const call = (outcome: string, usd?: number): object => ({
  start: { purpose: 'advice', agent: 'adviser', model: 'gpt-5' },
  end: {
    outcome,
    message: outcome === 'failed' ? 'it hangs' : undefined,
    usage: { inputTokens: 1000, cachedTokens: 0, outputTokens: 100, usd },
  },
});
const stateOf = (experiments: object[], calls: object[] = []): LabState =>
  ({ experiments, calls }) as unknown as LabState;

describe('its worth', () => {
  it('is the difference of the shares of steps, with an interval that holds few ideas', () => {
    const worth = adviserWorth(stateOf([...ideas('on', 6, 4), ...ideas('off', 1, 9), idea(undefined, 'kept')]))!;
    expect(worth).toMatchObject({ steps: { on: 6, off: 1 }, ideas: { on: 10, off: 10 }, difference: 0.5 });
    expect(worth.interval[0]).toBeCloseTo(0.067, 3);
    expect(worth.interval[1]).toBeCloseTo(0.7663, 3);
  });

  it('has an interval of some width where nobody or everybody has a step', () => {
    for (const steps of [0, 4]) {
      const { difference, interval } = adviserWorth(
        stateOf([...ideas('on', steps, 4 - steps), ...ideas('off', steps, 4 - steps)]),
      )!;
      expect(difference).toBe(0);
      expect(interval[0]).toBeLessThan(-0.2);
      expect(interval[1]).toBeGreaterThan(0.2);
    }
  });

  it('is as uncertain as its blocks lie apart: ideas of one block share their advice', () => {
    const together = [...ideas('on', 5, 0), ...ideas('off', 0, 5), ...ideas('on', 0, 5), ...ideas('off', 1, 4)];
    const spread = [...ideas('on', 3, 2), ...ideas('off', 0, 5), ...ideas('on', 2, 3), ...ideas('off', 1, 4)];
    const [wide, narrow] = [together, spread].map((all) => adviserWorth(stateOf(all))!);
    expect([wide!.difference, narrow!.difference]).toEqual([0.4, 0.4]);
    const widthOf = ({ interval }: { interval: readonly [number, number] }): number => interval[1] - interval[0];
    expect(widthOf(wide!)).toBeGreaterThan(1.25 * widthOf(narrow!));
    const text = adviserLines(stateOf(together, [call('advice', 0.5)]))[0]!.text;
    expect(text).toContain('which proves nothing');
  });

  it('is not known while one side has no idea', () => {
    expect(adviserWorth(stateOf(ideas('on', 3, 1)))).toBeUndefined();
    expect(adviserLines(stateOf(ideas('on', 3, 1), [call('advice', 0.5)]))[0]!.text).toContain(
      'its worth is not known yet',
    );
  });
});

describe('its line', () => {
  it('says cost, calls without an answer, and what the interval proves', () => {
    const [line] = adviserLines(
      stateOf([...ideas('on', 6, 4), ...ideas('off', 1, 9)], [call('advice', 0.5), call('failed', 0.25)]),
    );
    expect(line).toMatchObject({ code: 'adviser', what: 'Adviser gpt-5' });
    expect(line!.text).toBe(
      '1 answer (1 call without one, the last: it hangs) for 2,200 tokens, $0.75; 6 of 10 ideas with it were steps, 1 of 10 ideas without: +50 % (95 %: +7 % to +77 %), which one turn each cannot prove',
    );
  });

  it('is not there where nobody was asked, and counts no price as free', () => {
    expect(adviserLines(stateOf(ideas('on', 1, 1)))).toEqual([]);
    expect(adviserLines(stateOf([], [call('advice')]))[0]!.text).toContain('no price known');
  });
});
