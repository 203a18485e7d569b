/**
 * An open lab: the public three, `ask`, `measure`, `tell`, and what every session needs around them. Names only ports; the adapters come from
 * wire.ts. Every effect has its event on disk before it happens, so that a killed session is a named state.
 */
import { LabError, reasonOf } from '../base/error.ts';
import { sha256 } from '../base/hash.ts';
import { seedOf } from '../base/random.ts';
import { type Arena, roleOf } from '../core/arena.ts';
import { confirm } from '../core/claims.ts';
import { type Decision, judge } from '../core/decide.ts';
import type { Draft, LedgerEvent, RunLimits } from '../core/event.ts';
import type { Experiment } from '../core/experiment.ts';
import { plan, type Situation, type Step } from '../core/plan.ts';
import { admit } from '../core/policy.ts';
import type { CallJournal, Clock, FileEdit, Ledger, Proposal, Proposer, Workspace } from '../core/ports.ts';
import { codeOf, type LabState, values } from '../core/state.ts';
import { noiseOf } from '../core/stats.ts';
import { type MeasureResult, measureOnce } from './pipeline.ts';
import type { Bench } from './specs.ts';

/** A measurement to make, as the plan asks for it. */
export type Job = Extract<Step, { do: 'measure' }>;
export type Stop = Extract<Step, { do: 'stop' }>;

/** What `tell` made of a measurement: a verdict, or that more is needed. */
export type Told =
  | { readonly decided: true; readonly decision: Decision }
  | { readonly decided: false; readonly reason: string };

export interface LabParts {
  readonly ledger: Ledger;
  readonly workspace: Workspace;
  readonly proposer: Proposer;
  readonly clock: Clock;
  readonly bench: Bench;
  readonly deviceClass: string;
  readonly session: number;
  readonly limits: RunLimits;
  /** Measurements that may run at once. */
  readonly slots: number;
  /** Unguessable text, fresh at each call. */
  readonly nonce: () => string;
  readonly watch: LabWatch;
  /** Where the artefact of the newest kept experiment is put, if anywhere. */
  readonly keepArtefact?: (n: number, dir: string) => void;
}

/** What a display may listen to. Must not throw. */
export interface LabWatch {
  readonly onTick?: (job: Job, seconds: { readonly wall: number; readonly budgeted: number }) => void;
}

/** Refs of a lab in the private store. */
export const refOf = (lab: string, n: number): string => `refs/overnight/${lab}/${n}`;
const branchOf = (tag: string): string => `refs/heads/overnight/${tag}`;

/** Times in a row that a proposer may have nothing before the session ends. */
const MOST_EMPTY_PROPOSALS = 3;

export class Lab {
  readonly #p: LabParts;
  readonly #taken = new Set<number>();
  readonly #kills = new Map<number, () => void>();
  #asked = false;
  #aborted = false;
  #empty = 0;
  #emptyReason = '';

  constructor(parts: LabParts) {
    this.#p = parts;
  }

  get state(): LabState {
    return this.#p.ledger.state;
  }

  get arena(): Arena {
    return this.#p.bench.arena;
  }

  /** The SHA-256 of the ledger's last line. */
  get tip(): string {
    return this.#p.ledger.tip;
  }

  /** Let the current experiment end, then stop. */
  stopSoon(): void {
    this.#asked = true;
  }

  /** Kill what runs and stop. The measurements are recorded as lost and repeated by the next session. */
  abort(): void {
    this.#asked = true;
    this.#aborted = true;
    for (const kill of this.#kills.values()) kill();
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  /**
   * The next measurement worth making, or why there is none. Does on the way whatever costs no measurement: asks the proposer, refuses
   * or snapshots its idea, settles what a killed session left open. Throws LabError when the lab itself is broken.
   */
  async ask(): Promise<Job | Stop | { readonly do: 'wait' }> {
    for (;;) {
      const step = plan(this.state, this.#situation());
      switch (step.do) {
        case 'measure':
          this.#taken.add(step.n);
          return step;
        case 'stop':
        case 'wait':
          return step;
        case 'admit':
          await this.#admit(step.n);
          break;
        case 'decide':
          await this.#settle(step.n);
          break;
        case 'advance':
          await this.#advance(step.n);
          break;
        case 'calibrate':
          this.#calibrate();
          break;
        case 'confirm':
          this.#confirm(step.n, step.against);
          break;
        case 'control':
          this.#control();
          break;
        case 'propose': {
          const stop = await this.#propose();
          if (stop) return stop;
          break;
        }
        default:
          step satisfies never;
      }
    }
  }

  /** Make one measurement. Its intent is on disk before anything starts. A broken machine throws; the measurement is then recorded as lost. */
  async measure(job: Job): Promise<MeasureResult & { readonly m: number }> {
    const { bench, deviceClass, session, watch } = this.#p;
    const m = this.state.measurements.length;
    const commit = codeOf(this.state, job.n)!.commit;
    const { n, purpose, seed, claim, pair, like } = job;
    const nonce = this.#p.nonce();
    const shared = like === undefined ? undefined : this.state.measurements[like]!.judgeSeed;
    const judgeSeed = shared ?? (this.arena.seeds.fixed ? seed : seedOf(this.#p.nonce()));
    this.#record({
      type: 'measuring',
      m,
      n,
      purpose,
      seed,
      judgeSeed,
      session,
      deviceClass,
      cores: bench.cores.candidate,
      ...(claim !== undefined && { claim }),
      ...(pair !== undefined && { pair }),
    });
    try {
      const result = await measureOnce(bench, {
        m,
        commit,
        seed,
        judgeSeed,
        nonce,
        guarded: purpose === 'idea',
        onTick: (seconds) => watch.onTick?.(job, seconds),
        onStart: (kill) => {
          this.#kills.set(m, kill);
          if (this.#aborted) kill();
        },
      });
      return { ...result, m };
    } catch (thrown) {
      this.#taken.delete(n);
      if (!(thrown instanceof LabError && thrown.code === 'E_DISK_FULL'))
        this.#record({ type: 'lost', m, reason: reasonOf(thrown) });
      throw thrown;
    } finally {
      this.#kills.delete(m);
    }
  }

  /** Record a measurement and decide as far as the ledger now allows. */
  async tell(job: Job, result: MeasureResult & { readonly m: number }): Promise<Told> {
    const { ledger } = this.#p;
    try {
      if (result.aborted) {
        this.#record({ type: 'lost', m: result.m, reason: 'stopped by the person' });
        return { decided: false, reason: 'stopped by the person' };
      }
      const log = result.log === '' ? {} : { log: ledger.putBlob(result.log) };
      const curve = result.curve === undefined ? {} : { curve: ledger.putBlob(result.curve) };
      this.#record({
        type: 'measured',
        m: result.m,
        outcome: result.outcome,
        conditions: { ...result.conditions, ...log, ...curve },
      });
      if (job.purpose === 'calibrate' && result.outcome.kind !== 'measured') throw baselineFailed(result.outcome);
      if (this.state.experiments[job.n]!.state !== 'open' || job.n === 0) {
        // Kept again whenever the incumbent is measured again: a harness killed at the first time had no artefact to show for it.
        const incumbent = job.n > 0 && job.n === this.state.incumbent;
        if (incumbent && result.outcome.kind === 'measured') this.#p.keepArtefact?.(job.n, result.artefactDir);
        return { decided: false, reason: `a ${job.purpose} measurement` };
      }
      return await this.#settle(job.n, result.artefactDir);
    } finally {
      result.discard();
      this.#taken.delete(job.n);
    }
  }

  /** Put an idea of your own into the lab: admitted, refused or measured like any other. Resolves with its number. */
  async submit(from: string, hypothesis: string, edits: readonly FileEdit[]): Promise<number> {
    const n = this.#recordProposal({ kind: 'edit', hypothesis, edits }, from);
    await this.#admit(n);
    return n;
  }

  // --------------------------------------------------------------------------------------------- the steps

  #situation(): Situation {
    const { deviceClass, limits, slots, clock } = this.#p;
    const { experiments, deadline, target } = limits;
    return {
      deviceClass,
      slots,
      asked: this.#asked,
      taken: this.#taken,
      ...(experiments !== undefined && { experiments }),
      ...(deadline !== undefined && { leftS: (Date.parse(deadline) - Date.parse(clock.now())) / 1000 }),
      ...(target !== undefined && { target }),
    };
  }

  #record(draft: Draft): LedgerEvent {
    return this.#p.ledger.append(draft);
  }

  async #propose(): Promise<Stop | undefined> {
    const { proposer } = this.#p;
    if (this.#empty >= MOST_EMPTY_PROPOSALS)
      return { do: 'stop', reason: 'proposer exhausted', detail: `${proposer.name}: ${this.#emptyReason}` };
    const n = this.state.experiments.length;
    const parent = codeOf(this.state, this.state.incumbent)!;
    const proposal = await proposer.propose({
      arena: this.arena,
      state: this.state,
      n,
      commit: parent.commit,
      files: await this.#editable(parent.commit),
      signal: new AbortController().signal,
      journal: this.#journal(n),
    });
    if (proposal.kind === 'none') {
      if (proposal.class === 'budget') return { do: 'stop', reason: 'budget', detail: proposal.reason };
      this.#empty++;
      this.#emptyReason = proposal.reason;
      return undefined;
    }
    this.#empty = 0;
    this.#recordProposal(proposal, proposal.proposer ?? proposer.name);
    const { refusal } = proposal;
    if (refusal) this.#record({ type: 'refused', n, ...refusal });
    return undefined;
  }

  #journal(n: number): CallJournal {
    const { ledger, session } = this.#p;
    return {
      calling: (about) => {
        const call = this.state.calls.length;
        this.#record({ type: 'calling', call, n, session, ...about });
        return call;
      },
      called: (call, outcome) => void this.#record({ type: 'called', call, ...outcome }),
      putBlob: (text) => ledger.putBlob(text),
      getBlob: (hash) => ledger.getBlob(hash),
    };
  }

  /** The incumbent again, as if it were an idea. */
  #control(): void {
    const parent = this.state.incumbent;
    const hypothesis = 'A/A control: the incumbent, unchanged';
    const n = this.state.experiments.length;
    this.#record({ type: 'proposed', n, kind: 'control', parent, proposer: 'harness', hypothesis, edits: {} });
  }

  #recordProposal(proposal: Extract<Proposal, { kind: 'edit' }>, from: string): number {
    const n = this.state.experiments.length;
    const edits = Object.fromEntries(
      proposal.edits.map(({ path, content }) => [path, content === null ? null : this.#p.ledger.putBlob(content)]),
    );
    const { hypothesis, knobs, why, note, program, words, near } = proposal;
    this.#record({
      type: 'proposed',
      n,
      kind: 'idea',
      parent: this.state.incumbent,
      proposer: from,
      hypothesis,
      edits,
      ...(knobs && { knobs }),
      ...(why && { why }),
      ...(note && { note }),
      ...(program !== undefined && { program }),
      ...(words !== undefined && { words }),
      ...(near && near.length > 0 && { near }),
    });
    return n;
  }

  async #editable(commit: string): Promise<ReadonlyMap<string, string>> {
    const role = roleOf(this.arena);
    const entries = await this.#p.workspace.list(commit);
    return this.#p.workspace.read(
      commit,
      entries.map((entry) => entry.path).filter((path) => role(path) === 'editable'),
    );
  }

  /** Refuse a proposal, or put it into git. */
  async #admit(n: number): Promise<void> {
    const { workspace } = this.#p;
    const { idea } = this.state.experiments[n]!;
    const lab = this.state.lab!.lab;
    const { commit: parent, editable } = codeOf(this.state, idea.parent)!;
    if (idea.kind === 'control') {
      const made = await workspace.snapshot(parent, [], refOf(lab, n), messageOf(this.state.experiments[n]!), idea.at);
      this.#record({ type: 'snapshot', n, ...made, editable });
      return;
    }
    const edits = this.#editsOf(idea.edits);
    const paths = (await workspace.list(parent)).map((entry) => entry.path);
    const admission = admit(this.arena, this.state, idea.parent, await this.#editable(parent), edits, paths);
    if (!admission.ok) {
      const { code, reason, earlier } = admission;
      this.#record({ type: 'refused', n, code, reason, ...(earlier !== undefined && { earlier }) });
      return;
    }
    const made = await workspace.snapshot(parent, edits, refOf(lab, n), messageOf(this.state.experiments[n]!), idea.at);
    this.#record({ type: 'snapshot', n, ...made, editable: admission.editable, normal: admission.normal });
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

  async #settle(n: number, artefactDir?: string): Promise<Told> {
    const judgement = judge(this.state, n, this.#p.deviceClass);
    if (judgement.again) return { decided: false, reason: judgement.reason };
    this.#record({ type: 'decided', n, decision: judgement.decision });
    if (judgement.decision.verdict === 'kept') {
      if (artefactDir) this.#p.keepArtefact?.(n, artefactDir);
      await this.#advance(n);
    }
    return { decided: true, decision: judgement.decision };
  }

  async #advance(n: number): Promise<void> {
    const { commit } = codeOf(this.state, n)!;
    await this.#p.workspace.advance(branchOf(this.state.lab!.tag), commit);
    this.#record({ type: 'advanced', n, commit });
  }

  #calibrate({ deviceClass } = this.#p): void {
    this.#record({ type: 'calibrated', deviceClass, noise: noiseOf(values(this.state, 0, deviceClass)) });
  }

  #confirm(n: number, against: number): void {
    const result = confirm(this.state, n, against, this.#p.deviceClass);
    if (result) this.#record({ type: 'confirmation', n, against, ...result });
  }
}

function messageOf({ idea }: Experiment): string {
  return `#${idea.n} ${idea.hypothesis}\n\nProposer: ${idea.proposer}\nParent: #${idea.parent}\n`;
}

function baselineFailed(outcome: Exclude<MeasureResult['outcome'], { kind: 'measured' }>): LabError {
  return new LabError('E_BASELINE', {
    what: 'The unchanged code could not be measured.',
    why: `${outcome.class}: ${outcome.message}.`,
    next: 'Repair the arena (`overnight doctor` measures it step by step), then run again.',
  });
}
