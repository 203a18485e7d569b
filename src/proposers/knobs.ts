/**
 * Ideas without a model: knobs that the manifest declares, written into the source as real one-line edits. From the default outwards: steps
 * around the incumbent, a low-discrepancy sequence for where to look further. State is the ledger; the same ledger gives the same idea.
 * Knows nothing about how a candidate is measured.
 */
import { random, seedOf } from '../base/random.ts';
import type { Knob } from '../core/arena.ts';
import { type Experiment, verdictOf } from '../core/experiment.ts';
import { findKnob, type KnobValue, snapKnob, writeKnob } from '../core/knobs.ts';
import { editableHash } from '../core/policy.ts';
import type { Brief, FileEdit, Proposal, Proposer } from '../core/ports.ts';
import type { LabState } from '../core/replay.ts';

/** Every how many ideas one is drawn from the whole space around the incumbent instead of along one knob. */
const JUMP_EVERY = 4;
/** Tries to find something that was not measured before. */
const ATTEMPTS = 64;

export function knobProposer(): Proposer {
  return {
    name: 'knobs',
    propose: async (brief) => propose(brief),
  };
}

type Values = Readonly<Record<string, KnobValue>>;

function propose(brief: Brief): Proposal {
  const { arena, state, files, n } = brief;
  if (arena.knobs.length === 0) return { kind: 'none', reason: 'the manifest declares no knobs' };
  const at: Record<string, KnobValue> = {};
  for (const knob of arena.knobs) {
    const found = findKnob(knob, files.get(knob.file) ?? '');
    if (!found.ok) return { kind: 'none', reason: found.problem };
    at[knob.name] = found.value;
  }
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const idea = (n + attempt) % JUMP_EVERY === 0 ? jump(brief, at, attempt) : step(brief, at, attempt);
    const edits = write(arena.knobs, files, at, idea.values);
    if (edits.length === 0 || known(state, files, edits)) continue;
    return { kind: 'edit', hypothesis: idea.hypothesis, why: idea.why, edits, knobs: { ...at, ...idea.values } };
  }
  return { kind: 'none', reason: `${ATTEMPTS} tries found nothing that was not measured before` };
}

interface Move {
  readonly values: Values;
  readonly hypothesis: string;
  readonly why: string;
}

/** One knob, one step. A knob that was kept lately is pushed further; one that failed in both directions waits. */
function step({ arena, state, n }: Brief, at: Values, attempt: number): Move {
  const chance = random(seedOf(`step/${state.lab!.seed}/${n}/${attempt}`));
  const ranked = arena.knobs
    .map((knob) => ({ knob, record: history(state, knob.name) }))
    .sort((a, b) => a.record.tried - b.record.tried || order(a.knob, state) - order(b.knob, state));
  const last = lastKept(state);
  const momentum = attempt === 0 && last && arena.knobs.find((knob) => knob.name === last.name);
  const { knob, record } = momentum
    ? { knob: momentum, record: history(state, momentum.name) }
    : ranked[attempt % ranked.length]!;
  const direction = momentum
    ? last.direction
    : record.tried > 0
      ? (-record.lastDirection as 1 | -1)
      : chance.uniform() < 0.5
        ? 1
        : -1;
  const size = (record.tried >= 2 ? 0.12 : 0.22) * (0.75 + 0.5 * chance.uniform());
  const value = moveBy(knob, at[knob.name]!, direction * size, chance.uniform());
  const why = momentum
    ? 'further in the direction that was just kept'
    : record.tried > 0
      ? 'the other direction of a knob tried before'
      : 'a knob not tried yet';
  return { values: { [knob.name]: value }, hypothesis: `${knob.name} ${at[knob.name]} → ${value}`, why };
}

/** Two or three knobs at once, from a Halton sequence in a box around the incumbent. */
function jump({ arena, state, n }: Brief, at: Values, attempt: number): Move {
  const chance = random(seedOf(`jump/${state.lab!.seed}/${n}/${attempt}`));
  const some = [...arena.knobs]
    .sort(() => chance.uniform() - 0.5)
    .slice(0, Math.min(arena.knobs.length, 2 + chance.below(2)));
  const values: Record<string, KnobValue> = {};
  for (const [i, knob] of some.entries())
    values[knob.name] = moveBy(
      knob,
      at[knob.name]!,
      (halton(n + attempt + 1, PRIMES[i]!) - 0.5) * 0.6,
      chance.uniform(),
    );
  const text = some.map((knob) => `${knob.name} ${at[knob.name]} → ${values[knob.name]}`).join(', ');
  return { values, hypothesis: text, why: 'several knobs together, quasi-random around the incumbent' };
}

const PRIMES = [2, 3, 5, 7];

/** Van der Corput sequence in a base (Halton 1960). */
function halton(index: number, base: number): number {
  let [result, fraction] = [0, 1];
  for (let i = index; i > 0; i = Math.floor(i / base)) {
    fraction /= base;
    result += fraction * (i % base);
  }
  return result;
}

/** A value `distance` of the knob's range away, on its own scale, reflected at the ends; another one of a choice by `pick` in [0, 1). */
function moveBy(knob: Knob, value: KnobValue, distance: number, pick: number): KnobValue {
  if (knob.kind === 'choice') {
    const others = knob.values.filter((other) => other !== value);
    return others[Math.floor(pick * others.length)]!;
  }
  const log = knob.kind === 'pow2' || knob.log;
  const scale = (x: number): number => (log ? Math.log(x) : x);
  const [low, high] = [scale(knob.range[0]), scale(knob.range[1])];
  const from = scale(Math.min(knob.range[1], Math.max(knob.range[0], Number(value))));
  const moved = reflect((from - low) / (high - low) + distance);
  const raw = low + moved * (high - low);
  const snapped = snapKnob(knob, log ? Math.exp(raw) : raw);
  if (snapped !== value || knob.kind === 'float') return snapped;
  const next =
    knob.kind === 'pow2' ? Number(value) * (distance > 0 ? 2 : 0.5) : Number(value) + Math.sign(distance || 1);
  return snapKnob(knob, next);
}

const reflect = (x: number): number => (x < 0 ? Math.min(1, -x) : x > 1 ? Math.max(0, 2 - x) : x);

function write(knobs: readonly Knob[], files: ReadonlyMap<string, string>, at: Values, values: Values): FileEdit[] {
  const changed = new Map<string, string>();
  for (const knob of knobs) {
    const value = values[knob.name];
    if (value === undefined || value === at[knob.name]) continue;
    changed.set(knob.file, writeKnob(knob, changed.get(knob.file) ?? files.get(knob.file)!, value));
  }
  return [...changed]
    .filter(([file, content]) => content !== files.get(file))
    .map(([path, content]) => ({ path, content }));
}

function known(state: LabState, files: ReadonlyMap<string, string>, edits: readonly FileEdit[]): boolean {
  const after = new Map(files);
  for (const { path, content } of edits) after.set(path, content!);
  return state.byEditable.has(editableHash(after));
}

/** A stable order of knobs that differs from lab to lab. */
const order = (knob: Knob, state: LabState): number => seedOf(`${state.lab!.seed}/${knob.name}`);

interface KnobHistory {
  readonly tried: number;
  readonly lastDirection: 1 | -1;
}

/** How often a knob alone was moved since the incumbent stands, and which way last. */
function history(state: LabState, name: string): KnobHistory {
  let tried = 0;
  let lastDirection: 1 | -1 = 1;
  for (let n = state.incumbent + 1; n < state.experiments.length; n++) {
    const move = singleMove(state, state.experiments[n]!);
    if (move?.name !== name) continue;
    tried++;
    lastDirection = move.direction;
  }
  return { tried, lastDirection };
}

/** The knob that the incumbent moved, if the incumbent is a fresh keep of a single knob. */
function lastKept(state: LabState): { name: string; direction: 1 | -1 } | undefined {
  const incumbent = state.experiments[state.incumbent]!;
  if (state.incumbent === 0 || verdictOf(incumbent) !== 'kept') return undefined;
  const move = singleMove(state, incumbent);
  return move && history(state, move.name).tried === 0 ? move : undefined;
}

/** The knob and direction of an experiment that differs from its parent in exactly one knob. */
function singleMove(state: LabState, x: Experiment): { name: string; direction: 1 | -1 } | undefined {
  const [before, after] = [state.experiments[x.idea.parent]?.idea.knobs, x.idea.knobs];
  if (!before || !after) return undefined;
  const moved = Object.keys(after).filter((name) => after[name] !== before[name]);
  if (moved.length !== 1) return undefined;
  const name = moved[0]!;
  return { name, direction: Number(after[name]) >= Number(before[name]) ? 1 : -1 };
}
