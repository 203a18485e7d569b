/**
 * The program that runs inside the jail as the agent's parent. It connects a port of the jail's own loopback to the
 * gateway's socket, starts the agent, and lists on standard error the processes that are left when the agent has ended.
 * It is plain text for `node -e`, so that the jail needs no file for it.
 */
import { shellQuoted } from '../os/cgroup.ts';

/** The gateway's port inside a jail. Every jail has a loopback of its own, so the port is always free. */
export const PORT_INSIDE = 4141;
/** Begins the line about processes that were left behind. */
export const LEFT_MARK = 'overnight-left:';

const BRIDGE_PROGRAM = `
const net = require('node:net'), fs = require('node:fs'), os = require('node:os');
const { spawn } = require('node:child_process');
const [socket, port, ...argv] = process.argv.slice(1);
const left = () => fs.readdirSync('/proc').filter((name) => /^\\d+$/.test(name) && name !== '1' && Number(name) !== process.pid).flatMap((pid) => {
  try {
    const stat = fs.readFileSync('/proc/' + pid + '/stat', 'latin1'), close = stat.lastIndexOf(')');
    return stat[close + 2] === 'Z' ? [] : [stat.slice(stat.indexOf('(') + 1, close)];
  } catch { return []; }
});
const bridge = net.createServer({ allowHalfOpen: true }, (near) => {
  const far = net.connect({ path: socket, allowHalfOpen: true });
  near.pipe(far).pipe(near);
  near.on('error', () => far.destroy());
  far.on('error', () => near.destroy());
});
bridge.listen(Number(port), '127.0.0.1', () => {
  const agent = spawn(argv[0], argv.slice(1), { stdio: 'inherit' });
  agent.on('error', (error) => { process.stderr.write('overnight: the agent could not be started: ' + error.message + '\\n'); process.exit(127); });
  agent.on('exit', (code, signal) => {
    const names = left();
    if (names.length > 0) process.stderr.write('\\n${LEFT_MARK} ' + names.slice(0, 20).join(' ') + '\\n');
    process.exit(code ?? 128 + (os.constants.signals[signal] ?? 0));
  });
});
`;

/** A line for the jail's shell that starts `argv` behind the bridge. */
export function commandBehindBridge(socketPath: string, argv: readonly string[]): string {
  const commandWords = [process.execPath, '-e', BRIDGE_PROGRAM, '--', socketPath, String(PORT_INSIDE), ...argv];
  return `exec ${commandWords.map(shellQuoted).join(' ')}`;
}
