/** Looks for the programs that an arena requires: are they there, can the sandbox show them, will their version do? */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import { formatCount } from '../base/text.ts';
import type { Arena } from '../core/arena.ts';
import { type RequiredTool, requiredTools, satisfiesVersion, versionIn } from '../core/requires.ts';
import { captureOutput } from '../os/spawn.ts';

export interface ToolCheck {
  readonly tool: string;
  readonly ok: boolean;
  /** Where it is and its version, or what is wrong. */
  readonly detail: string;
  /** What a person types. */
  readonly fix: string;
}

const SYSTEM_DIRS = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/local/sbin', '/usr/sbin', '/sbin'];
const VERSION_TIMEOUT_MS = 20_000;

export async function checkRequiredTools(arena: Arena): Promise<readonly ToolCheck[]> {
  const checks: ToolCheck[] = [];
  for (const tool of requiredTools(arena.requires)) checks.push(await checkTool(tool, arena.sandbox.read));
  return checks;
}

/** Throws one E_TOOL that names every tool that is missing or has another version. */
export async function requireTools(arena: Arena): Promise<void> {
  const failed = (await checkRequiredTools(arena)).filter(({ ok }) => !ok);
  if (failed.length === 0) return;
  throw new LabError('E_TOOL', {
    what: `The arena ${arena.name} needs ${formatCount(failed.length, 'program')} that this machine does not have as it should.`,
    why: `${failed.map(({ tool, detail }) => `${tool}: ${detail}`).join('; ')}.`,
    next: `${[...new Set(failed.map(({ fix }) => fix))].join('; ')}. \`overnight doctor\` then looks again.`,
  });
}

async function checkTool(tool: RequiredTool, shownPaths: readonly string[]): Promise<ToolCheck> {
  const label = tool.names.join(' or ');
  const programPaths = findPrograms(tool.names);
  const programPath = programPaths.find((found) => isShown(found, shownPaths));
  if (programPaths.length === 0)
    return { tool: label, ok: false, detail: 'it is not on this machine', fix: `Install it: ${tool.install}` };
  if (programPath === undefined) {
    const folder = path.dirname(programPaths[0]!);
    const detail = `it lies in ${folder}, which the sandbox does not show`;
    return { tool: label, ok: false, detail, fix: `Add ${folder} to \`sandbox.read\`, or install it: ${tool.install}` };
  }
  if (tool.version === undefined) return { tool: label, ok: true, detail: programPath, fix: '' };
  const version = await readVersion(programPath, tool.versionArgs);
  if (version === undefined) {
    const command = `${programPath} ${tool.versionArgs.join(' ')}`;
    const detail = `\`${command}\` prints no version, and ${tool.version} is needed`;
    return { tool: label, ok: false, detail, fix: `Install it anew: ${tool.install}` };
  }
  const ok = satisfiesVersion(version, tool.version);
  return {
    tool: label,
    ok,
    detail: ok
      ? `${programPath}, version ${version}`
      : `version ${version} in ${programPath}, needed is ${tool.version}`,
    fix: ok ? '' : `Install a version ${tool.version}: ${tool.install}`,
  };
}

const isShown = (programPath: string, shownPaths: readonly string[]): boolean =>
  [...SYSTEM_DIRS, '/usr', ...shownPaths].some((shown) => programPath.startsWith(`${shown}/`));

/** In the order of PATH, for the first name that is there at all. */
function findPrograms(names: readonly string[]): readonly string[] {
  const dirs = (process.env.PATH ?? '').split(path.delimiter).filter((dir) => path.isAbsolute(dir));
  const allDirs = [...new Set([...dirs, ...SYSTEM_DIRS])];
  return (
    names
      .map((name) => allDirs.map((dir) => path.join(dir, name)).filter(isProgram))
      .find(({ length }) => length > 0) ?? []
  );
}

function isProgram(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

async function readVersion(programPath: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await captureOutput(programPath, args, { timeoutMs: VERSION_TIMEOUT_MS });
    return versionIn(String(stdout)) ?? versionIn(String(stderr));
  } catch {
    return undefined;
  }
}
