/**
 * Any program that edits a folder as an agent: the prompt comes on standard input and in the file that OVERNIGHT_PROMPT
 * names, models are reached through the usual variables of all four APIs, and what it prints is its last word. Knows
 * nothing about any particular program.
 */
import { LabError } from '../base/error.ts';
import type { Agent } from '../core/ports.ts';
import { quoted } from '../os/cgroup.ts';
import { type AgentHost, callAgent } from './cli-agent.ts';
import type { Place } from './jail.ts';
import { findOnPath, rootsOf } from './program.ts';

export interface CommandOptions {
  /** A line for `sh -c`, run in the work folder. Its first word must be a program. */
  readonly command: string;
  readonly name?: string;
  readonly model?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Further paths of this machine that it needs to read. */
  readonly alsoRead?: readonly string[];
}

const MOST_STDOUT = 1024 * 1024;
const PROMPT_FILE = 'prompt.md';

/** Throws E_AGENT when there is no such program. */
export function commandAgent(options: CommandOptions, host: AgentHost): Agent {
  const { path, line } = resolveCommand(options.command);
  const { name = 'command', model } = options;
  return {
    name,
    ...(model !== undefined && { model }),
    reason: `${options.command} (${path}), ${host.jail.reason}, through the gateway`,
    run: (task) => {
      let stdout = '';
      return callAgent(host, task, [], {
        start: (call) =>
          host.jail.start(
            task,
            {
              argv: () => ['/bin/sh', '-c', line],
              env: (place) => ({
                ...modelEnv(place, model),
                OVERNIGHT_PROMPT: `${place.home}/${PROMPT_FILE}`,
                ...options.env,
              }),
              homeFiles: () => ({ [PROMPT_FILE]: task.prompt }),
              stdin: task.prompt,
              onStdout: (text) => {
                stdout = (stdout + text).slice(-MOST_STDOUT);
              },
              alsoRead: [...rootsOf(path), ...(options.alsoRead ?? [])],
            },
            call,
          ),
        read: () => ({ text: stdout.trim() }),
      });
    },
  };
}

/** The program that a line starts, and the line with its full path. Throws E_AGENT when it is not there. */
export function resolveCommand(command: string): { readonly path: string; readonly line: string } {
  const first = /^\s*("[^"]+"|'[^']+'|\S+)/.exec(command)?.[1] ?? '';
  const path = findOnPath([first.replace(/^["']|["']$/g, '')]);
  if (path !== undefined) return { path, line: command.replace(first, () => quoted(path)) };
  throw new LabError('E_AGENT', {
    what: 'The command of the agent cannot be used.',
    why: `Its first word "${first}" is no program on PATH.`,
    next: 'Install it, or give its full path; assignments before the program go into a small script.',
  });
}

/** Every client finds the gateway by the variables of its own API. */
export function modelEnv({ gateway, token }: Place, model: string | undefined): Readonly<Record<string, string>> {
  return {
    ANTHROPIC_BASE_URL: gateway,
    ANTHROPIC_API_KEY: token,
    OPENAI_BASE_URL: `${gateway}/v1`,
    OPENAI_API_BASE: `${gateway}/v1`,
    OPENAI_API_KEY: token,
    GOOGLE_GEMINI_BASE_URL: gateway,
    GEMINI_API_KEY: token,
    ...(model !== undefined && { OVERNIGHT_MODEL: model, OPENAI_MODEL: model, ANTHROPIC_MODEL: model }),
  };
}
