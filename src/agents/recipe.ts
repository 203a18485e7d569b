/**
 * What is particular about one coding agent: how it is started without a person, and how its output is read. Everything
 * else (jail, gateway, limits, classification) is the same for all and lies elsewhere. A recipe starts nothing itself.
 */
import type { AgentTask } from '../core/ports.ts';
import type { Usage } from '../core/event.ts';
import { type Api, type Fields, asFields } from './gateway/apis.ts';
import type { AgentLayout } from './jail.ts';

/** Everything a recipe may use to write a command line. */
export interface LaunchContext {
  readonly task: AgentTask;
  readonly layout: AgentLayout;
  /** The API through which it reaches the gateway; `login` when it goes its own way with the person's subscription. */
  readonly route: Api | 'login';
  readonly model: string | undefined;
  /** True in a jail: then the agent may do in there what it likes. Else its own permissions are all there is. */
  readonly isJailed: boolean;
  /** Long options that this version has, from its help. */
  readonly hasFlag: (flag: string) => boolean;
}

/** What the agent's own output says. */
export interface Reading {
  /** Its last words. */
  readonly text: string;
  readonly usage?: Usage;
  /** What it says went wrong, unclassified. */
  readonly error?: string;
  readonly incidents?: readonly string[];
}

export interface Recipe {
  readonly name: string;
  /** Program names on PATH, best first. */
  readonly programs: readonly string[];
  /** How it takes the prompt; with `argument` the recipe puts it into `argv`. */
  readonly prompt: 'stdin' | 'argument';
  /** APIs that it can be pointed at, best first. */
  readonly apis: readonly Api[];
  /** The model when none is named; absent where the agent chooses itself. */
  readonly defaultModel?: Readonly<Partial<Record<Api, string>>>;
  /** Options without which it cannot be driven; older versions lack some. */
  readonly needs: readonly string[];
  /** Arguments whose help lists `needs`. */
  readonly help: readonly string[];
  /**
   * A subscription that cannot go through the gateway: its files below the person's home, its variables, the hosts it
   * needs.
   */
  readonly login?: {
    readonly files: readonly string[];
    readonly variables: readonly string[];
    readonly hosts: readonly string[];
  };
  argv(context: LaunchContext): readonly string[];
  env(context: LaunchContext): Readonly<Record<string, string>>;
  files?(context: LaunchContext): Readonly<Record<string, string>>;
  read(stdout: string): Reading;
}

/** The JSON objects among the lines of an output; other lines are passed over. */
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

/** Figures that an agent tells of itself. Nothing when it tells none. */
export function ownUsage(figures: {
  readonly calls?: unknown;
  readonly input?: unknown;
  readonly cached?: unknown;
  readonly output?: unknown;
  readonly usd?: unknown;
}): { readonly usage?: Usage } {
  const asNumber = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0);
  if (asNumber(figures.input) + asNumber(figures.output) + asNumber(figures.cached) === 0) return {};
  const usage: Usage = {
    calls: Math.max(1, asNumber(figures.calls)),
    inputTokens: asNumber(figures.input),
    cachedTokens: asNumber(figures.cached),
    outputTokens: asNumber(figures.output),
    ...(typeof figures.usd === 'number' && { usd: figures.usd }),
    source: 'agent',
  };
  return { usage };
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
