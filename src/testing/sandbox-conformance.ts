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

interface Place {
  readonly out: string;
  /**
   * A spec with one read-only mount at /arena (holding `given`) and one writable mount at /out; `$A` and `$O` are their
   * places.
   */
  spec(command: string, change?: SpecChange): RunSpec;
}

type SpecChange = Partial<Omit<RunSpec, 'limits'>> & { readonly limits?: Partial<RunSpec['limits']> };

export const ROOMY: RunSpec['limits'] = {
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
async function withPlace(sandbox: Sandbox, act: (place: Place) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'overnight-conformance-'));
  const arena: Mount = { from: join(dir, 'arena'), to: '/arena', mode: 'read' };
  const out: Mount = { from: join(dir, 'o u\u0308t'), to: '/out', mode: 'write' };
  mkdirSync(arena.from);
  mkdirSync(out.from);
  writeFileSync(join(arena.from, 'given'), 'given');
  const spec = (command: string, change: SpecChange = {}): RunSpec => ({
    command,
    cwd: sandbox.inside(arena),
    mounts: [arena, out],
    tag: `conformance-${process.pid}`,
    ...change,
    env: { A: sandbox.inside(arena), O: sandbox.inside(out), ...change.env },
    limits: { ...ROOMY, ...change.limits },
  });
  try {
    await act({ out: out.from, spec });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function onCase(name: string, isolated: boolean, act: (sandbox: Sandbox, place: Place) => Promise<void>): SandboxCase {
  return { name, isolated, run: (sandbox) => withPlace(sandbox, (place) => act(sandbox, place)) };
}

const done = (sandbox: Sandbox, spec: RunSpec): Promise<RunResult> => sandbox.start(spec).done;

const EVERYWHERE: readonly SandboxCase[] = [
  onCase('reports the exit status and both outputs of a program', false, async (sandbox, { spec }) => {
    const result = await done(sandbox, spec('echo hello; echo sorry >&2; exit 3'));
    strictEqual(result.ending, 'exited');
    strictEqual(result.exitCode, 3);
    deepStrictEqual(result.stdout, { text: 'hello\n', bytes: 6 });
    deepStrictEqual(result.stderr, { text: 'sorry\n', bytes: 6 });
    strictEqual(result.leftovers, 0);
  }),
  onCase('reports a signal that ended the program, not an exit status', false, async (sandbox, { spec }) => {
    const result = await done(sandbox, spec('kill -SEGV $$'));
    strictEqual(result.ending, 'signalled');
    strictEqual(result.signal, 'SIGSEGV');
    strictEqual(result.exitCode, undefined);
  }),
  onCase(
    'starts in the working directory, reads its mounts and writes into the writable one',
    false,
    async (sandbox, { spec, out }) => {
      const result = await done(sandbox, spec('cat given && echo made >"$O/made"'));
      strictEqual(result.stdout.text, 'given');
      strictEqual(readFileSync(join(out, 'made'), 'utf8'), 'made\n');
    },
  ),
  onCase('passes the environment exactly, and nothing of its own parent', false, async (sandbox, { spec }) => {
    process.env.OVERNIGHT_CONFORMANCE_LEAK = 'leaked';
    try {
      const result = await done(sandbox, spec('env', { env: { GIVEN: 'a b\nc' } }));
      match(result.stdout.text, /^GIVEN=a b\nc$/m);
      ok(!result.stdout.text.includes('leaked'), result.stdout.text);
      for (const name of ['PATH', 'HOME', 'TMPDIR', 'XDG_CACHE_HOME', 'LANG', 'TZ'])
        match(result.stdout.text, new RegExp(`^${name}=`, 'm'));
    } finally {
      delete process.env.OVERNIGHT_CONFORMANCE_LEAK;
    }
  }),
  onCase('gives a home that is empty and writable', false, async (sandbox, { spec }) => {
    const result = await done(
      sandbox,
      spec('ls "$HOME" | wc -l; echo x >"$HOME/x" && echo x >"$TMPDIR/y" && mkdir -p "$XDG_CACHE_HOME" && echo fine'),
    );
    match(result.stdout.text, /^\s*0\s+fine\n$/);
  }),
  onCase('runs the Node that runs the harness', false, async (sandbox, { spec }) => {
    const result = await done(sandbox, spec('node -p process.version', { env: nodeOnPath(sandbox) }));
    strictEqual(result.stdout.text.trim(), process.version, result.stderr.text);
  }),
  onCase(
    'keeps the first and the last part of a long output and counts all of it',
    false,
    async (sandbox, { spec }) => {
      const result = await done(sandbox, spec('echo first; head -c 1000000 /dev/zero | tr "\\0" x; echo; echo last'));
      strictEqual(result.stdout.bytes, 1_000_012);
      match(result.stdout.text, /^first\nx+\n\[… \d+ bytes left out …\]\nx+\nlast\n$/);
      ok(result.stdout.text.length < 140_000);
    },
  ),
  onCase('reports output as it comes, for progress', false, async (sandbox, { spec }) => {
    const pieces: string[] = [];
    await done(
      sandbox,
      spec('echo step 1 >&2; sleep 0.05; echo step 2 >&2', { onStderr: (text) => pieces.push(text) }),
    );
    strictEqual(pieces.join(''), 'step 1\nstep 2\n');
  }),
  onCase(
    'gives a text on standard input and its end, and tells the output as it comes',
    false,
    async (sandbox, { spec }) => {
      const pieces: string[] = [];
      const result = await done(
        sandbox,
        spec('cat; echo over', { stdin: 'given ü\n', onStdout: (text) => pieces.push(text) }),
      );
      strictEqual(result.stdout.text, 'given ü\nover\n');
      strictEqual(pieces.join(''), 'given ü\nover\n');
      strictEqual((await done(sandbox, spec('exec 0<&-; sleep 0.05', { stdin: 'x'.repeat(1 << 20) }))).exitCode, 0);
    },
  ),
  onCase('talks with a program whose input stays open', false, async (sandbox, { spec }) => {
    const running = sandbox.start(
      spec('while read -r n; do echo $((n*2)); done; echo bye', {
        stdin: { open: true },
        onStdout: (text) => running.send!(/^4\b/.test(text) ? null : '2\n'),
      }),
    );
    running.send!('1\n');
    strictEqual((await running.done).stdout.text, '2\n4\nbye\n');
    running.send!('late\n');
  }),
  onCase('ends at the wall limit, whatever the program ignores', false, async (sandbox, { spec }) => {
    const result = await done(
      sandbox,
      spec("trap '' TERM INT HUP; while :; do sleep 1; done", { limits: { wallMs: 300 } }),
    );
    strictEqual(result.ending, 'wall');
    ok(inTime(result.wallS, 0.3), `took ${result.wallS} s`);
  }),
  onCase('says aborted when it is told to stop, also when told twice', false, async (sandbox, { spec }) => {
    const running = sandbox.start(spec('sleep 60'));
    setTimeout(() => running.kill(), 100);
    setTimeout(() => running.kill(), 101);
    const result = await running.done;
    strictEqual(result.ending, 'aborted');
    ok(inTime(result.wallS, 0.1), `took ${result.wallS} s`);
    running.kill();
  }),
  onCase('does not wait for a daemon that keeps the pipes open', false, async (sandbox, { spec }) => {
    const result = await done(sandbox, spec('sleep 60 & echo said'));
    strictEqual(result.ending, 'exited');
    strictEqual(result.stdout.text, 'said\n');
    ok(inTime(result.wallS, 0), `took ${result.wallS} s`);
  }),
  onCase('accounts for processor time and memory', false, async (sandbox, { spec }) => {
    const busy =
      'node -e "const b=Buffer.alloc(64<<20,1);const t=Date.now();while(Date.now()-t<400);console.log(b.length)"';
    const result = await done(sandbox, spec(busy, { env: nodeOnPath(sandbox) }));
    strictEqual(result.exitCode, 0, result.stderr.text);
    const sampled = result.accounting === 'sampled'; // what happens between two looks on a busy machine is not seen
    ok(result.cpuS > (sampled ? 0 : 0.1) && result.cpuS < 3, `cpuS ${result.cpuS}`);
    ok(result.peakMemoryMb > (sampled ? 1 : 64) && result.peakMemoryMb < 400, `peakMemoryMb ${result.peakMemoryMb}`);
  }),
  onCase('refuses a mount that does not exist before anything is started', false, async (sandbox, { spec }) => {
    const broken = spec('true', { mounts: [{ from: '/does/not/exist', to: '/x', mode: 'read' }] });
    try {
      sandbox.start(broken);
    } catch (thrown) {
      ok(thrown instanceof LabError && thrown.code === 'E_SPAWN');
      match(thrown.message, /\/does\/not\/exist/);
      return;
    }
    throw new Error('it was started');
  }),
];

const CLOCKED: readonly SandboxCase[] = [
  onCase(
    'starts the training clock at the start signal and cuts after the budget',
    false,
    async (sandbox, { spec, out }) => {
      const startFile = join(out, 'start');
      const command = 'sleep 0.2; : >"$O/start"; while :; do sleep 0.01; done';
      const ticks: number[] = [];
      const clock = { startFile, graceMs: 10_000, budgetMs: 400 };
      const result = await done(sandbox, spec(command, { clock, onTick: ({ budgeted }) => ticks.push(budgeted) }));
      strictEqual(result.ending, 'cut');
      ok(inTime(result.startupS, 0.2), `startupS ${result.startupS}`);
      ok(inTime(result.budgetedS, 0.4), `budgetedS ${result.budgetedS}`);
      ok(ticks.length >= 1);
    },
  ),
  onCase('starts the training clock when the grace is used up', false, async (sandbox, { spec, out }) => {
    const clock = { startFile: join(out, 'start'), graceMs: 200, budgetMs: 200 };
    const result = await done(sandbox, spec('sleep 60', { clock }));
    strictEqual(result.ending, 'cut');
    ok(inTime(result.startupS, 0.2) && inTime(result.budgetedS, 0.2));
  }),
  onCase('measures a program that ends before its budget as it is', false, async (sandbox, { spec, out }) => {
    const clock = { startFile: join(out, 'start'), graceMs: 14_000, budgetMs: 14_000 };
    const result = await done(sandbox, spec(': >"$O/start"; sleep 0.2', { clock }));
    strictEqual(result.ending, 'exited');
    ok(inTime(result.budgetedS, 0.1), `budgetedS ${result.budgetedS}`);
  }),
];

const JOINED: readonly SandboxCase[] = [
  onCase('joins two programs: what one writes the other reads', false, async (sandbox, { spec }) => {
    const ask = spec(
      'i=0; while [ $i -lt 50 ]; do i=$((i+1)); echo $i; read -r a; [ "$a" = $((i*2)) ] || exit 9; done; echo asked $i >&2',
    );
    const answer = spec('while read -r n; do echo $((n*2)); done; echo bye >&2');
    const [first, second] = sandbox.startJoined(ask, answer);
    const [a, b] = await Promise.all([first.done, second.done]);
    deepStrictEqual([a.ending, a.exitCode, a.stderr.text], ['exited', 0, 'asked 50\n']);
    deepStrictEqual([b.ending, b.exitCode, b.stderr.text], ['exited', 0, 'bye\n']);
    deepStrictEqual(a.stdout, { text: '', bytes: 0 });
  }),
  onCase('gives the other one an end of file when one of a joined pair dies', false, async (sandbox, { spec }) => {
    const [first, second] = sandbox.startJoined(spec('kill -KILL $$'), spec('read -r line || echo end of file >&2'));
    const [a, b] = await Promise.all([first.done, second.done]);
    strictEqual(a.signal, 'SIGKILL');
    strictEqual(b.stderr.text, 'end of file\n');
    strictEqual(b.ending, 'exited', 'before the wall limit');
  }),
];

const ISOLATED: readonly SandboxCase[] = [
  onCase('hides files that were not given', true, async (sandbox, { spec, out }) => {
    const secret = `${out}-secret`;
    writeFileSync(secret, 'secret');
    const result = await done(sandbox, spec(`cat "${secret}" /etc/shadow; ls -A /root /home /var 2>/dev/null | wc -l`));
    rmSync(secret);
    strictEqual(result.stdout.text.trim(), '0');
  }),
  onCase('keeps given files and the system read-only', true, async (sandbox, { spec }) => {
    const command =
      'for f in "$A/new" "$A/given" /usr/new /new /etc/new /dev/new; do (echo x >"$f") 2>/dev/null && echo "$f"; done; (rm "$A/given"; mv "$A" "$A.2") 2>/dev/null; cat "$A/given"';
    strictEqual((await done(sandbox, spec(command))).stdout.text, 'given');
  }),
  onCase(
    'puts mounts inside mounts: a protected file in a writable directory',
    true,
    async (sandbox, { spec, out }) => {
      writeFileSync(join(out, 'frozen'), 'frozen');
      const mounts: readonly Mount[] = [
        { from: join(out, 'frozen'), to: '/out/frozen', mode: 'read' },
        { from: out, to: '/out', mode: 'write' },
      ];
      const command =
        'cd /out; (echo x >frozen; rm frozen; echo y >z; mv z frozen) 2>/dev/null; echo free >other; cat frozen';
      const result = await done(sandbox, spec(command, { mounts, cwd: '/out' }));
      strictEqual(result.stdout.text, 'frozen');
      ok(existsSync(join(out, 'other')));
    },
  ),
  onCase('shows a further path read-only at its own place when asked', true, async (sandbox, { spec, out }) => {
    writeFileSync(join(out, 'tool'), 'tool');
    const command = `cat "${out}/tool"; (echo x >"${out}/tool") 2>/dev/null && echo changed`;
    strictEqual((await done(sandbox, spec(command, { alsoRead: [out], mounts: [], cwd: '/' }))).stdout.text, 'tool');
  }),
  onCase('has no network, no foreign processes and no capabilities', true, async (sandbox, { spec }) => {
    const command =
      "sed 1,2d /proc/net/dev | grep -vc 'lo:'; ls /proc | grep -c '^[0-9]'; grep CapEff /proc/self/status | cut -f2";
    match((await done(sandbox, spec(command))).stdout.text, /^0\n\d\n0+\n$/);
  }),
  onCase('bounds its memory-backed /tmp', true, async (sandbox, { spec }) => {
    const command =
      'head -c 100000000 /dev/zero >/tmp/big 2>/dev/null || echo full; rm -f /tmp/big; head -c 100000000 /dev/zero >/dev/shm/big 2>/dev/null || echo full';
    const result = await done(sandbox, spec(command, { limits: { diskMb: 32 } }));
    strictEqual(result.stdout.text, 'full\nfull\n');
  }),
];

/** All cases; run those whose `isolated` the sandbox can keep. */
export const SANDBOX_CASES: readonly SandboxCase[] = [...EVERYWHERE, ...CLOCKED, ...JOINED, ...ISOLATED];

/** On a busy machine a timer may be late, never early. Late is well before the wall limit of `ROOMY`, as if never. */
const MAX_LATE_S = 8;

const inTime = (seconds: number, dueS: number): boolean => seconds >= dueS && seconds < dueS + MAX_LATE_S;

/** The plain process gets the person's PATH, which need not hold the Node that is running. */
function nodeOnPath(sandbox: Sandbox): Readonly<Record<string, string>> {
  if (sandbox.info.level === 'bubblewrap') return {};
  return { PATH: `${join(process.execPath, '..')}:${process.env.PATH ?? '/usr/bin:/bin'}` };
}
