import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LabError } from '../base/error.ts';
import { encodeEvent } from '../ledger/chain.ts';
import { arenaWith, SCRIPT_CONDITIONS, Script } from '../testing/script.ts';
import { syntheticLab } from '../testing/synthetic.ts';
import { type EventDraft, GENESIS, type LedgerEvent } from './event.ts';
import type { Decision } from './decision.ts';
import { createFold, replayEvents } from './replay.ts';
import { lineage, measurementsOf, values } from './state.ts';
import { noiseOf } from '../base/stats.ts';

const small = fc.integer({ min: 0, max: 4 });
const verdict = fc.constantFrom('kept', 'discarded', 'inconclusive', 'crashed', 'timed out' as const);
const decision = verdict.map((verdict): Decision => ({
  verdict,
  reason: 'r',
  rule: 'margin/1',
  against: 0,
  n: 1,
  nAgainst: 1,
}));
const outcome = fc.oneof(
  fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .map((value) => ({ kind: 'measured' as const, value, metrics: {} })),
  fc.constant({ kind: 'crashed' as const, class: 'exit' as const, message: 'm' }),
);
const opened = new Script().ledger.events;

/** Any event with small numbers in it: most of them impossible where they come. */
const anyDraft: fc.Arbitrary<EventDraft> = fc.oneof(
  fc.constantFrom(...opened.map(({ seq: _s, t: _t, v: _v, prev: _p, ...draft }) => draft as EventDraft)),
  small.map((session): EventDraft => ({ type: 'session.ended', session, reason: 'asked', detail: '' })),
  small.map((session): EventDraft => ({ type: 'session.died', session, detail: '', processes: 0 })),
  fc.record({ n: small, parent: small }).map(({ n, parent }): EventDraft => ({
    type: 'proposed',
    n,
    kind: n ? 'idea' : 'baseline',
    parent,
    proposer: 'p',
    hypothesis: 'h',
    edits: {},
  })),
  small.map((n): EventDraft => ({ type: 'refused', n, code: 'duplicate', reason: 'r' })),
  small.map((n): EventDraft => ({
    type: 'snapshot',
    n,
    commit: 'c',
    tree: 't',
    editable: `e${n % 2}`,
    added: 1,
    deleted: 0,
  })),
  fc.record({ m: small, n: small, claim: fc.option(small, { nil: undefined }) }).map(({ m, n, claim }): EventDraft => {
    const about = { purpose: 'idea' as const, seed: 1, judgeSeed: 1, session: 0, deviceClass: 'd', cores: [] };
    return { type: 'measuring', m, n, ...about, ...(claim !== undefined && { claim }) };
  }),
  fc
    .record({ m: small, outcome })
    .map(({ m, outcome }): EventDraft => ({ type: 'measured', m, outcome, conditions: SCRIPT_CONDITIONS })),
  small.map((m): EventDraft => ({ type: 'lost', m, reason: 'r' })),
  fc.constant<EventDraft>({ type: 'calibrated', deviceClass: 'd', noise: noiseOf([1, 2, 3]) }),
  fc.record({ n: small, decision }).map(({ n, decision }): EventDraft => ({ type: 'decided', n, decision })),
  small.map((n): EventDraft => ({ type: 'advanced', n, commit: 'c' })),
  fc.record({ n: small, passed: fc.boolean() }).map(({ n, passed }): EventDraft => ({
    type: 'confirmation',
    n,
    against: 0,
    passed,
    effect: 0,
    interval: [0, 0],
    probability: 0.5,
    rule: 'r',
    reason: 'r',
  })),
  fc.constant<EventDraft>({ type: 'note', from: 'me', text: 'hello' }),
);

describe('the fold', () => {
  it('takes any event or refuses it by name, and a refused one changes nothing', () => {
    fc.assert(
      fc.property(fc.array(anyDraft, { maxLength: 60 }), (drafts) => {
        const { state, apply } = createFold();
        const taken: LedgerEvent[] = [];
        for (const draft of [...opened, ...drafts]) {
          const { event } = encodeEvent(draft, taken.length, '2026-01-01T00:00:00Z', GENESIS);
          const before = structuredClone(state);
          try {
            apply(event);
            taken.push(event);
          } catch (thrown) {
            expect((thrown as LabError).code).toBe('E_LEDGER_MOVE');
            expect(state).toEqual(before);
          }
        }
        expect(replayEvents(taken)).toEqual(state);
        expect([...state.running]).toEqual(state.measurements.filter((m) => m.state === 'running').map(({ m }) => m));
        const decided = state.experiments.filter((x) => x.state === 'decided' || x.state === 'refused').length;
        expect(Object.values(state.counts).reduce((a, b) => a + b, 0)).toBe(decided);
        const tip = state.experiments[state.incumbent];
        if (state.incumbent > 0) expect(tip).toMatchObject({ state: 'decided', advanced: true });
        for (const x of state.experiments) {
          const done =
            x.state === 'refused' || (x.state === 'decided' && (x.decision.verdict !== 'kept' || x.advanced));
          expect(state.unfinished.has(x.idea.n)).toBe(!done);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('accepts every ledger that the planner and the rules write, from any seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 3 }), (seed, sessions) => {
        const { events, state } = syntheticLab({ n: 12, seed, sessions, crashRate: 0.2, refuseRate: 0.2 });
        expect(replayEvents(events)).toEqual(state);
      }),
      { numRuns: 25 },
    );
  });

  it('reaches the state of every prefix, so that a lab can be read as it was', () => {
    const { events } = syntheticLab({ n: 6, seed: 3 });
    const { state, apply } = createFold();
    events.forEach((event, i) => {
      apply(event);
      expect(replayEvents(events.slice(0, i + 1))).toEqual(state);
    });
  });

  it('refuses an event of a kind that it does not know', () => {
    const script = new Script();
    const before = structuredClone(script.state);
    const append = (): unknown => script.addEvent({ type: 'wished', n: 1 } as unknown as EventDraft);
    expect(append).toThrow(LabError);
    expect(append).toThrow(/wished/);
    expect(script.state).toEqual(before);
  });

  it('says which event cannot stand where, why, and what to do', () => {
    try {
      new Script().addEvent({ type: 'advanced', n: 3, commit: 'c' });
      expect.unreachable();
    } catch (thrown) {
      const { parts } = thrown as LabError;
      expect(parts.what).toContain('Event 2 (advanced)');
      expect(parts.why).toBe('Experiment 3 is unknown, not decided.');
      expect(parts.next).toContain('overnight audit');
    }
  });
});

describe('a confirmation', () => {
  it('makes a champion only when it passed', () => {
    const script = new Script().addCalibration([5, 5.1, 4.9]).addKeptIdea(4).addKeptIdea(3);
    const claim = { against: 0, effect: 0, interval: [0, 0], probability: 0.5, rule: 'confirm/3', reason: '' } as const;
    script.addEvent({ type: 'confirmation', n: 1, passed: true, ...claim });
    expect(script.state.champion).toBe(1);
    script.addEvent({ type: 'confirmation', n: 2, passed: false, ...claim });
    expect(script.state.champion).toBe(1);
    expect(script.state.confirmations.map(({ n, passed }) => [n, passed])).toEqual([
      [1, true],
      [2, false],
    ]);
  });
});

describe('numbers of a ledger', () => {
  const idea = { kind: 'idea', parent: 0, proposer: 'test', hypothesis: '', edits: {} } as const;

  it.each([
    ['too high', 2],
    ['used already', 0],
  ])('leave no gap: an experiment whose number is %s is refused', (_, n) => {
    const script = new Script().addCalibration([5, 5.1, 4.9]);
    expect(() => script.addEvent({ type: 'proposed', n, ...idea })).toThrow(
      expect.objectContaining({ code: 'E_LEDGER_MOVE' }),
    );
    expect(script.state.experiments).toHaveLength(1);
  });
});

describe('the noise', () => {
  it('does not count screening runs, which are shorter', () => {
    const script = new Script().addCalibration([5, 5.1, 4.9]).addIdea();
    const before = script.state.noise.get('device-a')!.pool;
    script.measure(1, 9, { purpose: 'screen' }).measure(1, 2, { purpose: 'screen' }).measure(1, 4.9);
    script.measure(1, 7, { purpose: 'screen' });
    expect(script.state.noise.get('device-a')!.pool).toEqual(before);
    script.measure(1, 5.1, { purpose: 'replicate' });
    expect(script.state.noise.get('device-a')!.pool.dof).toBe(before.dof + 1);
  });
});

describe('what a state answers', () => {
  const script = new Script(arenaWith()).addCalibration([5, 5.1, 4.9]).addKeptIdea(3).addKeptIdea(2);
  script.addIdea().measure(3, 'exit');

  it('gives the measurements and numbers of an experiment, by device class', () => {
    expect(values(script.state, 0, 'device-a')).toEqual([5, 5.1, 4.9]);
    expect(values(script.state, 0, 'device-b')).toEqual([]);
    expect(values(script.state, 3, 'device-a')).toEqual([]);
    expect(measurementsOf(script.state, 3)).toHaveLength(1);
  });

  it('gives the kept line from the baseline', () => {
    expect(lineage(script.state, script.state.incumbent)).toEqual([0, 1, 2]);
    expect(lineage(script.state, 0)).toEqual([0]);
  });
});
