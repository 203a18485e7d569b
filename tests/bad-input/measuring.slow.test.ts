/**
 * Candidates and evaluators that misbehave: the unchanged code fails with its class, an idea gets its verdict, and
 * nothing is left behind.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { chooseSandbox } from '../../src/sandbox/choose.ts';
import {
  CANDIDATE,
  expectClean,
  expectError,
  gitIn,
  JUDGE,
  ledgerLines,
  MANIFEST,
  overnight,
  ownFiles,
  processesOf,
  smallArena,
} from '../fixtures/cli.ts';
import { unless, withReason } from '../fixtures/skipping.ts';

const { sandbox } = await chooseSandbox();
const notSealed = unless(sandbox.info.level === 'bubblewrap', sandbox.info.reason);

interface Bad {
  readonly what: string;
  readonly kind: string;
  readonly candidate?: string;
  readonly judge?: string;
  readonly manifest?: string;
  /** Only where the candidate is kept from the rest of the machine. */
  readonly sealed?: boolean;
  /** Takes so much of the machine that the others would measure something else beside it. */
  readonly hungry?: boolean;
}

const result = (lines: string): string => `printf '${lines}' "$OVERNIGHT_NONCE" > "$OVERNIGHT_RESULT"\n`;
const ending = (line: string): string => `${CANDIDATE}${line}\n`;
const BAD: readonly Bad[] = [
  { what: 'a metric that is missing', kind: 'metric-missing', judge: result('nonce: %s\\nspeed: 3\\n') },
  { what: 'a metric that is there twice', kind: 'metric-twice', judge: result('nonce: %s\\nloss: 1\\nloss: 2\\n') },
  { what: 'a metric that is no number', kind: 'metric-nan', judge: result('nonce: %s\\nloss: nan\\n') },
  { what: 'a metric that is infinite', kind: 'metric-infinite', judge: result('nonce: %s\\nloss: -inf\\n') },
  { what: 'a metric that is text', kind: 'metric-text', judge: result('nonce: %s\\nloss: very low\\n') },
  {
    what: 'a result without the secret of the measurement',
    kind: 'nonce',
    judge: 'echo "loss: 1" > "$OVERNIGHT_RESULT"\n',
  },
  { what: 'an evaluator that writes nothing', kind: 'evaluator-silent', judge: 'true\n' },
  { what: 'an evaluator that exits with an error', kind: 'evaluator-exit', judge: 'echo cannot >&2; exit 3\n' },
  {
    what: 'an evaluator that finds no numbers in the artefact and says so',
    kind: 'nan',
    judge: 'echo "overnight-failure: nan" >&2; exit 1\n',
  },
  {
    what: 'an evaluator that hangs',
    kind: 'evaluator-timeout',
    judge: 'sleep 60\n',
    manifest: MANIFEST.replace('wall_s: 20', 'wall_s: 1'),
  },
  {
    what: 'an evaluator that prints 100 MB',
    kind: 'evaluator-flood',
    hungry: true,
    judge: 'head -c 100000000 /dev/zero | tr "\\0" x\n',
  },
  {
    what: 'an evaluator that leaves a link as its result',
    kind: 'evaluator-silent',
    judge: 'ln -s /etc/passwd "$OVERNIGHT_RESULT"\n',
  },
  { what: 'a candidate that exits with an error', kind: 'exit', candidate: ending('echo oh no >&2; exit 4') },
  { what: 'a candidate that kills itself', kind: 'signal', candidate: ending('kill -KILL $$') },
  {
    what: 'a candidate that forks for ever',
    kind: 'too-many-processes',
    hungry: true,
    candidate: ending('f() { f | f & }; f; sleep 20'),
  },
  {
    what: 'a candidate that fills the disk',
    kind: 'disk',
    hungry: true,
    candidate: ending('head -c 400000000 /dev/zero > "$OVERNIGHT_OUT/big"; sleep 2'),
  },
  {
    what: 'a candidate that takes too much memory',
    kind: 'out-of-memory',
    hungry: true,
    candidate: ending('head -c 900000000 /dev/zero | tail; sleep 1'),
  },
  {
    what: 'a candidate that prints 100 MB',
    kind: 'output-flood',
    hungry: true,
    candidate: ending('head -c 100000000 /dev/zero | tr "\\0" x; sleep 1'),
  },
  {
    what: 'a candidate that deletes its own artefact',
    kind: 'no-artefact',
    candidate: ending('rm "$OVERNIGHT_OUT/x.txt"'),
  },
  {
    what: 'a candidate whose artefact is a link',
    kind: 'no-artefact',
    candidate: ending('ln -sf /etc/passwd "$OVERNIGHT_OUT/x.txt"'),
  },
  {
    what: 'a candidate whose artefact is a folder',
    kind: 'no-artefact',
    candidate: ending('cd "$OVERNIGHT_OUT"; rm x.txt; mkdir x.txt'),
  },
  {
    what: 'a candidate that ends before it can have worked',
    kind: 'too-little-work',
    manifest: `${MANIFEST}minimum: { seconds: 1.9 }\n`,
  },
  {
    what: 'an evaluator that does not say how much it judged',
    kind: 'too-little-work',
    manifest: `${MANIFEST}minimum: { metrics: { items: 10 } }\n`,
  },
  {
    what: 'a candidate that writes outside its folder',
    kind: 'exit',
    sealed: true,
    candidate: ending('echo x > /usr/overnight-was-here || exit 5'),
  },
  {
    what: 'a candidate that changes a frozen file',
    kind: 'exit',
    sealed: true,
    candidate: ending('echo "# mine" >> arena.yaml || exit 5'),
  },
  {
    what: 'a candidate that looks for its judge',
    kind: 'exit',
    sealed: true,
    candidate: ending('cat judge.sh || exit 5'),
  },
];

async function failing(folder: string, kind: string): Promise<void> {
  const before = ownFiles(folder);
  const ended = await overnight(['run', '--experiments', '1', '--tag', 'bad', '--json'], { cwd: folder });
  expectError(ended, 'E_BASELINE', 6, new RegExp(`^${kind}: `));
  expect(processesOf(folder)).toEqual([]);
  expect(existsSync(join(folder, '.overnight', 'work', 'bad'))).toBe(false);
  expect(ownFiles(folder)).toBe(before);
  expect(gitIn(folder, 'status', '--porcelain')).toBe('');
  const last = ledgerLines(folder).at(-1);
  expect(last).toMatchObject({ type: 'session.ended', reason: 'error' });
  await expectClean(folder);
}

function eachFails(bad: readonly Bad[]): void {
  for (const { what, kind, sealed: needs, hungry: _, ...arena } of bad)
    it.skipIf(needs && notSealed)(withReason(`${what} fails as ${kind}`, needs && notSealed), () =>
      failing(smallArena(arena), kind),
    );
}

describe('the unchanged code with', () => eachFails(BAD.filter(({ hungry }) => hungry)));

describe.concurrent('the unchanged code with', () => {
  eachFails(BAD.filter(({ hungry }) => !hungry));

  it('a frozen file changed in the plain process fails as frozen-changed', async () => {
    const folder = smallArena({ candidate: ending('echo "# mine" >> "$OVERNIGHT_ARENA/arena.yaml"') });
    const env = { OVERNIGHT_SANDBOX: 'process' };
    const ended = await overnight(['run', '--experiments', '1', '--json'], { cwd: folder, env });
    expectError(ended, 'E_BASELINE', 6, /^frozen-changed: /);
  });

  it('a start that never comes is measured by the grace, and the hard limit ends what goes on', async () => {
    const folder = smallArena({ candidate: ending('sleep 60') });
    const ended = await overnight(['run', '--experiments', '1', '--json'], { cwd: folder });
    // The artefact stood when the clock cut it: what is on disk at the cut is what is scored.
    expect(ended.status, ended.stdout + ended.stderr).toBe(0);
    const measured = ended.json.filter((event) => event.type === 'measured');
    expect(measured.every((event) => (event.conditions as { cut: boolean }).cut)).toBe(true);
    expect(processesOf(folder)).toEqual([]);
  });

  it('daemons left behind is measured, and they are gone with it', async () => {
    const folder = smallArena({
      candidate: ending('(setsid sleep 300 &) ; (setsid sh -c "trap \'\' TERM HUP; sleep 300" &)'),
    });
    const ended = await overnight(['run', '--experiments', '1', '--json'], { cwd: folder });
    expect(ended.status, ended.stdout + ended.stderr).toBe(0);
    expect(processesOf(folder)).toEqual([]);
  });
});

it('an idea that fails is crashed with its class, the night goes on, and the lab stays whole', async () => {
  const manifest = MANIFEST.replace(
    /knobs:.*/,
    'knobs: [{ name: X, file: x.sh, kind: choice, values: [ok, crash, hang, twice] }]',
  );
  const candidate = CANDIDATE.replace('X=9', "X='ok'").concat(
    'case $X in crash) exit 3;; hang) rm "$OVERNIGHT_OUT/x.txt"; sleep 60;; esac\n',
  );
  const judge = JUDGE.replace('"$X" >', '"5" >').concat(
    '[ "$X" = twice ] && echo "loss: 5" >> "$OVERNIGHT_RESULT"; true\n',
  );
  const folder = smallArena({ manifest, candidate, judge });
  const ended = await overnight(['run', '--experiments', '3', '--json'], { cwd: folder });
  expect(ended.status, ended.stdout + ended.stderr).toBe(0);
  const verdicts = ended.json
    .filter((event) => event.type === 'decided')
    .map((event) => (event.decision as { failure: string }).failure);
  expect(verdicts.toSorted()).toEqual(['exit', 'metric-twice', 'timeout']);
  await expectClean(folder);
});

describe.concurrent('setup and prepare', () => {
  const run = (line: string, script: string): { folder: string; ended: ReturnType<typeof overnight> } => {
    const folder = smallArena({ manifest: `${MANIFEST}${line}\n` });
    writeFileSync(join(folder, 'make.sh'), script);
    return { folder, ended: overnight(['run', '--experiments', '1', '--tag', 'bad', '--json'], { cwd: folder }) };
  };

  it('that fail are named with the last lines they printed', async () => {
    const setup = run('setup: { command: sh make.sh, key: [make.sh] }', 'echo the mirror is down >&2; exit 7\n');
    expectError(await setup.ended, 'E_SETUP', 6, /status 7: the mirror is down/);
    const prepare = run('prepare: { command: sh make.sh }', 'echo no data >&2; exit 8\n');
    expectError(await prepare.ended, 'E_PREPARE', 6, /status 8: no data/);
    expect(existsSync(join(prepare.folder, '.overnight', 'work', 'bad'))).toBe(false);
    expect(processesOf(prepare.folder)).toEqual([]);
  });

  it('that do not make what the manifest names say what is missing', async () => {
    const prepare = run('prepare: { command: sh make.sh }\ndata: { candidate: [train.bin] }', 'true\n');
    expectError(await prepare.ended, 'E_PREPARE', 6, /did not create train\.bin/);
  });
});

describe.concurrent('a short run of every idea first', () => {
  const manifest = `${MANIFEST}screen: { seconds: 0.3 }\n`;
  const measuredIdeas = (
    folder: string,
  ): { outcome: Record<string, unknown>; conditions: Record<string, unknown> }[] => {
    const lines = ledgerLines(folder);
    const ideas = new Set(lines.filter((e) => e.type === 'measuring' && e.purpose === 'idea').map((e) => e.m));
    return lines.filter((e) => e.type === 'measured' && ideas.has(e.m)) as never;
  };

  it('ends what diverges early, with its class, before the whole budget is spent', async () => {
    const candidate = `X=9\n: > "$OVERNIGHT_START"\nif [ $X != 9 ]; then echo 'overnight-failure: nan' >&2; exit 1; fi\nsleep 1\necho $X > "$OVERNIGHT_OUT/x.txt"\n`;
    const folder = smallArena({ manifest, candidate });
    const ended = await overnight(['run', '--experiments', '2', '--json'], { cwd: folder });
    expect(ended.status, ended.stdout + ended.stderr).toBe(0);
    const [first] = measuredIdeas(folder);
    expect(first!.outcome).toMatchObject({
      kind: 'crashed',
      class: 'nan',
      message: expect.stringMatching(/^in the first 0\.3 s: /),
    });
    expect(Number(first!.conditions.wallS)).toBeLessThan(1);
    await expectClean(folder);
  });

  it('leaves no trace in the measurement of what goes on', async () => {
    const candidate = `X=9\n: > "$OVERNIGHT_START"\necho "$OVERNIGHT_BUDGET_S" >> "$OVERNIGHT_OUT/x.txt"\n`;
    const folder = smallArena({ manifest, candidate });
    const ended = await overnight(['run', '--experiments', '1', '--json'], { cwd: folder });
    expect(ended.status, ended.stdout + ended.stderr).toBe(0);
    // The score is the budget that the candidate saw: one line, of the full run.
    expect(measuredIdeas(folder)[0]!.outcome).toMatchObject({ kind: 'measured', value: 2 });
  });
});

it('the program under test is the one that was built', () => {
  expect(readFileSync(join(inject('built'), 'dist', 'version.js'), 'utf8')).toContain('VERSION');
});
