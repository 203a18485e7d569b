/** The same attacks for every user, every sandbox and every kind of limits that can be had here. */
import { attackingUsers, describeAttacks } from './sandbox-support.ts';

for (const user of attackingUsers) {
  for (const kind of ['bubblewrap', 'process'] as const) {
    for (const limits of ['as found', 'watched'] as const) describeAttacks(user, kind, limits);
  }
}
