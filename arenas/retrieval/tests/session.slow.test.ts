/** Sessions of retrieval in the whole harness. */
import { describeSessions } from '../../../tests/fixtures/describe-arena.ts';

describeSessions({
  name: 'retrieval',
  strong: '01-stems-titles-sections.patch',
  cheat: 'cheat-a-longer-list.patch',
  experiments: 16,
});
