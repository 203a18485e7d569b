/**
 * Computes again, before each event of a ledger, what the event claims: noise floors, verdicts, confirmations, what is
 * carried over, the final comparison. Pure; collects where blobs and commits are named on the way.
 */
import { LabError } from '../base/error.ts';
import { canonicalJson, type Json } from '../base/json.ts';
import { noiseOf } from '../base/stats.ts';
import { formatCount } from '../base/text.ts';
import { RULES_VERSION } from '../core/arena.ts';
import { nextCarryOver } from '../core/bases/carry-overs.ts';
import type { LedgerEvent } from '../core/event.ts';
import { finalResult } from '../core/plan/finalize.ts';
import { judgeClaim } from '../core/rules/claims.ts';
import { calibrateItems } from '../core/rules/item-calibration.ts';
import { decidesByItems } from '../core/rules/item-comparison.ts';
import { judge } from '../core/rules/judge.ts';
import { screeningOf } from '../core/rules/screening.ts';
import { followsFromPenalties } from '../core/rules/simplicity.ts';
import { arenaOf, codeOf, type LabState, measurementsOf, rulesOf, values } from '../core/state.ts';
import type { AuditCheck } from './check.ts';
import type { AdvancedEvent, RecordedSnapshot } from './store-check.ts';

/** Told of each event before it is applied to `state`. */
export class Rederivation {
  readonly blobPlaces = new Map<string, string>();
  readonly snapshots: RecordedSnapshot[] = [];
  readonly lineHashes: string[] = [];
  lastAdvanced: AdvancedEvent | undefined;
  readonly #state: LabState;
  readonly #counts = { calibrated: 0, decided: 0, confirmation: 0 };
  #mismatch: string | undefined;
  #deviceClass = '';

  constructor(state: LabState) {
    this.#state = state;
  }

  /** Version of the rules that the lab was opened under. */
  get #rules(): number {
    return this.#state.lab ? rulesOf(this.#state) : RULES_VERSION;
  }

  /** As `checkBefore`; items that cannot be read are a mismatch, not the end of the audit. */
  checkBeforeOrNote(event: LedgerEvent): void {
    try {
      this.checkBefore(event);
    } catch (thrown) {
      if (!(thrown instanceof LabError && thrown.code === 'E_ITEMS')) throw thrown;
      this.#mismatch ??= `event ${event.seq}: the stored items cannot be read: ${thrown.parts.why}`;
    }
  }

  checkBefore(event: LedgerEvent): void {
    if (event.type === 'session.started') this.#deviceClass = event.deviceClass;
    this.#collectBlobs(event);
    this.#collectPlaces(event);
    if (event.type === 'measured' && !this.#mismatch && !followsFromPenalties(arenaOf(this.#state), event.outcome))
      this.#mismatch = `event ${event.seq}: the number of measurement ${event.m} does not follow from the metric and its penalties`;
    if (event.type === 'calibrated') {
      this.#counts.calibrated++;
      this.#compareDerived(event, noiseOf(values(this.#state, 0, event.deviceClass)), event.noise, 'the noise floor');
      if (decidesByItems(this.#state) && this.#rules === RULES_VERSION)
        this.#compareDerived(
          event,
          calibrateItems(this.#state, event.deviceClass),
          event.items,
          'what the items can show',
        );
    }
    // What other rules decided does not follow from these rules.
    if (this.#rules === RULES_VERSION) this.#checkByRules(event);
  }

  #checkByRules(event: LedgerEvent): void {
    if (event.type === 'repaired') {
      const judgement = judge(this.#state, event.n, this.#deviceClass);
      this.#compareDerived(
        event,
        !judgement.again && judgement.decision.failure !== undefined,
        true,
        `the failure that repair ${event.attempt} of #${event.n} repairs`,
      );
    } else if (event.type === 'decided') {
      this.#counts.decided++;
      const judgement = judge(this.#state, event.n, this.#deviceClass);
      this.#compareDerived(
        event,
        judgement.again ? { again: judgement.reason } : judgement.decision,
        event.decision,
        `the verdict on #${event.n}`,
      );
    } else if (event.type === 'proposed' && event.carries !== undefined) {
      const members = [event.carries, ...(event.carriesToo ?? [])];
      // Members that could not be merged wait on: those that were are some of those that were due, the first included.
      const due = nextCarryOver(this.#state, this.#state.sessions.at(-1)?.start.slots);
      const areDue = due[0] === event.carries && members.every((member) => due.includes(member));
      const derived = { carries: areDue ? members : due, parent: this.#state.incumbent };
      const recorded = { carries: members, parent: event.parent };
      this.#compareDerived(event, derived, recorded, `what #${event.n} carries over`);
    } else if (event.type === 'measuring') this.#checkScreening(event);
    else if (event.type === 'guarding') this.#checkGuards(event);
    else if (event.type === 'finalized') this.#checkFinalComparison(event);
    else if (event.type === 'confirmation') this.#checkConfirmation(event);
  }

  #checkConfirmation(event: Extract<LedgerEvent, { type: 'confirmation' }>): void {
    this.#counts.confirmation++;
    const { passed, effect, interval, probability, rule, reason, alpha, numbers } = event;
    const recorded = { passed, effect, interval, probability, rule, reason, alpha, numbers };
    const derived = judgeClaim(this.#state, event.n, event.against, this.#deviceClass) ?? null;
    this.#compareDerived(event, derived, recorded, `the confirmation of #${event.n}`);
  }

  /** Guards run on the present code of an experiment whose verdict waits for them. */
  #checkGuards(event: Extract<LedgerEvent, { type: 'guarding' }>): void {
    const { n, when, commit } = event;
    const judgement = n === 0 ? undefined : judge(this.#state, n, this.#deviceClass);
    const wanted = n === 0 ? 'baseline' : judgement?.again ? (judgement.guards ?? null) : null;
    const derived = { when: wanted, commit: codeOf(this.#state, n)?.commit ?? null };
    this.#compareDerived(event, derived, { when, commit }, `the run of guards on #${n}`);
  }

  /** Which idea gets a screening run, and which goes on from there, follows from the screening runs before it. */
  #checkScreening(event: Extract<LedgerEvent, { type: 'measuring' }>): void {
    const isFirstMeasurement =
      event.purpose === 'idea' &&
      !measurementsOf(this.#state, event.n).some((measurement) => measurement.state === 'finished');
    if (event.purpose !== 'screen' && !(isFirstMeasurement && arenaOf(this.#state).screen?.ranks)) return;
    const { next } = screeningOf(this.#state, event.n, event.deviceClass);
    this.#compareDerived(event, next, event.purpose === 'screen' ? 'short' : 'full', `the screening of #${event.n}`);
  }

  #checkFinalComparison(event: Extract<LedgerEvent, { type: 'finalized' }>): void {
    const { n, against, pairs, effect, interval, probability, rule, dropped, holdout } = event;
    const recorded = { n, against, pairs, effect, interval, probability, rule, dropped, holdout };
    this.#compareDerived(event, finalResult(this.#state, this.#deviceClass) ?? null, recorded, 'the last comparison');
  }

  #compareDerived(event: LedgerEvent, derived: unknown, recorded: unknown, subject: string): void {
    if (this.#mismatch) return;
    const [derivedJson, recordedJson] = [derived, recorded].map((value) =>
      canonicalJson(JSON.parse(JSON.stringify(value)) as Json),
    );
    if (derivedJson !== recordedJson)
      this.#mismatch = `event ${event.seq}: ${subject} does not follow from the measurements before it: recorded ${recordedJson!.slice(0, 160)}, derived ${derivedJson!.slice(0, 160)}`;
  }

  #collectBlobs(event: LedgerEvent): void {
    const addBlob = (blobHash: string | null | undefined, n: number | undefined, what: string): void => {
      if (blobHash && !this.blobPlaces.has(blobHash))
        this.blobPlaces.set(blobHash, `event ${event.seq}${n === undefined ? '' : `: #${n}`}, ${what}`);
    };
    if (event.type === 'proposed' || event.type === 'repaired')
      for (const [filePath, blobHash] of Object.entries(event.edits)) addBlob(blobHash, event.n, filePath);
    if (event.type === 'refused') {
      addBlob(event.conflict?.idea, event.n, 'the change of the idea');
      addBlob(event.conflict?.incumbent, event.n, 'the change of the incumbent');
    }
    if (event.type === 'try.asked')
      for (const [filePath, blobHash] of Object.entries(event.edits))
        addBlob(blobHash, undefined, `try ${event.tryOut}, ${filePath}`);
    if (event.type === 'try.ended') addBlob(event.output, undefined, `the output of try ${event.tryOut}`);
    if (event.type === 'calling') {
      addBlob(event.brief, event.n, 'the brief');
      addBlob(event.program, event.n, 'program.md');
    }
    if (event.type === 'called') {
      addBlob(event.reply, undefined, `the reply to call ${event.call}`);
      addBlob(event.log, undefined, `the output of call ${event.call}`);
    }
    if (event.type === 'guarded')
      addBlob(event.log, this.#state.guardRuns[event.g]?.n, `the output of guard run ${event.g}`);
    if (event.type === 'measured') {
      const n = this.#state.measurements[event.m]?.n;
      addBlob(event.conditions.log, n, `the output of measurement ${event.m}`);
      addBlob(event.conditions.curve, n, `the curve of measurement ${event.m}`);
      addBlob(event.conditions.items?.ids, n, `the ids of the items of measurement ${event.m}`);
      addBlob(event.conditions.items?.scores, n, `the items of measurement ${event.m}`);
      addBlob(event.conditions.itemNote, n, `the note on the items of measurement ${event.m}`);
    }
  }

  /** Commits with the edits that made them; the move of the kept branch; the hash of every line but the last. */
  #collectPlaces(event: LedgerEvent): void {
    this.lineHashes.push(event.prev);
    if (event.type === 'advanced') this.lastAdvanced = event;
    if (event.type !== 'snapshot') return;
    const { seq, n, commit, tree } = event;
    this.snapshots.push({ seq, n, commit, tree, edits: this.#state.experiments[n]?.idea.edits ?? {} });
  }

  listChecks(): AuditCheck[] {
    const { calibrated, decided, confirmation } = this.#counts;
    const floors = formatCount(calibrated, 'noise floor');
    if (this.#mismatch !== undefined) return [{ name: 'decisions', ok: false, detail: this.#mismatch }];
    if (this.#rules === RULES_VERSION) {
      const summary = `${formatCount(decided, 'verdict')}, ${floors}, ${formatCount(confirmation, 'confirmation')} derived again`;
      return [{ name: 'decisions', ok: true, detail: summary }];
    }
    const why = `version ${this.#rules} of the decision rules made them, and this Overnight has version ${RULES_VERSION} only`;
    return [
      { name: 'noise', ok: true, detail: `${floors} derived again` },
      { name: 'decisions', ok: true, skipped: true, detail: `not checked: ${why}` },
    ];
  }
}
