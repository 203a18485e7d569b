/**
 * Asks the proposer for ideas and repairs, one call at a time, while measurements go on. Knows when to give a call up
 * and when the proposer has nothing left.
 */
import { defined } from '../base/defined.ts';
import { LabError } from '../base/error.ts';
import { medianOf } from '../base/stats.ts';
import type { StopReason } from '../core/session.ts';
import { liveBases } from '../core/bases/live-bases.ts';
import type { Brief, Clock, Proposal, Proposer } from '../core/ports.ts';
import { arenaOf, codeOf, type LabState } from '../core/state.ts';
import { whyRefused } from '../core/request-check.ts';
import { type AdmissionDeps, type EditProposal, recordProposal, refuseIdea } from './admission.ts';
import { describeThrown } from './blame.ts';
import { callJournal } from './call-journal.ts';
import { readEditableFiles } from './edits.ts';
import type { Place } from './places.ts';
import { repairCandidate } from './repairing.ts';

export interface ProposingDeps extends AdmissionDeps {
  readonly proposer: Proposer;
  readonly clock: Clock;
  readonly session: number;
  /** Where measurements run: with several, others do not wait long for an idea. */
  readonly places: readonly Place[];
}

interface PendingCall {
  readonly finished: Promise<void>;
  readonly controller: AbortController;
  readonly isRepairing: boolean;
}

/** Times in a row that a proposer may have nothing before the session ends. */
const MAX_EMPTY_PROPOSALS = 3;
/** Everything else waits this long for an idea, because most come at once; less where other slots may become free. */
const PROMPT_PROPOSAL_MS = { alone: 1000, beside: 50 };
/** The newest calls that say how long an idea takes. */
const MAX_RECENT_CALLS = 9;

export class Proposing {
  readonly #deps: ProposingDeps;
  readonly #pendingCalls = new Set<PendingCall>();
  readonly #callSeconds: number[] = [];
  #proposerFailure: { readonly thrown: unknown } | undefined;
  #emptyProposals = 0;
  #emptyReason = '';
  #isBudgetSpent = false;
  /** Crashed candidates that could not be repaired: nobody is asked about them again. */
  readonly unrepairable = new Set<number>();

  constructor(deps: ProposingDeps) {
    this.#deps = deps;
  }

  get #state(): LabState {
    return this.#deps.ledger.state;
  }

  get isThinking(): boolean {
    return this.#pendingCalls.size > 0;
  }

  get callsUnderWay(): number {
    return this.#pendingCalls.size;
  }

  /** Nothing but repairs is being worked on. */
  get isRepairing(): boolean {
    return this.isThinking && [...this.#pendingCalls].every((call) => call.isRepairing);
  }

  /** Seconds that an idea takes: the median of the newest calls. Undefined before the first. */
  get ideaS(): number | undefined {
    return this.#callSeconds.length > 0 ? medianOf(this.#callSeconds) : undefined;
  }

  /** Why the proposer is not worth asking any more, if so. Throws what shows that the lab is broken. */
  exhaustedReason(): { readonly reason: StopReason; readonly detail: string } | undefined {
    const failure = this.#proposerFailure;
    this.#proposerFailure = undefined;
    if (failure) throw failure.thrown;
    if (this.#isBudgetSpent) return { reason: 'budget', detail: this.#emptyReason };
    if (this.#emptyProposals < MAX_EMPTY_PROPOSALS) return undefined;
    return { reason: 'proposer exhausted', detail: `${this.#deps.proposer.name}: ${this.#emptyReason}` };
  }

  /**
   * Ask for an idea, on another base than the incumbent where one is given. Resolves when the idea is recorded, or
   * after a moment while the proposer still thinks.
   */
  async startProposing(base?: Brief['base']): Promise<void> {
    return this.#startCall((signal) => this.#propose(signal, base));
  }

  /** Ask for the repair of a crashed candidate. One that cannot be repaired is decided as it is. */
  async startRepairing(n: number): Promise<void> {
    const askForRepair = async (signal: AbortSignal): Promise<void> => {
      let isRepaired = false;
      try {
        isRepaired = await repairCandidate(this.#deps, n, signal);
      } catch (thrown) {
        if (thrown instanceof LabError) throw thrown; // what else it throws is a repair that failed
      } finally {
        if (!isRepaired) this.unrepairable.add(n);
      }
    };
    return this.#startCall(askForRepair, true);
  }

  async #startCall(askProposer: (signal: AbortSignal) => Promise<void>, isRepairing = false): Promise<void> {
    const controller = new AbortController();
    const startedMs = this.#deps.clock.monotonicMs();
    const finished = askProposer(controller.signal)
      .catch((thrown: unknown) => {
        // What else a proposer throws is the failure of one call: it gave no idea.
        if (thrown instanceof LabError) this.#proposerFailure = { thrown };
        else this.#noteEmptyProposal({ kind: 'none', reason: `it failed: ${describeThrown(thrown)}` });
      })
      .finally(() => {
        this.#pendingCalls.delete(call);
        if (!isRepairing && !controller.signal.aborted)
          this.#callSeconds.push((this.#deps.clock.monotonicMs() - startedMs) / 1000);
        if (this.#callSeconds.length > MAX_RECENT_CALLS) this.#callSeconds.shift();
      });
    const call: PendingCall = { finished, controller, isRepairing };
    this.#pendingCalls.add(call);
    await this.waitForCall(this.#deps.places.length > 1 ? PROMPT_PROPOSAL_MS.beside : PROMPT_PROPOSAL_MS.alone, [call]);
  }

  /** Resolves when one of the calls ends, by default of all that are pending, or after so many milliseconds. */
  async waitForCall(milliseconds: number, calls: Iterable<PendingCall> = this.#pendingCalls): Promise<void> {
    const sleepController = new AbortController();
    const sleepEnds = this.#deps.clock.sleep(milliseconds, sleepController.signal);
    await Promise.race([...Array.from(calls, ({ finished }) => finished), sleepEnds]);
    sleepController.abort();
  }

  /** Abort the pending calls, if any. Resolves when their proposers have ended. */
  async giveUp(): Promise<void> {
    const calls = [...this.#pendingCalls];
    for (const { controller } of calls) controller.abort();
    await Promise.all(calls.map(({ finished }) => finished));
  }

  async #propose(signal: AbortSignal, base?: Brief['base']): Promise<void> {
    const { proposer } = this.#deps;
    // Calls that are under way come first, as far as anybody can say.
    const n = this.#state.experiments.length + this.#pendingCalls.size;
    const givenBase = base?.n ?? this.#state.incumbent;
    const { commit } = codeOf(this.#state, givenBase)!;
    const live = liveBases(this.#state).map((liveBase) => {
      const baseCommit = codeOf(this.#state, liveBase.n)!.commit;
      return { ...liveBase, commit: baseCommit, files: () => readEditableFiles(this.#deps, baseCommit) };
    });
    const proposal = await proposer.propose({
      arena: arenaOf(this.#state),
      state: this.#state,
      n,
      commit,
      files: await readEditableFiles(this.#deps, commit),
      bases: live,
      ...defined({ base }),
      signal,
      journal: callJournal(this.#deps, n),
    });
    if (signal.aborted) return;
    if (proposal.kind === 'none') return this.#noteEmptyProposal(proposal);
    this.#emptyProposals = 0;
    const { base: parent = givenBase } = proposal;
    const isLive = parent === givenBase || live.some((liveBase) => liveBase.n === parent);
    const baseReason = parent === givenBase ? base?.why : undefined;
    this.#recordIdea(proposal, isLive ? parent : givenBase, baseReason, isLive);
  }

  #noteEmptyProposal(proposal: Extract<Proposal, { kind: 'none' }>): void {
    this.#emptyProposals++;
    this.#emptyReason = proposal.reason;
    this.#isBudgetSpent = proposal.class === 'budget';
  }

  #recordIdea(proposal: EditProposal, parent: number, baseReason: string | undefined, isLive: boolean): void {
    const { proposer } = this.#deps;
    const why = [proposal.why, baseReason].filter((reason) => reason !== undefined).join('; ');
    const n = recordProposal(
      this.#deps,
      { ...proposal, ...(why !== '' && { why }) },
      { proposer: proposal.proposer ?? proposer.name, parent },
    );
    this.#parkBases(proposal.note?.park ?? [], n);
    if (proposal.refusal) refuseIdea(this.#deps, n, proposal.refusal);
    else if (!isLive) {
      const reason = `#${proposal.base}, on which it says it was made, is no live base`;
      refuseIdea(this.#deps, n, { code: 'conflict', reason });
    }
  }

  /** Bases that a proposer wants to keep are recorded as its requests: only what a person could park is parked. */
  #parkBases(parkedNumbers: readonly number[], requestedBy: number): void {
    for (const n of parkedNumbers) {
      const parkRequest = { verb: 'park', n } as const;
      if (this.#state.steering.parked.includes(n) || whyRefused(this.#state, parkRequest)) continue;
      this.#deps.ledger.append({
        type: 'steered',
        id: `experiment-${requestedBy}-parks-${n}`,
        from: this.#state.experiments[requestedBy]!.idea.proposer,
        wish: parkRequest,
      });
    }
  }
}
