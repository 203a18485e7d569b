/**
 * The bubblewrap profile as data and as arguments. `bwrapArgs` is pure: the same profile gives the same arguments.
 * Nothing is visible inside but what is listed here; as root every file is readable, so directories that hold secrets
 * (/etc, /var, /run, /root, /home) are never bound whole.
 */
import { existsSync, lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import type { Mount } from '../core/ports.ts';

/** What the system looks like: merged /usr or not, and where Node lies. */
export interface HostLayout {
  /** Top directories that are links (`/bin` → `usr/bin`) and those that are directories. */
  readonly links: readonly { readonly path: string; readonly target: string }[];
  readonly dirs: readonly string[];
  /** Node's own directory (or only its binary) where it is not below /usr. */
  readonly toolchain: readonly string[];
}

export interface Profile {
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
const ETC = [
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
const ETC_NETWORK = ['resolv.conf', 'hosts'] as const;
const GPU_SYSTEM = [
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
export function bwrapArgs(profile: Profile): readonly string[] {
  const { layout } = profile;
  const readable = (path: string): readonly string[] => ['--ro-bind-try', path, path];
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
    ...layout.dirs.flatMap((path) => ['--ro-bind', path, path]),
    ...[...ETC, ...(profile.network ? ETC_NETWORK : [])].flatMap((name) => readable(`/etc/${name}`)),
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    ...profile.devices.flatMap((path) => ['--dev-bind-try', path, path]),
    '--remount-ro',
    '/dev',
    '--size',
    String(profile.tmpMb * MIB),
    '--tmpfs',
    '/dev/shm',
    ...readable('/sys/devices/system/cpu'),
    ...(profile.devices.length > 0 ? GPU_SYSTEM.flatMap(readable) : []),
    '--size',
    String(profile.tmpMb * MIB),
    '--tmpfs',
    '/tmp',
    '--dir',
    '/tmp/.cache',
    ...[...layout.toolchain, ...profile.alsoRead].flatMap(readable),
    ...byDepth(profile.mounts).flatMap(({ from, to, mode }) => [mode === 'write' ? '--bind' : '--ro-bind', from, to]),
    '--remount-ro',
    '/',
    '--chdir',
    profile.cwd,
    '--clearenv',
    ...Object.entries(profile.env).flatMap(([name, value]) => ['--setenv', name, value]),
  ];
}

/** Look at the system once. */
export function systemLayout(): HostLayout {
  const tops = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'].filter((path) => existsSync(path));
  const isLink = (path: string): boolean => lstatSync(path).isSymbolicLink();
  return {
    links: tops.filter(isLink).map((path) => ({ path, target: readlinkSync(path) })),
    dirs: tops.filter((path) => !isLink(path)),
    toolchain: toolchainOf(realpathSync(process.execPath), homedir()),
  };
}

/** Pure: what to show so that Node runs. Never a directory that holds the person's home. */
export function toolchainOf(node: string, home: string): readonly string[] {
  const root = dirname(dirname(node));
  const inSystem = ['/usr', '/bin', '/sbin'].some((top) => node.startsWith(`${top}/`));
  if (inSystem) return [];
  const tooMuch = root === '/' || home === root || home.startsWith(`${root}/`);
  return [tooMuch ? node : root];
}

function byDepth(mounts: readonly Mount[]): readonly Mount[] {
  const depth = (path: string): number => path.split('/').filter((part) => part !== '').length;
  return [...mounts].sort((a, b) => depth(a.to) - depth(b.to));
}
