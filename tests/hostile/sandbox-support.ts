/**
 * Starts the attacks of `tests/fixtures/bin/sandbox-attacks.ts` as one of the users that can be had here, in one kind
 * of sandbox, with one kind of limits; each attack is a test.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CaptureResult, captureOutput, captureSync } from '../../src/os/spawn.ts';
import { unless, withReason } from '../fixtures/skipping.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const LOADER = join(ROOT, 'node_modules', 'tsx', 'dist', 'loader.mjs');
const ATTACKS = join(ROOT, 'tests', 'fixtures', 'bin', 'sandbox-attacks.ts');
const AS_NOBODY = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];

const attackNames = [...readFileSync(ATTACKS, 'utf8').matchAll(/^ {2}\[\n {4}'(.+)',$/gm)].map(
  (matched) => matched[1]!,
);
const daemonNames = ['at once', 'after a while', 'deaf'].map(
  (manner) => `a daemon without name, session or environment does not outlive its run: ${manner}`,
);

const isRoot = process.getuid?.() === 0;
const canBeNobody =
  isRoot &&
  captureSync('setpriv', [...AS_NOBODY.slice(1), process.execPath, '--import', LOADER, '-e', '0']).status === 0;
const hasPerl = captureSync('perl', ['-e', '0']).status === 0;
const hasBubblewrap = captureSync('bwrap', ['--ro-bind', '/', '/', 'true']).status === 0;

export interface AttackingUser {
  readonly user: string;
  readonly prefix: readonly string[];
  /** Why this user cannot be had. */
  readonly absent: string | undefined;
}

/** Who started the tests, and for root another one too. */
export const attackingUsers: readonly AttackingUser[] = [
  { user: isRoot ? 'root' : 'an ordinary user', prefix: [] as string[], absent: undefined },
  ...(isRoot
    ? [
        {
          user: 'an ordinary user',
          prefix: AS_NOBODY,
          absent: unless(canBeNobody, 'nobody may not read this checkout'),
        },
      ]
    : []),
];

export function describeAttacks(
  { user, prefix, absent: noUser }: AttackingUser,
  kind: 'bubblewrap' | 'process',
  limits: 'as found' | 'watched',
): void {
  const absent = noUser ?? unless(hasPerl, 'no perl') ?? unless(kind === 'process' || hasBubblewrap, 'no bubblewrap');
  describe(`${kind} as ${user}, limits ${limits}`, () => {
    let ended: CaptureResult | undefined;
    beforeAll(async () => {
      if (absent) return;
      const args = ['--import', LOADER, ATTACKS, kind, ...(limits === 'watched' ? ['watched'] : [])];
      const [program = '', ...programArgs] = [...prefix, process.execPath, ...args];
      ended = await captureOutput(program, programArgs, { timeoutMs: 110_000 });
    });
    for (const name of [...attackNames, ...daemonNames]) {
      it.skipIf(absent)(withReason(name, absent), () => {
        const lines = ended!.stdout.split('\n');
        expect(lines.find((line) => line.includes(` ${name}`)) ?? ended!.stderr).toBe(`ok ${name}`);
      });
    }
  });
}
