/**
 * Which agents this machine has, which is the best and why, and how one is opened by name. The only file of this folder
 * that the composition root needs. Finding reads PATH, variables and the presence of logins; it asks no model and no
 * network.
 */
import { LabError } from '../base/error.ts';
import type { Agent } from '../core/ports.ts';
import { acpAgent } from './acp.ts';
import { type AgentHost, cliAgent, hasLogin } from './cli-agent.ts';
import { type CommandOptions, commandAgent } from './command.ts';
import type { Api } from './gateway/apis.ts';
import { findOnPath, probe } from './program.ts';
import type { Recipe, Setting } from './recipe.ts';
import { RECIPES } from './recipes.ts';

export interface FoundAgent {
  readonly name: string;
  readonly path: string;
  /** How its models are reached; absent when they cannot be. */
  readonly way?: Api | 'login';
  /** For people: why it can be used, or why not. */
  readonly reason: string;
}

/**
 * Every known agent that is on PATH, best first: those that can reach a model before those that cannot. Starts nothing.
 */
export function findAgents(gateway: AgentHost['gateway'], path?: string): readonly FoundAgent[] {
  const found = RECIPES.flatMap((recipe): FoundAgent[] => {
    const at = findOnPath(recipe.programs, path);
    if (at === undefined) return [];
    const way = wayOf(recipe, gateway);
    return [{ name: recipe.name, path: at, ...(way && { way }), reason: describeWay(recipe, way) }];
  });
  return [...found.filter(({ way }) => way !== undefined), ...found.filter(({ way }) => way === undefined)];
}

function wayOf(recipe: Recipe, gateway: AgentHost['gateway']): Setting['way'] | undefined {
  return recipe.apis.find((api) => gateway.speaks(api)) ?? (hasLogin(recipe) ? 'login' : undefined);
}

const KEYS: Readonly<Record<Api, string>> = {
  anthropic: 'ANTHROPIC_API_KEY (or ANTHROPIC_BASE_URL)',
  chat: 'OPENAI_API_KEY (or OPENAI_BASE_URL of a compatible server)',
  responses: 'OPENAI_API_KEY (or OPENAI_BASE_URL of a compatible server)',
  gemini: 'GEMINI_API_KEY',
};

function describeWay(recipe: Recipe, way: Setting['way'] | undefined): string {
  if (way === 'login') return `found on PATH, logged in with its own account`;
  if (way !== undefined) return `found on PATH, its models are reached by ${KEYS[way]}`;
  const keys = [...new Set(recipe.apis.map((api) => KEYS[api]))].join(' or ');
  return `found on PATH, but there is no way to a model: set ${keys}${recipe.login ? ', or log in with it' : ''}`;
}

export interface AgentChoice {
  /** A known agent, `acp` or `command`; a name with a path behind `=` uses that program: `claude=/opt/claude`. */
  readonly name: string;
  readonly model?: string;
  /** The line to start, for `acp` and `command`. */
  readonly command?: string;
  readonly alsoRead?: readonly string[];
}

/** Open one by name. Throws E_AGENT when it is not there, is too old, or has no way to a model. */
export async function openAgent(choice: AgentChoice, host: AgentHost): Promise<Agent> {
  const [name = '', given] = choice.name.split(/=(.*)/s);
  if (name === 'acp' || name === 'command') return byCommand(name, choice, host);
  const recipe = RECIPES.find((each) => each.name === name);
  if (!recipe) {
    throw new LabError('E_AGENT', {
      what: `There is no agent "${name}".`,
      why: `Known are ${RECIPES.map((each) => each.name).join(', ')}, acp and command.`,
      next: 'Name one of them; any other program can be used as `command`.',
    });
  }
  const path = findOnPath(given === undefined ? recipe.programs : [given]);
  if (path === undefined) {
    throw new LabError('E_AGENT', {
      what: `The agent ${name} is not installed.`,
      why: given === undefined ? `None of ${recipe.programs.join(', ')} is on PATH.` : `${given} is no program.`,
      next: `Install it, give its place as ${name}=PATH, or name another agent.`,
    });
  }
  const way = wayOf(recipe, host.gateway);
  if (way === undefined) {
    throw new LabError('E_AGENT', {
      what: `The agent ${name} has no way to a model.`,
      why: `It was ${describeWay(recipe, way)}.`,
      next: 'Set the key, or let the optimizer propose.',
    });
  }
  const program = await probe(recipe, path);
  const model = choice.model ?? (way === 'login' ? undefined : recipe.defaultModel?.[way]);
  return cliAgent(recipe, program, way, model, host);
}

function byCommand(name: 'acp' | 'command', choice: AgentChoice, host: AgentHost): Agent {
  const { command, model, alsoRead } = choice;
  if (command === undefined || command.trim() === '') {
    throw new LabError('E_AGENT', {
      what: `The agent ${name} needs a command.`,
      why: 'None was given.',
      next:
        name === 'acp'
          ? 'Give one, such as `gemini --acp` or `opencode acp`.'
          : 'Give the line that starts your program.',
    });
  }
  const options: CommandOptions = { command, ...(model !== undefined && { model }), ...(alsoRead && { alsoRead }) };
  return name === 'acp' ? acpAgent(options, host) : commandAgent(options, host);
}
