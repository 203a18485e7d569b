/** Notes and stars are for people alone: nothing that is measured, decided or planned follows from them. */
import { describe, expect, it } from 'vitest';
import { syntheticLab } from '../testing/synthetic.ts';
import type { LedgerEvent } from './event.ts';
import { replayEvents } from './replay.ts';
import { whyRefused } from './request-check.ts';
import { type LabRequest, isAnnotation } from './requests.ts';
import type { LabState } from './state.ts';

const made = syntheticLab({ n: 12, noise: 0.0009, best: 0.9, sessions: 2 });

const steered = (wish: LabRequest, id: string, t: string): LedgerEvent => ({
  type: 'steered',
  id,
  from: 'me',
  wish,
  seq: 0,
  t,
  v: 1,
  prev: '',
});

/** The same ledger with notes and stars after every event that follows the first experiment. */
function annotated(): LabState {
  const firstProposal = made.events.findIndex((event) => event.type === 'proposed');
  return replayEvents(
    made.events.flatMap((event, index) =>
      index < firstProposal
        ? [event]
        : [
            event,
            steered({ verb: 'star', n: 0 }, `star-${index}`, event.t),
            steered({ verb: 'note', text: `note ${index}`, n: 0 }, `note-${index}`, event.t),
            steered({ verb: 'note', text: `lab note ${index}` }, `labnote-${index}`, event.t),
          ],
    ),
  );
}

describe('notes and stars', () => {
  it('change nothing of a state but themselves', () => {
    const own = ['notes', 'experimentNotes', 'stars', 'requests', 'seq'] as const;
    const without = (state: LabState): Partial<LabState> =>
      Object.fromEntries(Object.entries(state).filter(([key]) => !(own as readonly string[]).includes(key)));
    const [plain, marked] = [replayEvents(made.events), annotated()];
    // The position of the newest event is all that the rest depends on.
    expect(without(marked)).toEqual(without(plain));
    expect([...marked.stars]).toEqual([0]);
    expect(marked.experimentNotes.get(0)!.length).toBeGreaterThan(10);
    expect([plain.stars.size, plain.experimentNotes.size]).toEqual([0, 0]);
  });

  it('belong to the experiment that they name, and a star can be removed', () => {
    const state = replayEvents([
      ...made.events,
      steered({ verb: 'star', n: 2 }, 'wish-0001', made.now),
      steered({ verb: 'star', n: 3 }, 'wish-0002', made.now),
      steered({ verb: 'unstar', n: 2 }, 'wish-0003', made.now),
      steered({ verb: 'note', text: 'first', n: 3 }, 'wish-0004', made.now),
      steered({ verb: 'note', text: 'second', n: 3 }, 'wish-0005', made.now),
    ]);
    expect([...state.stars]).toEqual([3]);
    expect(state.experimentNotes.get(3)!.map(({ text }) => text)).toEqual(['first', 'second']);
    expect(state.notes).toEqual([]);
  });

  it('may be about every experiment that exists, the baseline and controls too', () => {
    for (const wish of [
      { verb: 'star', n: 0 },
      { verb: 'unstar', n: 1 },
      { verb: 'note', text: 'x', n: 0 },
    ] as const) {
      expect(isAnnotation(wish)).toBe(true);
      expect(whyRefused(made.state, wish)).toBeUndefined();
      expect(whyRefused(made.state, { ...wish, n: 999 })).toMatch(/no experiment #999/);
    }
    expect(isAnnotation({ verb: 'veto' })).toBe(false);
  });
});
