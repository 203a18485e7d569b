/** Live sockets below a folder are found, dead ones are none, and no folder takes for ever. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { findLiveSocket } from './live-sockets.ts';

const servers: Server[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
function freshFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'overnight-test-sockets-')));
  folders.push(folder);
  return folder;
}
async function listenAt(socketPath: string): Promise<string> {
  const server = createServer((socket) => socket.destroy());
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return socketPath;
}

it.each([['docker.sock'], ['a/b/c/engine.sock'], ['.hidden/ssh/agent.7']])(
  'one at %s is found, by its path',
  async (relativePath) => {
    const folder = freshFolder();
    writeFileSync(join(folder, 'file'), '');
    mkdirSync(join(folder, relativePath, '..'), { recursive: true });
    const socketPath = await listenAt(join(folder, relativePath));
    expect(await findLiveSocket(folder)).toEqual({ found: socketPath, isComplete: true });
  },
);

it('one that is named itself is found', async () => {
  const socketPath = await listenAt(join(freshFolder(), 's'));
  expect(await findLiveSocket(socketPath)).toEqual({ found: socketPath, isComplete: true });
});

it('one below a folder that is reached by a link is found', async () => {
  const folder = freshFolder();
  mkdirSync(join(folder, 'real'));
  symlinkSync(join(folder, 'real'), join(folder, 'link'));
  const socketPath = await listenAt(join(folder, 'real', 's'));
  expect(await findLiveSocket(join(folder, 'link'))).toEqual({ found: socketPath, isComplete: true });
});

it('one beyond what is looked at is found where the kernel lists it', async () => {
  const folder = freshFolder();
  mkdirSync(join(folder, 'z'));
  for (let i = 0; i < 50; i++) writeFileSync(join(folder, `a${i}`), '');
  const socketPath = await listenAt(join(folder, 'z', 's'));
  expect(await findLiveSocket(folder, { maxEntries: 10, maxMs: 1000 })).toEqual({
    found: socketPath,
    isComplete: false,
  });
});

it('a folder of more files than are looked at says so', async () => {
  const folder = freshFolder();
  for (let i = 0; i < 50; i++) writeFileSync(join(folder, `a${i}`), '');
  expect(await findLiveSocket(folder, { maxEntries: 10, maxMs: 1000 })).toEqual({ isComplete: false });
  expect(await findLiveSocket(folder)).toEqual({ isComplete: true });
});

it('a socket whose program is gone is none, and neither are files, pipes and folders that are not there', async () => {
  const folder = freshFolder();
  const left = join(folder, 'left');
  const program = `require('net').createServer().listen(${JSON.stringify(left)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', program]);
  spawnSync('mkfifo', [join(folder, 'pipe')]);
  expect(await findLiveSocket(folder)).toEqual({ isComplete: true });
  expect(await findLiveSocket(join(folder, 'missing'))).toEqual({ isComplete: true });
});

it('a neighbour whose name begins alike is not below', async () => {
  const folder = freshFolder();
  mkdirSync(join(folder, 'run'));
  mkdirSync(join(folder, 'run2'));
  await listenAt(join(folder, 'run2', 's'));
  expect(await findLiveSocket(join(folder, 'run'))).toEqual({ isComplete: true });
});
