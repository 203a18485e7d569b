/**
 * The half of the composition root that says where ideas come from: agents in a chain with their folders, briefs and
 * budgets, or the optimizer. Knows every adapter it needs; nothing below the edges imports it.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { isInstructions, leftWithoutUs } from '../base/text-block.ts';
import { oneLine, sanitizeText } from '../base/text.ts';
import { type Arena, roleOf } from '../core/arena.ts';
import type { RunLimits } from '../core/event.ts';
import type { Agent, Brief, Clock, Proposer, Workspace } from '../core/ports.ts';
import { codeOf, type LabState } from '../core/state.ts';
import { listTree, readText } from '../os/files.ts';
import { allowedCores } from '../os/machine.ts';
import type { LabPaths } from '../os/paths.ts';
import { type AgentProposerDeps, agentProposer, type BriefContext } from '../proposers/agent.ts';
import { chainProposer } from '../proposers/chain.ts';
import { hybridProposer } from '../proposers/hybrid.ts';
import { searchProposer } from '../proposers/search.ts';
import { briefText, NOTE_FILE } from '../view/brief/brief.ts';
import { viewExperiment } from '../view/lab/experiment.ts';

/** Who is asked, in order of preference; `search` is the optimizer over knobs. */
export interface IdeaSources {
  readonly members: readonly (Agent | 'search')[];
  /** The members advise, and the optimizer over knobs shares the budget with them. */
  readonly hybrid?: boolean;
  /** Nobody is asked: ideas come through the inbox alone. */
  readonly mute?: boolean;
  /** Why these: shown and recorded. */
  readonly reason: string;
  /** Bounds of one call. */
  readonly call?: Partial<AgentProposerDeps['callLimits']>;
  /** Factor on waits after failures. For tests. */
  readonly patience?: number;
  /** A second page of instructions, taken in turn with the arena's program.md. */
  readonly programB?: string;
  /** Called when the session is over. */
  close?(): Promise<void>;
}

export interface ProposerContext {
  readonly arena: Arena;
  readonly workspace: Workspace;
  readonly paths: LabPaths;
  readonly runTag: string;
  readonly session: number;
  readonly limits: RunLimits;
  readonly clock: Clock;
  readonly onSwitch?: (remark: string) => void;
}

/** Minutes that one call may take when nobody says otherwise. */
const DEFAULT_CALL_MS = 10 * 60_000;

export function chooseProposer(
  options: { readonly proposer?: Proposer; readonly ideas?: IdeaSources },
  context: ProposerContext,
): { readonly proposer: Proposer; readonly reason: string } {
  if (options.proposer) return { proposer: options.proposer, reason: 'given by the caller' };
  const { ideas } = options;
  if (!ideas)
    return { proposer: searchProposer(), reason: 'an optimizer over the knobs of the manifest: no model is used' };
  if (ideas.mute) return { proposer: muteProposer(), reason: ideas.reason };
  const proposers = ideas.members.map((member) =>
    member === 'search' ? searchProposer() : agentProposerFor(member, ideas, context),
  );
  const { clock, session, onSwitch } = context;
  const chain = chainProposer(proposers, {
    clock,
    session,
    ...(ideas.patience !== undefined && { patience: ideas.patience }),
    ...(onSwitch && { onSwitch }),
  });
  return { proposer: ideas.hybrid ? hybridProposer({ adviser: chain }) : chain, reason: ideas.reason };
}

/** Never asked: the plan waits for what comes through the inbox. */
const muteProposer = (): Proposer => ({
  name: 'submissions',
  mute: true,
  propose: async () => ({ kind: 'none', reason: 'ideas are submitted from outside' }),
});

function agentProposerFor(
  agent: Agent,
  sources: IdeaSources,
  { arena, workspace, paths, runTag, session, limits, clock }: ProposerContext,
): Proposer {
  const instructionsFile = path.join(paths.arena, 'program.md');
  const instructionsFor = ({ state }: Brief): string =>
    sources.programB !== undefined && isSecondTurn(state) ? sources.programB : instructionsFile;
  return agentProposer({
    agent,
    layOutFiles: layOutFor(arena, workspace, instructionsFor),
    workDirOf: (callIndex) => path.join(paths.work, `call-${callIndex}`),
    readProgram: (brief) => readText(instructionsFor(brief)),
    writeBrief: (brief, about) => writeBrief(brief, about, limits, clock),
    noteFile: NOTE_FILE,
    describeEarlier: (brief, n) => earlierText(brief, n, workspace, clock.now()),
    callLimits: { wallMs: DEFAULT_CALL_MS, ...sources.call },
    runLimits: limits,
    session,
    cores: coresFor(arena.resources.cpus),
    tagOf: (callIndex) => `${runTag}-call-${callIndex}`,
  });
}

/** A B B A, by the ideas that agents have had so far: two in a row stand on nearly the same code. */
const isSecondTurn = (state: LabState): boolean =>
  [false, true, true, false][
    state.experiments.filter((experiment) => experiment.idea.program !== undefined).length % 4
  ]!;

/** What an agent may see: the commit without hidden files, and the page of instructions as the person has it now. */
function layOutFor(
  arena: Arena,
  workspace: Workspace,
  instructionsFor: (brief: Brief) => string,
): AgentProposerDeps['layOutFiles'] {
  const roleOfFile = roleOf(arena);
  return async (brief, targetDir) => {
    fs.mkdirSync(path.dirname(targetDir), { recursive: true });
    await workspace.checkout(brief.commit, targetDir, (filePath) => roleOfFile(filePath) === 'hidden');
    const instructions = readText(instructionsFor(brief));
    if (instructions !== undefined) fs.writeFileSync(path.join(targetDir, 'program.md'), instructions);
    // What is written there for an agent that a person talks to would only confuse one that has a brief.
    for (const filePath of listTree(targetDir).filter(isInstructions))
      removeInstructions(path.join(targetDir, filePath));
  };
}

function removeInstructions(filePath: string): void {
  if (!fs.lstatSync(filePath).isFile()) return;
  const fileText = fs.readFileSync(filePath, 'utf8');
  const remainingText = leftWithoutUs(filePath, fileText);
  if (remainingText === '') fs.rmSync(filePath);
  else if (remainingText !== fileText) fs.writeFileSync(filePath, remainingText);
}

function writeBrief(
  brief: Brief,
  { program, left: remaining, repair }: BriefContext,
  limits: RunLimits,
  clock: Clock,
): string {
  const currentTime = clock.now();
  const secondsLeft =
    limits.deadline === undefined ? undefined : (Date.parse(limits.deadline) - Date.parse(currentTime)) / 1000;
  const readBlobText = (blobHash: string): string | undefined => {
    const blobBytes = brief.journal.getBlob(blobHash);
    return blobBytes && Buffer.from(blobBytes).toString('utf8');
  };
  return briefText(
    brief.state,
    { now: currentTime, alive: true, tip: '' },
    {
      files: brief.files,
      left: { ...remaining, ...(secondsLeft !== undefined && { seconds: secondsLeft }) },
      blob: readBlobText,
      ...(program && { program }),
      ...(repair && { repair }),
      ...(brief.advice && { advice: brief.advice }),
      ...(brief.base && { base: brief.base }),
    },
  );
}

const MAX_DIFF_CHARS = 8000;

/**
 * An earlier experiment as an agent may read it: what was expected, changed and found. Text of models in it is data.
 */
async function earlierText({ state }: Brief, n: number, workspace: Workspace, currentTime: string): Promise<string> {
  const experimentPage = viewExperiment(state, n, { now: currentTime, alive: true, tip: '' });
  const experimentCode = codeOf(state, n);
  if (!experimentPage) return `There is no experiment ${n}; the newest is ${state.experiments.length - 1}.`;
  const parentCode = codeOf(state, experimentPage.row.parent);
  const codeDiff =
    experimentCode && parentCode && n > 0 ? await workspace.diffCommits(parentCode.commit, experimentCode.commit) : '';
  const { verdict, reason, effect, mean } = experimentPage.row;
  return [
    `#${n} on #${experimentPage.row.parent}: ${verdict}. ${effect?.text ?? ''} ${mean ? `${experimentPage.metric} ${mean.text}` : ''}`.trim(),
    `Said: ${oneLine(experimentPage.hypothesis, 600)}`,
    `Found: ${oneLine(reason, 400)}`,
    sanitizeText(codeDiff).slice(0, MAX_DIFF_CHARS),
  ].join('\n');
}

/** Cores that no measurement owns; none are pinned where a measurement needs them all. */
function coresFor(cpuCount: number): number[] {
  const allCores = allowedCores();
  return cpuCount >= allCores.length ? [] : allCores.slice(0, -cpuCount);
}
