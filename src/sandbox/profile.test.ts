import { describe, expect, it } from 'vitest';
import { bubblewrapArgs, type BubblewrapProfile, readSystemLayout, toolchainOf } from './profile.ts';

const profile: BubblewrapProfile = {
  layout: { links: [{ path: '/bin', target: 'usr/bin' }], dirs: ['/lib64'], toolchain: ['/home/me/node'] },
  mounts: [
    { from: '/lab/frozen', to: '/w/deep/frozen', mode: 'read' },
    { from: '/lab/w', to: '/w', mode: 'write' },
  ],
  alsoRead: ['/opt/tool'],
  env: { A: '1', 'B C': 'two\nlines' },
  cwd: '/w',
  tmpMb: 64,
  network: false,
  userNamespace: true,
  forbidsNesting: true,
  capabilities: [],
  masked: { folders: ['/usr/share/doc', '/usr/share/dict'], files: ['/usr/lib/python3/x/datasets/a.csv'] },
  kernelFiles: { readOnly: ['/proc/sys'], masked: ['/proc/keys'] },
  filterFd: 4,
  emptyFds: [5],
  devices: [],
};

/** Where a run of arguments begins, -1 when it is not there. */
const position = (args: readonly string[], ...wanted: string[]): number =>
  args.findIndex((_, i) => wanted.every((word, k) => args[i + k] === word));

describe('the bubblewrap profile', () => {
  const args = bubblewrapArgs(profile);

  it('takes the namespaces, the capabilities and the environment away', () => {
    for (const flag of [
      '--unshare-user',
      '--unshare-pid',
      '--unshare-net',
      '--unshare-ipc',
      '--die-with-parent',
      '--new-session',
      '--clearenv',
    ]) {
      expect(args).toContain(flag);
    }
    expect(position(args, '--cap-drop', 'ALL')).toBeGreaterThan(-1);
    expect(position(args, '--setenv', 'B C', 'two\nlines')).toBeGreaterThan(-1);
  });

  it('closes what is the whole machine’s below /proc, after /proc is there', () => {
    const mounted = position(args, '--proc', '/proc');
    expect(position(args, '--ro-bind-try', '/proc/sys', '/proc/sys')).toBeGreaterThan(mounted);
    expect(position(args, '--ro-bind-data', '5', '/proc/keys')).toBeGreaterThan(mounted);
  });

  it('loads the filter, and forbids user namespaces where there is one already', () => {
    expect(position(args, '--seccomp', '4')).toBeGreaterThan(-1);
    expect(args).toContain('--disable-userns');
    const withoutNamespace = bubblewrapArgs({ ...profile, userNamespace: false, capabilities: ['CAP_SETUID'] });
    expect(withoutNamespace).not.toContain('--disable-userns');
    expect(position(withoutNamespace, '--cap-add', 'CAP_SETUID')).toBeGreaterThan(
      position(withoutNamespace, '--cap-drop', 'ALL'),
    );
  });

  it('makes the folders above a mount for everybody, and none inside a mount', () => {
    const dirs = args.filter((_, i) => args[i - 1] === '--dir');
    expect(dirs.slice(dirs.indexOf('/tmp/.cache'))).toEqual(['/tmp/.cache', '/home', '/home/me', '/opt']);
    expect(dirs).toContain('/etc/ssl');
  });

  it('binds parents before children, after /tmp, and closes the root last', () => {
    const parent = position(args, '--bind', '/lab/w', '/w');
    const child = position(args, '--ro-bind', '/lab/frozen', '/w/deep/frozen');
    expect(parent).toBeGreaterThan(position(args, '--tmpfs', '/tmp'));
    expect(child).toBeGreaterThan(parent);
    expect(position(args, '--remount-ro', '/')).toBeGreaterThan(child);
  });

  it('never binds a directory that may hold secrets', () => {
    const bound = args.filter((_, i) => /^--(ro-|dev-)?bind(-try)?$/.test(args[i - 1] ?? ''));
    for (const dir of [
      '/',
      '/etc',
      '/root',
      '/home',
      '/var',
      '/run',
      '/tmp',
      '/sys',
      '/etc/shadow',
      '/etc/ssl',
      '/etc/resolv.conf',
    ]) {
      expect(bound).not.toContain(dir);
    }
  });

  it('opens the network only when asked, with the files that names need', () => {
    const open = bubblewrapArgs({ ...profile, network: true });
    expect(open).not.toContain('--unshare-net');
    expect(open).toContain('/etc/resolv.conf');
  });

  it('shows GPUs only when there are devices', () => {
    expect(args.join(' ')).not.toContain('/sys/class/drm');
    const gpu = bubblewrapArgs({ ...profile, devices: ['/dev/nvidia0'] });
    expect(position(gpu, '--dev-bind-try', '/dev/nvidia0', '/dev/nvidia0')).toBeGreaterThan(
      position(gpu, '--dev', '/dev'),
    );
  });

  it('gives the same arguments for the same profile', () => {
    expect(bubblewrapArgs(profile)).toEqual(bubblewrapArgs(profile));
    expect(readSystemLayout()).toEqual(readSystemLayout());
  });
});

describe('where Node lies', () => {
  it('is shown whole when it is a directory of its own, and never as a whole home or root', () => {
    expect(toolchainOf('/usr/bin/node', '/root')).toEqual([]);
    expect(toolchainOf('/opt/node-20/bin/node', '/root')).toEqual(['/opt/node-20']);
    expect(toolchainOf('/home/me/.nvm/versions/v20/bin/node', '/home/me')).toEqual(['/home/me/.nvm/versions/v20']);
    expect(toolchainOf('/home/me/bin/node', '/home/me')).toEqual(['/home/me/bin/node']);
    expect(toolchainOf('/node/node', '/root')).toEqual(['/node/node']);
  });
});
