/** Sessions of insurance in the whole harness. */
import { describeSessions } from '../../../tests/fixtures/describe-arena.ts';

describeSessions({
  name: 'insurance',
  strong: '01-all-factors.patch',
  cheat: 'cheat-no-rate-for-the-dear.patch',
  experiments: 12,
});
