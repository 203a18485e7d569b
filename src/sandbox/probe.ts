/**
 * The probe of a sandbox: one program inside that tries what must not work, and what must. Not covered: holes of the
 * kernel, GPUs.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { reasonOf } from '../base/error.ts';
import type { RunResult, RunSpec, Sandbox } from '../core/ports.ts';
import { makeTemporaryFolder } from '../os/folders.ts';
import { MASKED_PLACES } from './masked-data.ts';
import { KEYCTL_NUMBERS } from './seccomp.ts';

/** One thing that the probe looked at, for `doctor`. */
export interface SandboxCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  /** True where the sandbox is used all the same, at a lower trust grade. */
  readonly isGap?: true;
}

/** For a shell, which expands the patterns. */
const MASKED_FOLDERS = MASKED_PLACES.map(({ pattern }) => pattern).join(' ');

interface ProbeScene {
  readonly probeDir: string;
  readonly secretFile: string;
  readonly port: number;
}

/** Run one program inside that tries what must not work, and what must. */
export async function probeSandbox(sandbox: Sandbox): Promise<readonly SandboxCheck[]> {
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
    echo datasets "$(find ${MASKED_FOLDERS} -type f 2>/dev/null | wc -l | tr -d ' ')"
    echo links "$(sed 1,2d /proc/net/dev | cut -d: -f1 | tr -d ' ' | tr '\\n' ' ')"
    if command -v bash >/dev/null; then bash -c 'exec 3<>/dev/tcp/127.0.0.1/${port}' 2>/dev/null && echo net open || echo net closed; else echo net closed; fi
    echo caps "$(grep CapEff /proc/self/status | cut -f2)"
    ${HARDENING_PROBE}`;
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

/**
 * What an attacker would try next. A file is tried by opening it, since root is told that it may write whatever its
 * mode says; nothing is written. Keys are asked for by number, where there is perl.
 */
const HARDENING_PROBE = `
    { for f in /proc/[!0-9]* /proc/pressure/* /proc/irq/*/smp_affinity /proc/sys/kernel/* /proc/sys/vm/* /proc/sys/fs/* /sys/devices/system/cpu/*; do
      [ -f "$f" ] && [ ! -h "$f" ] && true >>"$f" && set -- "$@" "$f"; done; } 2>/dev/null
    echo kernel "$#" "$1"
    echo memory "$(head -c 1 /proc/kcore 2>/dev/null | wc -c)" "$(head -c 1 /proc/keys 2>/dev/null | wc -c)"
    if command -v unshare >/dev/null; then unshare -U true 2>/dev/null && echo nested yes || echo nested no; else echo nested no; fi
    echo filter "$(grep '^Seccomp:' /proc/self/status | cut -f2)"
    if command -v perl >/dev/null; then echo keys "$(perl -e 'print syscall($ARGV[0], 0, -3, 1) == -1 ? "none" : "shared"' ${KEYCTL_NUMBERS[process.arch] ?? -1} 2>/dev/null)"; else echo keys none; fi
    echo setuid "$(grep '^NoNewPrivs:' /proc/self/status | cut -f2)"
    echo user "$(id -u)" $(cat /proc/self/uid_map)
    echo first "$(cat /proc/1/cmdline /proc/1/environ 2>/dev/null | tr '\\0' ' ' | grep -c '/wri[t]e')"`;

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
  const checkAnswer: CheckAnswer = (checkName, probeWord, expected, goodDetail) => {
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
    checkAnswer(
      'documents and data sets of this machine are hidden',
      'datasets',
      '0',
      'manuals, licences and data folders of packages below /usr are empty; `sandbox.read` shows one that an arena needs',
    ),
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
    ...judgeHardening(checkAnswer),
  ];
}

type CheckAnswer = (
  checkName: string,
  probeWord: string,
  expected: string | RegExp,
  goodDetail: string,
) => SandboxCheck;

/** What is missing here lowers the trust grade, but a sandbox with a gap is better than none. */
function judgeHardening(checkAnswer: CheckAnswer): readonly SandboxCheck[] {
  const isRoot = process.getuid?.() === 0;
  return [
    checkAnswer(
      'settings of the kernel cannot be changed',
      'kernel',
      '0',
      'no file of it below /proc opens for writing',
    ),
    checkAnswer('memory and keys of the kernel are hidden', 'memory', '0 0', '/proc/kcore and /proc/keys are empty'),
    checkAnswer('no further user namespaces', 'nested', 'no', 'unshare is refused'),
    checkAnswer('a filter on system calls', 'filter', '2', 'keyrings, bpf, io_uring and the like are refused'),
    checkAnswer('no keyring', 'keys', 'none', 'keyctl is refused'),
    checkAnswer('no gain by setuid programs', 'setuid', '1', 'no new privileges'),
    checkAnswer('paths of this machine are not told', 'first', '0', 'the first process inside does not show them'),
    ...(isRoot
      ? [checkAnswer('an ordinary user inside', 'user', /^[1-9]\d* 0 0 4294967295$/, 'not root, whatever is shown')]
      : []),
  ].map((check) => (check.ok ? check : { ...check, isGap: true as const }));
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
