/**
 * Chooses the sandbox by a probe that runs inside it. The reason says what the probe saw: that a program is installed
 * proves nothing. Not covered by the probe: holes of the kernel, GPUs.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { reasonOf } from '../base/error.ts';
import type { RunResult, RunSpec, Sandbox } from '../core/ports.ts';
import { findControlGroups } from '../os/cgroup.ts';
import { makeTemporaryFolder } from '../os/folders.ts';
import { captureOutput } from '../os/spawn.ts';
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
  /** What the probe looked at, passed or not. Empty when nothing was tried. */
  readonly checks: readonly SandboxCheck[];
}

export interface ChooseOptions {
  /** Do not use this one, although it is there. */
  readonly forbid?: 'bubblewrap';
  /** Do not use control groups, although they work. For tests. */
  readonly watched?: boolean;
}

/**
 * Where no sandbox holds, the plain process is the answer, with the reason. Throws only E_NOT_WRITABLE, where there is
 * no folder for temporary files: no sandbox works without one.
 */
export async function chooseSandbox(options: ChooseOptions = {}): Promise<ChosenSandbox> {
  rmSync(makeTemporaryFolder('overnight-probe-'), { recursive: true });
  const controlGroups = options.watched ? 'control groups switched off' : findControlGroups();
  const plainProcess = (reason: string, checks: readonly SandboxCheck[] = []): ChosenSandbox => ({
    sandbox: new ProcessSandbox(`process (${reason})`, controlGroups),
    checks,
  });
  if (options.forbid === 'bubblewrap') return plainProcess('bubblewrap was not wanted');
  if (process.env.OVERNIGHT_SANDBOX === 'process') return plainProcess('OVERNIGHT_SANDBOX=process is set');
  if (process.platform !== 'linux') return plainProcess(`bubblewrap works on Linux only, this is ${process.platform}`);
  const program = findProgram('bwrap');
  if (!program) return plainProcess('bubblewrap not found on PATH: apt-get install bubblewrap');
  const versionOutput = await captureOutput(program, ['--version'], { timeoutMs: 5000 });
  const version = versionOutput.stdout.trim().replace(/^\S+\s+/, '') || 'of unknown version';
  let checks: readonly SandboxCheck[] = [];
  for (const userNamespace of process.getuid?.() === 0 ? [true, false] : [true]) {
    const namespaceNote = userNamespace ? '' : ', without a user namespace';
    const reason = `bubblewrap ${version} (found on PATH, probe passed${namespaceNote})`;
    const sandbox = new BubblewrapSandbox({ program, reason, groups: controlGroups, userNamespace });
    const probeChecks = await probeSandbox(sandbox);
    if (probeChecks.every((check) => check.ok)) return { sandbox, checks: probeChecks };
    if (userNamespace) checks = probeChecks;
  }
  const firstFailure = checks.find((check) => !check.ok);
  return plainProcess(
    `bubblewrap ${version} is installed, but ${firstFailure?.name ?? 'the probe'} failed: ${firstFailure?.detail ?? 'no answer'}`,
    checks,
  );
}

interface ProbeScene {
  readonly probeDir: string;
  readonly secretFile: string;
  readonly port: number;
}

/** Run one program inside that tries what must not work, and what must. */
async function probeSandbox(sandbox: Sandbox): Promise<readonly SandboxCheck[]> {
  const probeDir = makeTemporaryFolder('overnight-probe-');
  let server: Server | undefined;
  try {
    server = await startServer();
    const address = server.address();
    const secretFile = join(probeDir, 'secret');
    mkdirSync(join(probeDir, 'read'));
    mkdirSync(join(probeDir, 'write'));
    writeFileSync(secretFile, 'secret');
    writeFileSync(join(probeDir, 'read', 'known'), 'known');
    const probeScene: ProbeScene = {
      probeDir,
      secretFile,
      port: typeof address === 'object' && address ? address.port : 0,
    };
    const probeResult = await sandbox.start(probeSpec(probeScene)).done;
    return judgeProbe(probeScene, probeResult);
  } catch (thrown) {
    return [{ name: 'starting it', ok: false, detail: reasonOf(thrown) }];
  } finally {
    server?.close();
    rmSync(probeDir, { recursive: true, force: true });
  }
}

/**
 * Each line prints one word and what it found; `judgeProbe` knows what it should be. POSIX shell, so that it always
 * runs.
 */
function probeSpec({ probeDir, secretFile, port }: ProbeScene): RunSpec {
  const command = `
    echo alive yes
    echo hidden "$(cat '${secretFile}' 2>/dev/null || echo absent)"
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
      { from: join(probeDir, 'read'), to: '/arena', mode: 'read' },
      { from: join(probeDir, 'write'), to: '/out', mode: 'write' },
    ],
    env: { PROBE: '1' },
    limits: { wallMs: 10_000, memoryMb: 128, pids: 64, diskMb: 16, outputMb: 1, cores: [] },
    tag: `probe-${process.pid}`,
  };
}

function judgeProbe(probeScene: ProbeScene, probeResult: RunResult): readonly SandboxCheck[] {
  const outputLines = probeResult.stdout.text.split('\n').map((outputLine) => outputLine.trim());
  const answerTo = (probeWord: string): string | undefined =>
    outputLines
      .find((outputLine) => outputLine === probeWord || outputLine.startsWith(`${probeWord} `))
      ?.slice(probeWord.length + 1)
      .trim();
  if (answerTo('alive') !== 'yes') {
    const reason = probeResult.stderr.text.trim().split('\n').slice(-1)[0] || `it ended as ${probeResult.ending}`;
    return [{ name: 'starting it', ok: false, detail: explainFailure(reason) }];
  }
  const checkAnswer = (
    checkName: string,
    probeWord: string,
    expected: string | RegExp,
    goodDetail: string,
  ): SandboxCheck => {
    const answer = answerTo(probeWord) ?? 'no answer';
    const isOk = typeof expected === 'string' ? answer === expected : expected.test(answer);
    return { name: checkName, ok: isOk, detail: isOk ? goodDetail : `the program inside saw "${answer}"` };
  };
  const writtenFile = join(probeScene.probeDir, 'write', 'new');
  const hasArrived = existsSync(writtenFile) && readFileSync(writtenFile, 'utf8') === 'written\n';
  return [
    checkAnswer('no network', 'net', 'closed', 'a server on this machine cannot be reached'),
    checkAnswer('only its own network devices', 'links', /^(lo)?$/, 'nothing but the loopback inside'),
    checkAnswer('files of this machine are hidden', 'hidden', 'absent', 'a file that was not given is not there'),
    checkAnswer('secrets of the system are hidden', 'shadow', 'absent', '/etc/shadow is not there'),
    checkAnswer('given files can be read', 'read', 'known', 'a mount is seen at its place'),
    checkAnswer('given files cannot be changed', 'readonly', 'yes', 'writing to a read-only mount fails'),
    checkAnswer('the system cannot be changed', 'system', 'yes', 'writing to /usr fails'),
    checkAnswer('the root is closed', 'root', 'yes', 'no new files beside the mounts'),
    checkAnswer(
      'the writable mount is writable',
      'write',
      hasArrived ? 'yes' : /^$/,
      'what is written inside is found outside',
    ),
    checkAnswer('a private /tmp', 'tmp', 'yes', 'memory-backed and bounded'),
    checkAnswer('processes of this machine are hidden', 'pids', /^\d$/, 'it sees only its own'),
    checkAnswer('the environment is exact', 'env', '', 'nothing of yours is passed on'),
    checkAnswer('no capabilities', 'caps', /^0+$/, 'none in effect'),
  ];
}

/** What bubblewrap says, and what to do about it where that is known. */
function explainFailure(reason: string): string {
  if (/uid map|new namespace|user namespace|Operation not permitted|Permission denied/i.test(reason)) {
    return `${reason} (user namespaces are not allowed here; in a container run as an ordinary user or allow them, on Ubuntu see kernel.apparmor_restrict_unprivileged_userns)`;
  }
  if (/mount proc/i.test(reason)) return `${reason} (this is a sandbox within a sandbox)`;
  return reason;
}

function startServer(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}
