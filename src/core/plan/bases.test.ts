/**
 * Live branches: what an idea may start from, when it starts elsewhere, and what a line that came from a branch means
 * for everything after it.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arenaWith, SCRIPT_DEVICE, Script, IDLE_CONTEXT } from '../../testing/script.ts';
import { viewLab } from '../../view/lab/lab.ts';
import { judge } from '../rules/judge.ts';
import { isClearlyAhead } from '../rules/claims.ts';
import { liveBases, nextStart, paretoFront, plateauOf } from './bases.ts';
import { lastGain, plan } from './plan.ts';
import { admitIdea } from '../admission/policy.ts';
import { replayEvents } from '../replay.ts';
import type { LedgerEvent } from '../event.ts';
import { lineage, measurementsOf } from '../state.ts';
import { whyRefused } from '../steering.ts';

const opened = (branches = 3, manifest: object = {}): Script =>
  new Script(arenaWith({ search: { branches }, decide: { controls: 0, drift: 0 }, ...manifest })).addCalibration([
    5, 5.02, 4.98,
  ]);
/** An idea on `parent`, measured and decided, and kept where the rule says so. */
function tried(script: Script, value: number, about: object = {}): Script {
  const n = script.state.experiments.length;
  const idea = { parent: script.state.incumbent, proposer: 'test', hypothesis: `idea ${n}`, edits: {}, ...about };
  script
    .addEvent({ type: 'proposed', n, kind: 'idea', ...idea })
    .addSnapshot()
    .measure(n, value);
  while (judge(script.state, n, SCRIPT_DEVICE).again) script.measure(n, value, { purpose: 'replicate' });
  script.decide(n);
  const x = script.state.experiments[n]!;
  return x.state === 'decided' && x.decision.verdict === 'kept' ? script.advance(n) : script;
}
/** So many ideas that gain nothing, two of them near misses. */
function stuck(script: Script, ideas = 14): Script {
  for (let k = 0; k < ideas; k++) tried(script, k === 2 ? 5.001 : k === 5 ? 5.004 : 6);
  return script;
}
const next = (script: Script) => plan(script.state, IDLE_CONTEXT);

describe('live bases', () => {
  it('are the incumbent and what is not clearly behind it, nearest first, as many as the manifest allows', () => {
    const script = stuck(opened());
    expect(liveBases(script.state).map(({ n, role }) => [n, role])).toEqual([
      [0, 'incumbent'],
      [3, 'runner-up'],
      [6, 'runner-up'],
    ]);
    expect(liveBases(stuck(opened(2)).state).map(({ n }) => n)).toEqual([0, 3]);
    expect(liveBases(stuck(opened(1)).state).map(({ n }) => n)).toEqual([0]);
  });

  it('never hold the same code twice, nothing that was ruled out, and a branch no longer once six ideas came from it', () => {
    const script = stuck(opened(4));
    const twin = script.state.experiments.length;
    script.propose().addEvent({
      type: 'snapshot',
      n: twin,
      commit: 'c'.repeat(40),
      tree: 't'.repeat(40),
      editable: (script.state.experiments[3] as { snapshot: { editable: string } }).snapshot.editable,
      added: 1,
      deleted: 1,
    });
    script.measure(twin, 5.001).decide(twin);
    expect(liveBases(script.state).map(({ n }) => n)).toEqual([0, 3, 6]);
    script.addEvent({ type: 'steered', id: 'wish-0001', from: 'me', wish: { verb: 'veto', n: 6 } });
    expect(liveBases(script.state).map(({ n }) => n)).toEqual([0, 3]);
    for (let k = 0; k < 6; k++) tried(script, 6, { parent: 3 });
    // Its twin takes its place: it is another experiment with the same code.
    expect(liveBases(script.state).map(({ n }) => n)).toEqual([0, twin]);
  });

  it('hold what a person parked, whatever it measured, as long as it has a number', () => {
    const script = stuck(opened());
    script.addEvent({ type: 'steered', id: 'wish-0001', from: 'me', wish: { verb: 'park', n: 1 } });
    expect(liveBases(script.state)[1]).toMatchObject({ n: 1, role: 'parked' });
    script.addEvent({ type: 'steered', id: 'wish-0002', from: 'me', wish: { verb: 'unpark', n: 1 } });
    expect(liveBases(script.state).map(({ n }) => n)).not.toContain(1);
    script.propose();
    expect(whyRefused(script.state, { verb: 'park', n: 15 })).toMatch(/no number/);
    expect(whyRefused(stuck(opened(1)).state, { verb: 'park', n: 1 })).toMatch(/search\.branches/);
  });
});

describe('standing still', () => {
  it('is counted from the last gain that is sure: luck does not end it, a clear gain does', () => {
    const script = stuck(opened());
    expect(plateauOf(script.state, 0)).toMatchObject({ since: 0, ideas: 14 });
    tried(script, 4.995);
    expect(script.state.incumbent).toBe(15);
    expect(plateauOf(script.state, 0), 'a keep within the noise').toMatchObject({ since: 0, ideas: 15 });
    tried(script, 4);
    expect(plateauOf(script.state, 0)).toMatchObject({ since: 16, ideas: 0, explore: 0 });
  });

  it('small gains add up: none is sure alone, together they are, and chance keeps are not', () => {
    // The noise is 0.02; each step gains a fifth of it.
    const script = stuck(opened());
    for (let k = 1; k <= 24; k++) tried(script, 5 - 0.004 * k);
    const { since } = plateauOf(script.state, 0);
    expect(since).toBeGreaterThan(25);
    expect(since).toBeLessThan(script.state.incumbent + 1);
    const lucky = stuck(opened());
    for (let k = 1; k <= 24; k++) tried(lucky, 5 - 0.0005 * k);
    expect(lineage(lucky.state, lucky.state.incumbent).length).toBeGreaterThan(3);
    expect(plateauOf(lucky.state, 0).since).toBe(0);
  });

  it('is counted by the numbers of the newest measurement, whatever device a session starts on', () => {
    const script = tried(stuck(opened()), 4.995).startSession('device-b');
    expect(plateauOf(script.state, 0)).toMatchObject({ since: 0, ideas: 15 });
    // One number of each side on the new device: its noise is not known, so nothing is clear there.
    script.measure(0, 9, { purpose: 'calibrate', device: 'device-b' });
    script.measure(15, 3, { purpose: 'replicate', device: 'device-b' });
    expect(isClearlyAhead(script.state, 15, 0, 'device-b')).toBe(false);
    expect(plateauOf(script.state, 0)).toMatchObject({ since: 0, ideas: 15 });
    script.measure(0, 9.1, { purpose: 'calibrate', device: 'device-b' });
    expect(isClearlyAhead(script.state, 15, 0, 'device-b')).toBe(true);
    expect(plateauOf(script.state, 0)).toMatchObject({ since: 15, ideas: 0 });
  });

  it('a gain that fresh measurements refuted was none', () => {
    const script = tried(opened(), 4);
    expect(plateauOf(script.state, 0).since).toBe(1);
    const claim = {
      n: 1,
      against: 0,
      effect: 0,
      interval: [-1, 1],
      probability: 0.5,
      rule: 'confirm/2',
      reason: '',
    } as const;
    expect(plateauOf(script.addEvent({ type: 'confirmation', passed: false, ...claim }).state, 0).since).toBe(0);
  });

  it('a quarter of the ideas and up to half start elsewhere, from branches and crossings in turn, and each says why', () => {
    const script = opened();
    const starts: string[] = [];
    for (let k = 0; k < 40; k++) {
      const step = next(script);
      if (step.do === 'bundle') {
        expect(step.why).toMatch(/^no sure gain in \d+ ideas since the baseline$/);
        starts.push('x');
        tried(script, 6, { bundles: step.of, crosses: true });
      } else if (step.do === 'propose') {
        starts.push(step.base ? 'b' : '.');
        if (step.base)
          expect(step.why).toMatch(
            /^from #\d+, runner-up, [\d.]+ standard errors behind #0: no sure gain in \d+ ideas/,
          );
        tried(script, k === 2 ? 5.001 : k === 5 ? 5.004 : 6, step.base ? { parent: step.base.n } : {});
      } else throw new Error(step.do);
    }
    const text = starts.join('');
    expect(text.slice(0, 12)).toBe('............');
    expect(text).toMatch(/^\.+b\.*x/);
    const elsewhere = [...text.slice(12)].filter((c) => c !== '.').length;
    expect(elsewhere / 28).toBeGreaterThan(0.25);
    expect(elsewhere / 28).toBeLessThanOrEqual(0.5);
  });

  it('changes nothing where the manifest allows one line', () => {
    const script = stuck(opened(1), 40);
    expect(nextStart(script.state, SCRIPT_DEVICE)).toMatchObject({ base: { n: 0 } });
    expect(next(script)).toEqual({ do: 'propose' });
  });
});

describe('an idea from a branch', () => {
  /** #2 is kept on the baseline; #3 comes from the near miss #1 and beats it: the line is 0, 1, 3. */
  const moved = (): Script => {
    const script = tried(tried(opened(), 5.001), 4.5);
    return tried(script, 4, { parent: 1 });
  };

  it('is held against the incumbent, not against what it was made on', () => {
    const script = tried(tried(opened(), 5.001), 4.5);
    tried(script, 4.7, { parent: 1 });
    expect(script.state.experiments[3]).toMatchObject({ decision: { verdict: 'discarded', against: 2 } });
    expect(script.state.incumbent).toBe(2);
  });

  it('moves the line to its branch when it is better; the runner-up is a step of it', () => {
    const { state, ledger } = moved();
    expect(lineage(state, state.incumbent)).toEqual([0, 1, 3]);
    expect(replayEvents(ledger.events)).toEqual(state);
    expect(lastGain(state)).toBe(3);
    const view = viewLab(state, { now: state.lastAt, alive: true, tip: '' });
    expect(view.lineage).toEqual([0, 1, 3]);
    expect(view.deadEnds.flatMap(({ experiments }) => experiments)).not.toContain(1);
    expect(
      liveBases(state).map(({ n }) => n),
      'what was beaten clearly is no base',
    ).toEqual([3]);
  });

  it('and the finish line leaves out each of its steps, the runner-up too', () => {
    expect(plan(moved().state, { ...IDLE_CONTEXT, finalize: true })).toEqual({ do: 'ablate', n: 1 });
  });

  it('ruled out, gives the line back to what it had beaten', () => {
    for (const n of [1, 3]) {
      const { state } = moved().addEvent({ type: 'steered', id: 'wish-0001', from: 'me', wish: { verb: 'veto', n } });
      expect(lineage(state, state.incumbent), `${n}`).toEqual([0, 2]);
    }
  });

  it('that another branch tried against the same incumbent is a duplicate', () => {
    const script = tried(tried(opened(), 5.001), 4.5);
    tried(script, 4.7, { parent: 2 });
    const known = script.state.experiments[3] as { snapshot: { editable: string } };
    const files = new Map([['x.ts', 'a']]);
    const edits = [{ path: 'x.ts', content: 'b' }];
    const first = admitIdea(script.state.lab!.arena, script.state, { parent: 1 }, files, edits);
    expect(first.ok).toBe(true);
    const seen = new Map([[first.ok ? first.editable : '', [3]]]);
    expect(known.snapshot.editable).toBeTruthy();
    const state = { ...script.state, byEditable: seen };
    expect(admitIdea(state.lab!.arena, state, { parent: 1 }, files, edits)).toMatchObject({
      ok: false,
      code: 'duplicate',
      earlier: 3,
    });
  });
});

describe('whatever a night measures', () => {
  it('what is live has code and a number, no two have the same, and the same ledger gives the same start', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.double({ min: 4.9, max: 5.1, noNaN: true }), fc.nat({ max: 40 })), {
          minLength: 1,
          maxLength: 40,
        }),
        fc.integer({ min: 2, max: 8 }),
        (values, branches) => {
          const script = opened(branches);
          for (const [value, from] of values) {
            const step = nextStart(script.state, SCRIPT_DEVICE);
            if ('cross' in step) {
              expect(new Set(step.cross).size).toBe(step.cross.length);
              tried(script, value, { bundles: step.cross, crosses: true });
            } else tried(script, value, { parent: from < 4 ? liveBases(script.state).at(-1)!.n : step.base.n });
          }
          const live = liveBases(script.state);
          expect(live[0]).toMatchObject({ n: script.state.incumbent, role: 'incumbent' });
          expect(live.length).toBeLessThanOrEqual(branches);
          expect(new Set(live.map(({ n }) => n)).size).toBe(live.length);
          for (const { n } of live) expect(measurementsOf(script.state, n).length).toBeGreaterThan(0);
          const again = replayEvents(script.ledger.events);
          expect(again).toEqual(script.state);
          expect(nextStart(again, SCRIPT_DEVICE)).toEqual(nextStart(script.state, SCRIPT_DEVICE));
          for (const n of lineage(again, again.incumbent).slice(1)) {
            const after = replayEvents([
              ...script.ledger.events,
              {
                ...script.ledger.events.at(-1)!,
                type: 'steered',
                seq: script.ledger.events.length,
                id: 'wish-0009',
                from: 'me',
                wish: { verb: 'veto', n },
              } as LedgerEvent,
            ]);
            expect(lineage(after, after.incumbent)).not.toContain(n);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('crossings', () => {
  const knobs = [
    { name: 'A', file: 'x.ts', kind: 'int', range: [0, 9] },
    { name: 'B', file: 'x.ts', kind: 'int', range: [0, 9] },
  ];

  it('take two near misses that move different knobs before two that move the same', () => {
    const script = new Script(arenaWith({ search: { branches: 2 }, knobs, decide: { controls: 0, drift: 0 } }));
    script
      .addEvent({
        type: 'proposed',
        n: 0,
        kind: 'baseline',
        parent: 0,
        proposer: 'person',
        hypothesis: '',
        edits: {},
        knobs: { A: 1, B: 1 },
      })
      .addSnapshot(0);
    script.addCalibration([5, 5.02, 4.98]);
    for (const [value, A, B] of [
      [5.001, 2, 1],
      [5.002, 3, 1],
      [5.003, 1, 2],
    ] as const)
      tried(script, value, { knobs: { A, B } });
    for (let k = 0; k < 16; k++) tried(script, 6, k % 4 === 3 ? { parent: 1 } : {});
    const crossed = Array.from({ length: 8 }, () => {
      const step = next(script);
      tried(
        script,
        6,
        step.do === 'bundle'
          ? { bundles: step.of, crosses: true }
          : step.do === 'propose' && step.base
            ? { parent: step.base.n }
            : {},
      );
      return step;
    }).find(({ do: what }) => what === 'bundle');
    expect(crossed).toMatchObject({ of: [1, 3] });
  });
});

describe('the front', () => {
  const arena = {
    front: [
      { metric: 'speed', direction: 'maximize' },
      { metric: 'size', direction: 'minimize' },
    ],
  };
  const measured = (script: Script, value: number, speed: number, size: number): Script => {
    const n = script.state.experiments.length;
    return script.addIdea().measure(n, value, { metrics: { speed, size } }).decide(n);
  };
  const some = (manifest: object): Script => {
    const script = opened(3, manifest).measure(0, 5, { purpose: 'drift', metrics: { speed: 10, size: 10 } });
    return measured(measured(measured(measured(script, 6, 20, 10), 7, 15, 12), 6.5, 9, 3), 6, 20, 10);
  };

  it('is what no other beats, each metric in its own direction; equals stand side by side', () => {
    const { state } = some(arena);
    expect(paretoFront(state)).toEqual([0, 1, 4, 3]);
    expect(
      liveBases(state)
        .slice(1)
        .map(({ n, role }) => [n, role]),
    ).toEqual([
      [1, 'front'],
      [4, 'front'],
    ]);
  });

  it('and the live bases stay when a session starts on another device class and nothing is measured there', () => {
    const before = some(arena);
    const [front, bases] = [paretoFront(before.state), liveBases(before.state)];
    const { state } = before.startSession('device-b');
    expect([paretoFront(state), liveBases(state)]).toEqual([front, bases]);
  });

  it('is none where the arena asks for none: then the scalar decides alone', () => {
    expect(paretoFront(some({}).state)).toEqual([]);
  });
});
