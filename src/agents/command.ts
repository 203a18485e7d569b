/**
 * Any program that edits a folder as an agent. It gets the prompt on standard input and in the file that
 * OVERNIGHT_PROMPT names, and the gateway's address in the usual variables of all four APIs. What it prints is its
 * answer. Knows nothing about any particular program.
 */
import { existsSync } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
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
  /** The arena's folder, whose files the agent sees in its own. Absent: scripts there are not looked for. */
  readonly folder?: string;
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
  const script = requireScript(options.command, programPath, options.folder);
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
              alsoRead: [...rootsOf(programPath), ...(script ? rootsOf(script) : []), ...(options.alsoRead ?? [])],
            },
            resources,
          ),
        read: () => ({ text: collectedStdout.trim() }),
      });
    },
  };
}

/** Programs whose first argument is the program that counts. */
const INTERPRETER = /^(sh|bash|dash|zsh|python[\d.]*|node|bun|ruby|perl)$/;

/**
 * The script of a line such as `sh agent.sh` or `python3 -u /opt/agent.py`, as it is written there; undefined where the
 * line has none. Nothing is expanded, so a word with a variable counts as none.
 */
function scriptOf(command: string, programPath: string): string | undefined {
  if (!INTERPRETER.test(basename(programPath))) return undefined;
  const words = [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map((word) => word[1] ?? word[2] ?? word[3] ?? '');
  for (const word of words.slice(1)) {
    // What follows these is no file.
    if (/^-[a-z]*[cem]$|^--(eval|print|import|require)$/i.test(word)) return undefined;
    if (!word.startsWith('-')) return /[$`*?;|&<>(){}~]/.test(word) ? undefined : word;
  }
  return undefined;
}

/**
 * The full path of the script that a line starts, where it lies outside the agent's folder. Throws E_AGENT when there
 * is none: an agent that cannot start would fail for the whole run.
 */
export function requireScript(command: string, programPath: string, folder?: string): string | undefined {
  const script = scriptOf(command, programPath);
  if (script === undefined) return undefined;
  if (isAbsolute(script)) {
    if (existsSync(script)) return script;
  } else if (folder === undefined || existsSync(join(folder, script))) return undefined;
  throw new LabError('E_AGENT', {
    what: 'The command of the agent cannot be used.',
    why: `It starts ${script}, and ${isAbsolute(script) ? 'there is no such file' : `there is no such file in ${folder}`}.`,
    next: 'Correct the path; the agent starts in a copy of the arena’s folder, so a script elsewhere needs its full path.',
  });
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
