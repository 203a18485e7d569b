/**
 * Re-derive a lab from its ledger: the chain, every noise floor, verdict and confirmation, every commit, every blob.
 * Names the first mismatch. Reads only. Does not measure anything again: it proves that the record is consistent, not
 * that the machine was honest.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import { sha256 } from '../base/hash.ts';
import { canonicalJson, type Json } from '../base/json.ts';
import { count } from '../base/text.ts';
import { roleOf } from '../core/arena.ts';
import { confirm } from '../core/rules/claims.ts';
import { judge } from '../core/rules/judge.ts';
import type { LedgerEvent } from '../core/event.ts';
import { finalResult } from '../core/plan/finalize.ts';
import { rungOf } from '../core/plan/screening.ts';
import { fold } from '../core/replay.ts';
import { followsFromPenalties } from '../core/rules/simplicity.ts';
import { arenaOf, type LabState, measurementsOf, values } from '../core/state.ts';
import { noiseOf } from '../base/stats.ts';
import { decode, type Watch } from '../ledger/chain.ts';
import { LEDGER_FILE, readBlob, torn } from '../ledger/jsonl.ts';
import { gitText } from '../workspace/command.ts';

export interface AuditCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

export interface AuditResult {
  readonly ok: boolean;
  readonly tip: string;
  readonly checks: readonly AuditCheck[];
}

/** `folder` is the lab's, `store` the private git store (absent: git is not checked, and the result says so). */
export async function audit(folder: string, store: string | undefined, watch?: Watch): Promise<AuditResult> {
  const file = path.join(folder, LEDGER_FILE);
  if (!fs.existsSync(file))
    throw new LabError('E_NO_LAB', {
      what: 'There is no lab here to audit.',
      why: `${file} does not exist.`,
      next: 'Name the arena’s folder with --dir, and the lab with --tag.',
    });
  const bytes = fs.readFileSync(file);
  const { state, apply } = fold();
  const rederived = new Rederivation(state);
  const checks: AuditCheck[] = [];
  let tip = '';
  try {
    const take = (event: LedgerEvent): void => {
      rederived.before(event);
      apply(event);
    };
    const read = decode(bytes, take, undefined, watch);
    tip = read.tip;
    if (read.tornBytes > 0) throw torn(file, read, bytes);
    checks.push({
      name: 'hash chain',
      ok: true,
      detail: `${count(read.events, 'event')}, tip ${read.tip.slice(0, 12)}`,
    });
  } catch (thrown) {
    if (!(thrown instanceof LabError)) throw thrown;
    return { ok: false, tip, checks: [{ name: 'hash chain', ok: false, detail: `${thrown.code}: ${thrown.message}` }] };
  }
  checks.push(...rederived.checks(), blobCheck(folder, rederived.blobs));
  checks.push(
    store && fs.existsSync(store)
      ? await gitCheck(state, store)
      : { name: 'commits', ok: true, detail: 'not checked: no git store beside this ledger' },
  );
  return { ok: checks.every((check) => check.ok), tip, checks };
}

/** Computes again, before each event, what the event claims. */
class Rederivation {
  readonly blobs = new Set<string>();
  readonly #state: LabState;
  readonly #counts = { calibrated: 0, decided: 0, confirmation: 0 };
  #mismatch: string | undefined;
  #deviceClass = '';

  constructor(state: LabState) {
    this.#state = state;
  }

  before(event: LedgerEvent): void {
    if (event.type === 'session.started') this.#deviceClass = event.deviceClass;
    this.#collectBlobs(event);
    if (event.type === 'measured' && !this.#mismatch && !followsFromPenalties(arenaOf(this.#state), event.outcome))
      this.#mismatch = `event ${event.seq}: the number of measurement ${event.m} does not follow from the metric and its penalties`;
    if (event.type === 'calibrated') {
      this.#counts.calibrated++;
      this.#compare(event, noiseOf(values(this.#state, 0, event.deviceClass)), event.noise, 'the noise floor');
    } else if (event.type === 'repaired') {
      const judgement = judge(this.#state, event.n, this.#deviceClass);
      this.#compare(
        event,
        !judgement.again && judgement.decision.failure !== undefined,
        true,
        `the failure that repair ${event.attempt} of #${event.n} mends`,
      );
    } else if (event.type === 'decided') {
      this.#counts.decided++;
      const judgement = judge(this.#state, event.n, this.#deviceClass);
      this.#compare(
        event,
        judgement.again ? { again: judgement.reason } : judgement.decision,
        event.decision,
        `the verdict on #${event.n}`,
      );
    } else if (event.type === 'measuring') this.#rung(event);
    else if (event.type === 'finalized') this.#final(event);
    else if (event.type === 'confirmation') {
      this.#counts.confirmation++;
      const { passed, effect, interval, probability, rule, reason, alpha, numbers } = event;
      const again = confirm(this.#state, event.n, event.against, this.#deviceClass);
      this.#compare(
        event,
        again ?? null,
        { passed, effect, interval, probability, rule, reason, alpha, numbers },
        `the confirmation of #${event.n}`,
      );
    }
  }

  /** Which idea was run short, and which went on from there, follows from the short runs before it. */
  #rung(event: Extract<LedgerEvent, { type: 'measuring' }>): void {
    const first = event.purpose === 'idea' && !measurementsOf(this.#state, event.n).some((m) => m.state === 'finished');
    if (event.purpose !== 'screen' && !(first && arenaOf(this.#state).screen?.ranks)) return;
    const { next } = rungOf(this.#state, event.n, event.deviceClass);
    this.#compare(event, next, event.purpose === 'screen' ? 'short' : 'full', `the rung of #${event.n}`);
  }

  #final(event: Extract<LedgerEvent, { type: 'finalized' }>): void {
    const { n, against, pairs, effect, interval, probability, rule, dropped, holdout } = event;
    const recorded = { n, against, pairs, effect, interval, probability, rule, dropped, holdout };
    this.#compare(event, finalResult(this.#state, this.#deviceClass) ?? null, recorded, 'the last comparison');
  }

  #compare(event: LedgerEvent, derived: unknown, recorded: unknown, what: string): void {
    if (this.#mismatch) return;
    const [mine, theirs] = [derived, recorded].map((value) => canonicalJson(JSON.parse(JSON.stringify(value)) as Json));
    if (mine !== theirs)
      this.#mismatch = `event ${event.seq}: ${what} does not follow from the measurements before it: recorded ${theirs!.slice(0, 160)}, derived ${mine!.slice(0, 160)}`;
  }

  #collectBlobs(event: LedgerEvent): void {
    if (event.type === 'proposed' || event.type === 'repaired')
      for (const blob of Object.values(event.edits)) if (blob) this.blobs.add(blob);
    if (event.type === 'calling') for (const blob of [event.brief, event.program]) if (blob) this.blobs.add(blob);
    if (event.type === 'called') for (const blob of [event.reply, event.log]) if (blob) this.blobs.add(blob);
    if (event.type === 'measured')
      for (const blob of [event.conditions.log, event.conditions.curve]) if (blob) this.blobs.add(blob);
  }

  checks(): AuditCheck[] {
    const { calibrated, decided, confirmation } = this.#counts;
    const detail = `${count(decided, 'verdict')}, ${count(calibrated, 'noise floor')}, ${count(confirmation, 'confirmation')} derived again`;
    return [{ name: 'decisions', ok: this.#mismatch === undefined, detail: this.#mismatch ?? detail }];
  }
}

function blobCheck(folder: string, blobs: ReadonlySet<string>): AuditCheck {
  for (const blob of blobs) {
    const bytes = readBlob(folder, blob);
    if (!bytes) return { name: 'blobs', ok: false, detail: `blob ${blob.slice(0, 12)}… is missing` };
    if (sha256(bytes) !== blob)
      return { name: 'blobs', ok: false, detail: `blob ${blob.slice(0, 12)}… has other bytes than its name says` };
  }
  return { name: 'blobs', ok: true, detail: count(blobs.size, 'blob') };
}

/** Every commit is there with its tree, and differs from the baseline only in editable files. */
async function gitCheck(state: LabState, store: string): Promise<AuditCheck> {
  const codes = state.experiments.flatMap((x) => [
    ...(x.idea.attempts ?? []).map(({ snapshot }) => ({ n: x.idea.n, ...snapshot })),
    ...(x.state === 'open' || x.state === 'decided' ? [{ n: x.idea.n, ...x.snapshot }] : []),
  ]);
  if (codes.length === 0) return { name: 'commits', ok: true, detail: 'none yet' };
  const bad = (detail: string): AuditCheck => ({ name: 'commits', ok: false, detail });
  const input = codes.map(({ commit }) => `${commit}^{tree}`).join('\n');
  const lines = (await gitText(['cat-file', '--batch-check'], { store, input: `${input}\n` })).trim().split('\n');
  for (const [i, { n, commit, tree }] of codes.entries()) {
    if (lines[i]?.split(' ')[0] !== tree)
      return bad(
        `commit ${commit.slice(0, 12)} of #${n} is ${lines[i]?.includes('missing') ? 'missing' : 'not the tree that was recorded'}`,
      );
  }
  const base = codes[0]!.commit;
  const role = roleOf(arenaOf(state));
  const changed = await gitText(['diff-tree', '--stdin', '-r', '--name-only', '--no-commit-id', '-z'], {
    store,
    input: `${codes
      .slice(1)
      .map(({ tree }) => `${codes[0]!.tree} ${tree}`)
      .join('\n')}\n`,
  });
  const frozen = changed
    .split('\0')
    .map((name) => name.replace(/^[0-9a-f]{40} [0-9a-f]{40}\n/, ''))
    .find((name) => name.trim() !== '' && role(name.trim()) !== 'editable');
  if (frozen) return bad(`a candidate changes the frozen file ${frozen.trim()} (baseline ${base.slice(0, 12)})`);
  return { name: 'commits', ok: true, detail: `${count(codes.length, 'commit')}, frozen files equal in all` };
}
