/** The dashboard as a process beside a running lab: it must not take time from the night's. */
import { startProcess } from '../os/spawn.ts';

export interface Beside {
  /** Its address, once it listens; undefined when it did not start. */
  readonly address: Promise<string | undefined>;
  readonly ended: Promise<void>;
  close(): void;
}

/** `program` is the command line's own file. */
export function serveBeside(program: string, folder: string): Beside {
  const args = [program, 'serve', '--dir', folder, '--json'];
  const child = startProcess(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const said = new Promise<string | undefined>((resolve) => {
    child.stdout?.once('data', (line: Buffer) => resolve(/"url":"([^"]+)"/.exec(line.toString('utf8'))?.[1]));
  });
  return { ended, address: Promise.race([said, ended.then(() => undefined)]), close: () => void child.kill('SIGINT') };
}
