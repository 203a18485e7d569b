import { describe, expect, it } from 'vitest';
import { judgeClaim } from '../core/rules/claims.ts';
import { judge } from '../core/rules/judge.ts';
import { createFold, replayEvents } from '../core/replay.ts';
import { decodeLedger } from '../ledger/chain.ts';
import { type SyntheticOptions, syntheticLab } from './synthetic.ts';

const bytesOf = (options: SyntheticOptions): Buffer =>
  Buffer.from(
    syntheticLab(options)
      .events.map((e) => `${JSON.stringify(e)}\n`)
      .join(''),
  );

describe('a synthetic lab', () => {
  const options = { n: 120, seed: 5, sessions: 3, noise: 0.01 };

  it('has an unbroken chain and replays to the same state', () => {
    const lab = syntheticLab(options);
    const read = decodeLedger(bytesOf(options), () => {});
    expect(read).toMatchObject({ events: lab.events.length, tip: lab.tip, tornBytes: 0 });
    expect(replayEvents(lab.events)).toEqual(lab.state);
  });

  it('holds only verdicts and confirmations that the rules give again', () => {
    const { state, apply } = createFold();
    const seen = { decided: 0, confirmation: 0 };
    for (const event of syntheticLab(options).events) {
      if (event.type === 'decided') {
        expect(judge(state, event.n, 'cpu:synthetic')).toEqual({ again: false, decision: event.decision });
        seen.decided++;
      }
      if (event.type === 'confirmation') {
        expect(event).toMatchObject({ ...judgeClaim(state, event.n, event.against, 'cpu:synthetic') });
        seen.confirmation++;
      }
      apply(event);
    }
    expect(seen.decided).toBeGreaterThan(100);
    expect(seen.confirmation).toBeGreaterThan(1);
  });

  it('is the same twice, and another with another seed', () => {
    expect(syntheticLab(options).tip).toBe(syntheticLab(options).tip);
    expect(syntheticLab({ ...options, seed: 6 }).tip).not.toBe(syntheticLab(options).tip);
  });

  it('can be left anywhere, as a killed harness leaves it', () => {
    const { state } = syntheticLab({ n: 30, until: (s) => s.running.has(12) });
    expect(state.running.size).toBe(1);
    expect(state.sessions.at(-1)?.end).toBeUndefined();
  });
});
