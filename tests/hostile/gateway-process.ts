/**
 * A gateway in a process of its own, for a test of its memory. Prints where it listens, then, for each line on standard
 * input, how many MiB more it has had, at most since the line before, than at the beginning.
 */
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { Gateway, SOCKET_NAME } from '../../src/agents/gateway/gateway.ts';
import { PLAIN, send } from './gateway-scene.ts';

const [baseUrl = ''] = process.argv.slice(2);
const gateway = new Gateway({ upstreams: { anthropic: { baseUrl } } });
const open = await gateway.openCall({ allowance: {} });
const socketPath = join(open.socketDir, SOCKET_NAME);
for (let i = 0; i < 20; i++) await send({ open, socketPath }, { body: PLAIN.anthropic });
const residentMb = (): number => process.memoryUsage.rss() / 1024 / 1024;
const before = residentMb();
let most = before;
setInterval(() => {
  most = Math.max(most, residentMb());
}, 5);
console.log(JSON.stringify({ socketPath, token: open.call.token }));
createInterface({ input: process.stdin }).on('line', () => {
  console.log(JSON.stringify({ grownMb: Math.max(most, residentMb()) - before }));
  most = 0;
});
process.stdin.on('end', () => process.exit(0));
