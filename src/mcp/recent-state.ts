/**
 * The lab as polls see it. Whoever polls a thousand times a second is answered from memory: the ledger is looked at
 * four times a second at most, and then only its new bytes are read, so that asking takes no time from a measurement.
 */
import type { LabState } from '../core/state.ts';
import { readLedger } from '../ledger/jsonl.ts';
import { LedgerTail } from '../ledger/tail.ts';
import { monotonicMs } from '../os/clock.ts';

/** Milliseconds between two looks. */
const LOOK_INTERVAL_MS = 250;

export class RecentState<Answer> {
  readonly #labFolder: string;
  #tail: LedgerTail | undefined;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  readonly #answers = new Map<string, Answer>();

  constructor(labFolder: string) {
    this.#labFolder = labFolder;
  }

  /**
   * What `answer` gives for the lab as it is, or was a quarter of a second ago. Where it has no answer, the ledger is
   * looked at again: the harness may just have taken a request from the inbox.
   */
  answerFor(key: string, answer: (lab: RecentLab) => Answer | undefined): Answer | undefined {
    const isRecent = monotonicMs() - this.#lookedAtMs < LOOK_INTERVAL_MS;
    const known = isRecent ? this.#answers.get(key) : undefined;
    if (known !== undefined) return known;
    const fresh = answer(isRecent ? this.#recentLab() : this.#look()) ?? (isRecent ? answer(this.#look()) : undefined);
    if (fresh !== undefined && this.#answers.size < MAX_ANSWERS) this.#answers.set(key, fresh);
    return fresh;
  }

  #look(): RecentLab {
    this.#answers.clear();
    this.#tail ??= new LedgerTail(this.#labFolder);
    this.#tail.readUpdate();
    this.#lookedAtMs = monotonicMs();
    return this.#recentLab();
  }

  #recentLab(): RecentLab {
    const { state, isAlive, problem } = this.#tail!;
    // What is wrong with a ledger is said by whoever reads all of it.
    if (problem !== undefined || !state.lab) readLedger(this.#labFolder);
    return { state, isAlive };
  }
}

interface RecentLab {
  readonly state: LabState;
  readonly isAlive: boolean;
}

const MAX_ANSWERS = 1000;
