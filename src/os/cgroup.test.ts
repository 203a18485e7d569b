import { describe, expect, it } from 'vitest';
import { findControlGroups, parsePlaces, shellQuoted } from './cgroup.ts';
import { killHard } from './proc.ts';
import { captureSync } from './spawn.ts';

describe('finding control groups', () => {
  it('reads the places of version 1 controllers, also those mounted together', () => {
    const mounts = [
      '30 20 0:25 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory',
      '31 20 0:26 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct',
      '32 20 0:27 /docker/abc /sys/fs/cgroup/pids ro - cgroup cgroup rw,pids',
      '33 20 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
    ].join('\n');
    const own = ['9:cpu,cpuacct:/', '8:pids:/docker/abc/x', '4:memory:/a:b/c', '0::/user.slice'].join('\n');
    expect(parsePlaces(mounts, own)).toEqual({
      v1: {
        memory: '/sys/fs/cgroup/memory/a:b/c',
        cpu: '/sys/fs/cgroup/cpu,cpuacct',
        cpuacct: '/sys/fs/cgroup/cpu,cpuacct',
        pids: '/sys/fs/cgroup/pids/x',
      },
      v2: { root: '/sys/fs/cgroup/unified', own: '/sys/fs/cgroup/unified/user.slice' },
    });
  });

  it('reads the place of version 2', () => {
    const mounts = '24 1 0:22 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate';
    const own = '0::/user.slice/user-1000.slice/user@1000.service/app.slice/x.scope';
    expect(parsePlaces(mounts, own)).toEqual({
      v1: {},
      v2: {
        root: '/sys/fs/cgroup',
        own: '/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/x.scope',
      },
    });
  });

  it('quotes a word for the shell', () => {
    const word = `it's "a" $HOME \\ word`;
    expect(captureSync('sh', ['-c', `printf %s ${shellQuoted(word)}`]).stdout).toBe(word);
  });
});

const groups = findControlGroups();
const absent = typeof groups === 'string' ? groups : undefined;

describe(absent ? `a control group (skipped: ${absent})` : 'a control group', () => {
  it.skipIf(absent)('refuses forks beyond its limit, counts them, and can be removed when it is empty', () => {
    if (typeof groups === 'string') return;
    const group = groups.createGroup(`unit/${process.pid}`, { memoryBytes: 64 << 20, tasks: 4 });
    const enter = group.entrances.map((file) => `echo $$ >${shellQuoted(file)}`).join(' && ');
    const fork = 'for i in 1 2 3 4 5 6; do sleep 0.2 & done; wait';
    captureSync('sh', ['-c', `${enter} && ${fork}`], { timeoutMs: 5000 });
    expect(group.forksRefused()).toBeGreaterThan(0);
    expect(group.oomKills()).toBe(0);
    expect(group.cpuSeconds()).toBeGreaterThan(0);
    expect(group.memoryUse().peak).toBeGreaterThan(0);
    // The shell gives up at the refusal; the sleeps that it did start are still members.
    while (!group.removeGroup()) for (const pid of group.memberPids()) killHard(pid);
    expect(group.memberPids()).toEqual([]);
    expect(group.removeGroup()).toBe(true);
  });
});
