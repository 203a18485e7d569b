/**
 * The agents that the person has installed: the path of a program, the paths that its jail must show, its version and
 * its options. Starts programs only to ask for their version and help.
 */
import { existsSync, mkdtempSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve, sep } from 'node:path';
import { LabError } from '../base/error.ts';
import { removeTree } from '../os/files.ts';
import { captureOutput } from '../os/spawn.ts';
import type { Recipe } from './recipe.ts';

export interface AgentProgram {
  /** Absolute path as found, links not followed. */
  readonly path: string;
  readonly version: string;
  readonly flags: ReadonlySet<string>;
  /** Folders or files that the jail must show. */
  readonly alsoRead: readonly string[];
}

const PROBE_MS = 20_000;
/** Visible in every jail. */
const SYSTEM_DIRS = ['/usr/', '/bin/', '/sbin/', '/lib/', '/lib64/'];

/** The first of these programs that is on PATH. A name with a `/` is a path itself. */
export function findOnPath(programNames: readonly string[], searchPath = process.env.PATH ?? ''): string | undefined {
  for (const programName of programNames) {
    if (programName.includes('/')) return isProgram(resolve(programName)) ? resolve(programName) : undefined;
    for (const directory of searchPath.split(delimiter))
      if (directory !== '' && isProgram(join(directory, programName))) return resolve(directory, programName);
  }
  return undefined;
}

const probedPrograms = new Map<string, Promise<AgentProgram>>();

/**
 * Ask it for its version and its options, once for each state of the file. Throws E_AGENT when it does not answer, or
 * lacks an option that the recipe needs.
 */
export function probeProgram(recipe: Recipe, programPath: string): Promise<AgentProgram> {
  const { mtimeMs, size } = statSync(programPath);
  const probeKey = [recipe.name, realpathSync(programPath), mtimeMs, size].join(' ');
  const knownProbe = probedPrograms.get(probeKey) ?? askProgram(recipe, programPath);
  probedPrograms.set(probeKey, knownProbe);
  knownProbe.catch(() => probedPrograms.delete(probeKey));
  return knownProbe;
}

async function askProgram(recipe: Recipe, programPath: string): Promise<AgentProgram> {
  // Some unpack parts of themselves before they answer; that must not happen in the person's folders.
  const scratchDir = mkdtempSync(join(tmpdir(), 'overnight-probe-'));
  const environment = { ...process.env, CI: '1', NO_COLOR: '1', TMPDIR: scratchDir, XDG_CACHE_HOME: scratchDir };
  const runProgram = (programArgs: readonly string[]) =>
    captureOutput(programPath, programArgs, { timeoutMs: PROBE_MS, env: environment, maxBytes: 1024 * 1024 });
  const [versionOutput, helpOutput] = await Promise.all([runProgram(['--version']), runProgram(recipe.help)]);
  removeTree(scratchDir);
  if (versionOutput.status !== 0) {
    const firstLine = (versionOutput.stderr || versionOutput.stdout).trim().split('\n')[0] ?? '';
    throw new LabError('E_AGENT', {
      what: `The agent ${recipe.name} cannot be used.`,
      why: `${programPath} --version gives ${versionOutput.status === undefined ? versionOutput.failure : `status ${versionOutput.status}`}: ${firstLine || 'it prints nothing'}.`,
      next: 'Run it once by hand and repair its installation, or name another agent.',
    });
  }
  const versionNumber =
    /\d+\.\d+(?:[\w.+-]*\w)?/.exec(versionOutput.stdout + versionOutput.stderr)?.[0] ?? 'of unknown version';
  const flags = new Set((helpOutput.stdout + helpOutput.stderr).match(/--[a-z][\w-]*/g) ?? []);
  const missingFlags = recipe.needs.filter((flag) => !flags.has(flag));
  if (missingFlags.length > 0) {
    throw new LabError('E_AGENT', {
      what: `This version of ${recipe.name} cannot be used.`,
      why: `${programPath} is ${versionNumber} and has no ${missingFlags.join(', ')}.`,
      next: `Update ${recipe.name}, or name another agent.`,
    });
  }
  return { path: programPath, version: versionNumber, flags, alsoRead: rootsOf(programPath) };
}

/**
 * The paths that a program needs to run: the `node_modules` or the virtual environment that contains it, else its own
 * folder or file.
 */
export function rootsOf(programPath: string): readonly string[] {
  const realPath = realpathSync(programPath);
  const installRoots = [...new Set([programPath, realPath])].flatMap((installPath) => rootOf(installPath));
  return [...new Set(installRoots)].filter(
    (installRoot) => !SYSTEM_DIRS.some((systemDir) => `${installRoot}/`.startsWith(systemDir)),
  );
}

function rootOf(programPath: string): readonly string[] {
  const pathParts = programPath.split(sep);
  const modulesIndex = pathParts.indexOf('node_modules');
  if (modulesIndex > 0) return [pathParts.slice(0, modulesIndex + 1).join(sep)];
  const programDir = dirname(programPath);
  if (existsSync(join(dirname(programDir), 'pyvenv.cfg'))) return [dirname(programDir)];
  return isBundle(programDir) ? [programDir] : [programPath];
}

/** True for a folder that contains a program and its parts, and no other programs or files of the person. */
function isBundle(directory: string): boolean {
  const homeDir = homedir();
  if (directory === homeDir || homeDir.startsWith(`${directory}/`) || /\/(bin|sbin)$/.test(directory)) return false;
  return readdirSync(directory).length <= 200;
}

function isProgram(programPath: string): boolean {
  const fileStat = statSync(programPath, { throwIfNoEntry: false });
  return fileStat?.isFile() === true && (fileStat.mode & 0o111) !== 0;
}
