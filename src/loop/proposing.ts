/**
 * Asks the proposer for ideas and repairs, one call at a time, while measurements go on. Knows when to give a call up
 * and when the proposer has nothing left.
 */
import { defined } from '../base/defined.ts';
import { LabError } from '../base/error.ts';
import type { StopReason } from '../core/session.ts';
import { liveBases } from '../core/bases/live-bases.ts';
import type { Brief, Clock, Proposal, Proposer } from '../core/ports.ts';
import { arenaOf, codeOf, type LabState } from '../core/state.ts';
import { whyRefused } from '../core/request-check.ts';
import { type AdmissionDeps, type EditProposal, recordProposal, refuseIdea } from './admission.ts';
import { describeThrown } from './blame.ts';
import { callJournal } from './call-journal.ts';
import { readEditableFiles } from './edits.ts';
import { repairCandidate } from './repairing.ts';

export interface ProposingDeps extends AdmissionDeps {
  readonly proposer: Proposer;
  readonly clock: Clock;
  readonly session: number;
}

interface PendingCall {
  readonly finished: Promise<void>;
  readonly controller: AbortController;
  readonly isRepairing: boolean;
}

/** Times in a row that a proposer may have nothing before the session ends. */
const MAX_EMPTY_PROPOSALS = 3;
/** Everything else waits this long for an idea, because most come at once. */
const PROMPT_PROPOSAL_MS = 1000;

export class Proposing {
  readonly #deps: ProposingDeps;
  #pendingCall: PendingCall | undefined;
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
    return this.#pendingCall !== undefined;
  }

  get isRepairing(): boolean {
    return this.#pendingCall?.isRepairing === true;
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
    const finished = askProposer(controller.signal)
      .catch((thrown: unknown) => {
        // What else a proposer throws is the failure of one call: it gave no idea.
        if (thrown instanceof LabError) this.#proposerFailure = { thrown };
        else this.#noteEmptyProposal({ kind: 'none', reason: `it failed: ${describeThrown(thrown)}` });
      })
      .finally(() => {
        this.#pendingCall = undefined;
      });
    this.#pendingCall = { finished, controller, isRepairing };
    await this.waitUntilIdle(PROMPT_PROPOSAL_MS);
  }

  /** Resolves when no call is pending, or after so many milliseconds. */
  async waitUntilIdle(milliseconds: number): Promise<void> {
    const sleepController = new AbortController();
    const sleepEnds = this.#deps.clock.sleep(milliseconds, sleepController.signal);
    await (this.#pendingCall ? Promise.race([this.#pendingCall.finished, sleepEnds]) : sleepEnds);
    sleepController.abort();
  }

  /** Abort the pending call, if any. Resolves when its proposer has ended. */
  async giveUp(): Promise<void> {
    this.#pendingCall?.controller.abort();
    await this.#pendingCall?.finished;
  }

  async #propose(signal: AbortSignal, base?: Brief['base']): Promise<void> {
    const { proposer } = this.#deps;
    const n = this.#state.experiments.length;
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
