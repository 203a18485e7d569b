/**
 * Chooses the sandbox by a probe that runs inside it. The reason says what the probe saw: that a program is installed
 * proves nothing. Not covered by the probe: holes of the kernel, GPUs.
 */
import { rmSync } from 'node:fs';
import type { Sandbox } from '../core/ports.ts';
import { findControlGroups } from '../os/cgroup.ts';
import { makeTemporaryFolder } from '../os/folders.ts';
import { captureOutput } from '../os/spawn.ts';
import { type BubblewrapOptions, BubblewrapSandbox } from './bubblewrap.ts';
import { findProgram } from './launch.ts';
import { probeSandbox, type SandboxCheck } from './probe.ts';
import { ProcessSandbox } from './process.ts';
import { findNobody } from './unprivileged.ts';

export type { SandboxCheck } from './probe.ts';

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
  const variants = await probeVariants({
    program,
    version,
    groups: controlGroups,
    forbidsNesting: knowsNesting(version),
  });
  const best = variants.find((variant) => isUsable(variant.checks));
  if (best) return { sandbox: best.open(), checks: best.checks };
  const { checks } = variants[0]!;
  const firstFailure = checks.find((check) => !check.ok);
  return plainProcess(
    `bubblewrap ${version} is installed, but ${firstFailure?.name ?? 'the probe'} failed: ${firstFailure?.detail ?? 'no answer'}`,
    checks,
  );
}

interface ProbedVariant {
  readonly checks: readonly SandboxCheck[];
  /** The sandbox, which says what the probe saw. */
  open(): BubblewrapSandbox;
}

type VariantBase = Pick<BubblewrapOptions, 'program' | 'groups' | 'forbidsNesting'> & { readonly version: string };

/**
 * The ways to start bubblewrap here, the best one first. Root has three: an ordinary user inside, a user namespace, and
 * neither. The second is tried with the first, because runs whose files that user may not read fall back to it.
 */
async function probeVariants({ version, ...base }: VariantBase): Promise<readonly ProbedVariant[]> {
  const probeVariant = async (way: Pick<BubblewrapOptions, 'userNamespace' | 'dropTo'>): Promise<ProbedVariant> => {
    const checks = await probeSandbox(new BubblewrapSandbox({ ...base, ...way, reason: 'probed' }));
    const gaps = checks.filter((check) => !check.ok).map((check) => check.name);
    const found = gaps.length === 0 ? 'probe passed' : `probe passed but for: ${gaps.join(', ')}`;
    const reason = `bubblewrap ${version} (found on PATH, ${found}${noteOf(way)})`;
    return {
      checks,
      open: () => new BubblewrapSandbox({ ...base, ...way, reason, ...(gaps.length > 0 && { gaps }) }),
    };
  };
  if (process.getuid?.() !== 0) return [await probeVariant({ userNamespace: true })];
  const [user, setpriv] = [findNobody(), findProgram('setpriv')];
  const inNamespace = probeVariant({ userNamespace: true });
  const canMakeNamespace = isUsable((await inNamespace).checks);
  const dropped =
    user && setpriv ? await probeVariant({ userNamespace: canMakeNamespace, dropTo: { user, setpriv } }) : undefined;
  if (dropped && isUsable(dropped.checks)) return [dropped];
  return canMakeNamespace ? [await inNamespace] : [await inNamespace, await probeVariant({ userNamespace: false })];
}

const isUsable = (checks: readonly SandboxCheck[]): boolean => checks.every((check) => check.ok || check.isGap);

function noteOf({ userNamespace, dropTo }: Pick<BubblewrapOptions, 'userNamespace' | 'dropTo'>): string {
  if (dropTo) return ', as an ordinary user';
  return userNamespace ? '' : ', without a user namespace';
}

/** `--disable-userns` came with version 0.8. */
function knowsNesting(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 0 || minor >= 8;
}
