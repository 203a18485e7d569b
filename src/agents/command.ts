/**
 * Any program that edits a folder as an agent. It gets the prompt on standard input and in the file that
 * OVERNIGHT_PROMPT names, and the gateway's address in the usual variables of all four APIs. What it prints is its
 * answer. Knows nothing about any particular program.
 */
import { defined } from '../base/defined.ts';
import { LabError } from '../base/error.ts';
import type { Agent } from '../core/ports.ts';
import { shellQuoted } from '../os/cgroup.ts';
import { type AgentHost, callAgent } from './cli-agent.ts';
import type { AgentLayout } from './jail.ts';
import { findOnPath, rootsOf } from './program.ts';

export interface CommandOptions {
  /** A line for `sh -c`, run in the work folder. Its first word must be a program. */
  readonly command: string;
  readonly name?: string;
  readonly model?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** More paths of this machine that it needs to read. */
  readonly alsoRead?: readonly string[];
}

const MAX_STDOUT = 1024 * 1024;
const PROMPT_FILE = 'prompt.md';

/** Throws E_AGENT when there is no such program. */
export function commandAgent(options: CommandOptions, agentHost: AgentHost): Agent {
  const { programPath, commandLine } = resolveCommand(options.command);
  const { name = 'command', model } = options;
  return {
    name,
    ...defined({ model }),
    reason: `${options.command} (${programPath}), ${agentHost.jail.reason}, through the gateway`,
    run: (task) => {
      let collectedStdout = '';
      return callAgent(agentHost, task, [], {
        start: (resources) =>
          agentHost.jail.start(
            task,
            {
              argv: () => ['/bin/sh', '-c', commandLine],
              env: (layout) => ({
                ...modelEnv(layout, model),
                OVERNIGHT_PROMPT: `${layout.home}/${PROMPT_FILE}`,
                ...options.env,
              }),
              homeFiles: () => ({ [PROMPT_FILE]: task.prompt }),
              stdin: task.prompt,
              onStdout: (piece) => {
                collectedStdout = (collectedStdout + piece).slice(-MAX_STDOUT);
              },
              alsoRead: [...rootsOf(programPath), ...(options.alsoRead ?? [])],
            },
            resources,
          ),
        read: () => ({ text: collectedStdout.trim() }),
      });
    },
  };
}

/** The program that a line starts, and the line with its full path. Throws E_AGENT when it is not there. */
export function resolveCommand(command: string): { readonly programPath: string; readonly commandLine: string } {
  const firstWord = /^\s*("[^"]+"|'[^']+'|\S+)/.exec(command)?.[1] ?? '';
  const programPath = findOnPath([firstWord.replace(/^["']|["']$/g, '')]);
  if (programPath !== undefined)
    return { programPath, commandLine: command.replace(firstWord, () => shellQuoted(programPath)) };
  throw new LabError('E_AGENT', {
    what: 'The command of the agent cannot be used.',
    why: `Its first word "${firstWord}" is not a program on PATH.`,
    next: 'Install it, or give its full path; assignments before the program go into a small script.',
  });
}

/** The gateway's address and token in the variables of every API, so that any client finds them. */
export function modelEnv(
  { gateway, token }: AgentLayout,
  modelName: string | undefined,
): Readonly<Record<string, string>> {
  return {
    ANTHROPIC_BASE_URL: gateway,
    ANTHROPIC_API_KEY: token,
    OPENAI_BASE_URL: `${gateway}/v1`,
    OPENAI_API_BASE: `${gateway}/v1`,
    OPENAI_API_KEY: token,
    GOOGLE_GEMINI_BASE_URL: gateway,
    GEMINI_API_KEY: token,
    ...defined({ OVERNIGHT_MODEL: modelName, OPENAI_MODEL: modelName, ANTHROPIC_MODEL: modelName }),
  };
}
