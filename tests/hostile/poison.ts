/**
 * A lab whose every text is hostile: each string that a real ledger holds, also names of files and knobs, is replaced
 * where the fold still takes it. So a field that is added to an event is poisoned without a change here.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { type LedgerEvent } from '../../src/core/event.ts';
import { createFold } from '../../src/core/replay.ts';
import type { LabState } from '../../src/core/state.ts';
import { viewLab } from '../../src/view/lab/lab.ts';
import type { Facts, LabView } from '../../src/view/types.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const LEDGER = path.resolve(import.meta.dirname, '../ledgers/rules-3-three-sessions.jsonl');
/** Objects whose keys come from outside. */
const NAMED_BY_OTHERS = new Set(['edits', 'knobs', 'versions', 'metrics']);
/** The envelope, and what an event is. */
const NEVER_POISONED = /^[\w.]+: (type|t|prev)$/;
const CALLER = { agent: 'claude', model: 'a model', session: 2 };

/** Events of a real lab, with those that it lacks put in before its last session ends. */
export function fullLedger(): LedgerEvent[] {
  const events = fs
    .readFileSync(LEDGER, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, Json>);
  const lastEvent = events.pop()!;
  const usage = { calls: 1, inputTokens: 10, cachedTokens: 0, outputTokens: 5, usd: 0.1, source: 'gateway' };
  const n = events.filter((event) => event.type === 'proposed').length;
  const added: Record<string, Json>[] = [
    { type: 'stage.started', stage: 'setup', key: 'ab' },
    { type: 'stage.failed', stage: 'setup', key: 'ab', message: 'npm said no' },
    { type: 'note', from: 'a person', text: 'words for the record' },
    { type: 'steered', id: 'request-1', from: 'a person', wish: { verb: 'steer', text: 'try a wider window' } },
    { type: 'steered', id: 'request-3', from: 'a person', wish: { verb: 'note', text: 'about this one', n: 1 } },
    { type: 'steered', id: 'request-4', from: 'a person', wish: { verb: 'star', n: 1 } },
    { type: 'steered', id: 'request-2', from: 'a person', wish: { verb: 'pin', n: 3 }, refused: 'it is open' },
    { type: 'calling', call: 0, n, purpose: 'idea', ...CALLER },
    {
      type: 'called',
      call: 0,
      outcome: 'failed',
      class: 'server',
      message: 'overloaded',
      wallS: 1,
      usage,
      retryAt: 'later',
    },
    { type: 'calling', call: 1, n, purpose: 'idea', ...CALLER },
    { type: 'called', call: 1, outcome: 'edit', wallS: 1, usage },
  ];
  const note = {
    mechanism: 'it helps',
    expected: 'less loss',
    next: ['a wider net', 'another'],
    heeds: ['w1'],
    problem: 'cut',
  };
  for (const event of events)
    if (event.type === 'proposed' && Number(event.n) > 0)
      Object.assign(event, { note, knobs: { LEARNING_RATE: 0.1, SHAPE: 'SSL' }, why: 'not tried yet' });
    else if (event.type === 'measured' && (event.outcome as Record<string, Json>).kind === 'measured')
      (event.outcome as Record<string, Json>).metrics = { speed: 4 };
  const template = events.at(-1)!;
  const all = [...events, ...added.map((event) => ({ ...template, ...event })), lastEvent];
  return all.map((event, seq) => ({ ...event, seq })) as unknown as LedgerEvent[];
}

/** Every place of a text in the events: `decided: decision.reason`, `proposed: edits{}` for a name. */
export function textPlaces(events: readonly LedgerEvent[]): readonly string[] {
  const places = new Set<string>();
  for (const event of events)
    changeTexts(event as unknown as Json, `${event.type}:`, (text, place) => (places.add(place), text));
  return [...places].filter((place) => !NEVER_POISONED.test(place));
}

/** A copy in which every text, and every name that comes from outside, is what `change` makes of it. */
function changeTexts(
  value: Json,
  place: string,
  change: (text: string, place: string) => string,
  isNamed = false,
): Json {
  if (typeof value === 'string') return change(value, place);
  if (Array.isArray(value)) return value.map((item) => changeTexts(item, `${place}[]`, change));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const innerPlace = isNamed ? `${place}{*}` : `${place}${place.endsWith(':') ? ' ' : '.'}${key}`;
      return [
        isNamed ? change(key, `${place}{}`) : key,
        changeTexts(inner, innerPlace, change, NAMED_BY_OTHERS.has(key)),
      ];
    }),
  );
}

export interface PoisonedLab {
  readonly events: readonly LedgerEvent[];
  readonly state: LabState;
  readonly facts: Facts;
  readonly view: LabView;
}

/** The lab with `payload` in every one of these places, each with a number of its own. */
export function poisonLab(events: readonly LedgerEvent[], places: readonly string[], payload: string): PoisonedLab {
  const poisoned = events.map(
    (event) =>
      changeTexts(event as unknown as Json, `${event.type}:`, (text, place) => {
        const index = places.indexOf(place);
        return index < 0 ? text : `${payload} x${index}`;
      }) as unknown as LedgerEvent,
  );
  const { state, apply } = createFold();
  for (const event of poisoned) apply(event);
  const facts: Facts = { now: '2026-03-08T11:00:00.000Z', tip: 'f'.repeat(64), alive: false };
  return { events: poisoned, state, facts, view: viewLab(state, facts) };
}

const shapeOf = ({ view, state }: PoisonedLab): string =>
  JSON.stringify([
    view.experiments.length,
    view.segments.length,
    view.sessions.length,
    view.deadEnds.length > 0,
    view.noise !== undefined,
    view.state.kind,
    view.experiments.map(({ verdict, standing, mean, effect }) => [verdict, standing, mean?.raw, effect?.raw]),
    state.champion,
    state.incumbent,
  ]);

/** Places that take any text and leave the lab what it is: not the words of a fixed list. */
export function freePlaces(events: readonly LedgerEvent[]): readonly string[] {
  const shape = shapeOf(poisonLab(events, [], ''));
  return textPlaces(events).filter((place) => {
    try {
      return shapeOf(poisonLab(events, [place], 'any text')) === shape;
    } catch {
      return false;
    }
  });
}
