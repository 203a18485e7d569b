#!/usr/bin/env node
/**
 * The command line. Checks Node before anything modern is loaded, then loads only the command that was asked for:
 * `--help` must not pay for the whole program.
 */
import { ERROR_CODES, LabError } from '../base/error.ts';
import { nameFullDisk } from '../os/files.ts';

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
export function printError(thrown: unknown, json: boolean): number {
  const known = thrown instanceof LabError;
  if (json) {
    const body = known
      ? { code: thrown.code, ...thrown.parts }
      : { code: 'E_INTERNAL', what: String(thrown), why: '', next: '' };
    process.stdout.write(`${JSON.stringify({ error: body })}\n`);
  } else if (known) {
    process.stderr.write(
      `\n✗ ${thrown.parts.what}\n  ${thrown.parts.why}\n  ${thrown.parts.next}\n  (${thrown.code}, see docs/errors.md)\n`,
    );
  } else {
    process.stderr.write(
      `\n✗ A mistake in Overnight itself.\n${thrown instanceof Error ? thrown.stack : String(thrown)}\n  (E_INTERNAL: please report it with this text)\n`,
    );
  }
  if (known && process.env.OVERNIGHT_DEBUG) process.stderr.write(`${thrown.stack}\n`);
  return known ? thrown.exitStatus : ERROR_CODES.E_INTERNAL.exit;
}

async function start(argv: readonly string[]): Promise<number> {
  const json = argv.includes('--json');
  try {
    requireNode(process.versions.node);
    const { dispatch } = await import('./dispatch.ts');
    return await dispatch(argv);
  } catch (thrown) {
    return printError(nameFullDisk(thrown), json);
  }
}

process.exitCode = await start(process.argv.slice(2));
