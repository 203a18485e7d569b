/** A folder with a socket on which a program listens is not shown to candidates: said by `run` and by `doctor`. */
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { expectError, freshFolder, ledgerLines, MANIFEST, overnight, smallArena } from '../fixtures/cli.ts';

it.each([
  ['in it', 'docker.sock'],
  ['deep in it', 'user/1000/podman/podman.sock'],
])(
  'a socket %s is named, and nothing runs',
  async (_, relativePath) => {
    const shown = freshFolder('run');
    mkdirSync(join(shown, relativePath, '..'), { recursive: true });
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(join(shown, relativePath), resolve));
    try {
      const folder = smallArena({ manifest: `${MANIFEST}sandbox: { read: [${shown}] }\n` });
      const ended = await overnight(['run', '--json', '--agent', 'search', '--experiments', '1'], { cwd: folder });
      expectError(ended, 'E_LIVE_SOCKET', 2, new RegExp(`sandbox\\.read.*${join(shown, relativePath)} answers`));
      expect(ledgerLines(folder).filter(({ type }) => type === 'measuring')).toEqual([]);
      const doctor = await overnight(['doctor'], { cwd: folder });
      expect(doctor.stdout).toContain(`✗ shown folders: Candidates would see ${shown}`);
      await new Promise((resolve) => server.close(resolve));
      const again = await overnight(['run', '--agent', 'search', '--experiments', '1'], { cwd: folder });
      expect(again.status, again.stdout + again.stderr).toBe(0);
    } finally {
      server.close();
    }
  },
  120_000,
);
