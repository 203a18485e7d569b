/**
 * The half of the composition root that says where ideas come from: agents in a chain with their folders, briefs and
 * budgets, or the optimizer. Knows every adapter it needs; nothing below the edges imports it.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { isInstructions, leftWithoutUs } from '../base/text-block.ts';
import { oneLine, sanitize } from '../base/text.ts';
import { type Arena, roleOf } from '../core/arena.ts';
import type { RunLimits } from '../core/event.ts';
import type { Agent, Brief, Clock, Proposer, Workspace } from '../core/ports.ts';
import { codeOf, type LabState } from '../core/state.ts';
import { listTree, readText } from '../os/files.ts';
import { allowedCores } from '../os/machine.ts';
import type { LabPaths } from '../os/paths.ts';
import { type AgentProposerParts, agentProposer, type BriefAbout } from '../proposers/agent.ts';
import { chainProposer } from '../proposers/chain.ts';
import { hybridProposer } from '../proposers/hybrid.ts';
import { searchProposer } from '../proposers/search.ts';
import { briefText, NOTE_FILE } from '../view/brief/brief.ts';
import { viewExperiment } from '../view/lab/experiment.ts';

/** Who is asked, in order of preference; `search` is the optimizer over knobs. */
export interface Ideas {
  readonly members: readonly (Agent | 'search')[];
  /** The members advise, and the optimizer over knobs shares the budget with them. */
  readonly hybrid?: boolean;
  /** Nobody is asked: ideas come through the inbox alone. */
  readonly mute?: boolean;
  /** Why these: shown and recorded. */
  readonly reason: string;
  /** Bounds of one call. */
  readonly call?: Partial<AgentProposerParts['call']>;
  /** Factor on waits after failures. For tests. */
  readonly patience?: number;
  /** A second page of instructions, taken in turn with the arena's program.md. */
  readonly programB?: string;
  /** Called when the session is over. */
  close?(): Promise<void>;
}

export interface IdeasContext {
  readonly arena: Arena;
  readonly workspace: Workspace;
  readonly paths: LabPaths;
  readonly runTag: string;
  readonly session: number;
  readonly limits: RunLimits;
  readonly clock: Clock;
  readonly onSwitch?: (text: string) => void;
}

/** Minutes that one call may take when nobody says otherwise. */
const CALL_MS = 10 * 60_000;

export function chooseProposer(
  options: { readonly proposer?: Proposer; readonly ideas?: Ideas },
  context: IdeasContext,
): { readonly proposer: Proposer; readonly reason: string } {
  if (options.proposer) return { proposer: options.proposer, reason: 'given by the caller' };
  const { ideas } = options;
  if (!ideas)
    return { proposer: searchProposer(), reason: 'an optimizer over the knobs of the manifest: no model is used' };
  if (ideas.mute) return { proposer: muteProposer(), reason: ideas.reason };
  const members = ideas.members.map((member) =>
    member === 'search' ? searchProposer() : asProposer(member, ideas, context),
  );
  const { clock, session, onSwitch } = context;
  const proposer = chainProposer(members, {
    clock,
    session,
    ...(ideas.patience !== undefined && { patience: ideas.patience }),
    ...(onSwitch && { onSwitch }),
  });
  return { proposer: ideas.hybrid ? hybridProposer({ adviser: proposer }) : proposer, reason: ideas.reason };
}

/** Never asked: the plan waits for what comes through the inbox. */
const muteProposer = (): Proposer => ({
  name: 'submissions',
  mute: true,
  propose: async () => ({ kind: 'none', reason: 'ideas are submitted from outside' }),
});

function asProposer(
  agent: Agent,
  ideas: Ideas,
  { arena, workspace, paths, runTag, session, limits, clock }: IdeasContext,
): Proposer {
  const page = path.join(paths.arena, 'program.md');
  const pageFor = ({ state }: Brief): string =>
    ideas.programB !== undefined && isSecondTurn(state) ? ideas.programB : page;
  return agentProposer({
    agent,
    lay: layFor(arena, workspace, pageFor),
    room: (call) => path.join(paths.work, `call-${call}`),
    program: (brief) => readText(pageFor(brief)),
    write: (brief, about) => writeBrief(brief, about, limits, clock),
    noteFile: NOTE_FILE,
    earlier: (brief, n) => earlierText(brief, n, workspace, clock.now()),
    call: { wallMs: CALL_MS, ...ideas.call },
    limits,
    session,
    cores: coresFor(arena.resources.cpus),
    tag: (call) => `${runTag}-call-${call}`,
  });
}

/** A B B A, by the ideas that agents have had so far: two in a row stand on nearly the same code. */
const isSecondTurn = (state: LabState): boolean =>
  [false, true, true, false][state.experiments.filter((x) => x.idea.program !== undefined).length % 4]!;

/** What an agent may see: the commit without hidden files, and the page of instructions as the person has it now. */
function layFor(arena: Arena, workspace: Workspace, pageFor: (brief: Brief) => string): AgentProposerParts['lay'] {
  const role = roleOf(arena);
  return async (brief, dir) => {
    fs.mkdirSync(path.dirname(dir), { recursive: true });
    await workspace.checkout(brief.commit, dir, (file) => role(file) === 'hidden');
    const text = readText(pageFor(brief));
    if (text !== undefined) fs.writeFileSync(path.join(dir, 'program.md'), text);
    // What is written there for an agent that a person talks to would only confuse one that has a brief.
    for (const file of listTree(dir).filter(isInstructions)) leaveOut(path.join(dir, file));
  };
}

function leaveOut(file: string): void {
  if (!fs.lstatSync(file).isFile()) return;
  const text = fs.readFileSync(file, 'utf8');
  const left = leftWithoutUs(file, text);
  if (left === '') fs.rmSync(file);
  else if (left !== text) fs.writeFileSync(file, left);
}

function writeBrief(brief: Brief, { program, left, repair }: BriefAbout, limits: RunLimits, clock: Clock): string {
  const now = clock.now();
  const seconds = limits.deadline === undefined ? undefined : (Date.parse(limits.deadline) - Date.parse(now)) / 1000;
  const blob = (hash: string): string | undefined => {
    const bytes = brief.journal.getBlob(hash);
    return bytes && Buffer.from(bytes).toString('utf8');
  };
  return briefText(
    brief.state,
    { now, alive: true, tip: '' },
    {
      files: brief.files,
      left: { ...left, ...(seconds !== undefined && { seconds }) },
      blob,
      ...(program && { program }),
      ...(repair && { repair }),
      ...(brief.advice && { advice: brief.advice }),
      ...(brief.base && { base: brief.base }),
    },
  );
}

const MOST_DIFF = 8000;

/**
 * An earlier experiment as an agent may read it: what was expected, changed and found. Text of models in it is data.
 */
async function earlierText({ state }: Brief, n: number, workspace: Workspace, now: string): Promise<string> {
  const page = viewExperiment(state, n, { now, alive: true, tip: '' });
  const code = codeOf(state, n);
  if (!page) return `There is no experiment ${n}; the newest is ${state.experiments.length - 1}.`;
  const parent = codeOf(state, page.row.parent);
  const diff = code && parent && n > 0 ? await workspace.diff(parent.commit, code.commit) : '';
  const { verdict, reason, effect, mean } = page.row;
  return [
    `#${n} on #${page.row.parent}: ${verdict}. ${effect?.text ?? ''} ${mean ? `${page.metric} ${mean.text}` : ''}`.trim(),
    `Said: ${oneLine(page.hypothesis, 600)}`,
    `Found: ${oneLine(reason, 400)}`,
    sanitize(diff).slice(0, MOST_DIFF),
  ].join('\n');
}

/** Cores that no measurement owns; none are pinned where a measurement needs them all. */
function coresFor(cpus: number): number[] {
  const all = allowedCores();
  return cpus >= all.length ? [] : all.slice(0, -cpus);
}
