/**
 * The bubblewrap profile as data and as arguments. `bubblewrapArgs` is pure: the same profile gives the same arguments.
 * Nothing is visible inside but what is listed here; as root every file is readable, so directories that hold secrets
 * (/etc, /var, /run, /root, /home) are never bound whole.
 */
import { existsSync, lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import type { Mount } from '../core/ports.ts';
import type { KernelFiles } from './kernel-files.ts';
import { type MaskedPaths, withoutShown } from './masked-data.ts';

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
  /** Forbid further user namespaces inside; bubblewrap 0.8 and later, with `userNamespace`. */
  readonly forbidsNesting: boolean;
  /** What the command needs to become an ordinary user, who has none of it. */
  readonly capabilities: readonly string[];
  readonly kernelFiles: KernelFiles;
  /** Data of the machine that are not shown. */
  readonly masked: MaskedPaths;
  /** Descriptor with the filter on system calls. */
  readonly filterFd?: number;
  /** Descriptors of empty files, one for each masked kernel file. */
  readonly emptyFds: readonly number[];
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

/** Folders that are there already. */
const SYSTEM_DIRS = ['/usr', '/proc', '/dev', '/tmp'];

const MIB = 1024 * 1024;

/** All arguments of bwrap before the command. Later ones win over earlier ones, so mounts come last, parents first. */
export function bubblewrapArgs(profile: BubblewrapProfile): readonly string[] {
  const { layout } = profile;
  const systemPaths = [
    ...[...ETC_FILES, ...(profile.network ? ETC_NETWORK_FILES : [])].map((etcName) => `/etc/${etcName}`),
    '/sys/devices/system/cpu',
    ...(profile.devices.length > 0 ? GPU_SYSTEM_PATHS : []),
  ];
  const readOnlyBind = (readablePath: string): readonly string[] => ['--ro-bind-try', readablePath, readablePath];
  const masked = withoutShown(profile.masked, profile.alsoRead);
  return [
    ...(profile.userNamespace ? ['--unshare-user'] : []),
    ...(profile.userNamespace && profile.forbidsNesting ? ['--disable-userns'] : []),
    '--unshare-pid',
    '--unshare-ipc',
    '--unshare-uts',
    '--unshare-cgroup-try',
    ...(profile.network ? [] : ['--unshare-net']),
    '--die-with-parent',
    '--new-session',
    '--cap-drop',
    'ALL',
    ...profile.capabilities.flatMap((capability) => ['--cap-add', capability]),
    ...(profile.filterFd === undefined ? [] : ['--seccomp', String(profile.filterFd)]),
    '--hostname',
    'overnight',
    '--ro-bind',
    '/usr',
    '/usr',
    ...layout.links.flatMap(({ path, target }) => ['--symlink', target, path]),
    ...layout.dirs.flatMap((directory) => ['--ro-bind', directory, directory]),
    ...hideData(masked),
    ...makeParentsOf(systemPaths),
    ...systemPaths.flatMap(readOnlyBind),
    '--proc',
    '/proc',
    ...protectKernelFiles(profile),
    '--dev',
    '/dev',
    ...profile.devices.flatMap((devicePath) => ['--dev-bind-try', devicePath, devicePath]),
    '--remount-ro',
    '/dev',
    ...memoryBackedFolder('/dev/shm', profile.tmpMb),
    ...memoryBackedFolder('/tmp', profile.tmpMb),
    ...folderForEverybody('/tmp/.cache', '1777'),
    ...makeParentsOf([...layout.toolchain, ...profile.alsoRead, ...profile.mounts.map((mount) => mount.to)]),
    ...[...layout.toolchain, ...profile.alsoRead].flatMap(readOnlyBind),
    ...sortByDepth(profile.mounts).flatMap(({ from, to, mode }) => [
      mode === 'write' ? '--bind' : '--ro-bind',
      from,
      to,
    ]),
    ...masked.folders.flatMap((folder) => ['--remount-ro', folder]),
    '--remount-ro',
    '/',
    '--chdir',
    profile.cwd,
    '--clearenv',
    ...Object.entries(profile.env).flatMap(([variableName, value]) => ['--setenv', variableName, value]),
  ];
}

/** Folders become empty; a file becomes a device that may not be opened. Made read-only after what is shown in them. */
const hideData = ({ folders, files }: MaskedPaths): readonly string[] => [
  ...folders.flatMap((folder) => ['--perms', '0755', '--size', String(MIB), '--tmpfs', folder]),
  ...files.flatMap((file) => ['--ro-bind', '/dev/null', file]),
];

/** After the mount of /proc: what concerns the whole machine is read-only or empty. */
function protectKernelFiles({ kernelFiles, emptyFds }: BubblewrapProfile): readonly string[] {
  return [
    ...kernelFiles.readOnly.flatMap((kernelPath) => ['--ro-bind-try', kernelPath, kernelPath]),
    ...kernelFiles.masked
      .slice(0, emptyFds.length)
      .flatMap((kernelPath, i) => ['--perms', '0444', '--ro-bind-data', String(emptyFds[i]), kernelPath]),
  ];
}

/** As /tmp is everywhere: everybody may make files in it, whoever the command runs as. */
function memoryBackedFolder(folder: string, sizeMb: number): readonly string[] {
  return ['--perms', '1777', '--size', String(sizeMb * MIB), '--tmpfs', folder];
}

function folderForEverybody(folder: string, permissions: string): readonly string[] {
  return ['--perms', permissions, '--dir', folder];
}

/**
 * Make the folders above some paths that are not below one of them, parents first. Those that bwrap makes by itself are
 * closed to others.
 */
function makeParentsOf(paths: readonly string[]): readonly string[] {
  const isInside = (folder: string): boolean =>
    paths.some((shownPath) => folder === shownPath || folder.startsWith(`${shownPath}/`));
  const parentDirs = new Set<string>();
  for (const shownPath of paths) {
    for (let parentDir = dirname(shownPath); parentDir !== dirname(parentDir); parentDir = dirname(parentDir)) {
      if (!isInside(parentDir) && !SYSTEM_DIRS.includes(parentDir)) parentDirs.add(parentDir);
    }
  }
  return [...parentDirs].sort().flatMap((parentDir) => folderForEverybody(parentDir, '0755'));
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
