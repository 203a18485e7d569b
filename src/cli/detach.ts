/**
 * `overnight run --detach`: the same command line in a session of its own, with its output in a file of the lab. The
 * two processes share one message: the lab is open.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { locateLab } from '../app/locate-lab.ts';
import { makeFolder } from '../os/folders.ts';
import { startProcess } from '../os/spawn.ts';
import type { Invocation, OptionTable } from './command.ts';
import { printJson, printText } from './output.ts';

/** The output of runs in the background, below the lab's folder. */
const LOG_FILE = 'run.log';
/** Tells a run that its starter waits for the message. */
const DETACHED_VARIABLE = 'OVERNIGHT_DETACHED';

type DetachCall = Pick<Invocation<OptionTable>, 'folder' | 'wantsJson' | 'spellCommands'>;

/** Returns when the lab is open, with status 0; otherwise shows what the run printed, and returns its status. */
export async function detachRun(call: DetachCall, wantedTag: string | undefined): Promise<number> {
  const { tag, paths } = await locateLab({ folder: call.folder, ...(wantedTag !== undefined && { tag: wantedTag }) });
  makeFolder(paths.lab);
  const logFile = path.join(paths.lab, LOG_FILE);
  const logDescriptor = fs.openSync(logFile, 'a');
  const logStart = fs.fstatSync(logDescriptor).size;
  const givenArgs = process.argv.slice(2).filter((argument) => argument !== '--detach');
  const child = startProcess(
    process.execPath,
    [...process.execArgv, process.argv[1]!, ...givenArgs, ...(wantedTag === undefined ? ['--tag', tag] : [])],
    {
      detached: true, // a session of its own: closing this terminal does not concern it
      stdio: ['ignore', logDescriptor, logDescriptor, 'ipc'],
      env: { ...process.env, [DETACHED_VARIABLE]: '1' },
    },
  );
  fs.closeSync(logDescriptor);
  const stopChild = (): void => void child.kill('SIGINT');
  process.on('SIGINT', stopChild);
  const exitStatus = await new Promise<number | undefined>((resolve) => {
    child.once('message', () => resolve(undefined));
    child.once('exit', (exitCode) => resolve(exitCode ?? 130));
  });
  process.off('SIGINT', stopChild);
  if (exitStatus !== undefined) {
    (call.wantsJson ? process.stdout : process.stderr).write(fs.readFileSync(logFile).subarray(logStart));
    return exitStatus;
  }
  if (child.connected) child.disconnect();
  child.unref();
  if (call.wantsJson) printJson({ detached: { tag, pid: child.pid, log: logFile } });
  else printText(call.spellCommands(detachedText(tag, child.pid!, logFile)));
  return 0;
}

const detachedText = (tag: string, pid: number, logFile: string): string =>
  [
    `Lab ${tag} runs in the background, as process ${pid}. Closing this terminal does not end it.`,
    `  Look at it: \`overnight attach --tag ${tag}\` (Ctrl-C leaves, the run goes on), \`overnight status --tag ${tag}\`.`,
    `  End it after the current experiment: \`overnight stop --tag ${tag}\`.`,
    `  Its output: ${logFile}`,
  ].join('\n');

/** Tell the process that started this one in the background, if one did, that the lab is open. */
export function reportOpened(): void {
  if (process.env[DETACHED_VARIABLE] === undefined || !process.send) return;
  delete process.env[DETACHED_VARIABLE];
  const hangUp = (): void => void (process.connected && process.disconnect());
  process.on('error', hangUp);
  process.send({ opened: true }, undefined, undefined, hangUp);
}
