/**
 * Which agents this machine has, which of them is the best and why, and how one is opened by name. To find them, it
 * reads PATH, environment variables and whether files of a login exist; it uses no model and no network.
 */
import { defined } from '../base/defined.ts';
import { LabError } from '../base/error.ts';
import type { Agent } from '../core/ports.ts';
import { acpAgent } from './acp.ts';
import { type AgentHost, cliAgent, hasLogin } from './cli-agent.ts';
import { type CommandOptions, commandAgent, requireScript, resolveCommand } from './command.ts';
import type { Api } from './gateway/apis.ts';
import { findOnPath, probeProgram, rootsOf } from './program.ts';
import type { Recipe, LaunchContext } from './recipe.ts';
import { RECIPES } from './recipes.ts';

export interface FoundAgent {
  readonly name: string;
  readonly path: string;
  /** How its models are reached; absent when they cannot be reached. */
  readonly route?: Api | 'login';
  /** For people: why it can or cannot be used. */
  readonly reason: string;
}

/**
 * Every known agent that is on PATH. Those that can reach a model come first, each group best first. Starts nothing.
 */
export function findAgents(gateway: AgentHost['gateway'], searchPath?: string): readonly FoundAgent[] {
  const foundAgents = RECIPES.flatMap((recipe): FoundAgent[] => {
    const programPath = findOnPath(recipe.programs, searchPath);
    if (programPath === undefined) return [];
    const route = routeTo(recipe, gateway);
    return [defined({ name: recipe.name, path: programPath, route, reason: describeRoute(recipe, route) })];
  });
  return [
    ...foundAgents.filter(({ route }) => route !== undefined),
    ...foundAgents.filter(({ route }) => route === undefined),
  ];
}

function routeTo(recipe: Recipe, gateway: AgentHost['gateway']): LaunchContext['route'] | undefined {
  return recipe.apis.find((api) => gateway.speaksApi(api)) ?? (hasReadableLogin(recipe) ? 'login' : undefined);
}

/** A login that this user cannot read is none. */
function hasReadableLogin(recipe: Recipe): boolean {
  try {
    return hasLogin(recipe);
  } catch {
    return false;
  }
}

/** The same agent; its reason also says what of this machine its jail shows, so that a person can object. */
function sayWhatIsShown(agent: Agent, shownPaths: readonly string[], jailHolds: boolean): Agent {
  if (!jailHolds) return agent;
  const shown = ['the files of the arena that are not hidden', "the system's programs", ...new Set(shownPaths)];
  const listed = shown.length > MAX_SHOWN ? [...shown.slice(0, MAX_SHOWN), `${shown.length - MAX_SHOWN} more`] : shown;
  return { ...agent, reason: `${agent.reason}; it sees ${listed.join(', ')}` };
}

const MAX_SHOWN = 12;

const KEY_VARIABLES: Readonly<Record<Api, string>> = {
  anthropic: 'ANTHROPIC_API_KEY (or ANTHROPIC_BASE_URL)',
  chat: 'OPENAI_API_KEY (or OPENAI_BASE_URL of a compatible server)',
  responses: 'OPENAI_API_KEY (or OPENAI_BASE_URL of a compatible server)',
  gemini: 'GEMINI_API_KEY',
};

function describeRoute(recipe: Recipe, route: LaunchContext['route'] | undefined): string {
  if (route === 'login') return `found on PATH, logged in with its own account`;
  if (route !== undefined) return `found on PATH, reaches its models by ${KEY_VARIABLES[route]}`;
  const keyVariables = [...new Set(recipe.apis.map((api) => KEY_VARIABLES[api]))].join(' or ');
  return `found on PATH, but it cannot reach a model: set ${keyVariables}${recipe.login ? ', or log in with it' : ''}`;
}

export interface AgentChoice {
  /** A known agent, `acp` or `command`; a name with a path behind `=` uses that program: `claude=/opt/claude`. */
  readonly name: string;
  readonly model?: string;
  /** The command line to start, for `acp` and `command`. */
  readonly command?: string;
  readonly alsoRead?: readonly string[];
  /** The arena's folder. */
  readonly folder?: string;
}

/** Open an agent by name. Throws E_AGENT when it is not installed, is too old, or cannot reach a model. */
export async function openAgent(choice: AgentChoice, agentHost: AgentHost): Promise<Agent> {
  const [agentName = '', givenPath] = choice.name.split(/=(.*)/s);
  if (agentName === 'acp' || agentName === 'command') return openByCommand(agentName, choice, agentHost);
  const recipe = RECIPES.find((knownRecipe) => knownRecipe.name === agentName);
  if (!recipe) {
    throw new LabError('E_AGENT', {
      what: `There is no agent "${agentName}".`,
      why: `The known agents are ${RECIPES.map((knownRecipe) => knownRecipe.name).join(', ')}, acp and command.`,
      next: 'Name one of them. Any other program can be used as `command`.',
    });
  }
  const programPath = findOnPath(givenPath === undefined ? recipe.programs : [givenPath]);
  if (programPath === undefined) {
    throw new LabError('E_AGENT', {
      what: `The agent ${agentName} is not installed.`,
      why:
        givenPath === undefined
          ? `None of ${recipe.programs.join(', ')} is on PATH.`
          : `${givenPath} is not a program.`,
      next: `Install it, give its path as ${agentName}=PATH, or name another agent.`,
    });
  }
  const route = routeTo(recipe, agentHost.gateway);
  if (route === undefined) {
    throw new LabError('E_AGENT', {
      what: `The agent ${agentName} cannot reach a model.`,
      why: `It was ${describeRoute(recipe, route)}.`,
      next: 'Set the key, or let the optimizer propose.',
    });
  }
  const program = await probeProgram(recipe, programPath);
  const modelName = choice.model ?? (route === 'login' ? undefined : recipe.defaultModel?.[route]);
  return sayWhatIsShown(cliAgent(recipe, program, route, modelName, agentHost), program.alsoRead, agentHost.jail.holds);
}

function openByCommand(agentKind: 'acp' | 'command', choice: AgentChoice, agentHost: AgentHost): Agent {
  const { command, model, alsoRead, folder } = choice;
  if (command === undefined || command.trim() === '') {
    throw new LabError('E_AGENT', {
      what: `The agent ${agentKind} needs a command.`,
      why: 'None was given.',
      next:
        agentKind === 'acp'
          ? 'Give one, such as `gemini --acp` or `opencode acp`.'
          : 'Give the command line that starts your program.',
    });
  }
  const options: CommandOptions = defined({ command, model, alsoRead, folder });
  const agent = agentKind === 'acp' ? acpAgent(options, agentHost) : commandAgent(options, agentHost);
  const { programPath } = resolveCommand(command);
  const script = agentKind === 'command' ? requireScript(command, programPath, folder) : undefined;
  const shownPaths = [...rootsOf(programPath), ...(script ? rootsOf(script) : []), ...(alsoRead ?? [])];
  return sayWhatIsShown(agent, shownPaths, agentHost.jail.holds);
}
