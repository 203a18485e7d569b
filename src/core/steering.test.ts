import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { syntheticLab } from '../testing/synthetic.ts';
import type { LedgerEvent } from './event.ts';
import { replayEvents } from './replay.ts';
import { lineage } from './state.ts';
import { whyRefused, applyToSteering, NO_STEERING } from './steering.ts';
import type { LabRequest } from './requests.ts';

const { events, state } = syntheticLab({ n: 40, seed: 3, goodRate: 0.5 });
const says = (wish: LabRequest, id = 'wish-0001'): LedgerEvent =>
  ({ ...events.at(-1)!, type: 'steered', seq: events.length, id, from: 'test', wish }) as LedgerEvent;

describe('what is in force', () => {
  it('is the last of pause and resume, and every direction since the last `forget`', () => {
    const verbs = fc.array(
      fc.oneof(
        fc.constantFrom<LabRequest>({ verb: 'pause' }, { verb: 'resume' }, { verb: 'forget' }),
        fc.string({ minLength: 1 }).map((text): LabRequest => ({ verb: 'steer', text })),
      ),
    );
    fc.assert(
      fc.property(verbs, (wishes) => {
        const now = wishes.reduce((at, wish) => applyToSteering(at, wish, { t: '', from: 'x' }), NO_STEERING);
        const switches = wishes.filter(({ verb }) => verb === 'pause' || verb === 'resume');
        expect(now.paused).toBe(switches.at(-1)?.verb === 'pause');
        const since = wishes.slice(wishes.findLastIndex(({ verb }) => verb === 'forget') + 1);
        expect(now.words.map(({ text }) => text)).toEqual(since.flatMap((w) => (w.verb === 'steer' ? [w.text] : [])));
      }),
    );
  });
});

describe('a veto', () => {
  it('of any idea leaves an incumbent and a champion that are not built on it, and names nothing but kept ideas', () => {
    const ideas = state.experiments.flatMap(({ idea }) => (idea.kind === 'idea' ? [idea.n] : []));
    for (const n of ideas) {
      const after = replayEvents([...events, says({ verb: 'veto', n })]);
      expect(lineage(after, after.incumbent)).not.toContain(n);
      expect(lineage(after, after.incumbent)).toContain(after.champion);
      const hit = lineage(state, state.incumbent).includes(n);
      expect(after.incumbent).toBe(hit ? state.experiments[n]!.idea.parent : state.incumbent);
    }
  });

  it('of the baseline, of a control, or of nothing is objected to, and recorded it breaks the ledger', () => {
    for (const n of [0, 4000]) {
      expect(whyRefused(state, { verb: 'veto', n })).toMatch(/baseline|no experiment/);
      expect(() => replayEvents([...events, says({ verb: 'veto', n })])).toThrow(/cannot be obeyed/);
    }
  });
});
