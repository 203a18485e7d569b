import { describe, expect, it } from 'vitest';
import { arenaWith, Script, SCRIPT_DEVICE } from '../../testing/script.ts';
import { claimNumbersOf } from './claim-numbers.ts';

describe('a fresh number that lies far out', () => {
  const fresh = (candidate: readonly number[], champion: readonly number[]) => {
    const script = new Script(arenaWith({ decide: { controls: 0, drift: 0 } }));
    script
      .addCalibration([5, 5.1, 4.9, 5.05, 4.95, 5.02, 4.98])
      .addIdea()
      .measure(1, 3)
      .measure(1, 3.02)
      .decide(1)
      .advance(1);
    for (const value of candidate) script.measure(1, value, { purpose: 'confirm', claim: 1 });
    for (const value of champion) script.measure(0, value, { purpose: 'confirm', claim: 1 });
    return claimNumbersOf(script.state, 1, 0, SCRIPT_DEVICE);
  };

  it('of the candidate counts where it is bad, and not where it is good', () => {
    expect(fresh([3, 3.1, 9], []).candidateValues).toEqual([-3, -3.1, -9]);
    expect(fresh([3, 3.1, 0], []).candidateValues).toEqual([-3, -3.1]);
  });

  it('of the champion counts where it is good, and not where it is bad', () => {
    expect(fresh([3], [5, 5.1, 1]).freshChampionValues).toEqual([-5, -5.1, -1]);
    expect(fresh([3], [5, 5.1, 9]).freshChampionValues).toEqual([-5, -5.1]);
  });
});
