/**
 * Runs guards where the plan asks for them, with the intent on disk first. A session that is stopped or killed
 * meanwhile leaves a run that is lost, and the next one makes it again.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { defined } from '../base/defined.ts';
import { LabError, reasonOf } from '../base/error.ts';
import type { GuardFailure, GuardPhase } from '../core/guard-run.ts';
import type { Ledger } from '../core/ports.ts';
import { guardsIn } from '../core/rules/guards.ts';
import { codeOf } from '../core/state.ts';
import { removeTree } from '../os/files.ts';
import { baselineError } from './baseline.ts';
import { blameFor, describeThrown } from './blame.ts';
import type { Bench } from './process-specs.ts';
import { type GuardResult, runGuards } from './run-guards.ts';

export interface GuardingDeps {
  readonly ledger: Ledger;
  readonly session: number;
}

/** What the lab is asked while guards run. */
interface GuardWatch {
  readonly isAborted: () => boolean;
  readonly onTick: () => void;
}

export class Guarding {
  readonly #deps: GuardingDeps;
  readonly #watch: GuardWatch;
  readonly #kills = new Map<number, () => void>();
  /** The artefacts of candidates whose guards are due, by their experiments. */
  readonly #heldArtefacts = new Map<number, string>();

  constructor(deps: GuardingDeps, watch: GuardWatch) {
    this.#deps = deps;
    this.#watch = watch;
  }

  /** End the guards that run on experiment `n`, or whatever runs. */
  kill(n?: number): void {
    for (const [guarded, kill] of this.#kills) if (n === undefined || guarded === n) kill();
  }

  /**
   * Run the guards of a phase on the code of experiment `n` and record what they say. Throws E_BASELINE where the
   * unchanged code fails. What the harness fails over is tried once more and is then the candidate's failure.
   */
  async run(bench: Bench, n: number, when: GuardPhase): Promise<GuardFailure | undefined> {
    const guards = guardsIn(bench.arena, when);
    for (let attempt = 1; ; attempt++) {
      const g = this.#deps.ledger.state.guardRuns.length;
      const { commit } = codeOf(this.#deps.ledger.state, n)!;
      const names = guards.map(({ name }) => name);
      this.#deps.ledger.append({ type: 'guarding', g, n, commit, when, guards: names, session: this.#deps.session });
      const onStart = (kill: () => void): void => {
        this.#kills.set(n, kill);
        if (this.#watch.isAborted()) kill();
      };
      try {
        const result = await runGuards(bench, { g, commit, guards, onTick: this.#watch.onTick, onStart });
        return this.#record(g, n, result);
      } catch (thrown) {
        const isTheirs = n > 0 && !this.#watch.isAborted() && blameFor(thrown, bench.workFolder) === 'untrusted';
        if (isTheirs && attempt === 2) return this.#record(g, n, failedTwice(thrown));
        if (!(thrown instanceof LabError && (thrown.code === 'E_DISK_FULL' || thrown.code === 'E_BASELINE')))
          this.#recordLost(g, reasonOf(thrown));
        if (!isTheirs) throw thrown;
      } finally {
        this.#kills.delete(n);
      }
    }
  }

  #record(g: number, n: number, { outcomes, failure, log, wasAborted }: GuardResult): GuardFailure | undefined {
    const { ledger } = this.#deps;
    if (wasAborted) {
      this.#recordLost(g, 'stopped by the person');
      return undefined;
    }
    const logBlob = log === '' ? undefined : ledger.putBlob(log);
    ledger.append({ type: 'guarded', g, outcomes, ...defined({ failure, log: logBlob }) });
    if (n === 0 && failure) throw baselineError([{ kind: 'crashed', ...failure }], ledger.state);
    return failure;
  }

  #recordLost(g: number, lost: string): void {
    this.#deps.ledger.append({ type: 'guarded', g, outcomes: [], lost });
  }

  /** Keep the artefact of a candidate until its guards have spoken. Without it the next measurement makes one. */
  holdArtefact(bench: Bench, n: number, artefactDir: string): void {
    const folder = path.join(bench.workFolder, `held-artefact-${n}`);
    this.dropArtefact(n);
    try {
      fs.renameSync(artefactDir, folder);
      this.#heldArtefacts.set(n, folder);
    } catch {
      // A paired comparison ends with the incumbent's run, and has none either.
    }
  }

  artefactOf(n: number): string | undefined {
    return this.#heldArtefacts.get(n);
  }

  dropArtefact(n: number): void {
    const folder = this.#heldArtefacts.get(n);
    if (folder !== undefined) removeTree(folder);
    this.#heldArtefacts.delete(n);
  }
}

function failedTwice(thrown: unknown): GuardResult {
  const message = `the harness could not run its guards, twice: ${describeThrown(thrown)}`;
  return { outcomes: [], failure: { class: 'infrastructure', message }, log: '', wasAborted: false };
}
