import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type EventDraft, GENESIS, type LedgerEvent } from '../core/event.ts';
import { encodeEvent } from '../ledger/chain.ts';
import { arenaWith, Script } from '../testing/script.ts';
import { syntheticLab } from '../testing/synthetic.ts';
import { auditLab } from './audit.ts';

const root = fs.mkdtempSync(path.join(tmpdir(), 'overnight-audit-'));
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));
const { events } = syntheticLab({ n: 14, seed: 4 });

/** A lab whose ledger was forged with a correct chain: events changed by somebody who knows how the hashes are made. */
async function forged(
  change: (event: LedgerEvent) => LedgerEvent | undefined,
  from: readonly LedgerEvent[] = events,
): Promise<Awaited<ReturnType<typeof auditLab>>> {
  const folder = fs.mkdtempSync(path.join(root, 'lab-'));
  let prev = GENESIS;
  const lines: string[] = [];
  for (const { seq: _s, t, v: _v, prev: _p, ...draft } of from.map(change).filter((event) => event !== undefined)) {
    const made = encodeEvent(draft as EventDraft, lines.length, t, prev);
    lines.push(`${made.line}\n`);
    prev = made.hash;
  }
  fs.writeFileSync(path.join(folder, 'ledger.jsonl'), lines.join(''));
  return auditLab(folder, undefined);
}
const failed = (result: Awaited<ReturnType<typeof auditLab>>, name: string): string | undefined =>
  result.checks.find((check) => check.name === name && !check.ok)?.detail;
const last = <T extends LedgerEvent['type']>(type: T): LedgerEvent => events.findLast((event) => event.type === type)!;

describe('the audit of a ledger with a perfect chain', () => {
  it('finds nothing in what the program wrote, but blobs that were never there', async () => {
    const result = await forged((event) => event);
    expect(failed(result, 'hash chain')).toBeUndefined();
    expect(failed(result, 'decisions')).toBeUndefined();
  });

  it('finds a measurement that was made better after the verdict', async () => {
    const at = events.find((event) => event.type === 'measured' && event.outcome.kind === 'measured')!.seq;
    const result = await forged((event) =>
      event.seq === at && event.type === 'measured' && event.outcome.kind === 'measured'
        ? { ...event, outcome: { ...event.outcome, value: event.outcome.value * 1.5 } }
        : event,
    );
    expect(failed(result, 'decisions')).toMatch(/does not follow from the measurements before it/);
    expect(result.ok).toBe(false);
  });

  it('finds a verdict that was turned round', async () => {
    const { seq } = last('decided');
    const result = await forged((event) =>
      event.seq === seq && event.type === 'decided'
        ? { ...event, decision: { ...event.decision, reason: 'because I say so' } }
        : event,
    );
    expect(failed(result, 'decisions')).toMatch(new RegExp(`event ${seq}: the verdict on #`));
  });

  it('finds a noise floor that was made smaller', async () => {
    const result = await forged((event) =>
      event.type === 'calibrated' ? { ...event, noise: { ...event.noise, sigma: event.noise.sigma / 2 } } : event,
    );
    expect(failed(result, 'decisions')).toMatch(/the noise floor/);
  });

  it('finds a confirmation that did not pass', async () => {
    const claim = events.findLast((event) => event.type === 'confirmation');
    expect(claim).toBeDefined();
    const result = await forged((event) =>
      event === claim && event.type === 'confirmation' ? { ...event, passed: !event.passed } : event,
    );
    expect(failed(result, 'decisions')).toMatch(/the confirmation of #/);
  });

  it('finds a step that was left out', async () => {
    const { seq } = last('snapshot');
    const result = await forged((event) => (event.seq === seq ? undefined : event));
    expect(failed(result, 'hash chain')).toMatch(/^E_LEDGER_MOVE/);
  });

  it('finds an idea that was measured in full although its short run had dropped it', async () => {
    const script = new Script(arenaWith({ screen: { seconds: 0.2, ranks: true }, decide: {} })).addCalibration([
      50, 50.1, 49.9,
    ]);
    const both = (short: number, long: number): void => {
      const n = script.state.experiments.length;
      script.addIdea().measure(n, short, { purpose: 'screen' }).measure(n, long).decide(n);
    };
    for (let k = 0; k < 8; k++) both(10 + k, 100 + k);
    expect(failed(await forged((event) => event, script.ledger.events), 'decisions')).toBeUndefined();
    both(99, 60);
    expect(failed(await forged((event) => event, script.ledger.events), 'decisions')).toMatch(
      /the screening of #9 does not follow/,
    );
  });
});

describe('guards', () => {
  const arena = arenaWith({ guards: [{ name: 'tests', command: 'true' }], decide: { controls: 0, drift: 0 } });
  const script = new Script(arena).propose('baseline').addSnapshot(0).guard(0, 'baseline');
  script.addCalibration([5, 5.1, 4.9]).addIdea().measure(1, 3).guard(1, 'keep').decide(1).advance(1);
  const guarded = script.ledger.events;
  const kept = guarded.find((event) => event.type === 'guarding' && event.n === 1)!.seq;

  it('that passed are derived again', async () => {
    expect(failed(await forged((event) => event, guarded), 'decisions')).toBeUndefined();
  });

  it('that never ran on a kept experiment are missed', async () => {
    const without = await forged(
      (event) => (event.seq === kept || event.seq === kept + 1 ? undefined : event),
      guarded,
    );
    expect(failed(without, 'decisions')).toMatch(/the verdict on #1 .*its guards have not run yet/);
  });

  it('that failed cannot be followed by a kept one', async () => {
    const failure = { class: 'guard' as const, message: 'guard tests failed: 1 failed' };
    const turned = await forged(
      (event) => (event.seq === kept + 1 && event.type === 'guarded' ? { ...event, failure } : event),
      guarded,
    );
    expect(failed(turned, 'decisions')).toMatch(/the verdict on #1/);
  });

  it('that ran on other code are found', async () => {
    const other = await forged(
      (event) => (event.seq === kept && event.type === 'guarding' ? { ...event, commit: 'f'.repeat(40) } : event),
      guarded,
    );
    expect(failed(other, 'decisions')).toMatch(/the run of guards on #1/);
  });
});
