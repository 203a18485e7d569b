/**
 * What a sender says beside a change: title, mechanism, expected effect, risks, next ideas, the words it heeds. Each is
 * bounded, and what is too long or cannot be read is refused with its reason instead of being cut.
 */
import { defined } from '../base/defined.ts';
import { formatCount, oneLine, sanitizeText } from '../base/text.ts';
import type { AgentNote } from '../core/agent-call.ts';
import { expectedText, readExpectedEffect } from '../core/expected-effect.ts';
import { MAX_SAID } from '../core/requests.ts';
import { arenaOf, type LabState } from '../core/state.ts';
import { unusableError } from './refusals.ts';

/** As the sender gives them. */
export interface Statements {
  readonly title?: string;
  readonly mechanism?: string;
  /** `better by 3 %`, or a number in units of the metric. */
  readonly expected?: string | number;
  readonly risks?: string;
  readonly next?: readonly string[];
  /** Names of steering words: w1, w2. */
  readonly heeds?: readonly string[];
  readonly simplifies?: boolean;
  /** The model behind it. */
  readonly model?: string;
  /** What the idea cost: whole tokens, and dollars. */
  readonly tokens?: number;
  readonly usd?: number;
}

const SIMPLIFIES_TEXT =
  'a simplification wins a tie where it only deletes lines, needs fewer packages or makes a smaller model; else it is judged as any other change';

/** The note of a submission, and a sentence on how it was understood. Throws E_SUBMIT. */
export function readStatements(
  state: LabState,
  said: Statements,
): { readonly note?: AgentNote; readonly understood: string } {
  const { metric } = arenaOf(state);
  const expected = said.expected === undefined ? undefined : boundedLine('expected', String(said.expected));
  const reading = expected === undefined ? undefined : readExpectedEffect(expected, metric);
  if (reading?.ok === false)
    throw unusableError(
      `Its expected effect "${expected}" cannot be read: ${reading.problem}.`,
      'Correct it, or leave it out.',
    );
  const note: AgentNote = defined({
    title: said.title === undefined ? undefined : boundedLine('title', said.title),
    mechanism: said.mechanism === undefined ? undefined : boundedLine('mechanism', said.mechanism),
    expected,
    effect: reading?.effect,
    risks: said.risks === undefined ? undefined : boundedLine('risks', said.risks),
    next: said.next && readNextIdeas(said.next),
    heeds: said.heeds && readHeeds(state, said.heeds),
    simplifies: said.simplifies ? (true as const) : undefined,
    model: said.model === undefined ? undefined : oneLine(said.model, 100) || undefined,
    spent: readSpent(said),
  });
  const understood = [
    reading && `expected: ${expectedText(reading.effect, metric.unit)}`,
    note.simplifies && SIMPLIFIES_TEXT,
  ]
    .filter(Boolean)
    .join('; ');
  return { ...(Object.keys(note).length > 0 && { note }), understood };
}

/** What an idea cost, as its sender says; undefined where it says nothing. */
function readSpent({ tokens, usd }: Statements): AgentNote['spent'] {
  if (tokens === undefined && usd === undefined) return undefined;
  if (tokens !== undefined && !(Number.isSafeInteger(tokens) && tokens >= 0))
    throw unusableError(`Its ${tokens} tokens are no whole number from 0 on.`, 'Correct it, or leave it out.');
  if (usd !== undefined && !(Number.isFinite(usd) && usd >= 0))
    throw unusableError(`Its cost of $${usd} is no number from 0 on.`, 'Correct it, or leave it out.');
  return defined({ tokens, usd });
}

/** The text as one line; undefined where nothing is in it. */
function boundedLine(
  what: 'title' | 'mechanism' | 'expected' | 'risks' | 'nextIdea',
  text: string,
): string | undefined {
  const line = sanitizeText(text).replace(/\s+/g, ' ').trim();
  if (line.length > MAX_SAID[what])
    throw unusableError(
      `Its ${SAID_NAMES[what]} has ${line.length} characters, at most ${MAX_SAID[what]} are allowed.`,
      what === 'title' ? 'Shorten it; the hypothesis may be longer.' : 'Shorten it.',
    );
  return line === '' ? undefined : line;
}

const SAID_NAMES = {
  title: 'title',
  mechanism: 'mechanism',
  expected: 'expected effect',
  risks: 'text on risks',
  nextIdea: 'next idea',
} as const;

function readNextIdeas(ideas: readonly string[]): readonly string[] | undefined {
  const lines = ideas.map((idea) => boundedLine('nextIdea', idea)).filter((line) => line !== undefined);
  if (lines.length > MAX_SAID.nextIdeas)
    throw unusableError(
      `It names ${lines.length} next ideas, at most ${MAX_SAID.nextIdeas} are allowed.`,
      'Name the best ones; the others can be submitted.',
    );
  return lines.length > 0 ? lines : undefined;
}

function readHeeds(state: LabState, names: readonly string[]): readonly string[] | undefined {
  const wordCount = state.steering.words.length;
  const known = new Set(state.steering.words.map((_, i) => `w${i + 1}`));
  const unknown = names.find((name) => !known.has(name));
  if (unknown !== undefined)
    throw unusableError(
      `It heeds "${unknown.slice(0, 40)}", but ${wordCount === 0 ? 'no instruction is in force' : `${formatCount(wordCount, 'instruction')} ${wordCount === 1 ? 'is' : 'are'} in force: ${[...known].slice(0, 20).join(', ')}`}.`,
      '`overnight brief` lists the instructions of the person by their names.',
    );
  const unique = [...new Set(names)].slice(0, MAX_SAID.heeds);
  return unique.length > 0 ? unique : undefined;
}
