/** Four scripted agents at once, 200 ideas, faults in a fifth: hardly anything is done twice, and all is explained. */
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { spentBy } from '../../src/core/agent-budget.ts';
import { createFold } from '../../src/core/replay.ts';
import { viewLab } from '../../src/view/lab/lab.ts';
import { playTeam, TEAM, workOf } from '../fixtures/team.ts';

const IDEAS_OF_EACH = 50;

describe.each([1, 2, 3])('four agents at once, chance %i', (seed) => {
  it('propose 200 ideas within their budgets, and hardly any work is done twice', async () => {
    const { state, ledger, faults } = await playTeam(seed, IDEAS_OF_EACH);
    for (const agent of TEAM) expect(spentBy(state, agent).ideas, agent).toBe(IDEAS_OF_EACH);
    expect(faults / (4 * IDEAS_OF_EACH)).toBeGreaterThanOrEqual(0.2);
    const ideas = state.experiments.filter(({ idea }) => idea.kind === 'idea' && TEAM.includes(idea.proposer as never));
    const own = ideas.filter(({ idea }) => idea.carries === undefined);
    expect(own.length).toBeGreaterThanOrEqual(4 * IDEAS_OF_EACH);

    // Measured again although its code was measured before, as an idea of an agent.
    const work = workOf(ledger.events);
    const measured = own.filter(({ state: progress }) => progress === 'decided');
    const seen = new Set<string>();
    const repeats = measured.filter(({ idea }) => {
      const code = work.get(idea.n)!;
      const isRepeat = seen.has(code);
      seen.add(code);
      return isRepeat;
    });
    expect(measured.length).toBeGreaterThan(120);
    expect(repeats.length / measured.length).toBeLessThanOrEqual(0.02);
  });

  it('leave a ledger whose order explains every idea', async () => {
    const { state, ledger } = await playTeam(seed, IDEAS_OF_EACH);
    const fold = createFold();
    for (const event of ledger.events) fold.apply(event);
    expect(isDeepStrictEqual(fold.state, state)).toBe(true);
    for (const experiment of state.experiments) {
      const { n } = experiment.idea;
      expect(['decided', 'refused'], `#${n}`).toContain(n === 0 ? 'decided' : experiment.state);
      if (experiment.state === 'refused') {
        expect(experiment.reason, `#${n}`).not.toBe('');
        if (experiment.code === 'duplicate') expect(experiment.earlier, `#${n}`).toBeLessThan(n);
      }
      if (experiment.state === 'decided' && n > 0) expect(experiment.decision.reason, `#${n}`).not.toBe('');
    }
    // Every request of an agent is answered: it became an idea, or it is in force, or it says why not.
    const { standings } = viewLab(state, { now: state.lastAt, alive: false, tip: '' });
    expect(standings.map(({ proposer }) => proposer).sort()).toEqual([...TEAM].sort());
    expect(standings.reduce((total, { ideas }) => total + ideas, 0)).toBe(
      TEAM.reduce((total, agent) => total + spentBy(state, agent).ideas, 0) +
        state.experiments.filter((other) => other.state === 'refused' && other.code === 'over-budget').length,
    );
  });
});
