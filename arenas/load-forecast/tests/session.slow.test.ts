/** Sessions of load-forecast in the whole harness. */
import { describeSessions } from '../../../tests/fixtures/describe-arena.ts';

describeSessions({
  name: 'load-forecast',
  strong: '01-level-and-two-weeks.patch',
  cheat: 'cheat-no-numbers.patch',
  experiments: 24,
});
