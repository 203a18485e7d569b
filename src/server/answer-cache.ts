/**
 * Answers that cost a process or a pass over a ledger: for each lab one at a time of a kind, kept while the lab stays
 * as it is. So any number of requests starts one piece of work, not one each.
 */
import { monotonicMs } from '../os/clock.ts';

interface KeptAnswer {
  readonly stamp: string;
  readonly madeAtMs: number;
  readonly answer: Promise<unknown>;
}

/** Answers kept in all. */
const MAX_KEPT = 64;
/** Requests that wait for their turn in one lane; more are refused. */
const MAX_WAITING = 32;
/** What is not in the ledger can change without it: after this time an answer is made again. */
const MAX_AGE_MS = 300_000;

/** Too many wait already. */
export class BusyError extends Error {}

export class AnswerCache {
  readonly #kept = new Map<string, KeptAnswer>();
  /** The end of the work in each lane, and how many wait there. */
  readonly #lanes = new Map<string, { last: Promise<unknown>; waiting: number }>();

  /**
   * The answer to `question` about a lab: the kept one while `stamp` is the same, else a new one, made after the work
   * that is under way in the same lane. Throws BusyError where too much of it waits.
   */
  findAnswer(lane: string, question: string, stamp: string, makeAnswer: () => unknown): Promise<unknown> {
    const key = `${lane} ${question}`;
    const kept = this.#kept.get(key);
    if (kept?.stamp === stamp && monotonicMs() - kept.madeAtMs < MAX_AGE_MS) return kept.answer;
    const answer = this.#takeTurn(lane, makeAnswer);
    this.#kept.delete(key);
    this.#kept.set(key, { stamp, madeAtMs: monotonicMs(), answer });
    answer.catch(() => this.#kept.delete(key));
    if (this.#kept.size > MAX_KEPT) this.#kept.delete(this.#kept.keys().next().value!);
    return answer;
  }

  async #takeTurn(lane: string, makeAnswer: () => unknown): Promise<unknown> {
    const turns = this.#lanes.get(lane) ?? { last: Promise.resolve(), waiting: 0 };
    this.#lanes.set(lane, turns);
    if (turns.waiting >= MAX_WAITING) throw new BusyError('The server is busy with other requests of this kind.');
    turns.waiting++;
    const work = turns.last.then(makeAnswer).finally(() => turns.waiting--);
    turns.last = work.catch(() => {});
    return work;
  }
}
