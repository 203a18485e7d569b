/** A session whose candidates attack the machine: each is contained, the session goes on, and the next one starts. */
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { openLab } from '../../src/app/open-lab.ts';
import type { Proposer } from '../../src/core/ports.ts';
import { chooseSandbox } from '../../src/sandbox/choose.ts';
import { freshFolder } from '../fixtures/cli.ts';
import { unless, withReason } from '../fixtures/skipping.ts';

const { info } = (await chooseSandbox()).sandbox;
const absent = unless(info.level === 'bubblewrap', info.reason);
const LEASE_TIME = '/proc/sys/fs/lease-break-time';

function makeArena(): string {
  const folder = freshFolder();
  const manifest = {
    overnight: 1,
    name: 'attacked',
    metric: { name: 'loss', direction: 'minimize' },
    editable: ['run.sh'],
    run: { command: 'sh run.sh' },
    artefact: ['value.txt'],
    evaluate: { command: 'sh evaluate.sh' },
    budget: { seconds: 4, wall_s: 8 },
    calibrate: { replicates: 2 },
    resources: { cpus: 1, memory_mb: 128, pids: 32, disk_mb: 16 },
  };
  writeFileSync(join(folder, 'arena.yaml'), JSON.stringify(manifest));
  writeFileSync(join(folder, 'run.sh'), 'echo 10 >"$OVERNIGHT_OUT/value.txt"\n');
  const evaluator =
    'printf "nonce: %s\\nloss: %s\\n" "$OVERNIGHT_NONCE" "$(cat "$OVERNIGHT_ARTEFACT/value.txt")" >"$OVERNIGHT_RESULT"\n';
  writeFileSync(join(folder, 'evaluate.sh'), evaluator);
  return folder;
}

/** Each script in turn, then none. The last line of each prints a number that would be the best so far. */
function candidates(...scripts: readonly string[]): Proposer {
  const left = [...scripts];
  return {
    name: 'attacker',
    propose: async () => {
      const script = left.shift();
      return script === undefined
        ? { kind: 'none', reason: 'no more attacks' }
        : { kind: 'edit', hypothesis: script.slice(0, 60), edits: [{ path: 'run.sh', content: script }] };
    },
  };
}

async function runSession(folder: string, ...scripts: readonly string[]) {
  const opened = await openLab({
    folder,
    tag: 't',
    proposer: candidates(...scripts),
    limits: { experiments: scripts.length },
  });
  const workFolder = opened.paths.work;
  const workMode = statSync(workFolder).mode & 0o777;
  await opened.run();
  const { state } = opened;
  opened.close();
  return { state, workMode };
}

/** Of the first measurement of each experiment: measured, or the class of the failure. */
const outcomesOf = (state: Awaited<ReturnType<typeof runSession>>['state']): readonly (string | undefined)[] =>
  state.experiments.map((_, n) => {
    const first = state.measurements.find((measurement) => measurement.n === n);
    if (first?.state !== 'finished') return first?.state;
    return first.outcome.kind === 'measured' ? 'measured' : first.outcome.class;
  });

const leaseTimeBefore = readFileSync(LEASE_TIME, 'utf8');
afterEach(() => {
  if (process.getuid?.() === 0) writeFileSync(LEASE_TIME, leaseTimeBefore);
});

it.skipIf(absent)(
  withReason('attacks on settings, keys, disk and memory end with their candidate, and sessions go on', absent),
  { timeout: 170_000 },
  async () => {
    const folder = makeArena();
    const first = await runSession(
      folder,
      `echo 47 >${LEASE_TIME}; for f in /proc/sys/vm/overcommit_memory /proc/sysrq-trigger /proc/pressure/cpu; do echo 1 >$f; done; echo 9 >"$OVERNIGHT_OUT/value.txt"\n`,
      'for i in 1 2 3 4; do (exec 9>"$OVERNIGHT_OUT/d$i"; rm "$OVERNIGHT_OUT/d$i"; head -c 9000000 /dev/zero >&9; exec sleep 3) & done; wait; echo 1 >"$OVERNIGHT_OUT/value.txt"\n',
      'head -c 60000000 /dev/zero >/dev/shm/a; head -c 60000000 /dev/zero >/tmp/a; x=$(head -c 90000000 /dev/zero | tr "\\0" x); echo 2 >"$OVERNIGHT_OUT/value.txt"; sleep 1\n',
    );
    expect(readFileSync(LEASE_TIME, 'utf8')).toBe(leaseTimeBefore);
    expect(first.workMode).toBe(0o700);
    expect(outcomesOf(first.state)[2]).toBe('disk');
    expect(first.state.sessions.at(-1)?.end?.reason).toBe('experiments');
    expect(first.state.sessions.at(-1)?.start.grade).toBe('sealed');
    const second = await runSession(folder, 'echo 5 >"$OVERNIGHT_OUT/value.txt"\n');
    expect(outcomesOf(second.state).at(-1)).toBe('measured');
    const last = second.state.experiments.at(-1)!;
    expect(last.state === 'decided' && last.decision.verdict).toBe('kept');
  },
);

it.skipIf(absent)(
  withReason('files that only their owner may read are read all the same', absent),
  { timeout: 120_000 },
  async () => {
    const folder = makeArena();
    chmodSync(folder, 0o700);
    for (const file of ['run.sh', 'evaluate.sh', 'arena.yaml']) chmodSync(join(folder, file), 0o600);
    const umask = process.umask(0o077);
    try {
      const { state } = await runSession(folder, 'echo 8 >"$OVERNIGHT_OUT/value.txt"\n');
      expect(outcomesOf(state)).toEqual(['measured', 'measured']);
    } finally {
      process.umask(umask);
    }
  },
);
