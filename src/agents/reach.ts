/**
 * What an agent tried to reach although it must not, read from the tool calls of its model. A report for people, not a
 * defence: the jail holds the agent whether this file notices something or not. Pure.
 */
import { oneLine } from '../base/text.ts';
import { type Fields, asFields, type ToolCall } from './gateway/apis.ts';

export interface AllowedPaths {
  /** The work folder and the home as the agent sees them. */
  readonly dir: string;
  readonly home: string;
  readonly writable: readonly string[];
}

const EDIT_TOOLS = /edit|write|replace|create|patch|delete|remove|move/i;
const SHELL_TOOLS = /bash|shell|exec|command|terminal/i;
/** Paths that any program looks at, and that contain nothing of the person. */
const HARMLESS_PATHS =
  /^\/(usr|bin|sbin|lib|lib64|tmp|dev\/(null|stdin|stdout|stderr|shm|tty|fd)|proc\/(self|cpuinfo|meminfo)|sys\/devices\/system\/cpu|opt)(\/|$)/;
const NETWORK_ADDRESS = /\b(?:https?|ftp|wss?):\/\/[^\s'"\\)]+|\/dev\/(?:tcp|udp)\/[^\s'"\\)]+/g;
const MAX_INCIDENTS = 20;

export function findReachIncidents(toolCalls: readonly ToolCall[], allowedPaths: AllowedPaths): readonly string[] {
  const incidents = new Set<string>();
  for (const toolCall of toolCalls) {
    const callArguments = parseArguments(toolCall.input);
    for (const [argumentName, argumentValue] of Object.entries(callArguments)) {
      if (typeof argumentValue !== 'string') continue;
      if (/(path|file|dir|directory)$/i.test(argumentName) && !/\n/.test(argumentValue))
        inspectPath(toolCall, argumentValue, allowedPaths, incidents);
    }
    const script =
      SHELL_TOOLS.test(toolCall.name) || EDIT_TOOLS.test(toolCall.name) ? stringsIn(callArguments).join('\n') : '';
    if (SHELL_TOOLS.test(toolCall.name)) inspectScript(toolCall, script, allowedPaths, incidents);
    for (const patchedFile of filesInPatch(script))
      inspectPath({ ...toolCall, name: 'patch' }, patchedFile, allowedPaths, incidents);
    if (!SHELL_TOOLS.test(toolCall.name) && /fetch|web|url/i.test(toolCall.name))
      incidents.add(`asked for ${oneLine(stringsIn(callArguments).join(' '), 80)} (${toolCall.name})`);
  }
  return [...incidents].slice(0, MAX_INCIDENTS);
}

function inspectPath(
  toolCall: ToolCall,
  pathText: string,
  { dir, home, writable }: AllowedPaths,
  incidents: Set<string>,
): void {
  const relativePath = pathText.startsWith(`${dir}/`) ? pathText.slice(dir.length + 1) : pathText;
  const isOutside = (relativePath.startsWith('/') && relativePath !== dir) || relativePath.split('/').includes('..');
  if (isOutside && !relativePath.startsWith(`${home}/`) && !HARMLESS_PATHS.test(relativePath)) {
    incidents.add(
      `${EDIT_TOOLS.test(toolCall.name) ? 'tried to change' : 'reached for'} ${oneLine(pathText, 100)} outside its folder (${toolCall.name})`,
    );
  } else if (!isOutside && EDIT_TOOLS.test(toolCall.name) && !mayWrite(relativePath, writable)) {
    incidents.add(`tried to change ${oneLine(relativePath, 100)}, which is not editable (${toolCall.name})`);
  }
}

const mayWrite = (relativePath: string, writablePaths: readonly string[]): boolean => {
  const plainPath = relativePath.replace(/^\.\//, '');
  return writablePaths.some(
    (writablePath) =>
      writablePath === '.' ||
      plainPath === writablePath ||
      plainPath.startsWith(`${writablePath.replace(/\/+$/, '')}/`),
  );
};

function inspectScript(toolCall: ToolCall, script: string, { dir, home }: AllowedPaths, incidents: Set<string>): void {
  for (const [address] of script.matchAll(NETWORK_ADDRESS))
    incidents.add(`tried the network: ${oneLine(address, 100)} (${toolCall.name})`);
  const withoutAddresses = script.replace(NETWORK_ADDRESS, ' ');
  for (const [, absolutePath] of withoutAddresses.matchAll(/(?<![\w.:/-])(\/[A-Za-z][\w.@/-]*)/g)) {
    const isAllowed =
      absolutePath === dir ||
      absolutePath!.startsWith(`${dir}/`) ||
      absolutePath!.startsWith(home) ||
      HARMLESS_PATHS.test(absolutePath!);
    if (!isAllowed) incidents.add(`reached for ${oneLine(absolutePath!, 100)} (${toolCall.name})`);
  }
}

/** Files that a patch in Codex's format names. */
const filesInPatch = (script: string): readonly string[] =>
  [...script.matchAll(/^\*\*\* (?:Update|Add|Delete) File: (.+)$/gm)].map((match) => match[1]!.trim());

function parseArguments(argumentText: string): Fields {
  try {
    const parsed: unknown = JSON.parse(argumentText);
    return typeof parsed === 'string' ? { input: parsed } : asFields(parsed);
  } catch {
    return { input: argumentText };
  }
}

function stringsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}
