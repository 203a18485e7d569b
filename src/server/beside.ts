/** The dashboard as a process beside a running lab: it must not slow down the measurements. */
import { startProcess } from '../os/spawn.ts';

export interface DashboardProcess {
  /** Its address, once it listens; undefined when it did not start. */
  readonly address: Promise<string | undefined>;
  readonly ended: Promise<void>;
  close(): void;
}

/** `program` is the command line's own file. */
export function serveBeside(program: string, folder: string): DashboardProcess {
  const serveArgs = [program, 'serve', '--dir', folder, '--json'];
  const dashboard = startProcess(process.execPath, serveArgs, { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise<void>((resolve) => dashboard.once('exit', () => resolve()));
  const announced = new Promise<string | undefined>((resolve) => {
    dashboard.stdout?.once('data', (output: Buffer) => resolve(/"url":"([^"]+)"/.exec(output.toString('utf8'))?.[1]));
  });
  return {
    ended,
    address: Promise.race([announced, ended.then(() => undefined)]),
    close: () => void dashboard.kill('SIGINT'),
  };
}
