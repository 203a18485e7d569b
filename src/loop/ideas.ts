/**
 * From an idea to a commit: asks the proposer while other things go on, takes ideas from outside, refuses or snapshots
 * them. Names only ports; knows nothing about measuring.
 */
import { LabError } from '../base/error.ts';
import { sha256Hex } from '../base/hash.ts';
import { dependenciesIn } from '../core/admission/dependencies.ts';
import { roleOf } from '../core/arena.ts';
import type { EventDraft, Payload, StopReason } from '../core/event.ts';
import { type Experiment, verdictOf } from '../core/experiment.ts';
import { liveBases } from '../core/plan/bases.ts';
import { findKnob, writeKnob } from '../core/admission/knobs.ts';
import { admitIdea, applyEdits, hashEditable } from '../core/admission/policy.ts';
import type {
  Brief,
  CallJournal,
  Clock,
  CandidateFailure,
  FileEdit,
  Ledger,
  Proposal,
  Proposer,
  Workspace,
} from '../core/ports.ts';
import { whyRefused } from '../core/steering.ts';
import { arenaOf, codeOf, forkOf, type LabState } from '../core/state.ts';

export interface IdeaDeps {
  readonly ledger: Ledger;
  readonly workspace: Workspace;
  readonly proposer: Proposer;
  readonly clock: Clock;
  readonly session: number;
}

/** Refs of a lab in the private store. */
export const refOf = (labId: string, n: number, repairCount = 0): string =>
  `refs/overnight/${labId}/${n}${repairCount > 0 ? `.${repairCount}` : ''}`;

/** Times in a row that a proposer may have nothing before the session ends. */
const MAX_EMPTY_PROPOSALS = 3;
/** An idea that comes within this time is worth waiting for with everything else. */
const PROMPT_PROPOSAL_MS = 1000;

type EditProposal = Extract<Proposal, { kind: 'edit' }>;
type ProposalOrigin = Pick<Payload<'proposed'>, 'proposer' | 'parent' | 'request' | 'retries'>;

export class Ideas {
  readonly #deps: IdeaDeps;
  #pendingCall:
    | { readonly finished: Promise<void>; readonly controller: AbortController; readonly isRepairing: boolean }
    | undefined;
  #proposerFailure: { readonly thrown: unknown } | undefined;
  /** Crashed candidates that nobody could mend: not to be asked about again. */
  readonly unrepairable = new Set<number>();
  #emptyProposals = 0;
  #isBudgetSpent = false;
  #emptyReason = '';

  constructor(deps: IdeaDeps) {
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

  /** Why the proposer is no longer worth asking, if so. Throws what a proposer threw. */
  exhaustedReason(): { readonly reason: StopReason; readonly detail: string } | undefined {
    const failure = this.#proposerFailure;
    this.#proposerFailure = undefined;
    if (failure) throw failure.thrown;
    if (this.#isBudgetSpent) return { reason: 'budget', detail: this.#emptyReason };
    if (this.#emptyProposals < MAX_EMPTY_PROPOSALS) return undefined;
    return { reason: 'proposer exhausted', detail: `${this.#deps.proposer.name}: ${this.#emptyReason}` };
  }

  /**
   * Ask the proposer, from another base than the incumbent where one is given. Resolves when the idea is recorded, or
   * while it is still being thought about.
   */
  async startProposing(base?: Brief['base']): Promise<void> {
    return this.#startCall((signal) => this.#proposeIdea(signal, base));
  }

  /** Ask for a crashed candidate to be mended. What cannot be is decided as it is. */
  async startRepairing(n: number, failure: CandidateFailure): Promise<void> {
    return this.#startCall((signal) => this.#repairCandidate(n, failure, signal), true);
  }

  async #startCall(askProposer: (signal: AbortSignal) => Promise<void>, isRepairing = false): Promise<void> {
    const controller = new AbortController();
    const finished = askProposer(controller.signal)
      .catch((thrown: unknown) => {
        this.#proposerFailure = { thrown };
      })
      .finally(() => {
        this.#pendingCall = undefined;
      });
    this.#pendingCall = { finished, controller, isRepairing };
    await this.waitUntilIdle(PROMPT_PROPOSAL_MS);
  }

  /** Resolves when nothing is being thought about, or after so many milliseconds. */
  async waitUntilIdle(milliseconds: number): Promise<void> {
    const sleepController = new AbortController();
    const sleepEnds = this.#deps.clock.sleep(milliseconds, sleepController.signal);
    await (this.#pendingCall ? Promise.race([this.#pendingCall.finished, sleepEnds]) : sleepEnds);
    sleepController.abort();
  }

  /** Nobody wants the idea any more. Resolves when its proposer has let go. */
  async giveUp(): Promise<void> {
    this.#pendingCall?.controller.abort();
    await this.#pendingCall?.finished;
  }

  async #repairCandidate(n: number, failure: CandidateFailure, signal: AbortSignal): Promise<void> {
    const { proposer, ledger } = this.#deps;
    const { idea } = this.#state.experiments[n]!;
    const { commit } = codeOf(this.#state, n)!;
    const arena = arenaOf(this.#state);
    const editableFiles = await this.#editableFiles(commit);
    const brief = { arena, state: this.#state, n, commit, files: editableFiles, signal, journal: this.#journalFor(n) };
    const repairProposal = await proposer.repair?.(brief, failure);
    const parentCommit = codeOf(this.#state, idea.parent)!.commit;
    const acceptedRepair =
      repairProposal?.kind === 'edit' && !repairProposal.refusal && !signal.aborted ? repairProposal : undefined;
    const repairEdits = Object.fromEntries(
      (acceptedRepair?.edits ?? []).map(({ path, content }) => [
        path,
        content === null ? null : ledger.putBlob(content),
      ]),
    );
    const combinedEdits = this.#editsOf({ ...idea.edits, ...repairEdits });
    const parentPaths = (await this.#deps.workspace.listEntries(parentCommit)).map((entry) => entry.path);
    if (
      !acceptedRepair ||
      !admitIdea(arena, this.#state, idea, await this.#editableFiles(parentCommit), combinedEdits, parentPaths).ok
    ) {
      this.unrepairable.add(n);
      return;
    }
    const { note, proposer: proposerName = proposer.name } = acceptedRepair;
    const attempt = (idea.attempts?.length ?? 0) + 1;
    ledger.append({ type: 'repaired', n, attempt, edits: repairEdits, proposer: proposerName, ...(note && { note }) });
  }

  async #proposeIdea(signal: AbortSignal, base?: Brief['base']): Promise<void> {
    const { proposer } = this.#deps;
    const n = this.#state.experiments.length;
    const givenBase = base?.n ?? this.#state.incumbent;
    const { commit } = codeOf(this.#state, givenBase)!;
    const live = liveBases(this.#state).map((liveBase) => ({
      ...liveBase,
      commit: codeOf(this.#state, liveBase.n)!.commit,
    }));
    const proposal = await proposer.propose({
      arena: arenaOf(this.#state),
      state: this.#state,
      n,
      commit,
      files: await this.#editableFiles(commit),
      bases: live.map((liveBase) => ({ ...liveBase, files: () => this.#editableFiles(liveBase.commit) })),
      ...(base && { base }),
      signal,
      journal: this.#journalFor(n),
    });
    if (signal.aborted) return;
    this.#emptyProposals = proposal.kind === 'none' ? this.#emptyProposals + 1 : 0;
    if (proposal.kind === 'none') {
      this.#emptyReason = proposal.reason;
      this.#isBudgetSpent = proposal.class === 'budget';
      return;
    }
    const { refusal, base: parent = givenBase } = proposal;
    const isLive = parent === givenBase || live.some((liveBase) => liveBase.n === parent);
    const reason = [proposal.why, parent === givenBase ? base?.why : undefined]
      .filter((reasonPart) => reasonPart !== undefined)
      .join('; ');
    const recordedNumber = this.recordProposal(
      { ...proposal, ...(reason !== '' && { why: reason }) },
      { proposer: proposal.proposer ?? proposer.name, parent: isLive ? parent : givenBase },
    );
    this.#parkBases(proposal.note?.park ?? [], recordedNumber);
    if (refusal) this.#deps.ledger.append({ type: 'refused', n: recordedNumber, ...refusal });
    else if (!isLive)
      this.#deps.ledger.append({
        type: 'refused',
        n: recordedNumber,
        code: 'conflict',
        reason: `#${parent}, on which it says it was made, is no live base`,
      });
  }

  /**
   * What a proposer would keep as bases, as if it had wished for it: on record, and only what a person could park too.
   */
  #parkBases(parkedNumbers: readonly number[], requestedBy: number): void {
    for (const n of parkedNumbers) {
      const parkRequest = { verb: 'park', n } as const;
      const proposerName = this.#state.experiments[requestedBy]!.idea.proposer;
      if (this.#state.steering.parked.includes(n) || whyRefused(this.#state, parkRequest)) continue;
      this.#deps.ledger.append({
        type: 'steered',
        id: `experiment-${requestedBy}-parks-${n}`,
        from: proposerName,
        wish: parkRequest,
      });
    }
  }

  #journalFor(n: number): CallJournal {
    const { ledger, session } = this.#deps;
    return {
      calling: (callStart) => {
        const callIndex = this.#state.calls.length;
        ledger.append({ type: 'calling', call: callIndex, n, session, ...callStart });
        return callIndex;
      },
      called: (callIndex, callEnd) => void ledger.append({ type: 'called', call: callIndex, ...callEnd }),
      putBlob: (content) => ledger.putBlob(content),
      getBlob: (blobHash) => ledger.getBlob(blobHash),
    };
  }

  /** Write a proposal down. Returns its number. */
  recordProposal(
    { hypothesis, edits, knobs, why, note, program, words, call, near }: EditProposal,
    origin: ProposalOrigin,
  ): number {
    const { ledger } = this.#deps;
    const n = this.#state.experiments.length;
    ledger.append({
      type: 'proposed',
      n,
      kind: 'idea',
      hypothesis,
      edits: Object.fromEntries(
        edits.map(({ path, content }) => [path, content === null ? null : ledger.putBlob(content)]),
      ),
      ...(knobs && { knobs }),
      ...(why && { why }),
      ...(note && { note }),
      ...(program !== undefined && { program }),
      ...(words !== undefined && { words }),
      ...(call !== undefined && { call }),
      ...(near && near.length > 0 && { near }),
      ...origin,
    });
    return n;
  }

  /** The incumbent again, as if it were an idea. */
  proposeControl(): void {
    const parent = this.#state.incumbent;
    const n = this.#state.experiments.length;
    const hypothesis = 'A/A control: the incumbent, unchanged';
    this.#deps.ledger.append({
      type: 'proposed',
      n,
      kind: 'control',
      parent,
      proposer: 'harness',
      hypothesis,
      edits: {},
    });
  }

  /** The incumbent without one of its steps. Refused where later steps changed the same lines. */
  async proposeAblation(ablatedStep: number): Promise<void> {
    const { ledger, workspace } = this.#deps;
    const incumbent = this.#state.incumbent;
    const n = this.#state.experiments.length;
    const { idea } = this.#state.experiments[ablatedStep]!;
    const commitOf = (experimentNumber: number): string => codeOf(this.#state, experimentNumber)!.commit;
    const reverseEdits = await workspace.editsWithout(
      commitOf(incumbent),
      commitOf(ablatedStep),
      commitOf(idea.parent),
    );
    ledger.append({
      type: 'proposed',
      n,
      kind: 'ablation',
      parent: incumbent,
      proposer: 'harness',
      hypothesis: `Without #${ablatedStep}: ${idea.hypothesis}`,
      edits: Object.fromEntries(
        (reverseEdits ?? []).map(({ path, content }) => [path, content === null ? null : ledger.putBlob(content)]),
      ),
      ablates: ablatedStep,
    });
    if (reverseEdits && reverseEdits.length > 0) return;
    const refusalReason = reverseEdits
      ? 'nothing of it is left'
      : 'later steps changed the same lines, so it cannot be taken out alone';
    ledger.append({ type: 'refused', n, code: reverseEdits ? 'no-change' : 'conflict', reason: refusalReason });
  }

  /**
   * Near misses as one idea on the incumbent of today; those that touch what others changed are left out, and lose
   * their turn. A crossing, which says `why`, is refused where one of them does not merge.
   */
  async proposeBundle(members: readonly number[], crossoverReason?: string): Promise<void> {
    const { ledger, workspace } = this.#deps;
    const incumbent = this.#state.incumbent;
    const n = this.#state.experiments.length;
    const { lab: labId } = this.#state.lab!;
    const mergedFiles = new Map<string, string | null>();
    const joinedMembers: number[] = [];
    const movedKnobs = new Set<string>();
    let tipCommit = codeOf(this.#state, incumbent)!.commit;
    for (const member of members) {
      const { idea } = this.#state.experiments[member]!;
      // A kept step of another branch brings the branch with it.
      const forkNumber =
        verdictOf(this.#state.experiments[member]!) === 'kept' ? forkOf(this.#state, member, incumbent) : idea.parent;
      const [beforeCommit, afterCommit] = [forkNumber, member].map((k) => codeOf(this.#state, k)!.commit) as [
        string,
        string,
      ];
      // Knobs are put together by value: their constants often stand on neighbouring lines, which git would not merge.
      // As for the rest, taking the way back out of the tip is putting the change into it.
      const memberEdits =
        (await this.#knobEditsOf(member, forkNumber, tipCommit, movedKnobs)) ??
        (await workspace.editsWithout(tipCommit, beforeCommit, afterCommit));
      if (!memberEdits || memberEdits.length === 0) continue;
      tipCommit = (
        await workspace.snapshot(tipCommit, memberEdits, `${refOf(labId, n)}-parts`, `with #${member}`, idea.at)
      ).commit;
      for (const { path, content } of memberEdits) mergedFiles.set(path, content);
      joinedMembers.push(member);
    }
    const describeMember = (experimentNumber: number): string =>
      `#${experimentNumber} ${this.#state.experiments[experimentNumber]!.idea.hypothesis}`;
    const descriptions = (
      crossoverReason === undefined ? joinedMembers : members.length > 1 ? members : [incumbent, ...members]
    ).map(describeMember);
    const blobEntries = [...mergedFiles].map(([path, content]) => [
      path,
      content === null ? null : ledger.putBlob(content),
    ]);
    const mergedKnobs = await this.#knobsOf(joinedMembers, tipCommit);
    ledger.append({
      type: 'proposed',
      n,
      kind: 'idea',
      parent: incumbent,
      proposer: 'harness',
      hypothesis:
        crossoverReason === undefined
          ? `Together: ${descriptions.join('; ')}`
          : `Crossed: ${descriptions.join(' with ')}`,
      edits: Object.fromEntries(blobEntries),
      bundles: members,
      ...(crossoverReason !== undefined && { crosses: true as const, why: crossoverReason }),
      ...(mergedKnobs && { knobs: mergedKnobs }),
    });
    if (joinedMembers.length < (crossoverReason === undefined ? 2 : members.length))
      ledger.append({ type: 'refused', n, code: 'conflict', reason: 'its parts change the same lines or knobs' });
  }

  /**
   * Edits of `tipCommit` that turn the knobs as `member` did since `from`; none where another part turned one of them,
   * undefined for a change of code.
   */
  async #knobEditsOf(
    member: number,
    forkNumber: number,
    tipCommit: string,
    movedKnobs: Set<string>,
  ): Promise<readonly FileEdit[] | undefined> {
    const [knobsBefore, knobsAfter] = [forkNumber, member].map((k) => this.#state.experiments[k]!.idea.knobs);
    if (!knobsBefore || !knobsAfter) return undefined;
    const turnedKnobs = arenaOf(this.#state).knobs.filter(
      ({ name }) => knobsAfter[name] !== undefined && knobsAfter[name] !== knobsBefore[name],
    );
    const fileContents = new Map(await this.#editableFiles(tipCommit));
    if (turnedKnobs.length === 0 || turnedKnobs.some((knob) => !findKnob(knob, fileContents.get(knob.file) ?? '').ok))
      return undefined;
    if (turnedKnobs.some(({ name }) => movedKnobs.has(name))) return [];
    for (const knob of turnedKnobs) {
      movedKnobs.add(knob.name);
      fileContents.set(knob.file, writeKnob(knob, fileContents.get(knob.file)!, knobsAfter[knob.name]!));
    }
    return [...new Set(turnedKnobs.map(({ file }) => file))].map((path) => ({
      path,
      content: fileContents.get(path)!,
    }));
  }

  /** Knobs of merged code, where every part and what it is built on are nothing but knobs. */
  async #knobsOf(members: readonly number[], tipCommit: string): Promise<Record<string, number | string> | undefined> {
    const { knobs } = arenaOf(this.#state);
    if (knobs.length === 0 || [this.#state.incumbent, ...members].some((k) => !this.#state.experiments[k]!.idea.knobs))
      return undefined;
    const editableFiles = await this.#editableFiles(tipCommit);
    const literals = knobs.map((knob) => [knob.name, findKnob(knob, editableFiles.get(knob.file) ?? '')] as const);
    return Object.fromEntries(literals.flatMap(([name, literal]) => (literal.ok ? [[name, literal.value]] : [])));
  }

  /**
   * An earlier idea once more, on the incumbent of today. Refused where the files that it changes are no longer what
   * they were.
   */
  async proposeRetry(earlierNumber: number): Promise<void> {
    const { idea } = this.#state.experiments[earlierNumber]!;
    const incumbent = this.#state.incumbent;
    const edits = this.#editsOf(idea.edits);
    const { knobs, hypothesis } = idea;
    const n = this.recordProposal(
      { kind: 'edit', hypothesis, edits, ...(knobs && { knobs }) },
      { proposer: idea.proposer, parent: incumbent, retries: earlierNumber },
    );
    const [filesThen, filesToday] = await Promise.all(
      [idea.parent, incumbent].map((k) => this.#editableFiles(codeOf(this.#state, k)!.commit)),
    );
    const changedEdit = edits.find(({ path }) => filesThen!.get(path) !== filesToday!.get(path));
    if (changedEdit)
      this.#deps.ledger.append({
        type: 'refused',
        n,
        code: 'conflict',
        reason: `${changedEdit.path} has changed since #${idea.parent}, on which #${earlierNumber} was made`,
      });
  }

  async #editableFiles(commit: string): Promise<ReadonlyMap<string, string>> {
    const roleOfFile = roleOf(arenaOf(this.#state));
    const treeEntries = await this.#deps.workspace.listEntries(commit);
    return this.#deps.workspace.readFiles(
      commit,
      treeEntries.map((treeEntry) => treeEntry.path).filter((filePath) => roleOfFile(filePath) === 'editable'),
    );
  }

  /** Refuse a proposal, or put it into git. */
  async admitIdea(n: number): Promise<void> {
    const { workspace, ledger } = this.#deps;
    const experiment = this.#state.experiments[n]!;
    const { idea } = experiment;
    const refuseIdea = (refusal: Omit<Extract<EventDraft, { type: 'refused' }>, 'type' | 'n'>): void =>
      void ledger.append({ type: 'refused', n, ...refusal });
    if (this.#state.steering.skipped.has(n))
      return refuseIdea({ code: 'vetoed', reason: 'it is built on an idea that a person ruled out' });
    const { commit: parentCommit, editable: parentHash } = codeOf(this.#state, idea.parent)!;
    const takeSnapshot = async (
      snapshotEdits: readonly FileEdit[],
      editableHashAfter: string,
      normalForm?: string,
      addedPackages?: number,
    ): Promise<void> => {
      const snapshotRef = refOf(this.#state.lab!.lab, n, idea.attempts?.length);
      const snapshot = await workspace.snapshot(
        parentCommit,
        snapshotEdits,
        snapshotRef,
        commitMessageOf(experiment),
        idea.at,
      );
      ledger.append({
        type: 'snapshot',
        n,
        ...snapshot,
        editable: editableHashAfter,
        ...(normalForm !== undefined && { normal: normalForm }),
        ...(addedPackages && { dependencies: addedPackages }),
      });
    };
    if (idea.kind === 'control') return takeSnapshot([], parentHash);
    const proposedEdits = this.#editsOf(idea.edits);
    const parentPaths = (await workspace.listEntries(parentCommit)).map((treeEntry) => treeEntry.path);
    const editableFiles = await this.#editableFiles(parentCommit);
    if (idea.kind === 'ablation')
      return takeSnapshot(proposedEdits, hashEditable(applyEdits(editableFiles, proposedEdits)));
    const admission = admitIdea(arenaOf(this.#state), this.#state, idea, editableFiles, proposedEdits, parentPaths);
    const [packagesBefore, packagesAfter] = [editableFiles, applyEdits(editableFiles, proposedEdits)].map(
      dependenciesIn,
    );
    const addedDependencies =
      packagesBefore === undefined || packagesAfter === undefined ? undefined : packagesAfter - packagesBefore;
    if (admission.ok) return takeSnapshot(proposedEdits, admission.editable, admission.normal, addedDependencies);
    const { ok: _, ...refusal } = admission;
    refuseIdea(refusal);
  }

  #editsOf(blobsByPath: Readonly<Record<string, string | null>>): FileEdit[] {
    return Object.entries(blobsByPath).map(([path, blobHash]) => {
      if (blobHash === null) return { path, content: null };
      const content = this.#deps.ledger.getBlob(blobHash);
      if (!content || sha256Hex(content) !== blobHash) {
        throw new LabError('E_LEDGER_CORRUPT', {
          what: `The content of ${path} that was proposed is missing.`,
          why: `Blob ${blobHash.slice(0, 12)}… is ${content ? 'damaged' : 'not there'}.`,
          next: 'Restore the lab’s `blobs` folder from a backup.',
        });
      }
      return { path, content: Buffer.from(content).toString('utf8') };
    });
  }
}

function commitMessageOf({ idea }: Experiment): string {
  return `#${idea.n} ${idea.hypothesis}\n\nProposer: ${idea.proposer}\nParent: #${idea.parent}\n`;
}
