/**
 * Finds the agents of a session: those that a person asked for, or the best that the machine has. They share one
 * gateway. Says in words why these were chosen. Starts no agent and asks no model.
 */
import { openAdviser } from '../agents/adviser.ts';
import { findAgents, openAgent } from '../agents/open.ts';
import type { AgentHost } from '../agents/cli-agent.ts';
import { type Environment, pricesFrom, upstreamsFrom } from '../agents/gateway/environment.ts';
import { Gateway } from '../agents/gateway/gateway.ts';
import { openJail } from '../agents/jail.ts';
import { canAskModels, modelAgent } from '../agents/model.ts';
import { defined } from '../base/defined.ts';
import { LabError } from '../base/error.ts';
import { formatCount } from '../base/text.ts';
import { familyOf } from '../core/adviser.ts';
import type { Agent, Sandbox } from '../core/ports.ts';
import type { IdeaSources } from './choose-proposer.ts';
import { mayRunOutsideCode, requireSandbox } from './outside-code.ts';

const OPTIMIZER = 'an optimizer over the knobs of the manifest';

/** What a person asked for on the command line. */
export interface AgentRequest {
  /** Names in order of preference. Absent: the best agent that is found. */
  readonly agents?: readonly string[];
  /** The model of each agent, by position in `agents`. */
  readonly models?: readonly string[];
  /** The command line of the agents `acp` and `command`. */
  readonly command?: string;
  /** The arena's folder. */
  readonly folder?: string;
  readonly allowUnsafe: boolean;
  readonly env: Environment;
  /** Bounds of one call. */
  readonly call?: IdeaSources['call'];
  /** A second model that reads what was tried, the ideas of a block, and whether its "stop" ends the session. */
  readonly adviser?: { readonly model: string; readonly every: number; readonly mayStop: boolean };
  /** A second page of instructions, taken in turn with the arena's program.md. */
  readonly programB?: string;
}

export interface FoundIdeaSources extends IdeaSources {
  close(): Promise<void>;
}

/**
 * Throws E_AGENT, E_UNSAFE or E_USAGE where an agent that was asked for cannot be used. An agent that nobody asked for
 * is left out, and the reason says why.
 */
export async function findIdeaSources(request: AgentRequest, sandbox: Sandbox): Promise<FoundIdeaSources> {
  const gateway = new Gateway({ upstreams: upstreamsFrom(request.env), prices: pricesFrom(request.env) });
  const closeGateway = (): Promise<void> => gateway.close();
  try {
    const foundSources = request.agents
      ? await openNamedAgents(request, request.agents, sandbox, gateway)
      : await openBestAgent(request, sandbox, gateway);
    const adviser = request.adviser && openAdviserFor(request.adviser, foundSources, gateway);
    return {
      ...foundSources,
      ...(adviser && { reason: `${foundSources.reason}; ${adviserText(adviser, foundSources)}` }),
      ...defined({ call: request.call, programB: request.programB, adviser }),
      allowsUnsafe: request.allowUnsafe,
      close: closeGateway,
    };
  } catch (thrown) {
    await closeGateway();
    throw thrown;
  }
}

/** Throws E_USAGE where nobody would read its advice, and E_AGENT where it cannot be asked. */
function openAdviserFor(
  { model, every, mayStop }: NonNullable<AgentRequest['adviser']>,
  { members }: FoundSources,
  gateway: Gateway,
): NonNullable<IdeaSources['adviser']> {
  if (members.every((member) => member === 'search'))
    throw new LabError('E_USAGE', {
      what: '--adviser has nobody to advise.',
      why: 'Its advice stands in the brief of an agent, and no agent is asked in this session.',
      next: 'Name an agent with --agent, or run without --adviser.',
    });
  return { adviser: openAdviser(model, gateway), every, mayStop };
}

/** Who advises, how often, and that a second model of one family sees much the same. */
function adviserText({ adviser, every }: NonNullable<IdeaSources['adviser']>, { members }: FoundSources): string {
  const family = familyOf(adviser.model);
  const alike = members.find(
    (member) => member !== 'search' && family !== undefined && familyOf(member.model ?? member.name) === family,
  );
  const warning =
    alike === undefined || alike === 'search'
      ? ''
      : `; warning: it is of the same family (${family}) as ${alike.model ?? alike.name}, and will miss much the same`;
  return `advised by ${adviser.reason}, in one of two blocks of ${formatCount(every, 'idea')}${warning}`;
}

type FoundSources = Pick<IdeaSources, 'members' | 'reason' | 'mute' | 'hybrid'>;

async function openNamedAgents(
  request: AgentRequest,
  agentNames: readonly string[],
  sandbox: Sandbox,
  gateway: Gateway,
): Promise<FoundSources> {
  if (agentNames.length === 1 && agentNames[0] === 'submissions') {
    requireSandbox(sandbox, request.allowUnsafe, 'What is submitted');
    return {
      members: [],
      mute: true,
      reason: 'as asked, nobody: what is submitted through MCP or `overnight submit` is measured',
    };
  }
  const duplicate = agentNames.find((agentName, position) => agentNames.indexOf(agentName) !== position);
  if (duplicate !== undefined || agentNames.some((agentName) => agentName === '')) {
    throw new LabError('E_USAGE', {
      what: '--agent cannot be understood.',
      why: duplicate === undefined ? 'One of the names is empty.' : `"${duplicate}" is named twice.`,
      next: 'Give each name once, in order of preference, for example --agent claude,codex,search.',
    });
  }
  const isHybrid = agentNames.includes('hybrid');
  if (isHybrid && (agentNames.length === 1 || agentNames.at(-1) !== 'hybrid' || agentNames.includes('search'))) {
    throw new LabError('E_USAGE', {
      what: '--agent cannot be understood.',
      why: '"hybrid" is the optimizer sharing the budget with the agents named before it.',
      next: 'Name it once, last, and without "search", for example --agent claude,hybrid.',
    });
  }
  const members: (Agent | 'search')[] = [];
  for (const [position, agentName] of (isHybrid ? agentNames.slice(0, -1) : agentNames).entries())
    members.push(await openMember(agentName, position, request, sandbox, gateway));
  const reason = `as asked: ${members.map(reasonOfMember).join('; then ')}`;
  return {
    members,
    reason: isHybrid ? `${reason}; beside ${OPTIMIZER}, which shares the budget` : reason,
    ...defined({ hybrid: isHybrid || undefined }),
  };
}

async function openMember(
  agentName: string,
  position: number,
  request: AgentRequest,
  sandbox: Sandbox,
  gateway: Gateway,
): Promise<Agent | 'search'> {
  if (agentName === 'search') return 'search';
  const model = request.models?.[position] || undefined;
  // The built-in agent runs nothing, but what it writes is run.
  if (agentName === 'model') requireSandbox(sandbox, request.allowUnsafe, 'What a model writes');
  if (agentName === 'model') return modelAgent({ env: request.env, ...defined({ model }) }, { gateway });
  const agentHost: AgentHost = { gateway, jail: openJail(sandbox, request.allowUnsafe) };
  return openAgent(
    { name: agentName, ...defined({ model, command: request.command, folder: request.folder }) },
    agentHost,
  );
}

/** The best agent of this machine, the built-in one where there is only a key; the optimizer stands in for either. */
async function openBestAgent(request: AgentRequest, sandbox: Sandbox, gateway: Gateway): Promise<FoundSources> {
  const reasons: string[] = [];
  const isJailed = mayRunOutsideCode(sandbox, request.allowUnsafe);
  for (const { name: agentName, route, reason } of findAgents(gateway)) {
    if (route === undefined) reasons.push(`${agentName} is not asked: ${reason}`);
    else if (!isJailed) reasons.push(`${agentName} is not asked: no sandbox holds here, and --unsafe was not given`);
    else {
      try {
        const bestAgent = await openMember(agentName, 0, request, sandbox, gateway);
        return {
          members: [bestAgent, 'search'],
          reason: `the best agent found: ${reasonOfMember(bestAgent)}; when it has nothing, ${OPTIMIZER}`,
        };
      } catch (thrown) {
        if (!(thrown instanceof LabError)) throw thrown;
        reasons.push(`${agentName} is not asked: ${thrown.parts.why}`);
      }
    }
  }
  if (canAskModels(gateway, request.env)) {
    try {
      const builtinAgent = await openMember('model', 0, request, sandbox, gateway);
      return {
        members: [builtinAgent, 'search'],
        reason: [...reasons, `${reasonOfMember(builtinAgent)}; when it has nothing, ${OPTIMIZER}`].join('; '),
      };
    } catch (thrown) {
      if (!(thrown instanceof LabError)) throw thrown;
      reasons.push(thrown.parts.why);
    }
  } else reasons.push(reasons.length === 0 ? 'no agent is on PATH and no key is set' : 'no key is set');
  return { members: ['search'], reason: `${OPTIMIZER}: no model is used (${reasons.join('; ')})` };
}

const reasonOfMember = (member: Agent | 'search'): string => (member === 'search' ? OPTIMIZER : member.reason);
