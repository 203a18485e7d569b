/** Sessions of backtest in the whole harness. */
import { expect, it } from 'vitest';
import { describeSessions } from '../../../tests/fixtures/describe-arena.ts';
import { shownOf, tryPatch } from '../../../tests/fixtures/shipped-session.ts';

describeSessions({
  name: 'backtest',
  strong: '01-more-of-what-fell-behind.patch',
  cheat: 'cheat-borrowed-money.patch',
  experiments: 24,
});

it(
  'a patch that overfits is confirmed in validation, and the headline says that the locked years object',
  {
    timeout: 600_000,
  },
  async () => {
    const state = await tryPatch('backtest', 'overfit-months-by-heart.patch');
    expect(state.champion).toBe(1);
    const { verdict, health } = shownOf(state);
    expect(JSON.stringify(verdict)).toContain('the holdout does not confirm it');
    expect(JSON.stringify(health)).toContain('deflated_sharpe');
  },
);
