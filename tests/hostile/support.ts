/**
 * For tests of hostile candidates and agents: the built program as the superuser and as an ordinary user, an arena that
 * tries one attack an experiment, and something outside of it that must stay as it is.
 */
import { chmodSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inject } from 'vitest';
import { captureOutput, captureSync } from '../../src/os/spawn.ts';
import { hashTree, walkTree } from '../../src/os/trees.ts';
import { type Ended, freshFolder, ledgerLines, MANIFEST, programPath, smallArena } from '../fixtures/cli.ts';

const NOBODY = 65534;
const AS_NOBODY = ['--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups'];

export interface Person {
  readonly name: string;
  /** Arguments that start a program as this person. */
  readonly prefix: readonly string[];
  /** Why it cannot be tried here. */
  readonly skip?: string;
}

/** Whoever runs the tests; where that is the superuser, an ordinary user too. */
export const PEOPLE: readonly Person[] =
  process.getuid?.() === 0
    ? [
        { name: 'the superuser', prefix: [] },
        {
          name: 'an ordinary user',
          prefix: ['setpriv', ...AS_NOBODY],
          ...(captureSync('setpriv', [...AS_NOBODY, process.execPath, '-e', '0']).status !== 0 && {
            skip: 'setpriv is missing, or another user may not start this node',
          }),
        },
      ]
    : [{ name: 'an ordinary user', prefix: [] }];

/** Give a folder and what is in it to a person. */
export function giveTo(person: Person, folder: string): void {
  if (person.prefix.length === 0) return;
  chmodSync(dirname(folder), 0o755);
  captureSync('chown', ['-R', `${NOBODY}:${NOBODY}`, folder]);
}

/** Run `overnight` as a person. */
export async function overnightAs(
  person: Person,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const built = inject('built');
  chmodSync(built, 0o755);
  const home = join(dirname(cwd), 'home');
  mkdirSync(home, { recursive: true });
  giveTo(person, home);
  const [program = '', ...rest] = [...person.prefix, process.execPath, join(built, 'dist', 'cli', 'main.js'), ...args];
  const own = {
    PATH: programPath(),
    OVERNIGHT_AGENT: 'search',
    NO_COLOR: '1',
    LANG: 'C.UTF-8',
    HOME: home,
    TMPDIR: home,
  };
  const done = await captureOutput(program, rest, { cwd, env: { ...own, ...env }, timeoutMs: 150_000 });
  const json = done.stdout.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
  return {
    status: done.status ?? null,
    signal: null,
    stdout: done.stdout,
    stderr: done.stderr,
    json,
    error: json.findLast((value) => value.error)?.error,
  };
}

export interface Attack {
  /** A word; the value of the knob that chooses it. */
  readonly name: string;
  /** Lines of shell, after the honest artefact has been written to "$M/x.txt" (M is "$OVERNIGHT_OUT/model"). */
  readonly lines: string;
  /** Class of the failure that it must end with; absent where it is measured. */
  readonly failure?: string | readonly string[];
}

/** An arena whose artefact lies in a folder, and whose only knob chooses the attack. */
export function attackArena(attacks: readonly Attack[], change: { manifest?: string; judge?: string } = {}): string {
  const knob = `knobs: [{ name: X, file: x.sh, kind: choice, values: [ok, ${attacks.map(({ name }) => name).join(', ')}] }]`;
  const manifest = MANIFEST.replace(/knobs:.*/, knob)
    .replace('artefact: [x.txt]', 'artefact: [model/x.txt]')
    .replace('disk_mb: 16', 'disk_mb: 64')
    .replace('pids: 32', 'pids: 64')
    .concat(change.manifest ?? '');
  const cases = attacks.map(({ name, lines }) => `${name})\n${lines}\n;;`).join('\n');
  const candidate = `#!/bin/sh
X='ok'
M="$OVERNIGHT_OUT/model"
: > "$OVERNIGHT_START"
mkdir "$M"
echo 5 > "$M/x.txt"
case $X in
${cases}
esac
true
`;
  const judge =
    change.judge ??
    'read -r X < "$OVERNIGHT_ARTEFACT/model/x.txt"\nprintf "nonce: %s\\nloss: %s\\n" "$OVERNIGHT_NONCE" "$X" > "$OVERNIGHT_RESULT"\n';
  return smallArena({ manifest, candidate, judge });
}

/** How each attack ended: the class of the failure, or `measured`. */
export function endings(folder: string): Record<string, string> {
  const lines = ledgerLines(folder);
  const chosen = new Map(
    lines.filter(({ type }) => type === 'proposed').map(({ n, knobs }) => [n, (knobs as { X: string } | undefined)?.X]),
  );
  return Object.fromEntries(
    lines.flatMap((line) => {
      if (line.type === 'refused') return [[chosen.get(line.n), `refused ${String(line.code)}`]];
      if (line.type !== 'decided') return [];
      return [[chosen.get(line.n), (line.decision as { failure?: string }).failure ?? 'measured']];
    }),
  );
}

/** A folder of somebody's: files that no candidate may read, change or move. */
export function victimFolder(parent = freshFolder('victim')): {
  readonly folder: string;
  readonly state: () => string;
} {
  mkdirSync(parent, { recursive: true });
  writeFileSync(join(parent, 'x.txt'), '-777\n', { mode: 0o640 });
  writeFileSync(join(parent, 'config.txt'), 'stolen: 1\n');
  const state = (): string =>
    [
      hashTree(parent),
      readdirSync(parent).length,
      ...walkTree(parent).map(({ location }) => lstatSync(location).mode.toString(8)),
    ].join(' ');
  return { folder: parent, state };
}
