/**
 * The agents that the person has installed: the path of a program, the paths that its jail must show, its version and
 * its options. Starts programs only to ask for their version and help.
 */
import { existsSync, lstatSync, mkdtempSync, readdirSync, realpathSync, statSync } from 'node:fs';
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

/** The first of these programs that is on PATH. A name with a `/` is a path itself. Never throws. */
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
 * The paths that a program needs to run: the `node_modules` or the virtual environment that contains it, the parts of
 * its own package, else its file alone.
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
  const environmentDir = [programDir, dirname(programDir)].find((folder) => isVirtualEnvironment(folder));
  if (environmentDir !== undefined) return [environmentDir];
  return [...new Set([programPath, ...partsOfPackage(programDir)])];
}

/** Entries that mark a folder as something that no agent may see: an arena, its labs, a repository. */
const PRIVATE_ENTRIES = ['arena.yaml', '.overnight', '.git'];
const MAX_PARTS = 200;
/** Entries of a folder that are looked at before it counts as too large to know what it contains. */
const MAX_SEARCHED = 5000;

function isVirtualEnvironment(folder: string): boolean {
  const entries = listFolder(folder) ?? [];
  return entries.includes('pyvenv.cfg') && !entries.some((entry) => PRIVATE_ENTRIES.includes(entry));
}

/**
 * What lies beside a program in the folder of a package: its modules and data, but no hidden files, and nothing that
 * contains an arena, its labs or a repository. Empty for a folder that is no package: what lies beside a script there
 * is anybody's.
 */
function partsOfPackage(programDir: string): readonly string[] {
  const entries = listFolder(programDir);
  if (entries?.includes('package.json') !== true || entries.length > MAX_PARTS || isPersonal(programDir)) return [];
  return entries
    .filter((entry) => !entry.startsWith('.'))
    .map((entry) => join(programDir, entry))
    .filter((entryPath) => !containsPrivate(entryPath, { left: MAX_SEARCHED }));
}

/** The home of the person, a folder that contains it, a folder of programs, or one within an arena. */
function isPersonal(directory: string): boolean {
  if (`${homedir()}/`.startsWith(`${directory}/`) || /\/(bin|sbin)$/.test(directory)) return true;
  const isWithinArena = (folder: string): boolean =>
    ['arena.yaml', '.overnight'].some((entry) => existsSync(join(folder, entry))) ||
    (dirname(folder) !== folder && isWithinArena(dirname(folder)));
  return isWithinArena(directory) || directory.split(sep).some((part) => part === '.git' || part === '.overnight');
}

/** True when an entry is private, has something private below it, or is too large to tell. Links are not followed. */
function containsPrivate(entryPath: string, budget: { left: number }): boolean {
  if (lstatSync(entryPath, { throwIfNoEntry: false })?.isDirectory() !== true) return false;
  const entries = listFolder(entryPath);
  if (entries === undefined || (budget.left -= entries.length) < 0) return true;
  if (entries.some((entry) => PRIVATE_ENTRIES.includes(entry))) return true;
  // The modules of a package hold thousands of files, and none of the person's.
  return (
    !entryPath.endsWith(`${sep}node_modules`) &&
    entries.some((entry) => containsPrivate(join(entryPath, entry), budget))
  );
}

/** Names in a folder; `undefined` when it cannot be read. */
function listFolder(directory: string): readonly string[] | undefined {
  try {
    return readdirSync(directory);
  } catch {
    return undefined;
  }
}

/** What cannot be looked at, such as a folder of another user on PATH, is no program of this person. */
function isProgram(programPath: string): boolean {
  try {
    const fileStat = statSync(programPath);
    return fileStat.isFile() && (fileStat.mode & 0o111) !== 0;
  } catch {
    return false;
  }
}
