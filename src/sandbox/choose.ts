/**
 * Chooses the sandbox by trying it from the inside: what the probe saw is the reason, in words for a person. Nothing is
 * believed because a program is installed. Not covered by the probe: holes of the kernel, GPUs.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reasonOf } from '../base/error.ts';
import type { RunResult, RunSpec, Sandbox } from '../core/ports.ts';
import { findControlGroups } from '../os/cgroup.ts';
import { capture } from '../os/spawn.ts';
import { BubblewrapSandbox } from './bubblewrap.ts';
import { findProgram } from './launch.ts';
import { ProcessSandbox } from './process.ts';

/** One thing that the probe looked at, for `doctor`. */
export interface SandboxCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

export interface ChosenSandbox {
  readonly sandbox: Sandbox;
  /** What was tried, also when it failed; empty when nothing was tried. */
  readonly checks: readonly SandboxCheck[];
}

export interface ChooseOptions {
  /** Do not use this one, although it is there. */
  readonly forbid?: 'bubblewrap';
  /** Do not use control groups, although they work. For tests. */
  readonly watched?: boolean;
}

/** Never throws: where no sandbox holds, the plain process is the answer, with the reason. */
export async function chooseSandbox(options: ChooseOptions = {}): Promise<ChosenSandbox> {
  const groups = options.watched ? 'control groups switched off' : findControlGroups();
  const plain = (why: string, checks: readonly SandboxCheck[] = []): ChosenSandbox => ({
    sandbox: new ProcessSandbox(`process (${why})`, groups),
    checks,
  });
  if (options.forbid === 'bubblewrap') return plain('bubblewrap was not wanted');
  if (process.env.OVERNIGHT_SANDBOX === 'process') return plain('OVERNIGHT_SANDBOX=process is set');
  if (process.platform !== 'linux') return plain(`bubblewrap works on Linux only, this is ${process.platform}`);
  const program = findProgram('bwrap');
  if (!program) return plain('bubblewrap not found on PATH: apt-get install bubblewrap');
  const said = await capture(program, ['--version'], { timeoutMs: 5000 });
  const version = said.stdout.trim().replace(/^\S+\s+/, '') || 'of unknown version';
  let checks: readonly SandboxCheck[] = [];
  for (const userNamespace of process.getuid?.() === 0 ? [true, false] : [true]) {
    const without = userNamespace ? '' : ', without a user namespace';
    const reason = `bubblewrap ${version} (found on PATH, probe passed${without})`;
    const sandbox = new BubblewrapSandbox({ program, reason, groups, userNamespace });
    const seen = await probe(sandbox);
    if (seen.every((check) => check.ok)) return { sandbox, checks: seen };
    if (userNamespace) checks = seen;
  }
  const first = checks.find((check) => !check.ok);
  return plain(
    `bubblewrap ${version} is installed, but ${first?.name ?? 'the probe'} failed: ${first?.detail ?? 'no answer'}`,
    checks,
  );
}

interface Scene {
  readonly dir: string;
  readonly secret: string;
  readonly port: number;
}

/** Run one program inside that tries what must not work, and what must. */
async function probe(sandbox: Sandbox): Promise<readonly SandboxCheck[]> {
  const dir = mkdtempSync(join(tmpdir(), 'overnight-probe-'));
  let server: Server | undefined;
  try {
    server = await listen();
    const address = server.address();
    const secret = join(dir, 'secret');
    mkdirSync(join(dir, 'read'));
    mkdirSync(join(dir, 'write'));
    writeFileSync(secret, 'secret');
    writeFileSync(join(dir, 'read', 'known'), 'known');
    const scene: Scene = { dir, secret, port: typeof address === 'object' && address ? address.port : 0 };
    const result = await sandbox.start(probeSpec(scene)).done;
    return judge(scene, result);
  } catch (thrown) {
    return [{ name: 'starting it', ok: false, detail: reasonOf(thrown) }];
  } finally {
    server?.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

/**
 * Each line prints one word and what it found; `judge` knows what it should be. POSIX shell, so that it always runs.
 */
function probeSpec({ dir, secret, port }: Scene): RunSpec {
  const command = `
    echo alive yes
    echo hidden "$(cat '${secret}' 2>/dev/null || echo absent)"
    echo shadow "$(test -e /etc/shadow && echo present || echo absent)"
    echo read "$(cat /arena/known)"
    (echo x >/arena/new) 2>/dev/null && echo readonly no || echo readonly yes
    (echo x >/usr/overnight-probe) 2>/dev/null && echo system no || echo system yes
    (echo x >/overnight-probe) 2>/dev/null && echo root no || echo root yes
    (echo written >/out/new) 2>/dev/null && echo write yes || echo write no
    (echo x >/tmp/new) 2>/dev/null && echo tmp yes || echo tmp no
    echo pids "$(ls /proc | grep -c '^[0-9]')"
    echo env "$(env | cut -d= -f1 | grep -vxE 'PATH|HOME|TMPDIR|XDG_CACHE_HOME|LANG|TZ|PWD|OLDPWD|SHLVL|_|PROBE' | tr '\\n' ' ')"
    echo links "$(sed 1,2d /proc/net/dev | cut -d: -f1 | tr -d ' ' | tr '\\n' ' ')"
    if command -v bash >/dev/null; then bash -c 'exec 3<>/dev/tcp/127.0.0.1/${port}' 2>/dev/null && echo net open || echo net closed; else echo net closed; fi
    echo caps "$(grep CapEff /proc/self/status | cut -f2)"`;
  return {
    command,
    cwd: '/arena',
    mounts: [
      { from: join(dir, 'read'), to: '/arena', mode: 'read' },
      { from: join(dir, 'write'), to: '/out', mode: 'write' },
    ],
    env: { PROBE: '1' },
    limits: { wallMs: 10_000, memoryMb: 128, pids: 64, diskMb: 16, outputMb: 1, cores: [] },
    tag: `probe-${process.pid}`,
  };
}

function judge(scene: Scene, result: RunResult): readonly SandboxCheck[] {
  const lines = result.stdout.text.split('\n').map((line) => line.trim());
  const said = (word: string): string | undefined =>
    lines
      .find((line) => line === word || line.startsWith(`${word} `))
      ?.slice(word.length + 1)
      .trim();
  if (said('alive') !== 'yes') {
    const why = result.stderr.text.trim().split('\n').slice(-1)[0] || `it ended as ${result.ending}`;
    return [{ name: 'starting it', ok: false, detail: explain(why) }];
  }
  const check = (name: string, word: string, wanted: string | RegExp, good: string): SandboxCheck => {
    const got = said(word) ?? 'no answer';
    const ok = typeof wanted === 'string' ? got === wanted : wanted.test(got);
    return { name, ok, detail: ok ? good : `the program inside saw "${got}"` };
  };
  const written = join(scene.dir, 'write', 'new');
  const arrived = existsSync(written) && readFileSync(written, 'utf8') === 'written\n';
  return [
    check('no network', 'net', 'closed', 'a server on this machine cannot be reached'),
    check('only its own network devices', 'links', /^(lo)?$/, 'nothing but the loopback inside'),
    check('files of this machine are hidden', 'hidden', 'absent', 'a file that was not given is not there'),
    check('secrets of the system are hidden', 'shadow', 'absent', '/etc/shadow is not there'),
    check('given files can be read', 'read', 'known', 'a mount is seen at its place'),
    check('given files cannot be changed', 'readonly', 'yes', 'writing to a read-only mount fails'),
    check('the system cannot be changed', 'system', 'yes', 'writing to /usr fails'),
    check('the root is closed', 'root', 'yes', 'no new files beside the mounts'),
    check('the writable mount is writable', 'write', arrived ? 'yes' : /^$/, 'what is written inside is found outside'),
    check('a private /tmp', 'tmp', 'yes', 'memory-backed and bounded'),
    check('processes of this machine are hidden', 'pids', /^\d$/, 'it sees only its own'),
    check('the environment is exact', 'env', '', 'nothing of yours is passed on'),
    check('no capabilities', 'caps', /^0+$/, 'none in effect'),
  ];
}

/** What bubblewrap says, and what to do about it where that is known. */
function explain(why: string): string {
  if (/uid map|new namespace|user namespace|Operation not permitted|Permission denied/i.test(why)) {
    return `${why} (user namespaces are not allowed here; in a container run as an ordinary user or allow them, on Ubuntu see kernel.apparmor_restrict_unprivileged_userns)`;
  }
  if (/mount proc/i.test(why)) return `${why} (this is a sandbox within a sandbox)`;
  return why;
}

function listen(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}
