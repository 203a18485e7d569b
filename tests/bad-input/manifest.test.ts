/** Arenas that make no sense, and command lines that make none: one message, a code, a status, and nothing changed. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  CANDIDATE,
  everything,
  expectError,
  freshFolder,
  gitIn,
  MANIFEST,
  overnight,
  smallArena,
} from '../fixtures/cli.ts';

const without = (key: string): string => MANIFEST.replace(new RegExp(`^${key}:.*\n`, 'm'), '');
const instead = (key: string, line: string): string => MANIFEST.replace(new RegExp(`^${key}:.*$`, 'm'), line);

const MANIFESTS: readonly (readonly [what: string, manifest: string, code: string, why: RegExp])[] = [
  ['an unknown key', `${MANIFEST}speed: fast\n`, 'E_MANIFEST', /unknown key: speed/],
  [
    'an unknown key inside',
    instead('budget', 'budget: { seconds: 1, wall_s: 2, hours: 3 }'),
    'E_MANIFEST',
    /budget: unknown key: hours/,
  ],
  [
    'a misspelt key',
    MANIFEST.replace('metric:', 'metrc:'),
    'E_MANIFEST',
    /unknown key: metrc \(Did you mean `metric`\?\)/,
  ],
  [
    'a misspelt key inside',
    instead('budget', 'budget: { secnds: 1, wall_s: 2 }'),
    'E_MANIFEST',
    /budget: unknown key: secnds \(Did you mean `seconds`\?\)/,
  ],
  [
    'a misspelt key of a knob',
    instead('knobs', 'knobs: [{ name: X, file: x.sh, kind: int, rnage: [0, 9] }]'),
    'E_MANIFEST',
    /knobs\.0: unknown key: rnage \(Did you mean `range`\?\)/,
  ],
  ['a missing key', without('metric'), 'E_MANIFEST', /metric: this key is required and missing/],
  [
    'a missing key inside',
    instead('budget', 'budget: { seconds: 1 }'),
    'E_MANIFEST',
    /budget\.wall_s: this key is required/,
  ],
  ['a wrong type', instead('editable', 'editable: x.sh'), 'E_MANIFEST', /editable: .*seen: "x\.sh"/],
  [
    'a word where a number belongs',
    instead('budget', 'budget: { seconds: long, wall_s: 2 }'),
    'E_MANIFEST',
    /budget\.seconds: .*seen: "long"/,
  ],
  [
    'a direction that is none',
    instead('metric', 'metric: { name: loss, direction: down }'),
    'E_MANIFEST',
    /metric\.direction: .*seen: "down"/,
  ],
  [
    'a limit below the budget',
    instead('budget', 'budget: { seconds: 5, wall_s: 2 }'),
    'E_MANIFEST',
    /at least budget\.seconds \(5\), seen: 2/,
  ],
  ['another version of the format', instead('overnight', 'overnight: 2'), 'E_MANIFEST', /overnight: .*seen: 2/],
  ['text that is no YAML', 'overnight: [1\nname: {', 'E_MANIFEST', /./],
  ['an empty file', '', 'E_MANIFEST', /./],
  ['a list', '- 1\n- 2\n', 'E_MANIFEST', /./],
  [
    'an editable glob without a match',
    instead('editable', 'editable: [x.sh, src/*.py]'),
    'E_FILES',
    /editable: "src\/\*\.py" matches none of the \d+ files/,
  ],
  [
    'a frozen glob without a match',
    instead('frozen', 'frozen: [data/**]'),
    'E_FILES',
    /frozen: "data\/\*\*" matches none/,
  ],
  [
    'a file both editable and frozen',
    instead('frozen', 'frozen: ["*.sh"]'),
    'E_FILES',
    /frozen: overlaps editable in x\.sh/,
  ],
  [
    'a file both editable and hidden',
    instead('hidden', 'hidden: ["*.sh"]'),
    'E_FILES',
    /hidden: overlaps editable in x\.sh/,
  ],
  [
    'a knob in a file that is not there',
    instead('knobs', 'knobs: [{ name: X, file: y.sh, kind: int, range: [0, 9] }]'),
    'E_FILES',
    /there is no file y\.sh/,
  ],
  [
    'a knob in a frozen file',
    instead('knobs', 'knobs: [{ name: X, file: judge.sh, kind: int, range: [0, 9] }]'),
    'E_FILES',
    /judge\.sh is not editable/,
  ],
  [
    'a knob that the file does not set',
    instead('knobs', 'knobs: [{ name: Y, file: x.sh, kind: int, range: [0, 9] }]'),
    'E_KNOB',
    /Y is not set to a literal/,
  ],
  [
    'a knob outside its own range',
    instead('knobs', 'knobs: [{ name: X, file: x.sh, kind: int, range: [0, 5] }]'),
    'E_KNOB',
    /X is 9 in x\.sh, outside 0 to 5/,
  ],
];

describe.concurrent('a manifest with', () => {
  it.each(MANIFESTS)('%s', async (_, manifest, code, why) => {
    const folder = smallArena({ manifest });
    const before = everything(folder);
    const ended = await overnight(['run', '--experiments', '1', '--json'], { cwd: folder });
    expectError(ended, code, 2, why);
    expect(everything(folder)).toBe(before);
  });
});

describe.concurrent('a place', () => {
  it('without a manifest', async () => {
    const folder = freshFolder();
    const before = everything(folder);
    expectError(await overnight(['run', '--json'], { cwd: folder }), 'E_NO_ARENA', 2, /arena\.yaml does not exist/);
    expect(everything(folder)).toBe(before);
  });

  it('in a repository without commits', async () => {
    const folder = smallArena({ git: false });
    gitIn(folder, 'init', '--quiet');
    const before = everything(folder);
    expectError(await overnight(['run', '--json'], { cwd: folder }), 'E_NO_COMMITS', 2, /nothing was ever committed/);
    expect(everything(folder)).toBe(before);
  });

  it('with spaces and letters of other alphabets in its path works like any other', async () => {
    const folder = smallArena({ name: 'mein Läbor 実験 $HOME "q"' });
    const ended = await overnight(['run', '--experiments', '1', '--tag', 'a', '--json'], { cwd: folder });
    expect(ended.status, ended.stdout + ended.stderr).toBe(0);
    expect(ended.json.some((event) => event.type === 'decided')).toBe(true);
    expect(gitIn(folder, 'status', '--porcelain')).toBe('');
  });
});

describe.concurrent('a machine', () => {
  const run = (env: Record<string, string>, node: readonly string[] = []): ReturnType<typeof overnight> =>
    overnight(['run', '--experiments', '1', '--json'], { cwd: smallArena(), env, node });

  it('without git', async () => {
    expectError(await run({ PATH: '/nonexistent' }), 'E_GIT_MISSING', 3, /no git on PATH/);
  });

  it('with an old git', async () => {
    const bin = freshFolder('bin');
    writeFileSync(join(bin, 'git'), '#!/bin/sh\necho git version 2.11.0\n', { mode: 0o755 });
    expectError(
      await run({ PATH: `${bin}:${process.env.PATH}` }),
      'E_GIT_OLD',
      3,
      /"git version 2\.11\.0"; 2\.25 or newer/,
    );
  });

  it('with an old Node', async () => {
    const pretend = "Object.defineProperty(process,'versions',{value:{...process.versions,node:'18.19.0'}})";
    const ended = await run({}, ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`]);
    expectError(ended, 'E_NODE_OLD', 3, /It is 18\.19\.0; 20\.19 or newer/);
  });
});

const USAGE: readonly (readonly [args: readonly string[], code: string, status: number, why: RegExp])[] = [
  [['dream'], 'E_USAGE', 2, /^Unknown command 'dream'\.$/],
  [['run', '--fast'], 'E_USAGE', 2, /^Unknown option '--fast'\.$/],
  [['stauts'], 'E_USAGE', 2, /^Unknown command 'stauts'\. \(Did you mean status\?\)$/],
  [['run', '--tga', 'x'], 'E_USAGE', 2, /^Unknown option '--tga'\. \(Did you mean --tag\?\)$/],
  [['run', 'a', 'b'], 'E_USAGE', 2, /^Too many arguments for 'run'\. Expected 0 arguments but got 2\.$/],
  [['run', '--experiments', 'many'], 'E_USAGE', 2, /"many" is not a whole number above 0/],
  [['run', '--experiments', '0'], 'E_USAGE', 2, /"0"/],
  [['run', '--experiments', '1.5'], 'E_USAGE', 2, /"1\.5"/],
  [['run', '--hours', '-1'], 'E_USAGE', 2, /"-1"/],
  [['run', '--until', '25:00'], 'E_USAGE', 2, /"25:00"/],
  [['run', '--until', '2001-01-01'], 'E_USAGE', 2, /"2001-01-01"/],
  [['run', '--tag', '../up'], 'E_USAGE', 2, /"\.\.\/up" must be letters/],
  [['try', 'nothing'], 'E_NOT_FOUND', 2, /shipped ones are .*hello/],
  [['show'], 'E_USAGE', 2, /^Missing required argument 'n'\.$/],
  [['export', '--format', 'xml'], 'E_USAGE', 2, /"xml" is not one of csv, jsonl, tsv/],
  [['serve', '--port', '70000'], 'E_USAGE', 2, /"70000" is not a whole number from 0 to 65535/],
  [['take', '--branch', 'a', '--patches', 'b'], 'E_USAGE', 2, /Both --branch and --patches/],
  [['status'], 'E_NO_LAB', 2, /no ledger/],
  [['log'], 'E_NO_LAB', 2, /no ledger/],
  [['show', '1'], 'E_NO_LAB', 2, /no ledger/],
  [['diff'], 'E_NO_LAB', 2, /no ledger/],
  [['report'], 'E_NO_LAB', 2, /no ledger/],
  [['audit'], 'E_NO_LAB', 2, /no ledger/],
  [['take', '--branch', 'x'], 'E_NO_LAB', 2, /no ledger/],
  [['new'], 'E_EXISTS', 2, /arena\.yaml exists/],
];

describe.concurrent('a command line', () => {
  it.each(USAGE)('%j', async (args, code, status, why) => {
    const folder = smallArena();
    const before = everything(folder);
    expectError(await overnight([...args, '--json'], { cwd: folder }), code, status, why);
    expect(everything(folder)).toBe(before);
  });

  it('says the same to a person, on standard error, with the code last', async () => {
    const ended = await overnight(['run', '--hours', 'x'], { cwd: smallArena() });
    expect(ended.status).toBe(2);
    expect(ended.stdout).toBe('');
    expect(ended.stderr).toMatch(
      /^\n✗ --hours cannot be understood\.\n {2}"x" is not a number above 0\.\n {2}Give .*\n {2}\(E_USAGE, see docs\/errors\.md\)\n$/,
    );
  });

  it('`new` answers that make no arena write nothing', async () => {
    const folder = freshFolder();
    writeFileSync(join(folder, 'x.sh'), CANDIDATE);
    const before = everything(folder);
    const answers = ['new', '--run', 'sh x.sh', '--metric', 'loss', '--json'];
    expectError(await overnight(answers, { cwd: folder }), 'E_BASELINE', 6, /loss/);
    expectError(await overnight(['new', '--json'], { cwd: folder }), 'E_USAGE', 2, /no terminal.*no known set-up/);
    expectError(
      await overnight([...answers, '--edit', '*.py'], { cwd: folder }),
      'E_FILES',
      2,
      /"\*\.py" matches none/,
    );
    expectError(
      await overnight([...answers, '--edit', 'x.sh', '--metric', 'a b'], { cwd: folder }),
      'E_MANIFEST',
      2,
      /metric\.name/,
    );
    expect(everything(folder)).toBe(before);
  });
});
