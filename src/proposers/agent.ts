/**
 * A coding agent as a proposer: one bounded call per experiment, in a fresh folder with what it may see, with a brief.
 * What counts is the files afterwards, not what the agent says or how it exits. Knows nothing about which agent it is,
 * or how it is held.
 */
import { LabError, reasonOf } from '../base/error.ts';
import { oneLine } from '../base/text.ts';
import { roleOf } from '../core/arena.ts';
import { budgetLeft } from '../core/calls.ts';
import type { CallFailure, RunLimits } from '../core/event.ts';
import type { Agent, AgentResult, Brief, CandidateFailure, Proposal, Proposer } from '../core/ports.ts';
import { removeTree } from '../os/files.ts';
import { type FolderChanges, collectChanges, readNoteFile, fingerprintsOf } from './folder.ts';
import { nearIdeas } from './near.ts';
import { readNote } from './note.ts';

export interface AgentProposerDeps {
  readonly agent: Agent;
  /** Lay what an agent may see of the brief's commit into a folder that does not exist yet. */
  readonly layOutFiles: (brief: Brief, workDir: string) => Promise<void>;
  /** A path for a fresh folder of call `call`. */
  readonly workDirOf: (call: number) => string;
  /** The page of instructions for the next idea, as it stands now. */
  readonly readProgram: (brief: Brief) => string | undefined;
  /** The text that the agent gets. */
  readonly writeBrief: (brief: Brief, context: BriefContext) => string;
  /** What an earlier experiment was, in words. */
  readonly describeEarlier?: (brief: Brief, n: number) => Promise<string>;
  /** Where a note may be left, below the folder. */
  readonly noteFile: string;
  /** Bounds of one call, and of the session. */
  readonly callLimits: { readonly wallMs: number; readonly tokens?: number; readonly usd?: number };
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
  if (brief.files.size === 0) return { kind: 'none', reason: 'there is no file that may be changed' };
  if (signal.aborted) return { kind: 'none', class: 'aborted', reason: 'nobody wants the idea any more' };
  const budgetLeftover = budgetLeft(state.calls, session, runLimits);
  const overspentReason = whyOverspent(budgetLeftover);
  if (overspentReason) return { kind: 'none', class: 'budget', reason: overspentReason };
  const programText = deps.readProgram(brief);
  const program = programText === undefined ? undefined : { text: programText, version: journal.putBlob(programText) };
  const wordCount = state.steering.words.length;
  const prompt = deps.writeBrief(brief, {
    left: budgetLeftover,
    ...(program && { program }),
    ...(failureToRepair && { repair: failureToRepair }),
  });
  const callNumber = journal.calling({
    purpose: failureToRepair ? 'repair' : 'idea',
    agent: agent.name,
    ...(agent.model !== undefined && { model: agent.model }),
    brief: journal.putBlob(prompt),
    ...(program && { program: program.version }),
  });
  const { result, found: foundChanges } = await runInFolder(deps, brief, callNumber, prompt, budgetLeftover);
  const judgedCall = judgeCall(result, foundChanges);
  const usageField = result.usage && { usage: result.usage };
  const replyField =
    result.kind === 'done' && result.text !== '' ? { reply: journal.putBlob(result.text.slice(-20_000)) } : {};
  const logField = result.log === undefined ? {} : { log: journal.putBlob(result.log) };
  journal.called(callNumber, { ...judgedCall.event, wallS: result.wallS, ...usageField, ...replyField, ...logField });
  if (judgedCall.kind === 'none') return judgedCall.proposal;
  return {
    ...judgedCall.proposal,
    call: callNumber,
    near: nearIdeas(
      state,
      judgedCall.proposal.hypothesis,
      judgedCall.proposal.edits.map((edit) => edit.path),
    ),
    ...(program && { program: program.version }),
    ...(wordCount > 0 && { words: wordCount }),
  };
}

function whyOverspent(remaining: { readonly tokens?: number; readonly usd?: number }): string | undefined {
  if (remaining.tokens === 0) return 'the tokens that the session or the lab may use are spent';
  return remaining.usd === 0 ? 'the money that the session or the lab may spend is spent' : undefined;
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
      found: {
        ...collectChanges(workDir, printsBefore, fileRoleOf, new Set([noteName])),
        ...(noteText !== undefined && { note: noteText }),
      },
    };
  } catch (thrownError) {
    if (thrownError instanceof LabError && thrownError.code === 'E_DISK_FULL') throw thrownError;
    return { result: { kind: 'failed', class: 'crashed', message: reasonOf(thrownError), wallS: 0 } };
  } finally {
    removeTree(workDir);
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

/** Editable files that are there, and the folders in which globs allow new ones. */
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

/** From what was found in the folder to a proposal. The order says what counts: files, then the note. */
function judgeCall(result: AgentResult, foundChanges: FoundChanges | undefined): JudgedCall {
  if (result.kind === 'failed' || !foundChanges) {
    const failedResult =
      result.kind === 'failed' ? result : { class: 'crashed' as const, message: 'nothing came back' };
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
  const noteRead = readNote(foundChanges.note ?? result.text);
  const { edits, touched, strays, refusal } = foundChanges;
  const ignoredChanges =
    describeIgnored('changed what it must not', touched) ?? describeIgnored('left other files', strays);
  if (edits.length === 0 && touched.length === 0 && !refusal) {
    const emptyReason = emptyReasonOf(result.text, strays);
    return {
      kind: 'none',
      event: { outcome: 'empty', message: withIncidents(emptyReason, result) },
      proposal: { kind: 'none', reason: emptyReason },
    };
  }
  // Changes of frozen files alone are an experiment that is refused: they are to be seen in the record, not only in a
  // call.
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
    event: { outcome: 'edit', ...(message && { message }) },
    proposal: {
      kind: 'edit',
      edits,
      ...ideaFields,
      ...(ignoredChanges && { why: ignoredChanges }),
      ...(refused && { refusal: refused }),
    },
  };
}

/** What it tried beside its work goes on record. */
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

/** The first sentence of prose: code fences and JSON are none. */
const firstSentence = (answerText: string): string =>
  oneLine(
    answerText
      .replace(/```[\s\S]*?(```|$)/g, '')
      .split('\n')
      .find((line) => /[\p{L}]{3}/u.test(line) && !/^\s*[{["]/.test(line)) ?? '',
    300,
  );
