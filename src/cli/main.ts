#!/usr/bin/env node
/**
 * The command line. Checks Node before it loads anything modern, then loads only the command that is called: `--help`
 * must not load the whole program.
 */
import { ERROR_CODES, LabError } from '../base/error.ts';
import { nameFullDisk } from '../os/files.ts';
import { endSuddenly } from '../os/sudden-end.ts';
import { outputFailure, tolerateLostOutput } from './output.ts';

const OLDEST_NODE = [20, 19] as const;

/** Throws E_NODE_OLD for versions below the floor. */
export function requireNode(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  throw new LabError('E_NODE_OLD', {
    what: 'This Node is too old.',
    why: `It is ${version}; ${OLDEST_NODE.join('.')} or newer is needed.`,
    next: 'Install a newer Node and run again.',
  });
}

/** Print an error in its three parts, and its code. */
export function printError(thrown: unknown, wantsJson: boolean): number {
  const isLabError = thrown instanceof LabError;
  if (wantsJson) {
    const errorBody = isLabError
      ? { code: thrown.code, ...thrown.parts }
      : { code: 'E_INTERNAL', what: String(thrown), why: '', next: '' };
    process.stdout.write(`${JSON.stringify({ error: errorBody })}\n`);
  } else if (isLabError) {
    process.stderr.write(
      `\n✗ ${thrown.parts.what}\n  ${thrown.parts.why}\n  ${thrown.parts.next}\n  (${thrown.code}, see docs/errors.md)\n`,
    );
  } else {
    process.stderr.write(
      `\n✗ A mistake in Overnight itself.\n${thrown instanceof Error ? thrown.stack : String(thrown)}\n  (E_INTERNAL: please report it with this text)\n`,
    );
  }
  if (isLabError && process.env.OVERNIGHT_DEBUG) process.stderr.write(`${thrown.stack}\n`);
  return isLabError ? thrown.exitStatus : ERROR_CODES.E_INTERNAL.exit;
}

/** A program whose output is incomplete has not succeeded. */
async function statusOfOutput(): Promise<number> {
  await new Promise<void>((resolve) => void process.stdout.write('', () => resolve()));
  const failure = outputFailure();
  return failure === undefined ? 0 : printError(nameFullDisk(failure), false);
}

async function startProgram(argv: readonly string[]): Promise<number> {
  const wantsJson = argv.includes('--json');
  try {
    requireNode(process.versions.node);
    const { dispatchCommand } = await import('./dispatch.ts');
    return await dispatchCommand(argv);
  } catch (thrown) {
    return printError(nameFullDisk(thrown), wantsJson);
  }
}

tolerateLostOutput();
// Also for promises that nobody waits for: Node makes uncaught exceptions of them.
process.on('uncaughtException', (thrown) => {
  endSuddenly(thrown);
  process.exit(printError(nameFullDisk(thrown), process.argv.includes('--json')));
});
const exitStatus = await startProgram(process.argv.slice(2));
process.exitCode = exitStatus === 0 ? await statusOfOutput() : exitStatus;
