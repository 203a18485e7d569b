/**
 * Attacks on the machine and on the limits from inside a run, in the two ways that most people have: bubblewrap with
 * the limits that are found, and a plain process whose limits are watched. After each attack an ordinary run must go
 * well.
 */
import { attackingUsers, describeAttacks } from './sandbox-support.ts';

const [whoeverStarted] = attackingUsers;
describeAttacks(whoeverStarted!, 'bubblewrap', 'as found');
describeAttacks(attackingUsers.at(-1)!, 'process', 'watched');
