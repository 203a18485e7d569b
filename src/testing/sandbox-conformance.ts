/**
 * What every sandbox must do, as named cases with real processes. Knows no test runner: each case throws when it fails.
 * Cases that need namespaces (hiding, read-only mounts, no network) run only where the sandbox says that it has them.
 */
import { deepStrictEqual, match, ok, strictEqual } from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LabError } from '../base/error.ts';
import type { Mount, RunResult, RunSpec, Sandbox } from '../core/ports.ts';

export interface SandboxCase {
  readonly name: string;
  /** True when it holds only with namespaces. */
  readonly isolated: boolean;
  /** Throws when the sandbox does not keep the contract. */
  run(sandbox: Sandbox): Promise<void>;
}

interface SandboxFixture {
  readonly out: string;
  /**
   * A spec with one read-only mount at /arena (holding `given`) and one writable mount at /out; `$A` and `$O` are their
   * places.
   */
  makeSpec(command: string, overrides?: SpecOverrides): RunSpec;
}

type SpecOverrides = Partial<Omit<RunSpec, 'limits'>> & { readonly limits?: Partial<RunSpec['limits']> };

export const ROOMY_LIMITS: RunSpec['limits'] = {
  wallMs: 15_000,
  memoryMb: 512,
  pids: 100,
  diskMb: 64,
  outputMb: 4,
  cores: [],
};

/** The result of a run of nothing that ended well, for tests of what is made of results. */
export const CLEAN_END: RunResult = {
  ending: 'exited',
  exitCode: 0,
  stdout: { text: '', bytes: 0 },
  stderr: { text: '', bytes: 0 },
  startupS: 0,
  budgetedS: 0,
  wallS: 1,
  cpuS: 1,
  peakMemoryMb: 1,
  accounting: 'sampled',
  leftovers: 0,
};

/** Give a case a fresh place and take it away again. */
async function withFixture(sandbox: Sandbox, action: (fixture: SandboxFixture) => Promise<void>): Promise<void> {
  const workDir = mkdtempSync(join(tmpdir(), 'overnight-conformance-'));
  const arenaMount: Mount = { from: join(workDir, 'arena'), to: '/arena', mode: 'read' };
  const outMount: Mount = { from: join(workDir, 'o u\u0308t'), to: '/out', mode: 'write' };
  mkdirSync(arenaMount.from);
  mkdirSync(outMount.from);
  writeFileSync(join(arenaMount.from, 'given'), 'given');
  const makeSpec = (command: string, overrides: SpecOverrides = {}): RunSpec => ({
    command,
    cwd: sandbox.inside(arenaMount),
    mounts: [arenaMount, outMount],
    tag: `conformance-${process.pid}`,
    ...overrides,
    env: { A: sandbox.inside(arenaMount), O: sandbox.inside(outMount), ...overrides.env },
    limits: { ...ROOMY_LIMITS, ...overrides.limits },
  });
  try {
    await action({ out: outMount.from, makeSpec });
  } finally {
    rmSync(workDir, { recursive: true, force: true });
  }
}

function makeCase(
  name: string,
  isolated: boolean,
  action: (sandbox: Sandbox, fixture: SandboxFixture) => Promise<void>,
): SandboxCase {
  return { name, isolated, run: (sandbox) => withFixture(sandbox, (fixture) => action(sandbox, fixture)) };
}

const runToEnd = (sandbox: Sandbox, spec: RunSpec): Promise<RunResult> => sandbox.start(spec).done;

const PLAIN_CASES: readonly SandboxCase[] = [
  makeCase('reports the exit status and both outputs of a program', false, async (sandbox, { makeSpec }) => {
    const result = await runToEnd(sandbox, makeSpec('echo hello; echo sorry >&2; exit 3'));
    strictEqual(result.ending, 'exited');
    strictEqual(result.exitCode, 3);
    deepStrictEqual(result.stdout, { text: 'hello\n', bytes: 6 });
    deepStrictEqual(result.stderr, { text: 'sorry\n', bytes: 6 });
    strictEqual(result.leftovers, 0);
  }),
  makeCase('reports a signal that ended the program, not an exit status', false, async (sandbox, { makeSpec }) => {
    const result = await runToEnd(sandbox, makeSpec('kill -SEGV $$'));
    strictEqual(result.ending, 'signalled');
    strictEqual(result.signal, 'SIGSEGV');
    strictEqual(result.exitCode, undefined);
  }),
  makeCase(
    'starts in the working directory, reads its mounts and writes into the writable one',
    false,
    async (sandbox, { makeSpec, out: outFolder }) => {
      const result = await runToEnd(sandbox, makeSpec('cat given && echo made >"$O/made"'));
      strictEqual(result.stdout.text, 'given');
      strictEqual(readFileSync(join(outFolder, 'made'), 'utf8'), 'made\n');
    },
  ),
  makeCase('passes the environment exactly, and nothing of its own parent', false, async (sandbox, { makeSpec }) => {
    process.env.OVERNIGHT_CONFORMANCE_LEAK = 'leaked';
    try {
      const result = await runToEnd(sandbox, makeSpec('env', { env: { GIVEN: 'a b\nc' } }));
      match(result.stdout.text, /^GIVEN=a b\nc$/m);
      ok(!result.stdout.text.includes('leaked'), result.stdout.text);
      for (const variableName of ['PATH', 'HOME', 'TMPDIR', 'XDG_CACHE_HOME', 'LANG', 'TZ'])
        match(result.stdout.text, new RegExp(`^${variableName}=`, 'm'));
    } finally {
      delete process.env.OVERNIGHT_CONFORMANCE_LEAK;
    }
  }),
  makeCase('gives a home that is empty and writable', false, async (sandbox, { makeSpec }) => {
    const result = await runToEnd(
      sandbox,
      makeSpec(
        'ls "$HOME" | wc -l; echo x >"$HOME/x" && echo x >"$TMPDIR/y" && mkdir -p "$XDG_CACHE_HOME" && echo fine',
      ),
    );
    match(result.stdout.text, /^\s*0\s+fine\n$/);
  }),
  makeCase('runs the Node that runs the harness', false, async (sandbox, { makeSpec }) => {
    const result = await runToEnd(sandbox, makeSpec('node -p process.version', { env: nodeOnPath(sandbox) }));
    strictEqual(result.stdout.text.trim(), process.version, result.stderr.text);
  }),
  makeCase(
    'keeps the first and the last part of a long output and counts all of it',
    false,
    async (sandbox, { makeSpec }) => {
      const result = await runToEnd(
        sandbox,
        makeSpec('echo first; head -c 1000000 /dev/zero | tr "\\0" x; echo; echo last'),
      );
      strictEqual(result.stdout.bytes, 1_000_012);
      match(result.stdout.text, /^first\nx+\n\[… \d+ bytes left out …\]\nx+\nlast\n$/);
      ok(result.stdout.text.length < 140_000);
    },
  ),
  makeCase('reports output as it comes, for progress', false, async (sandbox, { makeSpec }) => {
    const pieces: string[] = [];
    await runToEnd(
      sandbox,
      makeSpec('echo step 1 >&2; sleep 0.05; echo step 2 >&2', { onStderr: (piece) => pieces.push(piece) }),
    );
    strictEqual(pieces.join(''), 'step 1\nstep 2\n');
  }),
  makeCase(
    'gives a text on standard input and its end, and tells the output as it comes',
    false,
    async (sandbox, { makeSpec }) => {
      const pieces: string[] = [];
      const result = await runToEnd(
        sandbox,
        makeSpec('cat; echo over', { stdin: 'given ü\n', onStdout: (piece) => pieces.push(piece) }),
      );
      strictEqual(result.stdout.text, 'given ü\nover\n');
      strictEqual(pieces.join(''), 'given ü\nover\n');
      strictEqual(
        (await runToEnd(sandbox, makeSpec('exec 0<&-; sleep 0.05', { stdin: 'x'.repeat(1 << 20) }))).exitCode,
        0,
      );
    },
  ),
  makeCase('talks with a program whose input stays open', false, async (sandbox, { makeSpec }) => {
    const runningProgram = sandbox.start(
      makeSpec('while read -r n; do echo $((n*2)); done; echo bye', {
        stdin: { open: true },
        onStdout: (piece) => runningProgram.send!(/^4\b/.test(piece) ? null : '2\n'),
      }),
    );
    runningProgram.send!('1\n');
    strictEqual((await runningProgram.done).stdout.text, '2\n4\nbye\n');
    runningProgram.send!('late\n');
  }),
  makeCase('ends at the wall limit, whatever the program ignores', false, async (sandbox, { makeSpec }) => {
    const result = await runToEnd(
      sandbox,
      makeSpec("trap '' TERM INT HUP; while :; do sleep 1; done", { limits: { wallMs: 300 } }),
    );
    strictEqual(result.ending, 'wall');
    ok(isInTime(result.wallS, 0.3), `took ${result.wallS} s`);
  }),
  makeCase('says aborted when it is told to stop, also when told twice', false, async (sandbox, { makeSpec }) => {
    const runningProgram = sandbox.start(makeSpec('sleep 60'));
    setTimeout(() => runningProgram.kill(), 100);
    setTimeout(() => runningProgram.kill(), 101);
    const result = await runningProgram.done;
    strictEqual(result.ending, 'aborted');
    ok(isInTime(result.wallS, 0.1), `took ${result.wallS} s`);
    runningProgram.kill();
  }),
  makeCase('does not wait for a daemon that keeps the pipes open', false, async (sandbox, { makeSpec }) => {
    const result = await runToEnd(sandbox, makeSpec('sleep 60 & echo said'));
    strictEqual(result.ending, 'exited');
    strictEqual(result.stdout.text, 'said\n');
    ok(isInTime(result.wallS, 0), `took ${result.wallS} s`);
  }),
  makeCase('accounts for processor time and memory', false, async (sandbox, { makeSpec }) => {
    const busyCommand =
      'node -e "const b=Buffer.alloc(64<<20,1);const t=Date.now();while(Date.now()-t<400);console.log(b.length)"';
    const result = await runToEnd(sandbox, makeSpec(busyCommand, { env: nodeOnPath(sandbox) }));
    strictEqual(result.exitCode, 0, result.stderr.text);
    const isSampled = result.accounting === 'sampled'; // what happens between two looks on a busy machine is not seen
    ok(result.cpuS > (isSampled ? 0 : 0.1) && result.cpuS < 3, `cpuS ${result.cpuS}`);
    ok(result.peakMemoryMb > (isSampled ? 1 : 64) && result.peakMemoryMb < 400, `peakMemoryMb ${result.peakMemoryMb}`);
  }),
  makeCase('refuses a mount that does not exist before anything is started', false, async (sandbox, { makeSpec }) => {
    const brokenSpec = makeSpec('true', { mounts: [{ from: '/does/not/exist', to: '/x', mode: 'read' }] });
    try {
      sandbox.start(brokenSpec);
    } catch (thrown) {
      ok(thrown instanceof LabError && thrown.code === 'E_SPAWN');
      match(thrown.message, /\/does\/not\/exist/);
      return;
    }
    throw new Error('it was started');
  }),
];

const BURN = 'i=0; while :; do i=$((i+1)); done';
const CLOCKED_CASES: readonly SandboxCase[] = [
  makeCase(
    'starts the training clock at the start signal and cuts after the budget',
    false,
    async (sandbox, { makeSpec, out: outFolder }) => {
      const startFile = join(outFolder, 'start');
      const command = 'sleep 0.2; : >"$O/start"; while :; do sleep 0.01; done';
      const ticks: number[] = [];
      const clock = { startFile, graceMs: 10_000, budgetMs: 400 };
      const result = await runToEnd(
        sandbox,
        makeSpec(command, { clock, onTick: ({ budgeted }) => ticks.push(budgeted) }),
      );
      strictEqual(result.ending, 'cut');
      ok(isInTime(result.startupS, 0.2), `startupS ${result.startupS}`);
      ok(isInTime(result.budgetedS, 0.4), `budgetedS ${result.budgetedS}`);
      ok(ticks.length >= 1);
    },
  ),
  makeCase(
    'starts the training clock when the grace is used up',
    false,
    async (sandbox, { makeSpec, out: outFolder }) => {
      const clock = { startFile: join(outFolder, 'start'), graceMs: 200, budgetMs: 200 };
      const result = await runToEnd(sandbox, makeSpec('sleep 60', { clock }));
      strictEqual(result.ending, 'cut');
      ok(isInTime(result.startupS, 0.2) && isInTime(result.budgetedS, 0.2));
    },
  ),
  makeCase(
    'cuts by the processor time of the whole tree where the clock counts that',
    false,
    async (sandbox, { makeSpec, out: outFolder }) => {
      const clock = { startFile: join(outFolder, 'start'), graceMs: 60_000, budgetMs: 600, counts: 'cpu' as const };
      const result = await runToEnd(sandbox, makeSpec(`: >"$O/start"; sleep 1; (${BURN}) & ${BURN}`, { clock }));
      strictEqual(result.ending, 'cut');
      ok(result.wallS > 1.2 && Math.abs(result.budgetedS - 0.75) < 0.17, JSON.stringify(result));
    },
  ),
  makeCase(
    'counts the grace in processor time too where the clock does',
    false,
    async (sandbox, { makeSpec, out: outFolder }) => {
      const clock = { startFile: join(outFolder, 'start'), graceMs: 300, budgetMs: 300, counts: 'cpu' as const };
      const result = await runToEnd(sandbox, makeSpec(`sleep 1; ${BURN}`, { clock }));
      strictEqual(result.ending, 'cut');
      const isRight = [result.startupS, result.budgetedS].every((usedS) => usedS > 0.29 && usedS < 0.6);
      ok(isRight && result.wallS > 1.5, JSON.stringify(result));
    },
  ),
  makeCase(
    'measures a program that ends before its budget as it is',
    false,
    async (sandbox, { makeSpec, out: outFolder }) => {
      const clock = { startFile: join(outFolder, 'start'), graceMs: 14_000, budgetMs: 14_000 };
      const result = await runToEnd(sandbox, makeSpec(': >"$O/start"; sleep 1', { clock }));
      strictEqual(result.ending, 'exited');
      ok(isInTime(result.budgetedS, 0.1), `budgetedS ${result.budgetedS}`);
    },
  ),
];

const JOINED_CASES: readonly SandboxCase[] = [
  makeCase('joins two programs: what one writes the other reads', false, async (sandbox, { makeSpec }) => {
    const askerSpec = makeSpec(
      'i=0; while [ $i -lt 50 ]; do i=$((i+1)); echo $i; read -r a; [ "$a" = $((i*2)) ] || exit 9; done; echo asked $i >&2',
    );
    const answererSpec = makeSpec('while read -r n; do echo $((n*2)); done; echo bye >&2');
    const [asker, answerer] = sandbox.startJoined(askerSpec, answererSpec);
    const [askerResult, answererResult] = await Promise.all([asker.done, answerer.done]);
    deepStrictEqual([askerResult.ending, askerResult.exitCode, askerResult.stderr.text], ['exited', 0, 'asked 50\n']);
    deepStrictEqual(
      [answererResult.ending, answererResult.exitCode, answererResult.stderr.text],
      ['exited', 0, 'bye\n'],
    );
    deepStrictEqual(askerResult.stdout, { text: '', bytes: 0 });
  }),
  makeCase(
    'gives the other one an end of file when one of a joined pair dies',
    false,
    async (sandbox, { makeSpec }) => {
      const [killed, survivor] = sandbox.startJoined(
        makeSpec('kill -KILL $$'),
        makeSpec('read -r line || echo end of file >&2'),
      );
      const [killedResult, survivorResult] = await Promise.all([killed.done, survivor.done]);
      strictEqual(killedResult.signal, 'SIGKILL');
      strictEqual(survivorResult.stderr.text, 'end of file\n');
      strictEqual(survivorResult.ending, 'exited', 'before the wall limit');
    },
  ),
];

const ISOLATED_CASES: readonly SandboxCase[] = [
  makeCase('hides files that were not given', true, async (sandbox, { makeSpec, out: outFolder }) => {
    const secretFile = `${outFolder}-secret`;
    writeFileSync(secretFile, 'secret');
    const result = await runToEnd(
      sandbox,
      makeSpec(`cat "${secretFile}" /etc/shadow; ls -A /root /home /var 2>/dev/null | wc -l`),
    );
    rmSync(secretFile);
    strictEqual(result.stdout.text.trim(), '0');
  }),
  makeCase('keeps given files and the system read-only', true, async (sandbox, { makeSpec }) => {
    const command =
      'for f in "$A/new" "$A/given" /usr/new /new /etc/new /dev/new; do (echo x >"$f") 2>/dev/null && echo "$f"; done; (rm "$A/given"; mv "$A" "$A.2") 2>/dev/null; cat "$A/given"';
    strictEqual((await runToEnd(sandbox, makeSpec(command))).stdout.text, 'given');
  }),
  makeCase(
    'puts mounts inside mounts: a protected file in a writable directory',
    true,
    async (sandbox, { makeSpec, out: outFolder }) => {
      writeFileSync(join(outFolder, 'frozen'), 'frozen');
      const mounts: readonly Mount[] = [
        { from: join(outFolder, 'frozen'), to: '/out/frozen', mode: 'read' },
        { from: outFolder, to: '/out', mode: 'write' },
      ];
      const command =
        'cd /out; (echo x >frozen; rm frozen; echo y >z; mv z frozen) 2>/dev/null; echo free >other; cat frozen';
      const result = await runToEnd(sandbox, makeSpec(command, { mounts, cwd: '/out' }));
      strictEqual(result.stdout.text, 'frozen');
      ok(existsSync(join(outFolder, 'other')));
    },
  ),
  makeCase(
    'shows a further path read-only at its own place when asked',
    true,
    async (sandbox, { makeSpec, out: outFolder }) => {
      writeFileSync(join(outFolder, 'tool'), 'tool');
      const command = `cat "${outFolder}/tool"; (echo x >"${outFolder}/tool") 2>/dev/null && echo changed`;
      strictEqual(
        (await runToEnd(sandbox, makeSpec(command, { alsoRead: [outFolder], mounts: [], cwd: '/' }))).stdout.text,
        'tool',
      );
    },
  ),
  makeCase('has no network, no foreign processes and no capabilities', true, async (sandbox, { makeSpec }) => {
    const command =
      "sed 1,2d /proc/net/dev | grep -vc 'lo:'; ls /proc | grep -c '^[0-9]'; grep CapEff /proc/self/status | cut -f2";
    match((await runToEnd(sandbox, makeSpec(command))).stdout.text, /^0\n\d\n0+\n$/);
  }),
  makeCase('bounds its memory-backed /tmp', true, async (sandbox, { makeSpec }) => {
    const command =
      'head -c 100000000 /dev/zero >/tmp/big 2>/dev/null || echo full; rm -f /tmp/big; head -c 100000000 /dev/zero >/dev/shm/big 2>/dev/null || echo full';
    const result = await runToEnd(sandbox, makeSpec(command, { limits: { diskMb: 32 } }));
    strictEqual(result.stdout.text, 'full\nfull\n');
  }),
];

/** All cases; run those whose `isolated` the sandbox can keep. */
export const SANDBOX_CASES: readonly SandboxCase[] = [
  ...PLAIN_CASES,
  ...CLOCKED_CASES,
  ...JOINED_CASES,
  ...ISOLATED_CASES,
];

/** On a busy machine a timer may be late, never early. Late is well before the wall limit of `ROOMY`, as if never. */
const MAX_LATE_S = 8;

const isInTime = (seconds: number, dueS: number): boolean => seconds >= dueS && seconds < dueS + MAX_LATE_S;

/** The plain process gets the person's PATH, which need not hold the Node that is running. */
function nodeOnPath(sandbox: Sandbox): Readonly<Record<string, string>> {
  if (sandbox.info.level === 'bubblewrap') return {};
  return { PATH: `${join(process.execPath, '..')}:${process.env.PATH ?? '/usr/bin:/bin'}` };
}
