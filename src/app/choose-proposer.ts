/**
 * Chooses who proposes: agents in a chain, the optimizer over knobs, both, or nobody. Gives each agent its folder, its
 * briefs and its limits.
 */
import * as path from 'node:path';
import { defined } from '../base/defined.ts';
import type { Arena } from '../core/arena.ts';
import type { RunLimits } from '../core/session.ts';
import type { Adviser, Agent, Brief, Clock, Proposer, Sandbox, Workspace } from '../core/ports.ts';
import { codeOf, type LabState } from '../core/state.ts';
import { readText } from '../os/files.ts';
import { allowedCores } from '../os/machine.ts';
import type { LabPaths } from '../os/paths.ts';
import { layOutAgentFolder } from '../proposers/agent-folder.ts';
import { advisedProposer } from '../proposers/advised.ts';
import { type AgentProposerDeps, agentProposer } from '../proposers/agent.ts';
import { chainProposer } from '../proposers/chain.ts';
import { hybridProposer } from '../proposers/hybrid.ts';
import { searchProposer } from '../proposers/search.ts';
import { adviserQuestion } from '../view/brief/adviser-question.ts';
import { agentBrief, blobTextOf } from '../view/brief/agent-brief.ts';
import { NOTE_FILE } from '../view/brief/brief.ts';
import { earlierText } from '../view/brief/earlier.ts';
import { mayRunOutsideCode, outsideCodeInPlay, requireSandbox } from './outside-code.ts';

export interface IdeaSources {
  /** Who is asked, in order of preference; `search` is the optimizer over knobs. */
  readonly members: readonly (Agent | 'search')[];
  /** The members advise, and the optimizer over knobs shares the budget with them. */
  readonly hybrid?: boolean;
  /** Nobody is asked: ideas come through the inbox alone. */
  readonly mute?: boolean;
  /** Why these sources were chosen: shown and recorded. */
  readonly reason: string;
  /** Bounds of one call. */
  readonly call?: Partial<AgentProposerDeps['callLimits']>;
  /** A second model that reads what was tried. */
  readonly adviser?: { readonly adviser: Adviser; readonly every: number; readonly mayStop: boolean };
  /** Factor on waits after failures. For tests. */
  readonly patience?: number;
  /** A second page of instructions, taken in turn with the arena's program.md. */
  readonly programB?: string;
  /** The person accepted that code from outside runs without a sandbox. */
  readonly allowsUnsafe?: boolean;
  /** Called when the session is over. */
  close?(): Promise<void>;
}

export interface ProposerContext {
  readonly arena: Arena;
  readonly sandbox: Sandbox;
  readonly ledger: { readonly state: LabState };
  readonly workspace: Workspace;
  readonly paths: LabPaths;
  readonly runTag: string;
  readonly session: number;
  readonly limits: RunLimits;
  readonly clock: Clock;
  readonly onSwitch?: (remark: string) => void;
}

/** True when this session may run code from outside: the caller's own proposer is the caller's responsibility. */
export const runsOutsideCode = (ideas: IdeaSources | undefined, sandbox: Sandbox): boolean =>
  mayRunOutsideCode(sandbox, ideas?.allowsUnsafe ?? false);

/** Milliseconds that one call may take when nobody says otherwise. */
const DEFAULT_CALL_MS = 10 * 60_000;

/** Throws E_UNSAFE when the session would run code from outside without a sandbox and nobody accepted that. */
export function chooseProposer(
  options: { readonly proposer?: Proposer; readonly ideas?: IdeaSources },
  context: ProposerContext,
): { readonly proposer: Proposer; readonly reason: string } {
  if (options.proposer) return { proposer: options.proposer, reason: 'given by the caller' };
  const { ideas } = options;
  const outsideExperiment = outsideCodeInPlay(context.ledger.state);
  if (outsideExperiment !== undefined)
    requireSandbox(
      context.sandbox,
      ideas?.allowsUnsafe ?? false,
      `The code of experiment #${outsideExperiment}, which was proposed from outside,`,
    );
  if (!ideas)
    return { proposer: searchProposer(), reason: 'an optimizer over the knobs of the manifest: no model is used' };
  if (ideas.mute) return { proposer: muteProposer(), reason: ideas.reason };
  const proposers = ideas.members.map((member) =>
    member === 'search' ? searchProposer() : agentProposerFor(member, ideas, context),
  );
  const { clock, session, onSwitch } = context;
  const chain = chainProposer(proposers, { clock, session, ...defined({ patience: ideas.patience, onSwitch }) });
  const asked = ideas.adviser ? advised(chain, ideas.adviser, context) : chain;
  return { proposer: ideas.hybrid ? hybridProposer({ adviser: asked }) : asked, reason: ideas.reason };
}

function advised(inner: Proposer, asked: NonNullable<IdeaSources['adviser']>, context: ProposerContext): Proposer {
  const { limits, session, clock, onSwitch } = context;
  return advisedProposer(inner, {
    ...asked,
    runLimits: limits,
    session,
    writeQuestion: (brief) =>
      adviserQuestion(brief.state, { now: clock.now(), alive: true, tip: '' }, { ...brief, blob: blobTextOf(brief) }),
    ...defined({ onRemark: onSwitch }),
  });
}

/** Never asked: the plan waits for what comes through the inbox. */
const muteProposer = (): Proposer => ({
  name: 'submissions',
  mute: true,
  propose: async () => ({ kind: 'none', reason: 'ideas are submitted from outside' }),
});

function agentProposerFor(agent: Agent, sources: IdeaSources, context: ProposerContext): Proposer {
  const { arena, workspace, paths, runTag, session, limits, clock } = context;
  const programFile = path.join(paths.arena, 'program.md');
  const readProgram = ({ state }: Brief): string | undefined =>
    readText(sources.programB !== undefined && isSecondTurn(state) ? sources.programB : programFile);
  return agentProposer({
    agent,
    layOutFiles: (brief, targetDir) => layOutAgentFolder(workspace, brief, readProgram(brief), targetDir),
    workDirOf: (callIndex) => path.join(paths.work, `call-${callIndex}`),
    readProgram,
    writeBrief: (brief, briefContext) => agentBrief(brief, briefContext, limits, clock.now()),
    noteFile: NOTE_FILE,
    describeEarlier: async ({ state }, n) => earlierText(state, n, await diffOf(workspace, state, n), clock.now()),
    callLimits: { wallMs: DEFAULT_CALL_MS, ...sources.call },
    runLimits: limits,
    session,
    cores: coresFor(arena.resources.cpus),
    tagOf: (callIndex) => `${runTag}-call-${callIndex}`,
  });
}

/** The order is A B B A, by the ideas that agents had so far: two in a row are made on nearly the same code. */
const isSecondTurn = (state: LabState): boolean =>
  [false, true, true, false][
    state.experiments.filter((experiment) => experiment.idea.program !== undefined).length % 4
  ]!;

/** What an experiment changed of its parent's code; empty where one of them is not in git. */
async function diffOf(workspace: Workspace, state: LabState, n: number): Promise<string> {
  const experiment = n > 0 ? state.experiments[n] : undefined;
  const code = experiment && codeOf(state, n);
  const parentCode = experiment && codeOf(state, experiment.idea.parent);
  return code && parentCode ? workspace.diffCommits(parentCode.commit, code.commit) : '';
}

/** Cores that no measurement owns; none are pinned where a measurement needs them all. */
function coresFor(cpuCount: number): number[] {
  const allCores = allowedCores();
  return cpuCount >= allCores.length ? [] : allCores.slice(0, -cpuCount);
}
