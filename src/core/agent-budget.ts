/**
 * What each agent may spend on a lab, and what it has spent: ideas, and tokens and dollars as far as they are known.
 * An agent from outside states its own cost; that of an agent of the harness is metered.
 */
import { defined } from '../base/defined.ts';
import { formatCount, oneLine } from '../base/text.ts';
import type { AgentCall, Experiment } from './experiment.ts';

export interface AgentBudget {
  readonly ideas?: number;
  readonly tokens?: number;
  readonly usd?: number;
}

/** The key of the budget of every agent that has none of its own. */
export const EVERY_AGENT = '*';

interface Spending {
  readonly experiments: readonly Experiment[];
  readonly calls: readonly AgentCall[];
  readonly steering: { readonly agentBudgets: ReadonlyMap<string, AgentBudget> };
}

/** Ideas, tokens and dollars of one agent. What was refused because the budget was spent is no idea of it. */
export function spentBy(state: Pick<Spending, 'experiments' | 'calls'>, agent: string): Required<AgentBudget> {
  const ideas = state.experiments.filter(
    ({ idea }) => idea.kind === 'idea' && idea.proposer === agent && idea.carries === undefined,
  );
  const counted = ideas.filter((experiment) => experiment.state !== 'refused' || experiment.code !== 'over-budget');
  const usages = state.calls.flatMap(({ start, end }) => (start.agent === agent && end?.usage) || []);
  const stated = counted.map(({ idea }) => idea.note?.spent ?? {});
  const sum = (amounts: readonly number[]): number => amounts.reduce((total, amount) => total + amount, 0);
  return {
    ideas: counted.length,
    tokens: sum([
      ...stated.map(({ tokens = 0 }) => tokens),
      ...usages.map(({ inputTokens, outputTokens }) => inputTokens + outputTokens),
    ]),
    usd: sum([...stated.map(({ usd = 0 }) => usd), ...usages.map(({ usd = 0 }) => usd)]),
  };
}

/** The proposer that ideas of the optimizer over knobs are recorded under. It is no agent. */
export const OPTIMIZER = 'search';

/** The budget of an agent; empty where it has none. A person has none, the optimizer only one of its own name. */
export const budgetOf = ({ steering: { agentBudgets } }: Pick<Spending, 'steering'>, agent: string): AgentBudget =>
  agentBudgets.get(agent) ?? (agent === OPTIMIZER ? undefined : agentBudgets.get(EVERY_AGENT)) ?? {};

/** Calls of an agent that may still give an idea. */
export const openCallsOf = ({ calls }: Pick<Spending, 'calls'>, agent: string, session: number): number =>
  calls.filter(
    ({ start, end }) =>
      end === undefined && start.agent === agent && start.session === session && start.purpose === 'idea',
  ).length;

/** What an agent has left; undefined where it has no budget. `waiting`: ideas of it that are not recorded yet. */
export function budgetLeft(state: Spending, agent: string, waiting = 0): AgentBudget | undefined {
  const budget = budgetOf(state, agent);
  if (Object.keys(budget).length === 0) return undefined;
  const spent = spentBy(state, agent);
  const { ideas, tokens, usd } = budget;
  return defined({
    ideas: ideas === undefined ? undefined : Math.max(0, ideas - spent.ideas - waiting),
    tokens: tokens === undefined ? undefined : Math.max(0, tokens - spent.tokens),
    usd: usd === undefined ? undefined : Math.max(0, usd - spent.usd),
  });
}

/** Why an agent may propose no further idea; undefined where it may. */
export function whyOverBudget(state: Spending, agent: string, waiting = 0): string | undefined {
  const left = budgetLeft(state, agent, waiting);
  if (left === undefined) return undefined;
  const budget = budgetOf(state, agent);
  const spent = `the budget of ${oneLine(agent, 60)} is spent`;
  if (left.ideas === 0) return `${spent}: it had ${formatCount(budget.ideas!, 'idea')}`;
  if (left.tokens === 0) return `${spent}: it had ${formatCount(budget.tokens!, 'token')}`;
  return left.usd === 0 ? `${spent}: it had $${budget.usd!.toFixed(2)}` : undefined;
}

/** `3 ideas, $1.20`. */
export const budgetText = ({ ideas, tokens, usd }: AgentBudget): string =>
  [
    ideas !== undefined && formatCount(ideas, 'idea'),
    tokens !== undefined && formatCount(Math.floor(tokens), 'token'),
    usd !== undefined && `$${usd.toFixed(2)}`,
  ]
    .filter((part) => part !== false)
    .join(', ');
