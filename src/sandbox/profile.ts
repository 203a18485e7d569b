/**
 * The bubblewrap profile as data and as arguments. `bubblewrapArgs` is pure: the same profile gives the same arguments.
 * Nothing is visible inside but what is listed here; as root every file is readable, so directories that hold secrets
 * (/etc, /var, /run, /root, /home) are never bound whole.
 */
import { existsSync, lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import type { Mount } from '../core/ports.ts';

/** What the system looks like: merged /usr or not, and where Node lies. */
export interface HostLayout {
  /** Top directories that are links, for example `/bin` → `usr/bin`. */
  readonly links: readonly { readonly path: string; readonly target: string }[];
  /** Top directories that are directories. */
  readonly dirs: readonly string[];
  /** Node's own directory (or only its binary) where it is not below /usr. */
  readonly toolchain: readonly string[];
}

export interface BubblewrapProfile {
  readonly layout: HostLayout;
  readonly mounts: readonly Mount[];
  readonly alsoRead: readonly string[];
  /** The whole environment inside. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Bound of /tmp and of /dev/shm. */
  readonly tmpMb: number;
  readonly network: boolean;
  readonly userNamespace: boolean;
  /** Device nodes of GPUs; with any, the parts of /sys that their libraries read become visible too. */
  readonly devices: readonly string[];
}

/** Files of /etc that programs need and that hold no secret. Missing ones are skipped. */
const ETC_FILES = [
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'ld.so.preload',
  'passwd',
  'group',
  'nsswitch.conf',
  'localtime',
  'timezone',
  'alternatives',
  'ssl/certs',
  'ssl/openssl.cnf',
  'pki/tls/certs',
  'pki/ca-trust/extracted',
  'ca-certificates',
  'locale.alias',
  'locale.conf',
  'protocols',
  'services',
  'mime.types',
  'os-release',
  'debian_version',
  'host.conf',
  'gai.conf',
  'fonts',
  'python3',
  'OpenCL',
  'vulkan',
] as const;
const ETC_NETWORK_FILES = ['resolv.conf', 'hosts'] as const;
const GPU_SYSTEM_PATHS = [
  '/sys/class/drm',
  '/sys/class/kfd',
  '/sys/bus/pci',
  '/sys/devices/pci0000:00',
  '/sys/devices/system/node',
  '/sys/devices/virtual/kfd',
  '/sys/module/nvidia',
  '/sys/module/amdgpu',
  '/sys/dev/char',
] as const;

const MIB = 1024 * 1024;

/** All arguments of bwrap before the command. Later ones win over earlier ones, so mounts come last, parents first. */
export function bubblewrapArgs(profile: BubblewrapProfile): readonly string[] {
  const { layout } = profile;
  const readOnlyBind = (readablePath: string): readonly string[] => ['--ro-bind-try', readablePath, readablePath];
  return [
    ...(profile.userNamespace ? ['--unshare-user'] : []),
    '--unshare-pid',
    '--unshare-ipc',
    '--unshare-uts',
    '--unshare-cgroup-try',
    ...(profile.network ? [] : ['--unshare-net']),
    '--die-with-parent',
    '--new-session',
    '--cap-drop',
    'ALL',
    '--hostname',
    'overnight',
    '--ro-bind',
    '/usr',
    '/usr',
    ...layout.links.flatMap(({ path, target }) => ['--symlink', target, path]),
    ...layout.dirs.flatMap((directory) => ['--ro-bind', directory, directory]),
    ...[...ETC_FILES, ...(profile.network ? ETC_NETWORK_FILES : [])].flatMap((etcName) =>
      readOnlyBind(`/etc/${etcName}`),
    ),
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    ...profile.devices.flatMap((devicePath) => ['--dev-bind-try', devicePath, devicePath]),
    '--remount-ro',
    '/dev',
    '--size',
    String(profile.tmpMb * MIB),
    '--tmpfs',
    '/dev/shm',
    ...readOnlyBind('/sys/devices/system/cpu'),
    ...(profile.devices.length > 0 ? GPU_SYSTEM_PATHS.flatMap(readOnlyBind) : []),
    '--size',
    String(profile.tmpMb * MIB),
    '--tmpfs',
    '/tmp',
    '--dir',
    '/tmp/.cache',
    ...[...layout.toolchain, ...profile.alsoRead].flatMap(readOnlyBind),
    ...sortByDepth(profile.mounts).flatMap(({ from, to, mode }) => [
      mode === 'write' ? '--bind' : '--ro-bind',
      from,
      to,
    ]),
    '--remount-ro',
    '/',
    '--chdir',
    profile.cwd,
    '--clearenv',
    ...Object.entries(profile.env).flatMap(([variableName, value]) => ['--setenv', variableName, value]),
  ];
}

/** Look at the system once. */
export function readSystemLayout(): HostLayout {
  const topDirs = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'].filter((topDir) => existsSync(topDir));
  const isSymbolicLink = (topDir: string): boolean => lstatSync(topDir).isSymbolicLink();
  return {
    links: topDirs.filter(isSymbolicLink).map((topDir) => ({ path: topDir, target: readlinkSync(topDir) })),
    dirs: topDirs.filter((path) => !isSymbolicLink(path)),
    toolchain: toolchainOf(realpathSync(process.execPath), homedir()),
  };
}

/** The directory or file that Node needs inside. Never a directory that holds the person's home. Pure. */
export function toolchainOf(nodeBinary: string, homeDir: string): readonly string[] {
  const toolchainDir = dirname(dirname(nodeBinary));
  const isInSystem = ['/usr', '/bin', '/sbin'].some((systemDir) => nodeBinary.startsWith(`${systemDir}/`));
  if (isInSystem) return [];
  const holdsHome = toolchainDir === '/' || homeDir === toolchainDir || homeDir.startsWith(`${toolchainDir}/`);
  return [holdsHome ? nodeBinary : toolchainDir];
}

function sortByDepth(mounts: readonly Mount[]): readonly Mount[] {
  const depthOf = (mountPath: string): number => mountPath.split('/').filter((pathPart) => pathPart !== '').length;
  return [...mounts].sort((left, right) => depthOf(left.to) - depthOf(right.to));
}
