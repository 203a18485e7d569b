/**
 * A coding agent as a proposer: one bounded call per experiment, with a brief, in a fresh folder with the files that it
 * may see. Only the files afterwards count, not what the agent says or how it exits. Knows nothing about which agent it
 * is, or about its jail.
 */
import { defined } from '../base/defined.ts';
import { LabError, reasonOf } from '../base/error.ts';
import { oneLine } from '../base/text.ts';
import { roleOf } from '../core/file-roles.ts';
import { budgetLeft as agentBudgetLeft } from '../core/agent-budget.ts';
import { budgetLeft } from '../core/calls.ts';
import type { CallFailure } from '../core/agent-call.ts';
import type { Arena } from '../core/arena.ts';
import type { RunLimits } from '../core/session.ts';
import type { Agent, AgentResult, Brief, CandidateFailure, Proposal, Proposer } from '../core/ports.ts';
import { tryRemoveTree } from '../os/remove-tree.ts';
import { type FolderChanges, collectChanges, readNoteFile, fingerprintsOf } from './folder.ts';
import { nearIdeas } from './near.ts';
import { readNote } from './note.ts';

export interface AgentProposerDeps {
  readonly agent: Agent;
  /** Write the files of the brief's commit that an agent may see into a folder that does not exist yet. */
  readonly layOutFiles: (brief: Brief, workDir: string) => Promise<void>;
  /** A path for a fresh folder of call `call`. */
  readonly workDirOf: (call: number) => string;
  /** The person's instructions (program.md) as they are now. */
  readonly readProgram: (brief: Brief) => string | undefined;
  /** The prompt of the agent. */
  readonly writeBrief: (brief: Brief, context: BriefContext) => string;
  /** An earlier experiment in words. */
  readonly describeEarlier?: (brief: Brief, n: number) => Promise<string>;
  /** Path of the note below the folder. */
  readonly noteFile: string;
  /** Limits of one call. */
  readonly callLimits: { readonly wallMs: number; readonly tokens?: number; readonly usd?: number };
  /** Limits of the session and the lab. */
  readonly runLimits: RunLimits;
  readonly session: number;
  readonly cores: readonly number[];
  /** Mark of every process of call `call`. */
  readonly tagOf: (call: number) => string;
}

export interface BriefContext {
  readonly program?: { readonly text: string; readonly version: string };
  readonly left: { readonly tokens?: number; readonly usd?: number };
  readonly repair?: CandidateFailure;
}

export function agentProposer(deps: AgentProposerDeps): Proposer {
  return {
    name: deps.agent.name,
    propose: (brief) => askAgent(deps, brief),
    repair: (brief, failure) => askAgent(deps, brief, failure),
  };
}

async function askAgent(deps: AgentProposerDeps, brief: Brief, failureToRepair?: CandidateFailure): Promise<Proposal> {
  const { agent, runLimits, session } = deps;
  const { journal, state, signal } = brief;
  if (brief.files.size === 0) return { kind: 'none', reason: 'no file may be changed' };
  if (signal.aborted) return { kind: 'none', class: 'aborted', reason: 'the idea is no longer wanted' };
  const budgetLeftover = narrower(budgetLeft(state.calls, session, runLimits), agentBudgetLeft(state, agent.name));
  const overspentReason = whyOverspent(budgetLeftover);
  if (overspentReason) return { kind: 'none', class: 'budget', reason: overspentReason };
  const programText = deps.readProgram(brief);
  const program = programText === undefined ? undefined : { text: programText, version: journal.putBlob(programText) };
  const wordCount = state.steering.words.length;
  const prompt = deps.writeBrief(brief, defined({ left: budgetLeftover, program, repair: failureToRepair }));
  const callNumber = journal.calling(
    defined({
      purpose: failureToRepair ? 'repair' : 'idea',
      agent: agent.name,
      model: agent.model,
      brief: journal.putBlob(prompt),
      program: program?.version,
    } as const),
  );
  const { result, found: foundChanges } = await runInFolder(deps, brief, callNumber, prompt, budgetLeftover);
  const judgedCall = judgeCallOrFail(result, foundChanges, brief.arena.metric);
  const reply = result.kind === 'done' && result.text !== '' ? result.text.slice(-20_000) : undefined;
  journal.called(
    callNumber,
    defined({
      ...judgedCall.event,
      wallS: result.wallS,
      usage: result.usage,
      reply: reply === undefined ? undefined : journal.putBlob(reply),
      log: result.log === undefined ? undefined : journal.putBlob(result.log),
    }),
  );
  if (judgedCall.kind === 'none') return judgedCall.proposal;
  return defined({
    ...judgedCall.proposal,
    call: callNumber,
    near: nearIdeas(
      state,
      judgedCall.proposal.hypothesis,
      judgedCall.proposal.edits.map((edit) => edit.path),
    ),
    program: program?.version,
    words: wordCount > 0 ? wordCount : undefined,
  });
}

interface Amounts {
  readonly tokens?: number;
  readonly usd?: number;
}

/** What is left by both: that of the session and the lab, and the agent's own. */
function narrower(left: Amounts, own: Amounts = {}): Amounts {
  const smaller = (unit: keyof Amounts): number | undefined => {
    const amounts = [left[unit], own[unit]].filter((amount) => amount !== undefined);
    return amounts.length > 0 ? Math.min(...amounts) : undefined;
  };
  return defined({ tokens: smaller('tokens'), usd: smaller('usd') });
}

function whyOverspent(remaining: { readonly tokens?: number; readonly usd?: number }): string | undefined {
  if (remaining.tokens === 0) return 'the session or the lab has spent all its tokens';
  return remaining.usd === 0 ? 'the session or the lab has spent all its money' : undefined;
}

interface FoundChanges extends FolderChanges {
  readonly note?: string;
}

async function runInFolder(
  {
    agent,
    layOutFiles,
    workDirOf,
    callLimits: bounds,
    cores,
    tagOf,
    noteFile: noteName,
    describeEarlier,
  }: AgentProposerDeps,
  brief: Brief,
  callNumber: number,
  prompt: string,
  remaining: { readonly tokens?: number; readonly usd?: number },
): Promise<{ readonly result: AgentResult; readonly found?: FoundChanges }> {
  const workDir = workDirOf(callNumber);
  const { arena, files, signal } = brief;
  const fileRoleOf = roleOf(arena);
  try {
    await layOutFiles(brief, workDir);
    const printsBefore = fingerprintsOf(workDir);
    const result = await agent.run({
      prompt,
      dir: workDir,
      writable: writableOf(arena.editable, [...files.keys()], noteName),
      limits: {
        wallMs: bounds.wallMs,
        ...leastOf('tokens', bounds.tokens, remaining.tokens),
        ...leastOf('usd', bounds.usd, remaining.usd),
      },
      cores,
      tag: tagOf(callNumber),
      signal,
      ...(describeEarlier && { earlier: (n: number) => describeEarlier(brief, n) }),
    });
    if (result.kind === 'failed') return { result };
    const noteText = readNoteFile(workDir, noteName);
    return {
      result,
      found: defined({
        ...collectChanges(workDir, printsBefore, fileRoleOf, new Set([noteName])),
        note: noteText,
      }),
    };
  } catch (thrownError) {
    if (thrownError instanceof LabError && thrownError.code === 'E_DISK_FULL') throw thrownError;
    return { result: { kind: 'failed', class: 'crashed', message: reasonOf(thrownError), wallS: 0 } };
  } finally {
    tryRemoveTree(workDir); // what is left of it is tried again when the next session starts
  }
}

function leastOf<K extends string>(
  limitName: K,
  callLimit: number | undefined,
  budgetLimit: number | undefined,
): { [k in K]?: number } {
  if (callLimit === undefined && budgetLimit === undefined) return {};
  return { [limitName]: Math.min(callLimit ?? Number.POSITIVE_INFINITY, budgetLimit ?? Number.POSITIVE_INFINITY) } as {
    [k in K]?: number;
  };
}

/** The editable files that exist, and the folders in which globs allow new ones. */
function writableOf(globs: readonly string[], filePaths: readonly string[], notePath: string): string[] {
  const folders = globs
    .filter((glob) => /[*?[{(!]/.test(glob))
    .map(
      (glob) =>
        glob
          .slice(0, glob.search(/[*?[{(!]/))
          .replace(/[^/]*$/, '')
          .replace(/\/$/, '') || '.',
    );
  return [...new Set([...filePaths, ...folders, notePath])].sort();
}

type JudgedCall =
  | { readonly kind: 'none'; readonly event: CallOutcome; readonly proposal: Extract<Proposal, { kind: 'none' }> }
  | { readonly kind: 'edit'; readonly event: CallOutcome; readonly proposal: Extract<Proposal, { kind: 'edit' }> };
interface CallOutcome {
  readonly outcome: 'edit' | 'empty' | 'failed';
  readonly class?: CallFailure;
  readonly message?: string;
  readonly retryAt?: string;
}

/** Whatever an agent left or said, its call gets an outcome on record. */
function judgeCallOrFail(
  result: AgentResult,
  foundChanges: FoundChanges | undefined,
  metric: Arena['metric'],
): JudgedCall {
  try {
    return judgeCall(result, foundChanges, metric);
  } catch (thrown) {
    const message = `its answer could not be read: ${reasonOf(thrown)}`;
    return judgeCall({ kind: 'failed', class: 'crashed', message, wallS: result.wallS }, undefined, metric);
  }
}

/** The proposal of a call: from the files of the folder, and from the note. */
function judgeCall(result: AgentResult, foundChanges: FoundChanges | undefined, metric: Arena['metric']): JudgedCall {
  if (result.kind === 'failed' || !foundChanges) {
    const failedResult =
      result.kind === 'failed' ? result : { class: 'crashed' as const, message: 'the call returned nothing' };
    const message = oneLine(failedResult.message, 500);
    const retryFields =
      'retryAt' in failedResult && failedResult.retryAt !== undefined ? { retryAt: failedResult.retryAt } : {};
    const callOutcome = {
      outcome: 'failed',
      class: failedResult.class,
      message: withIncidents(message, result),
      ...retryFields,
    } as const;
    return { kind: 'none', event: callOutcome, proposal: { kind: 'none', class: failedResult.class, reason: message } };
  }
  const noteRead = readNote(foundChanges.note ?? result.text, metric);
  const { edits, touched, strays, refusal } = foundChanges;
  const ignoredChanges =
    describeIgnored('changed frozen files', touched) ?? describeIgnored('left other files', strays);
  if (edits.length === 0 && touched.length === 0 && !refusal) {
    const emptyReason = emptyReasonOf(result.text, strays);
    return {
      kind: 'none',
      event: { outcome: 'empty', message: withIncidents(emptyReason, result) },
      proposal: { kind: 'none', reason: emptyReason },
    };
  }
  // When only frozen files were changed, the experiment is refused: the record then shows it as an experiment, not only
  // as a call.
  const refused = refusal ?? (edits.length === 0 ? frozenOnlyRefusal(touched) : undefined);
  const changedPaths = edits.length > 0 ? edits.map((edit) => edit.path) : touched;
  const ideaFields = noteRead.ok
    ? { hypothesis: noteRead.hypothesis, note: noteRead.note }
    : {
        hypothesis:
          firstSentence(result.text) || `changes ${oneLine(changedPaths.join(', '), 200) || 'what cannot be recorded'}`,
        note: { problem: noteRead.problem },
      };
  const message = withIncidents(
    [noteRead.ok ? undefined : noteRead.problem, ignoredChanges]
      .filter((messagePart) => messagePart !== undefined)
      .join('; '),
    result,
  );
  return {
    kind: 'edit',
    event: defined({ outcome: 'edit', message: message || undefined } as const),
    proposal: defined({
      kind: 'edit',
      edits,
      ...ideaFields,
      why: ignoredChanges,
      refusal: refused,
    } as const),
  };
}

/** The record also shows what the agent tried outside of its task. */
const withIncidents = (message: string, { incidents = [] }: AgentResult): string =>
  [message, ...incidents.slice(0, 10).map((incident) => oneLine(incident, 200))]
    .filter((messagePart) => messagePart !== '')
    .join('; ');

const frozenOnlyRefusal = (touched: readonly string[]): NonNullable<FoundChanges['refusal']> => ({
  code: 'not-editable',
  reason: `${oneLine(touched.slice(0, 5).join(', '), 300)} changed, which is not editable, and nothing else`,
});

const describeIgnored = (description: string, filePaths: readonly string[]): string | undefined =>
  filePaths.length === 0
    ? undefined
    : `${description}, which does not count: ${oneLine(filePaths.slice(0, 5).join(', '), 300)}`;

function emptyReasonOf(lastWords: string, strays: readonly string[]): string {
  const lastLine = lastWords.trim().split('\n').at(-1) ?? '';
  if (strays.length > 0) return `no editable file was changed; ${describeIgnored('it left other files', strays)}`;
  if (/\?\s*$/.test(lastLine)) return `it asked instead of editing: ${oneLine(lastLine, 200)}`;
  return lastWords.trim() === '' ? 'no change and no answer' : `no change: ${oneLine(lastLine, 200)}`;
}

/** The first line of prose: not a code block, not JSON. */
const firstSentence = (answerText: string): string =>
  oneLine(
    answerText
      .replace(/```[\s\S]*?(```|$)/g, '')
      .split('\n')
      .find((line) => /[\p{L}]{3}/u.test(line) && !/^\s*[{["]/.test(line)) ?? '',
    300,
  );
