/**
 * From an idea to a commit: asks the proposer while other things go on, takes ideas from outside, refuses or snapshots
 * them. Names only ports; knows nothing about measuring.
 */
import { LabError } from '../base/error.ts';
import { sha256 } from '../base/hash.ts';
import { dependenciesIn } from '../core/admission/dependencies.ts';
import { roleOf } from '../core/arena.ts';
import type { Draft, Payload, StopReason } from '../core/event.ts';
import { type Experiment, verdictOf } from '../core/experiment.ts';
import { bases } from '../core/plan/bases.ts';
import { findKnob, writeKnob } from '../core/admission/knobs.ts';
import { admit, applyEdits, editableHash } from '../core/admission/policy.ts';
import type {
  Brief,
  CallJournal,
  Clock,
  Failure,
  FileEdit,
  Ledger,
  Proposal,
  Proposer,
  Workspace,
} from '../core/ports.ts';
import { objection } from '../core/steering.ts';
import { arenaOf, codeOf, forkOf, type LabState } from '../core/state.ts';

export interface IdeaParts {
  readonly ledger: Ledger;
  readonly workspace: Workspace;
  readonly proposer: Proposer;
  readonly clock: Clock;
  readonly session: number;
}

/** Refs of a lab in the private store. */
export const refOf = (lab: string, n: number, repairs = 0): string =>
  `refs/overnight/${lab}/${n}${repairs > 0 ? `.${repairs}` : ''}`;

/** Times in a row that a proposer may have nothing before the session ends. */
const MOST_EMPTY_PROPOSALS = 3;
/** An idea that comes within this time is worth waiting for with everything else. */
const SOON_MS = 1000;

type Edit = Extract<Proposal, { kind: 'edit' }>;
type Origin = Pick<Payload<'proposed'>, 'proposer' | 'parent' | 'request' | 'retries'>;

export class Ideas {
  readonly #p: IdeaParts;
  #thinking:
    { readonly over: Promise<void>; readonly controller: AbortController; readonly mending: boolean } | undefined;
  #failure: { readonly thrown: unknown } | undefined;
  /** Crashed candidates that nobody could mend: not to be asked about again. */
  readonly beyondRepair = new Set<number>();
  #empty = 0;
  #spent = false;
  #emptyReason = '';

  constructor(parts: IdeaParts) {
    this.#p = parts;
  }

  get #state(): LabState {
    return this.#p.ledger.state;
  }

  get thinking(): boolean {
    return this.#thinking !== undefined;
  }

  get mending(): boolean {
    return this.#thinking?.mending === true;
  }

  /** Why the proposer is no longer worth asking, if so. Throws what a proposer threw. */
  exhausted(): { readonly reason: StopReason; readonly detail: string } | undefined {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) throw failure.thrown;
    if (this.#spent) return { reason: 'budget', detail: this.#emptyReason };
    if (this.#empty < MOST_EMPTY_PROPOSALS) return undefined;
    return { reason: 'proposer exhausted', detail: `${this.#p.proposer.name}: ${this.#emptyReason}` };
  }

  /**
   * Ask the proposer, from another base than the incumbent where one is given. Resolves when the idea is recorded, or
   * while it is still being thought about.
   */
  async begin(base?: Brief['base']): Promise<void> {
    return this.#beginWith((signal) => this.#think(signal, base));
  }

  /** Ask for a crashed candidate to be mended. What cannot be is decided as it is. */
  async repair(n: number, failure: Failure): Promise<void> {
    return this.#beginWith((signal) => this.#mend(n, failure, signal), true);
  }

  async #beginWith(work: (signal: AbortSignal) => Promise<void>, mending = false): Promise<void> {
    const controller = new AbortController();
    const over = work(controller.signal)
      .catch((thrown: unknown) => {
        this.#failure = { thrown };
      })
      .finally(() => {
        this.#thinking = undefined;
      });
    this.#thinking = { over, controller, mending };
    await this.settled(SOON_MS);
  }

  /** Resolves when nothing is being thought about, or after so many milliseconds. */
  async settled(ms: number): Promise<void> {
    const enough = new AbortController();
    const sleep = this.#p.clock.sleep(ms, enough.signal);
    await (this.#thinking ? Promise.race([this.#thinking.over, sleep]) : sleep);
    enough.abort();
  }

  /** Nobody wants the idea any more. Resolves when its proposer has let go. */
  async giveUp(): Promise<void> {
    this.#thinking?.controller.abort();
    await this.#thinking?.over;
  }

  async #mend(n: number, failure: Failure, signal: AbortSignal): Promise<void> {
    const { proposer, ledger } = this.#p;
    const { idea } = this.#state.experiments[n]!;
    const { commit } = codeOf(this.#state, n)!;
    const arena = arenaOf(this.#state);
    const files = await this.#editable(commit);
    const brief = { arena, state: this.#state, n, commit, files, signal, journal: this.#journal(n) };
    const proposal = await proposer.repair?.(brief, failure);
    const parent = codeOf(this.#state, idea.parent)!.commit;
    const mended = proposal?.kind === 'edit' && !proposal.refusal && !signal.aborted ? proposal : undefined;
    const edits = Object.fromEntries(
      (mended?.edits ?? []).map(({ path, content }) => [path, content === null ? null : ledger.putBlob(content)]),
    );
    const whole = this.#editsOf({ ...idea.edits, ...edits });
    const paths = (await this.#p.workspace.list(parent)).map((entry) => entry.path);
    if (!mended || !admit(arena, this.#state, idea, await this.#editable(parent), whole, paths).ok) {
      this.beyondRepair.add(n);
      return;
    }
    const { note, proposer: who = proposer.name } = mended;
    const attempt = (idea.attempts?.length ?? 0) + 1;
    ledger.append({ type: 'repaired', n, attempt, edits, proposer: who, ...(note && { note }) });
  }

  async #think(signal: AbortSignal, base?: Brief['base']): Promise<void> {
    const { proposer } = this.#p;
    const n = this.#state.experiments.length;
    const given = base?.n ?? this.#state.incumbent;
    const { commit } = codeOf(this.#state, given)!;
    const live = bases(this.#state).map((each) => ({ ...each, commit: codeOf(this.#state, each.n)!.commit }));
    const proposal = await proposer.propose({
      arena: arenaOf(this.#state),
      state: this.#state,
      n,
      commit,
      files: await this.#editable(commit),
      bases: live.map((each) => ({ ...each, files: () => this.#editable(each.commit) })),
      ...(base && { base }),
      signal,
      journal: this.#journal(n),
    });
    if (signal.aborted) return;
    this.#empty = proposal.kind === 'none' ? this.#empty + 1 : 0;
    if (proposal.kind === 'none') {
      this.#emptyReason = proposal.reason;
      this.#spent = proposal.class === 'budget';
      return;
    }
    const { refusal, base: parent = given } = proposal;
    const isLive = parent === given || live.some((each) => each.n === parent);
    const why = [proposal.why, parent === given ? base?.why : undefined]
      .filter((each) => each !== undefined)
      .join('; ');
    const recorded = this.record(
      { ...proposal, ...(why !== '' && { why }) },
      { proposer: proposal.proposer ?? proposer.name, parent: isLive ? parent : given },
    );
    this.#park(proposal.note?.park ?? [], recorded);
    if (refusal) this.#p.ledger.append({ type: 'refused', n: recorded, ...refusal });
    else if (!isLive)
      this.#p.ledger.append({
        type: 'refused',
        n: recorded,
        code: 'conflict',
        reason: `#${parent}, on which it says it was made, is no live base`,
      });
  }

  /**
   * What a proposer would keep as bases, as if it had wished for it: on record, and only what a person could park too.
   */
  #park(wanted: readonly number[], by: number): void {
    for (const n of wanted) {
      const wish = { verb: 'park', n } as const;
      const from = this.#state.experiments[by]!.idea.proposer;
      if (this.#state.steering.parked.includes(n) || objection(this.#state, wish)) continue;
      this.#p.ledger.append({ type: 'steered', id: `experiment-${by}-parks-${n}`, from, wish });
    }
  }

  #journal(n: number): CallJournal {
    const { ledger, session } = this.#p;
    return {
      calling: (about) => {
        const call = this.#state.calls.length;
        ledger.append({ type: 'calling', call, n, session, ...about });
        return call;
      },
      called: (call, outcome) => void ledger.append({ type: 'called', call, ...outcome }),
      putBlob: (text) => ledger.putBlob(text),
      getBlob: (hash) => ledger.getBlob(hash),
    };
  }

  /** Write a proposal down. Returns its number. */
  record({ hypothesis, edits, knobs, why, note, program, words, call, near }: Edit, origin: Origin): number {
    const { ledger } = this.#p;
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
  control(): void {
    const parent = this.#state.incumbent;
    const n = this.#state.experiments.length;
    const hypothesis = 'A/A control: the incumbent, unchanged';
    this.#p.ledger.append({ type: 'proposed', n, kind: 'control', parent, proposer: 'harness', hypothesis, edits: {} });
  }

  /** The incumbent without one of its steps. Refused where later steps changed the same lines. */
  async ablate(step: number): Promise<void> {
    const { ledger, workspace } = this.#p;
    const parent = this.#state.incumbent;
    const n = this.#state.experiments.length;
    const { idea } = this.#state.experiments[step]!;
    const commit = (k: number): string => codeOf(this.#state, k)!.commit;
    const edits = await workspace.without(commit(parent), commit(step), commit(idea.parent));
    ledger.append({
      type: 'proposed',
      n,
      kind: 'ablation',
      parent,
      proposer: 'harness',
      hypothesis: `Without #${step}: ${idea.hypothesis}`,
      edits: Object.fromEntries(
        (edits ?? []).map(({ path, content }) => [path, content === null ? null : ledger.putBlob(content)]),
      ),
      ablates: step,
    });
    if (edits && edits.length > 0) return;
    const reason = edits
      ? 'nothing of it is left'
      : 'later steps changed the same lines, so it cannot be taken out alone';
    ledger.append({ type: 'refused', n, code: edits ? 'no-change' : 'conflict', reason });
  }

  /**
   * Near misses as one idea on the incumbent of today; those that touch what others changed are left out, and lose
   * their turn. A crossing, which says `why`, is refused where one of them does not merge.
   */
  async bundle(of: readonly number[], why?: string): Promise<void> {
    const { ledger, workspace } = this.#p;
    const parent = this.#state.incumbent;
    const n = this.#state.experiments.length;
    const { lab } = this.#state.lab!;
    const files = new Map<string, string | null>();
    const joined: number[] = [];
    const moved = new Set<string>();
    let tip = codeOf(this.#state, parent)!.commit;
    for (const part of of) {
      const { idea } = this.#state.experiments[part]!;
      // A kept step of another branch brings the branch with it.
      const from =
        verdictOf(this.#state.experiments[part]!) === 'kept' ? forkOf(this.#state, part, parent) : idea.parent;
      const [before, after] = [from, part].map((k) => codeOf(this.#state, k)!.commit) as [string, string];
      // Knobs are put together by value: their constants often stand on neighbouring lines, which git would not merge.
      // As for the rest, taking the way back out of the tip is putting the change into it.
      const edits = (await this.#turned(part, from, tip, moved)) ?? (await workspace.without(tip, before, after));
      if (!edits || edits.length === 0) continue;
      tip = (await workspace.snapshot(tip, edits, `${refOf(lab, n)}-parts`, `with #${part}`, idea.at)).commit;
      for (const { path, content } of edits) files.set(path, content);
      joined.push(part);
    }
    const named = (k: number): string => `#${k} ${this.#state.experiments[k]!.idea.hypothesis}`;
    const parts = (why === undefined ? joined : of.length > 1 ? of : [parent, ...of]).map(named);
    const edits = [...files].map(([path, content]) => [path, content === null ? null : ledger.putBlob(content)]);
    const knobs = await this.#knobsOf(joined, tip);
    ledger.append({
      type: 'proposed',
      n,
      kind: 'idea',
      parent,
      proposer: 'harness',
      hypothesis: why === undefined ? `Together: ${parts.join('; ')}` : `Crossed: ${parts.join(' with ')}`,
      edits: Object.fromEntries(edits),
      bundles: of,
      ...(why !== undefined && { crosses: true as const, why }),
      ...(knobs && { knobs }),
    });
    if (joined.length < (why === undefined ? 2 : of.length))
      ledger.append({ type: 'refused', n, code: 'conflict', reason: 'its parts change the same lines or knobs' });
  }

  /**
   * Edits of `tip` that turn the knobs as `part` did since `from`; none where another part turned one of them,
   * undefined for a change of code.
   */
  async #turned(part: number, from: number, tip: string, moved: Set<string>): Promise<readonly FileEdit[] | undefined> {
    const [before, after] = [from, part].map((k) => this.#state.experiments[k]!.idea.knobs);
    if (!before || !after) return undefined;
    const knobs = arenaOf(this.#state).knobs.filter(
      ({ name }) => after[name] !== undefined && after[name] !== before[name],
    );
    const files = new Map(await this.#editable(tip));
    if (knobs.length === 0 || knobs.some((knob) => !findKnob(knob, files.get(knob.file) ?? '').ok)) return undefined;
    if (knobs.some(({ name }) => moved.has(name))) return [];
    for (const knob of knobs) {
      moved.add(knob.name);
      files.set(knob.file, writeKnob(knob, files.get(knob.file)!, after[knob.name]!));
    }
    return [...new Set(knobs.map(({ file }) => file))].map((path) => ({ path, content: files.get(path)! }));
  }

  /** Knobs of merged code, where every part and what it is built on are nothing but knobs. */
  async #knobsOf(parts: readonly number[], tip: string): Promise<Record<string, number | string> | undefined> {
    const { knobs } = arenaOf(this.#state);
    if (knobs.length === 0 || [this.#state.incumbent, ...parts].some((k) => !this.#state.experiments[k]!.idea.knobs))
      return undefined;
    const files = await this.#editable(tip);
    const found = knobs.map((knob) => [knob.name, findKnob(knob, files.get(knob.file) ?? '')] as const);
    return Object.fromEntries(found.flatMap(([name, at]) => (at.ok ? [[name, at.value]] : [])));
  }

  /**
   * An earlier idea once more, on the incumbent of today. Refused where the files that it changes are no longer what
   * they were.
   */
  async retry(earlier: number): Promise<void> {
    const { idea } = this.#state.experiments[earlier]!;
    const parent = this.#state.incumbent;
    const edits = this.#editsOf(idea.edits);
    const { knobs, hypothesis } = idea;
    const n = this.record(
      { kind: 'edit', hypothesis, edits, ...(knobs && { knobs }) },
      { proposer: idea.proposer, parent, retries: earlier },
    );
    const [then, today] = await Promise.all(
      [idea.parent, parent].map((k) => this.#editable(codeOf(this.#state, k)!.commit)),
    );
    const moved = edits.find(({ path }) => then!.get(path) !== today!.get(path));
    if (moved)
      this.#p.ledger.append({
        type: 'refused',
        n,
        code: 'conflict',
        reason: `${moved.path} has changed since #${idea.parent}, on which #${earlier} was made`,
      });
  }

  async #editable(commit: string): Promise<ReadonlyMap<string, string>> {
    const role = roleOf(arenaOf(this.#state));
    const entries = await this.#p.workspace.list(commit);
    return this.#p.workspace.read(
      commit,
      entries.map((entry) => entry.path).filter((path) => role(path) === 'editable'),
    );
  }

  /** Refuse a proposal, or put it into git. */
  async admit(n: number): Promise<void> {
    const { workspace, ledger } = this.#p;
    const x = this.#state.experiments[n]!;
    const { idea } = x;
    const refuse = (why: Omit<Extract<Draft, { type: 'refused' }>, 'type' | 'n'>): void =>
      void ledger.append({ type: 'refused', n, ...why });
    if (this.#state.steering.skipped.has(n))
      return refuse({ code: 'vetoed', reason: 'it is built on an idea that a person ruled out' });
    const { commit: parent, editable } = codeOf(this.#state, idea.parent)!;
    const snapshot = async (
      edits: readonly FileEdit[],
      hash: string,
      normal?: string,
      packages?: number,
    ): Promise<void> => {
      const ref = refOf(this.#state.lab!.lab, n, idea.attempts?.length);
      const made = await workspace.snapshot(parent, edits, ref, messageOf(x), idea.at);
      ledger.append({
        type: 'snapshot',
        n,
        ...made,
        editable: hash,
        ...(normal !== undefined && { normal }),
        ...(packages && { dependencies: packages }),
      });
    };
    if (idea.kind === 'control') return snapshot([], editable);
    const edits = this.#editsOf(idea.edits);
    const paths = (await workspace.list(parent)).map((entry) => entry.path);
    const files = await this.#editable(parent);
    if (idea.kind === 'ablation') return snapshot(edits, editableHash(applyEdits(files, edits)));
    const admission = admit(arenaOf(this.#state), this.#state, idea, files, edits, paths);
    const [before, after] = [files, applyEdits(files, edits)].map(dependenciesIn);
    const packages = before === undefined || after === undefined ? undefined : after - before;
    if (admission.ok) return snapshot(edits, admission.editable, admission.normal, packages);
    const { ok: _, ...why } = admission;
    refuse(why);
  }

  #editsOf(edits: Readonly<Record<string, string | null>>): FileEdit[] {
    return Object.entries(edits).map(([path, blob]) => {
      if (blob === null) return { path, content: null };
      const bytes = this.#p.ledger.getBlob(blob);
      if (!bytes || sha256(bytes) !== blob) {
        throw new LabError('E_LEDGER_CORRUPT', {
          what: `The content of ${path} that was proposed is missing.`,
          why: `Blob ${blob.slice(0, 12)}… is ${bytes ? 'damaged' : 'not there'}.`,
          next: 'Restore the lab’s `blobs` folder from a backup.',
        });
      }
      return { path, content: Buffer.from(bytes).toString('utf8') };
    });
  }
}

function messageOf({ idea }: Experiment): string {
  return `#${idea.n} ${idea.hypothesis}\n\nProposer: ${idea.proposer}\nParent: #${idea.parent}\n`;
}
