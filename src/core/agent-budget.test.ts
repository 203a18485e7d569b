import { describe, expect, it } from 'vitest';
import { arenaWith, Script } from '../testing/script.ts';
import { budgetLeft, budgetText, spentBy, whyOverBudget } from './agent-budget.ts';
import type { LabRequest } from './requests.ts';

/** A lab in which agents proposed, with what they said that it cost. */
function labOf(
  ideas: readonly { by: string; spent?: { tokens?: number; usd?: number }; code?: 'over-budget' | 'duplicate' }[],
  budgets: readonly Omit<Extract<LabRequest, { verb: 'budget' }>, 'verb'>[] = [],
): Script {
  const script = new Script(arenaWith());
  script.propose('baseline').addSnapshot();
  for (const [i, budget] of budgets.entries())
    script.addEvent({ type: 'steered', id: `budget-${i}`, from: 'person', wish: { verb: 'budget', ...budget } });
  for (const { by, spent, code } of ideas) {
    const n = script.state.experiments.length;
    script.addEvent({
      type: 'proposed',
      n,
      kind: 'idea',
      parent: 0,
      proposer: by,
      hypothesis: 'x',
      edits: {},
      ...(spent && { note: { spent } }),
    });
    if (code) script.addEvent({ type: 'refused', n, code, reason: 'x' });
  }
  return script;
}

describe('the budget of an agent', () => {
  it('counts its ideas, and tokens and dollars as far as they are stated', () => {
    const { state } = labOf([
      { by: 'ann', spent: { tokens: 100, usd: 0.5 } },
      { by: 'ann', spent: { tokens: 50 } },
      { by: 'ann', code: 'duplicate' },
      { by: 'ann', code: 'over-budget' },
      { by: 'bob', spent: { usd: 9 } },
    ]);
    expect(spentBy(state, 'ann')).toEqual({ ideas: 3, tokens: 150, usd: 0.5 });
    expect(spentBy(state, 'carl')).toEqual({ ideas: 0, tokens: 0, usd: 0 });
    expect(budgetLeft(state, 'ann')).toBeUndefined();
    expect(whyOverBudget(state, 'ann')).toBeUndefined();
  });

  it('of its own goes before that of every agent, and the newest holds', () => {
    const { state } = labOf(
      [{ by: 'ann' }, { by: 'bob' }],
      [{ ideas: 1 }, { agent: 'ann', ideas: 9 }, { agent: 'ann', ideas: 5 }],
    );
    expect(budgetLeft(state, 'ann')).toEqual({ ideas: 4 });
    expect(budgetLeft(state, 'ann', 3)).toEqual({ ideas: 1 });
    expect(whyOverBudget(state, 'ann', 4)).toBe('the budget of ann is spent: it had 5 ideas');
    expect(whyOverBudget(state, 'bob')).toBe('the budget of bob is spent: it had 1 idea');
    expect(budgetText({ ideas: 4, tokens: 1200, usd: 1.5 })).toBe('4 ideas, 1,200 tokens, $1.50');
  });

  it.each([
    [{ tokens: 100 }, 'the budget of ann is spent: it had 100 tokens'],
    [{ usd: 0.5 }, 'the budget of ann is spent: it had $0.50'],
    [{ ideas: 0 }, 'the budget of ann is spent: it had 0 ideas'],
  ])('of %o is spent', (budget, reason) => {
    const { state } = labOf([{ by: 'ann', spent: { tokens: 120, usd: 0.6 } }], [{ agent: 'ann', ...budget }]);
    expect(whyOverBudget(state, 'ann')).toBe(reason);
  });
});
