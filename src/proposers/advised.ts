/**
 * A proposer beside an adviser: at the start of every second block of ideas, in an order by chance, a second model
 * reads what was tried, and the ideas of that block are proposed with what it says. The ideas of the other blocks are
 * the comparison. An adviser that fails or says nothing changes nothing else.
 */
import { defined } from '../base/defined.ts';
import { LabError, reasonOf } from '../base/error.ts';
import { lastObject } from '../base/json.ts';
import { oneLine } from '../base/text.ts';
import type { Advice } from '../core/advice.ts';
import { adviserBlockOf } from '../core/adviser.ts';
import { budgetLeft } from '../core/calls.ts';
import type { Adviser, AgentResult, Brief, Proposal, Proposer } from '../core/ports.ts';
import type { RunLimits } from '../core/session.ts';

export interface AdvisedDeps {
  readonly adviser: Adviser;
  /** Ideas of a block. */
  readonly every: number;
  /** Its word "stop" ends the session. */
  readonly mayStop: boolean;
  readonly runLimits: RunLimits;
  readonly session: number;
  /** The question: what was tried, by the record. */
  readonly writeQuestion: (brief: Brief) => string;
  /** Called with a sentence for the person. Must not throw. */
  readonly onRemark?: (remark: string) => void;
}

export const ADVISER_AGENT = 'adviser';
const ADVICE_MS = 120_000;
const [MAX_ITEMS, MAX_ITEM_CHARS] = [5, 300];
const MAX_REPLY_CHARS = 20_000;

export function advisedProposer(inner: Proposer, deps: AdvisedDeps): Proposer {
  let stopReason: string | undefined;
  return {
    ...inner,
    propose: async (brief): Promise<Proposal> => {
      if (isTooEarly(brief, deps.every)) return inner.propose(brief);
      const block = adviserBlockOf(brief.state, deps.every, brief.n);
      if (block.turn === 'on' && !wasAskedSince(brief, block.from)) await askAdviser(deps, brief);
      const advice = block.turn === 'on' ? adviceSince(brief, block.from) : undefined;
      if (deps.mayStop && advice?.stop !== undefined && isOfSession(brief, advice, deps.session))
        stopReason = `the adviser (${deps.adviser.model}) would stop: ${advice.stop}`;
      if (stopReason !== undefined) return { kind: 'none', reason: stopReason };
      const proposal = await inner.propose({ ...brief, ...defined({ adviser: advice }) });
      // Ideas that no agent was asked for (an optimizer's) read no advice and are no comparison.
      return proposal.kind === 'edit' && proposal.call !== undefined ? { ...proposal, adviser: block.turn } : proposal;
    },
  };
}

/** Until a block of ideas was tried there is nothing to advise on, and nothing is compared. */
const isTooEarly = ({ state }: Brief, every: number): boolean =>
  state.experiments.filter(({ idea }) => idea.call !== undefined).length < every;

const wasAskedSince = ({ state }: Brief, n: number): boolean =>
  state.calls.some(({ start }) => start.purpose === 'advice' && start.n >= n);

const adviceSince = ({ state }: Brief, n: number): Advice | undefined =>
  state.advice.findLast((advice) => advice.n >= n);

const isOfSession = ({ state }: Brief, { call }: Advice, session: number): boolean =>
  state.calls[call]?.start.session === session;

/** Ask once; whatever comes of it is on record. Throws only where the lab itself is broken. */
async function askAdviser(deps: AdvisedDeps, brief: Brief): Promise<void> {
  const { adviser, session, runLimits } = deps;
  const { journal, signal, state, n } = brief;
  const left = budgetLeft(state.calls, session, runLimits);
  if (signal.aborted || left.tokens === 0 || left.usd === 0) return;
  const question = deps.writeQuestion(brief);
  const call = journal.calling({
    purpose: 'advice',
    agent: ADVISER_AGENT,
    model: adviser.model,
    brief: journal.putBlob(question),
  });
  const result = await answerOf(adviser, question, { signal, limits: { wallMs: ADVICE_MS, ...left } });
  const reply = result.kind === 'done' && result.text !== '' ? result.text.slice(-MAX_REPLY_CHARS) : undefined;
  const about = defined({
    wallS: result.wallS,
    usage: result.usage,
    reply: reply === undefined ? undefined : journal.putBlob(reply),
  });
  if (result.kind === 'failed') {
    const message = oneLine(result.message, 500);
    journal.called(call, { outcome: 'failed', class: result.class, message, ...about });
    return deps.onRemark?.(
      `The adviser gave no answer (${result.class}: ${oneLine(message, 160)}). Ideas go on without.`,
    );
  }
  const said = readAdvice(result.text);
  if (!said) {
    journal.called(call, { outcome: 'empty', message: 'its answer held no JSON as asked for', ...about });
    return deps.onRemark?.('The adviser’s answer could not be read. Ideas go on without.');
  }
  journal.called(call, { outcome: 'advice', ...about });
  journal.advised({ call, n, ...said });
  if (said.stop !== undefined) deps.onRemark?.(stopRemark(deps, said.stop));
}

const stopRemark = ({ adviser, mayStop }: AdvisedDeps, why: string): string =>
  `The adviser (${adviser.model}) would stop: ${why}. ${mayStop ? 'The session ends, as --adviser-may-stop allows.' : 'The session goes on; `overnight stop` or Ctrl-C ends it.'}`;

async function answerOf(
  adviser: Adviser,
  question: string,
  options: Parameters<Adviser['ask']>[1],
): Promise<AgentResult> {
  try {
    return await adviser.ask(question, options);
  } catch (thrown) {
    if (thrown instanceof LabError && thrown.code === 'E_DISK_FULL') throw thrown;
    return { kind: 'failed', class: 'crashed', message: reasonOf(thrown), wallS: 0 };
  }
}

/** `undefined` where the answer holds no object as it was asked for. */
export function readAdvice(text: string): Pick<Advice, 'untried' | 'contradicts' | 'stop'> | undefined {
  const said = lastObject(text.slice(-MAX_REPLY_CHARS), 'untried') as Record<string, unknown> | undefined;
  if (!said) return undefined;
  const { stop } = said;
  return {
    untried: itemsOf(said.untried),
    contradicts: itemsOf(said.contradicts),
    ...(typeof stop === 'string' && !/^\s*(false|no|none)?\s*$/i.test(stop) && { stop: oneLine(stop, MAX_ITEM_CHARS) }),
    ...(stop === true && { stop: 'it gave no reason' }),
  };
}

const itemsOf = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [])
    .filter((item) => typeof item === 'string' && item.trim() !== '')
    .slice(0, MAX_ITEMS)
    .map((item) => oneLine(item as string, MAX_ITEM_CHARS));
