/**
 * What is particular about one coding agent: how it is started without a person, and how its output is read. Everything
 * else (jail, gateway, limits, classification of failures) is the same for all agents and is done elsewhere. A recipe
 * starts nothing itself.
 */
import { defined } from '../base/defined.ts';
import type { AgentTask } from '../core/ports.ts';
import type { Usage } from '../core/agent-call.ts';
import { type Api, type Fields, asFields } from './gateway/apis.ts';
import type { AgentLayout } from './jail.ts';

/** Everything a recipe may use to write a command line. */
export interface LaunchContext {
  readonly task: AgentTask;
  readonly layout: AgentLayout;
  /** The API through which it reaches the gateway; `login` when it connects directly with the person's subscription. */
  readonly route: Api | 'login';
  readonly model: string | undefined;
  /** True in a jail: there the agent may do anything. Without a jail, only its own permissions hold it. */
  readonly isJailed: boolean;
  /** Long options that this version has, from its help. */
  readonly hasFlag: (flag: string) => boolean;
}

/** What the agent's own output says. */
export interface Reading {
  /** Its last answer. */
  readonly text: string;
  readonly usage?: Usage;
  /** The error that it reports, not classified. */
  readonly error?: string;
  readonly incidents?: readonly string[];
}

export interface Recipe {
  readonly name: string;
  /** Program names on PATH, best first. */
  readonly programs: readonly string[];
  /** Where it reads the prompt; with `argument` the recipe puts it into `argv`. */
  readonly prompt: 'stdin' | 'argument';
  /** APIs whose address can be set to the gateway's, best first. */
  readonly apis: readonly Api[];
  /** The model when the person names none; absent where the agent chooses itself. */
  readonly defaultModel?: Readonly<Partial<Record<Api, string>>>;
  /** Options that must exist; older versions lack some. */
  readonly needs: readonly string[];
  /** Arguments that print the help in which `needs` are listed. */
  readonly help: readonly string[];
  /** A subscription that cannot be used through the gateway. */
  readonly login?: {
    /** Files of the login, below the person's home. */
    readonly files: readonly string[];
    /** Variables that hold a login. */
    readonly variables: readonly string[];
    /** Hosts that it connects to, `name:port`. */
    readonly hosts: readonly string[];
  };
  argv(context: LaunchContext): readonly string[];
  env(context: LaunchContext): Readonly<Record<string, string>>;
  files?(context: LaunchContext): Readonly<Record<string, string>>;
  read(stdout: string): Reading;
}

/** The JSON objects among the lines of an output; other lines are ignored. */
export function jsonLines(stdout: string): readonly Fields[] {
  return stdout.split('\n').flatMap((line) => {
    const trimmed = line.trim();
    if (!trimmed.startsWith('{')) return [];
    try {
      return [asFields(JSON.parse(trimmed))];
    } catch {
      return [];
    }
  });
}

/** The usage that an agent reports itself; undefined when it reports none. */
export function ownUsage(figures: {
  readonly calls?: unknown;
  readonly input?: unknown;
  readonly cached?: unknown;
  readonly output?: unknown;
  readonly usd?: unknown;
}): Usage | undefined {
  const asNumber = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0);
  if (asNumber(figures.input) + asNumber(figures.output) + asNumber(figures.cached) === 0) return undefined;
  return defined({
    calls: Math.max(1, asNumber(figures.calls)),
    inputTokens: asNumber(figures.input),
    cachedTokens: asNumber(figures.cached),
    outputTokens: asNumber(figures.output),
    usd: typeof figures.usd === 'number' ? figures.usd : undefined,
    source: 'agent' as const,
  });
}

export const asText = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Variables that send a program's HTTPS through the gateway's tunnel. */
export function tunnelEnv(layout: AgentLayout): Readonly<Record<string, string>> {
  const proxyUrl = layout.gateway.replace('http://', `http://overnight:${layout.token}@`);
  return {
    HTTPS_PROXY: proxyUrl,
    https_proxy: proxyUrl,
    HTTP_PROXY: proxyUrl,
    http_proxy: proxyUrl,
    NO_PROXY: '127.0.0.1,localhost',
  };
}
