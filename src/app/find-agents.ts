/**
 * The third of the composition root that finds agents: from what a person asked for, or from what the machine has, to a
 * chain of agents behind one jail and one gateway, with the reason in words. Starts no agent and asks no model.
 */
import { findAgents, openAgent } from '../agents/open.ts';
import type { AgentHost } from '../agents/cli-agent.ts';
import { type Environment, pricesFrom, upstreamsFrom } from '../agents/gateway/environment.ts';
import { Gateway } from '../agents/gateway/gateway.ts';
import { openJail } from '../agents/jail.ts';
import { canAskModels, modelAgent } from '../agents/model.ts';
import { LabError } from '../base/error.ts';
import type { Agent, Sandbox } from '../core/ports.ts';
import type { Ideas } from './choose-proposer.ts';

/** What a person asked for on the command line. */
export interface AgentRequest {
  /** Names in order of preference; absent = the best that is there. */
  readonly agents?: readonly string[];
  /** Models by position. */
  readonly models?: readonly string[];
  /** The line to start, for the agents `acp` and `command`. */
  readonly command?: string;
  readonly unsafe: boolean;
  readonly env: Environment;
  /** Bounds of one call. */
  readonly call?: Ideas['call'];
  readonly programB?: string;
}

export interface FoundIdeas extends Ideas {
  close(): Promise<void>;
}

/**
 * Throws E_AGENT, E_UNSAFE or E_USAGE where what was asked for cannot be had; what was not asked for is left out with
 * its reason.
 */
export async function findIdeas(request: AgentRequest, sandbox: Sandbox): Promise<FoundIdeas> {
  const gateway = new Gateway({ upstreams: upstreamsFrom(request.env), prices: pricesFrom(request.env) });
  const close = (): Promise<void> => gateway.close();
  try {
    const found = request.agents
      ? await named(request, request.agents, sandbox, gateway)
      : await best(request, sandbox, gateway);
    return {
      ...found,
      ...(request.call && { call: request.call }),
      ...(request.programB !== undefined && { programB: request.programB }),
      close,
    };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

type Found = Pick<Ideas, 'members' | 'reason' | 'mute' | 'hybrid'>;

async function named(
  request: AgentRequest,
  names: readonly string[],
  sandbox: Sandbox,
  gateway: Gateway,
): Promise<Found> {
  if (names.length === 1 && names[0] === 'submissions')
    return {
      members: [],
      mute: true,
      reason: 'as asked, nobody: what is submitted through MCP or `overnight submit` is measured',
    };
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined || names.some((name) => name === '')) {
    throw new LabError('E_USAGE', {
      what: '--agent cannot be understood.',
      why: twice === undefined ? 'One of the names is empty.' : `"${twice}" stands there twice.`,
      next: 'Give each name once, in order of preference, for example --agent claude,codex,search.',
    });
  }
  const hybrid = names.includes('hybrid');
  if (hybrid && (names.length === 1 || names.at(-1) !== 'hybrid' || names.includes('search'))) {
    throw new LabError('E_USAGE', {
      what: '--agent cannot be understood.',
      why: '"hybrid" is the optimizer sharing the budget with the agents named before it.',
      next: 'Name it once, last, and without "search", for example --agent claude,hybrid.',
    });
  }
  const members: (Agent | 'search')[] = [];
  for (const [i, name] of (hybrid ? names.slice(0, -1) : names).entries())
    members.push(await open(name, i, request, sandbox, gateway));
  const reason = `as asked: ${members.map(reasonOfMember).join('; then ')}`;
  return {
    members,
    reason: hybrid ? `${reason}; beside ${OPTIMIZER}, which shares the budget` : reason,
    ...(hybrid && { hybrid }),
  };
}

async function open(
  name: string,
  i: number,
  request: AgentRequest,
  sandbox: Sandbox,
  gateway: Gateway,
): Promise<Agent | 'search'> {
  if (name === 'search') return 'search';
  const model = request.models?.[i];
  const chosen = model === undefined || model === '' ? {} : { model };
  if (name === 'model') return modelAgent({ env: request.env, ...chosen }, { gateway });
  const host: AgentHost = { gateway, jail: openJail(sandbox, request.unsafe) };
  return openAgent({ name, ...chosen, ...(request.command !== undefined && { command: request.command }) }, host);
}

/** The best agent of this machine, the built-in one where there is only a key, and the optimizer behind either. */
async function best(request: AgentRequest, sandbox: Sandbox, gateway: Gateway): Promise<Found> {
  const why: string[] = [];
  const jailed = sandbox.info.level === 'bubblewrap' || request.unsafe;
  for (const { name, way, reason } of findAgents(gateway)) {
    if (way === undefined) why.push(`${name} is not asked: ${reason}`);
    else if (!jailed) why.push(`${name} is not asked: no sandbox holds here, and --unsafe was not given`);
    else {
      try {
        const agent = await open(name, 0, request, sandbox, gateway);
        return {
          members: [agent, 'search'],
          reason: `the best agent found: ${reasonOfMember(agent)}; when it has nothing, ${OPTIMIZER}`,
        };
      } catch (thrown) {
        if (!(thrown instanceof LabError)) throw thrown;
        why.push(`${name} is not asked: ${thrown.parts.why}`);
      }
    }
  }
  if (canAskModels(gateway, request.env)) {
    try {
      const agent = await open('model', 0, request, sandbox, gateway);
      return {
        members: [agent, 'search'],
        reason: [...why, `${reasonOfMember(agent)}; when it has nothing, ${OPTIMIZER}`].join('; '),
      };
    } catch (thrown) {
      if (!(thrown instanceof LabError)) throw thrown;
      why.push(thrown.parts.why);
    }
  } else why.push(why.length === 0 ? 'no agent is on PATH and no key is set' : 'no key is set');
  return { members: ['search'], reason: `${OPTIMIZER}: no model is used (${why.join('; ')})` };
}

const OPTIMIZER = 'an optimizer over the knobs of the manifest';
const reasonOfMember = (member: Agent | 'search'): string => (member === 'search' ? OPTIMIZER : member.reason);
