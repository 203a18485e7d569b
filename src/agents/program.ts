/**
 * The person's own installs of agents: where a program lies, what must be shown of it in the jail, which version it is
 * and which options it has. Starts programs only to ask for their version and help.
 */
import { existsSync, mkdtempSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve, sep } from 'node:path';
import { LabError } from '../base/error.ts';
import { removeTree } from '../os/files.ts';
import { capture } from '../os/spawn.ts';
import type { Recipe } from './recipe.ts';

export interface Program {
  /** Absolute path as found, links not followed. */
  readonly path: string;
  readonly version: string;
  readonly flags: ReadonlySet<string>;
  /** Folders or files to show in the jail. */
  readonly alsoRead: readonly string[];
}

const PROBE_MS = 20_000;
/** Visible in every jail. */
const SYSTEM = ['/usr/', '/bin/', '/sbin/', '/lib/', '/lib64/'];

/** The first of these programs on PATH, or the file itself when it is a path. */
export function findOnPath(names: readonly string[], path = process.env.PATH ?? ''): string | undefined {
  for (const name of names) {
    if (name.includes('/')) return isProgram(resolve(name)) ? resolve(name) : undefined;
    for (const dir of path.split(delimiter)) if (dir !== '' && isProgram(join(dir, name))) return resolve(dir, name);
  }
  return undefined;
}

const probed = new Map<string, Promise<Program>>();

/**
 * Ask it for its version and its options, once for each state of the file. Throws E_AGENT when it does not answer, or
 * lacks an option without which it cannot be driven.
 */
export function probe(recipe: Recipe, path: string): Promise<Program> {
  const { mtimeMs, size } = statSync(path);
  const key = [recipe.name, realpathSync(path), mtimeMs, size].join(' ');
  const known = probed.get(key) ?? ask(recipe, path);
  probed.set(key, known);
  known.catch(() => probed.delete(key));
  return known;
}

async function ask(recipe: Recipe, path: string): Promise<Program> {
  // Some unpack parts of themselves to answer: not into the person's folders.
  const scratch = mkdtempSync(join(tmpdir(), 'overnight-probe-'));
  const env = { ...process.env, CI: '1', NO_COLOR: '1', TMPDIR: scratch, XDG_CACHE_HOME: scratch };
  const say = (args: readonly string[]) => capture(path, args, { timeoutMs: PROBE_MS, env, maxBytes: 1024 * 1024 });
  const [version, help] = await Promise.all([say(['--version']), say(recipe.help)]);
  removeTree(scratch);
  if (version.status !== 0) {
    const said = (version.stderr || version.stdout).trim().split('\n')[0] ?? '';
    throw new LabError('E_AGENT', {
      what: `The agent ${recipe.name} cannot be used.`,
      why: `${path} --version gives ${version.status === undefined ? version.failure : `status ${version.status}`}: ${said || 'no words'}.`,
      next: 'Run it once by hand and mend its installation, or name another agent.',
    });
  }
  const number = /\d+\.\d+(?:[\w.+-]*\w)?/.exec(version.stdout + version.stderr)?.[0] ?? 'of unknown version';
  const flags = new Set((help.stdout + help.stderr).match(/--[a-z][\w-]*/g) ?? []);
  const lacking = recipe.needs.filter((flag) => !flags.has(flag));
  if (lacking.length > 0) {
    throw new LabError('E_AGENT', {
      what: `This version of ${recipe.name} cannot be driven.`,
      why: `${path} is ${number} and has no ${lacking.join(', ')}.`,
      next: `Update ${recipe.name}, or name another agent.`,
    });
  }
  return { path, version: number, flags, alsoRead: rootsOf(path) };
}

/**
 * What must be seen of an installation so that the program runs: the whole `node_modules` or virtual environment it
 * lies in, else its own folder's file.
 */
export function rootsOf(path: string): readonly string[] {
  const real = realpathSync(path);
  const found = [...new Set([path, real])].flatMap((each) => rootOf(each));
  return [...new Set(found)].filter((root) => !SYSTEM.some((top) => `${root}/`.startsWith(top)));
}

function rootOf(path: string): readonly string[] {
  const parts = path.split(sep);
  const modules = parts.indexOf('node_modules');
  if (modules > 0) return [parts.slice(0, modules + 1).join(sep)];
  const dir = dirname(path);
  if (existsSync(join(dirname(dir), 'pyvenv.cfg'))) return [dirname(dir)];
  return isBundle(dir) ? [dir] : [path];
}

/** A folder that holds a program and what belongs to it, and is not one of the person's. */
function isBundle(dir: string): boolean {
  const home = homedir();
  if (dir === home || home.startsWith(`${dir}/`) || /\/(bin|sbin)$/.test(dir)) return false;
  return readdirSync(dir).length <= 200;
}

function isProgram(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() === true && (stat.mode & 0o111) !== 0;
}
