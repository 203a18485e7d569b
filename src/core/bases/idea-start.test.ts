import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arenaWith, IDLE_CONTEXT, SCRIPT_DEVICE, Script } from '../../testing/script.ts';
import type { LedgerEvent } from '../event.ts';
import { plan } from '../plan/plan.ts';
import { replayEvents } from '../replay.ts';
import { lineage, measurementsOf } from '../state.ts';
import { nextStart } from './idea-start.ts';
import { liveBases } from './live-bases.ts';

/** A lab with so many live bases. */
const opened = (branches = 3, manifest: object = {}): Script =>
  new Script(arenaWith({ search: { branches }, decide: { controls: 0, drift: 0 }, ...manifest })).addCalibration([
    5, 5.02, 4.98,
  ]);
/** So many ideas that gain nothing, two of them near misses (#3 and #6). */
function stuck(script: Script, ideas = 14): Script {
  for (let k = 0; k < ideas; k++) script.tryIdea(k === 2 ? 5.001 : k === 5 ? 5.004 : 6);
  return script;
}
const next = (script: Script) => plan(script.state, IDLE_CONTEXT);

describe('the start of the next idea', () => {
  it('on a plateau a quarter to half of the ideas start elsewhere, from branches and as crossovers in turn, and each says why', () => {
    const script = opened();
    const starts: string[] = [];
    for (let k = 0; k < 40; k++) {
      const step = next(script);
      if (step.do === 'bundle') {
        expect(step.why).toMatch(/^no sure gain in \d+ ideas since the baseline$/);
        starts.push('x');
        script.tryIdea(6, { bundles: step.of, crosses: true });
      } else if (step.do === 'propose') {
        starts.push(step.base ? 'b' : '.');
        if (step.base)
          expect(step.why).toMatch(
            /^from #\d+, runner-up, [\d.]+ standard errors behind #0: no sure gain in \d+ ideas/,
          );
        script.tryIdea(k === 2 ? 5.001 : k === 5 ? 5.004 : 6, step.base ? { parent: step.base.n } : {});
      } else throw new Error(step.do);
    }
    const text = starts.join('');
    expect(text.slice(0, 12)).toBe('............');
    expect(text).toMatch(/^\.+b\.*x/);
    const elsewhere = [...text.slice(12)].filter((c) => c !== '.').length;
    expect(elsewhere / 28).toBeGreaterThan(0.25);
    expect(elsewhere / 28).toBeLessThanOrEqual(0.5);
  });

  it('is the incumbent where the manifest allows one base alone', () => {
    const script = stuck(opened(1), 40);
    expect(nextStart(script.state, SCRIPT_DEVICE)).toMatchObject({ base: { n: 0 } });
    expect(next(script)).toEqual({ do: 'propose' });
  });
});

describe('whatever a lab measures', () => {
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
              script.tryIdea(value, { bundles: step.cross, crosses: true });
            } else script.tryIdea(value, { parent: from < 4 ? liveBases(script.state).at(-1)!.n : step.base.n });
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
