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
import type { Agent, AgentResult, Brief, Failure, Proposal, Proposer } from '../core/ports.ts';
import { removeTree } from '../os/files.ts';
import { type Harvest, harvest, noteFile, printsOf } from './folder.ts';
import { nearIdeas } from './near.ts';
import { readNote } from './note.ts';

export interface AgentProposerParts {
  readonly agent: Agent;
  /** Lay what an agent may see of the brief's commit into a folder that does not exist yet. */
  readonly lay: (brief: Brief, dir: string) => Promise<void>;
  /** A path for a fresh folder of call `call`. */
  readonly room: (call: number) => string;
  /** The page of instructions for the next idea, as it stands now. */
  readonly program: (brief: Brief) => string | undefined;
  /** The text that the agent gets. */
  readonly write: (brief: Brief, about: BriefAbout) => string;
  /** What an earlier experiment was, in words. */
  readonly earlier?: (brief: Brief, n: number) => Promise<string>;
  /** Where a note may be left, below the folder. */
  readonly noteFile: string;
  /** Bounds of one call, and of the session. */
  readonly call: { readonly wallMs: number; readonly tokens?: number; readonly usd?: number };
  readonly limits: RunLimits;
  readonly session: number;
  readonly cores: readonly number[];
  /** Mark of every process of call `call`. */
  readonly tag: (call: number) => string;
}

export interface BriefAbout {
  readonly program?: { readonly text: string; readonly version: string };
  readonly left: { readonly tokens?: number; readonly usd?: number };
  readonly repair?: Failure;
}

export function agentProposer(parts: AgentProposerParts): Proposer {
  return {
    name: parts.agent.name,
    propose: (brief) => ask(parts, brief),
    repair: (brief, failure) => ask(parts, brief, failure),
  };
}

async function ask(parts: AgentProposerParts, brief: Brief, repair?: Failure): Promise<Proposal> {
  const { agent, limits, session } = parts;
  const { journal, state, signal } = brief;
  if (brief.files.size === 0) return { kind: 'none', reason: 'there is no file that may be changed' };
  if (signal.aborted) return { kind: 'none', class: 'aborted', reason: 'nobody wants the idea any more' };
  const left = budgetLeft(state.calls, session, limits);
  const over = overspent(left);
  if (over) return { kind: 'none', class: 'budget', reason: over };
  const text = parts.program(brief);
  const program = text === undefined ? undefined : { text, version: journal.putBlob(text) };
  const words = state.steering.words.length;
  const prompt = parts.write(brief, { left, ...(program && { program }), ...(repair && { repair }) });
  const call = journal.calling({
    purpose: repair ? 'repair' : 'idea',
    agent: agent.name,
    ...(agent.model !== undefined && { model: agent.model }),
    brief: journal.putBlob(prompt),
    ...(program && { program: program.version }),
  });
  const { result, found } = await inFolder(parts, brief, call, prompt, left);
  const outcome = judged(result, found);
  const usage = result.usage && { usage: result.usage };
  const reply =
    result.kind === 'done' && result.text !== '' ? { reply: journal.putBlob(result.text.slice(-20_000)) } : {};
  const log = result.log === undefined ? {} : { log: journal.putBlob(result.log) };
  journal.called(call, { ...outcome.event, wallS: result.wallS, ...usage, ...reply, ...log });
  if (outcome.kind === 'none') return outcome.proposal;
  return {
    ...outcome.proposal,
    call,
    near: nearIdeas(
      state,
      outcome.proposal.hypothesis,
      outcome.proposal.edits.map((edit) => edit.path),
    ),
    ...(program && { program: program.version }),
    ...(words > 0 && { words }),
  };
}

function overspent(left: { readonly tokens?: number; readonly usd?: number }): string | undefined {
  if (left.tokens === 0) return 'the tokens that the session or the lab may use are spent';
  return left.usd === 0 ? 'the money that the session or the lab may spend is spent' : undefined;
}

interface Found extends Harvest {
  readonly note?: string;
}

async function inFolder(
  { agent, lay, room, call: bounds, cores, tag, noteFile: name, earlier }: AgentProposerParts,
  brief: Brief,
  call: number,
  prompt: string,
  left: { readonly tokens?: number; readonly usd?: number },
): Promise<{ readonly result: AgentResult; readonly found?: Found }> {
  const dir = room(call);
  const { arena, files, signal } = brief;
  const role = roleOf(arena);
  try {
    await lay(brief, dir);
    const before = printsOf(dir);
    const result = await agent.run({
      prompt,
      dir,
      writable: writableOf(arena.editable, [...files.keys()], name),
      limits: {
        wallMs: bounds.wallMs,
        ...least('tokens', bounds.tokens, left.tokens),
        ...least('usd', bounds.usd, left.usd),
      },
      cores,
      tag: tag(call),
      signal,
      ...(earlier && { earlier: (n: number) => earlier(brief, n) }),
    });
    if (result.kind === 'failed') return { result };
    const note = noteFile(dir, name);
    return { result, found: { ...harvest(dir, before, role, new Set([name])), ...(note !== undefined && { note }) } };
  } catch (thrown) {
    if (thrown instanceof LabError && thrown.code === 'E_DISK_FULL') throw thrown;
    return { result: { kind: 'failed', class: 'crashed', message: reasonOf(thrown), wallS: 0 } };
  } finally {
    removeTree(dir);
  }
}

function least<K extends string>(name: K, a: number | undefined, b: number | undefined): { [k in K]?: number } {
  if (a === undefined && b === undefined) return {};
  return { [name]: Math.min(a ?? Number.POSITIVE_INFINITY, b ?? Number.POSITIVE_INFINITY) } as { [k in K]?: number };
}

/** Editable files that are there, and the folders in which globs allow new ones. */
function writableOf(globs: readonly string[], files: readonly string[], note: string): string[] {
  const folders = globs
    .filter((glob) => /[*?[{(!]/.test(glob))
    .map(
      (glob) =>
        glob
          .slice(0, glob.search(/[*?[{(!]/))
          .replace(/[^/]*$/, '')
          .replace(/\/$/, '') || '.',
    );
  return [...new Set([...files, ...folders, note])].sort();
}

type Outcome =
  | { readonly kind: 'none'; readonly event: Event; readonly proposal: Extract<Proposal, { kind: 'none' }> }
  | { readonly kind: 'edit'; readonly event: Event; readonly proposal: Extract<Proposal, { kind: 'edit' }> };
interface Event {
  readonly outcome: 'edit' | 'empty' | 'failed';
  readonly class?: CallFailure;
  readonly message?: string;
  readonly retryAt?: string;
}

/** From what was found in the folder to a proposal. The order says what counts: files, then the note. */
function judged(result: AgentResult, found: Found | undefined): Outcome {
  if (result.kind === 'failed' || !found) {
    const failed = result.kind === 'failed' ? result : { class: 'crashed' as const, message: 'nothing came back' };
    const message = oneLine(failed.message, 500);
    const retry = 'retryAt' in failed && failed.retryAt !== undefined ? { retryAt: failed.retryAt } : {};
    const event = {
      outcome: 'failed',
      class: failed.class,
      message: withIncidents(message, result),
      ...retry,
    } as const;
    return { kind: 'none', event, proposal: { kind: 'none', class: failed.class, reason: message } };
  }
  const read = readNote(found.note ?? result.text);
  const { edits, touched, strays, refusal } = found;
  const outside = named('changed what it must not', touched) ?? named('left other files', strays);
  if (edits.length === 0 && touched.length === 0 && !refusal) {
    const reason = empty(result.text, strays);
    return {
      kind: 'none',
      event: { outcome: 'empty', message: withIncidents(reason, result) },
      proposal: { kind: 'none', reason },
    };
  }
  // Changes of frozen files alone are an experiment that is refused: they are to be seen in the record, not only in a
  // call.
  const refused = refusal ?? (edits.length === 0 ? frozenOnly(touched) : undefined);
  const files = edits.length > 0 ? edits.map((edit) => edit.path) : touched;
  const about = read.ok
    ? { hypothesis: read.hypothesis, note: read.note }
    : {
        hypothesis: firstWords(result.text) || `changes ${oneLine(files.join(', '), 200) || 'what cannot be recorded'}`,
        note: { problem: read.problem },
      };
  const message = withIncidents(
    [read.ok ? undefined : read.problem, outside].filter((part) => part !== undefined).join('; '),
    result,
  );
  return {
    kind: 'edit',
    event: { outcome: 'edit', ...(message && { message }) },
    proposal: { kind: 'edit', edits, ...about, ...(outside && { why: outside }), ...(refused && { refusal: refused }) },
  };
}

/** What it tried beside its work goes on record. */
const withIncidents = (message: string, { incidents = [] }: AgentResult): string =>
  [message, ...incidents.slice(0, 10).map((what) => oneLine(what, 200))].filter((part) => part !== '').join('; ');

const frozenOnly = (touched: readonly string[]): NonNullable<Found['refusal']> => ({
  code: 'not-editable',
  reason: `${oneLine(touched.slice(0, 5).join(', '), 300)} changed, which is not editable, and nothing else`,
});

const named = (what: string, files: readonly string[]): string | undefined =>
  files.length === 0 ? undefined : `${what}, which does not count: ${oneLine(files.slice(0, 5).join(', '), 300)}`;

function empty(text: string, strays: readonly string[]): string {
  const last = text.trim().split('\n').at(-1) ?? '';
  if (strays.length > 0) return `no editable file was changed; ${named('it left other files', strays)}`;
  if (/\?\s*$/.test(last)) return `it asked instead of editing: ${oneLine(last, 200)}`;
  return text.trim() === '' ? 'no change and no answer' : `no change: ${oneLine(last, 200)}`;
}

/** The first sentence of prose: code fences and JSON are none. */
const firstWords = (text: string): string =>
  oneLine(
    text
      .replace(/```[\s\S]*?(```|$)/g, '')
      .split('\n')
      .find((line) => /[\p{L}]{3}/u.test(line) && !/^\s*[{["]/.test(line)) ?? '',
    300,
  );
