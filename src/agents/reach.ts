/**
 * What an agent reached for that it must not, read from the tools its model told it to use. A report for people, not a
 * defence: the jail holds whatever this sees or overlooks. Pure.
 */
import { oneLine } from '../base/text.ts';
import { type Fields, fields, type ToolCall } from './gateway/apis.ts';

export interface Reachable {
  /** The work folder and the home as the agent sees them. */
  readonly dir: string;
  readonly home: string;
  readonly writable: readonly string[];
}

const EDITS = /edit|write|replace|create|patch|delete|remove|move/i;
const SHELLS = /bash|shell|exec|command|terminal/i;
/** Places that any program looks at, and that hold nothing of anybody. */
const HARMLESS =
  /^\/(usr|bin|sbin|lib|lib64|tmp|dev\/(null|stdin|stdout|stderr|shm|tty|fd)|proc\/(self|cpuinfo|meminfo)|sys\/devices\/system\/cpu|opt)(\/|$)/;
const NETWORK = /\b(?:https?|ftp|wss?):\/\/[^\s'"\\)]+|\/dev\/(?:tcp|udp)\/[^\s'"\\)]+/g;
const MOST = 20;

export function reachedFor(calls: readonly ToolCall[], reachable: Reachable): readonly string[] {
  const found = new Set<string>();
  for (const call of calls) {
    const given = argumentsOf(call.input);
    for (const [name, value] of Object.entries(given)) {
      if (typeof value !== 'string') continue;
      if (/(path|file|dir|directory)$/i.test(name) && !/\n/.test(value)) inspectPath(call, value, reachable, found);
    }
    const script = SHELLS.test(call.name) || EDITS.test(call.name) ? strings(given).join('\n') : '';
    if (SHELLS.test(call.name)) inspectScript(call, script, reachable, found);
    for (const file of patched(script)) inspectPath({ ...call, name: 'patch' }, file, reachable, found);
    if (!SHELLS.test(call.name) && /fetch|web|url/i.test(call.name))
      found.add(`asked for ${oneLine(strings(given).join(' '), 80)} (${call.name})`);
  }
  return [...found].slice(0, MOST);
}

function inspectPath(call: ToolCall, value: string, { dir, home, writable }: Reachable, found: Set<string>): void {
  const inside = value.startsWith(`${dir}/`) ? value.slice(dir.length + 1) : value;
  const outside = (inside.startsWith('/') && inside !== dir) || inside.split('/').includes('..');
  if (outside && !inside.startsWith(`${home}/`) && !HARMLESS.test(inside)) {
    found.add(
      `${EDITS.test(call.name) ? 'tried to change' : 'reached for'} ${oneLine(value, 100)} outside its folder (${call.name})`,
    );
  } else if (!outside && EDITS.test(call.name) && !mayWrite(inside, writable)) {
    found.add(`tried to change ${oneLine(inside, 100)}, which is not editable (${call.name})`);
  }
}

const mayWrite = (path: string, writable: readonly string[]): boolean => {
  const plain = path.replace(/^\.\//, '');
  return writable.some((each) => each === '.' || plain === each || plain.startsWith(`${each.replace(/\/+$/, '')}/`));
};

function inspectScript(call: ToolCall, script: string, { dir, home }: Reachable, found: Set<string>): void {
  for (const [url] of script.matchAll(NETWORK)) found.add(`tried the network: ${oneLine(url, 100)} (${call.name})`);
  const rest = script.replace(NETWORK, ' ');
  for (const [, path] of rest.matchAll(/(?<![\w.:/-])(\/[A-Za-z][\w.@/-]*)/g)) {
    const allowed = path === dir || path!.startsWith(`${dir}/`) || path!.startsWith(home) || HARMLESS.test(path!);
    if (!allowed) found.add(`reached for ${oneLine(path!, 100)} (${call.name})`);
  }
}

/** Files that a patch in Codex's format names. */
const patched = (script: string): readonly string[] =>
  [...script.matchAll(/^\*\*\* (?:Update|Add|Delete) File: (.+)$/gm)].map((match) => match[1]!.trim());

function argumentsOf(input: string): Fields {
  try {
    const parsed: unknown = JSON.parse(input);
    return typeof parsed === 'string' ? { input: parsed } : fields(parsed);
  } catch {
    return { input };
  }
}

function strings(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(strings) : [];
}
