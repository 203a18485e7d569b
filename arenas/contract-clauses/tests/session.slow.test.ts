/** Sessions of contract-clauses in the whole harness. */
import { describeSessions } from '../../../tests/fixtures/describe-arena.ts';

describeSessions({
  name: 'contract-clauses',
  strong: '01-less-smoothing-and-pairs.patch',
  cheat: 'cheat-no-labels.patch',
  experiments: 20,
});
