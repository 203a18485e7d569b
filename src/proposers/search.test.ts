/** The optimizer as a proposer: whole nights on a scripted lab with a made-up landscape, and every guarantee that the loop relies on. */
import { describe, expect, it } from 'vitest';
import { random } from '../base/random.ts';
import { judge } from '../core/decide.ts';
import { verdictOf } from '../core/experiment.ts';
import { findKnob } from '../core/knobs.ts';
import { applyEdits, editableHash } from '../core/policy.ts';
import type { Proposal } from '../core/ports.ts';
import { replay } from '../core/replay.ts';
import { values } from '../core/state.ts';
import { arenaWith, briefOf, DEVICE, Script } from '../testing/script.ts';
import { searchProposer } from './search.ts';
import { knobSpace } from './space.ts';

const knobs = [
  { name: 'LR', file: 'x.ts', kind: 'float', range: [0.001, 1], log: true },
  { name: 'DECAY', file: 'x.ts', kind: 'float', range: [0, 1] },
  { name: 'DEPTH', file: 'x.ts', kind: 'int', range: [1, 12] },
  { name: 'BATCH', file: 'x.ts', kind: 'pow2', range: [16, 1024] },
  { name: 'WINDOW', file: 'x.ts', kind: 'choice', values: ['S', 'L', 'SL'] },
  { name: 'HEAD', file: 'x.ts', kind: 'choice', values: [16, 32, 64] },
];
const SOURCE = `const LR = 0.04; // rate\nconst DECAY = 0.5;\nconst DEPTH = 4;\nconst BATCH = 64;\nconst WINDOW = 'S';\nconst HEAD = 32;\n`;
const NOISE = 0.01;

type Edit = Extract<Proposal, { kind: 'edit' }>;
type Landscape = (v: Readonly<Record<string, number | string>>) => number | undefined;

const bowl: Landscape = (v) =>
  1 +
  0.3 * (Math.log10(Number(v.LR)) + 0.6) ** 2 +
  0.3 * (Number(v.DECAY) - 0.3) ** 2 +
  0.005 * (Number(v.DEPTH) - 6) ** 2 +
  (v.WINDOW === 'L' ? 0 : 0.03);

/** A lab played by hand: the loop's steps without its machinery. */
class Night {
  readonly script: Script;
  files = new Map([['x.ts', SOURCE]]);
  readonly edits: Edit[] = [];
  readonly #chance = random(11);
  readonly #landscape: Landscape;
  readonly #sign: 1 | -1;

  constructor(landscape: Landscape, direction: 'minimize' | 'maximize' = 'minimize', more: object = {}) {
    this.#landscape = landscape;
    this.#sign = direction === 'maximize' ? -1 : 1;
    this.script = new Script(arenaWith({ metric: { name: 'loss', direction }, knobs, ...more }));
    const at = Object.fromEntries(knobs.map((k) => [k.name, this.read(k)]));
    this.script
      .add({
        type: 'proposed',
        n: 0,
        kind: 'baseline',
        parent: 0,
        proposer: 'person',
        hypothesis: '',
        edits: {},
        knobs: at,
      })
      .snapshot(0);
    this.script.calibrated([0, 1, 2, 3, 4].map(() => this.#measure(at)!));
  }

  read(knob: { name: string; file: string }): number | string {
    const found = findKnob(knob, this.files.get(knob.file)!);
    if (!found.ok) throw new Error(found.problem);
    return found.value;
  }

  #measure(at: Readonly<Record<string, number | string>>): number | undefined {
    const loss = this.#landscape(at);
    return loss === undefined ? undefined : this.#sign * (loss + NOISE * this.#chance.normal());
  }

  propose(): Promise<Proposal> {
    return searchProposer().propose(briefOf(this.script.state, this.files));
  }

  async step(): Promise<Edit> {
    const { script } = this;
    const idea = await this.propose();
    if (idea.kind !== 'edit') throw new Error(idea.reason);
    this.edits.push(idea);
    const n = script.state.experiments.length;
    const { hypothesis, knobs: after, why } = idea;
    script.add({
      type: 'proposed',
      n,
      kind: 'idea',
      parent: script.state.incumbent,
      proposer: 'search',
      hypothesis,
      edits: {},
      knobs: after!,
      why: why!,
    });
    const files = applyEdits(this.files, idea.edits);
    script.add({
      type: 'snapshot',
      n,
      commit: `${n}`.padStart(40, '0'),
      tree: `${n}`.padStart(40, '1'),
      editable: editableHash(files),
      added: 1,
      deleted: 1,
    });
    for (let i = 0; i < 4; i++) {
      script.measure(n, this.#measure(after!) ?? 'out-of-memory');
      const judgement = judge(script.state, n, DEVICE);
      if (judgement.again) continue;
      script.decide(n);
      if (verdictOf(script.state.experiments[n]!) === 'kept') {
        script.advance(n);
        this.files = files;
      }
      break;
    }
    return idea;
  }

  async play(steps: number): Promise<this> {
    for (let i = 0; i < steps; i++) await this.step();
    return this;
  }

  loss(): number {
    return this.#landscape(Object.fromEntries(knobs.map((k) => [k.name, this.read(k)])))!;
  }
}

const moved = (idea: Edit, before: string): number => {
  const [a, b] = [before.split('\n'), idea.edits[0]!.content!.split('\n')];
  expect(b).toHaveLength(a.length);
  return a.filter((line, i) => line !== b[i]).length;
};

describe('the search proposer', () => {
  it('steps out from the default: single literals at first, and what it finds in a dozen trials is better', async () => {
    const night = new Night(bowl);
    const start = night.loss();
    for (let i = 0; i < 12; i++) {
      const before = night.files.get('x.ts')!;
      const lines = moved(await night.step(), before);
      expect(lines).toBeLessThanOrEqual(i < 3 ? 2 : 4);
      expect(lines).toBeGreaterThan(0);
    }
    expect(start - night.loss()).toBeGreaterThan(0.08);
  });

  it('says which sampler chose what, why, and the change in words', async () => {
    const night = await new Night(bowl).play(3);
    expect(night.edits[2]!.hypothesis).toMatch(/^(LR|DECAY|DEPTH|BATCH|WINDOW|HEAD) \S+ → \S+/);
    expect(night.edits[2]!.why).toMatch(/^gp: .*model of \d+ trials.*\(a Gaussian process/);
    expect(Object.keys(night.edits[2]!.knobs!)).toHaveLength(6);
  });

  it('gives the same idea for the same ledger, and never one that was measured', async () => {
    const night = await new Night(bowl).play(8);
    const [a, b] = [await night.propose(), await night.propose()];
    expect(a).toEqual(b);
    const again = replay(night.script.ledger.events);
    expect(
      await searchProposer().propose(briefOf(again, night.files)),
    ).toEqual(a);
    const hashes = night.script.state.experiments.map((x) => (x.state === 'decided' ? x.snapshot.editable : ''));
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('climbs where larger is better', async () => {
    const night = new Night(bowl, 'maximize');
    const start = night.loss();
    expect((await night.play(12)).loss()).toBeLessThan(start - 0.05);
  });

  it('learns where candidates run out of memory, and stays away', async () => {
    const night = await new Night((v) => (Number(v.DEPTH) > 5 || Number(v.BATCH) > 128 ? undefined : bowl(v))).play(16);
    expect(night.script.state.counts.crashed).toBeLessThanOrEqual(4);
  });

  it('starts a knob that stands outside its range at the nearest end, and does not touch it without need', async () => {
    const night = new Night(bowl, 'minimize', {
      knobs: knobs.map((k) => (k.name === 'DEPTH' ? { ...k, range: [5, 12] } : k)),
    });
    const idea = await night.step();
    if (!idea.hypothesis.includes('DEPTH')) expect(idea.knobs!.DEPTH).toBe(4);
  });

  it('has nothing to say without knobs, or when a constant has vanished or stands there twice', async () => {
    const night = new Night(bowl);
    const { state } = night.script;
    const ask = (files: string, some: unknown = knobs): Promise<Proposal> =>
      searchProposer().propose({ ...briefOf(state, new Map([['x.ts', files]])), arena: arenaWith({ knobs: some }) });
    expect(await ask(SOURCE, [])).toEqual({ kind: 'none', reason: 'the manifest declares no knobs' });
    expect(await ask(SOURCE.replace('DEPTH', 'DEEP'))).toMatchObject({
      kind: 'none',
      reason: expect.stringContaining('DEPTH is not set'),
    });
    expect(await ask(`${SOURCE}const LR = 2;\n`)).toMatchObject({
      kind: 'none',
      reason: expect.stringContaining('LR is set 2 times'),
    });
    expect(await ask(SOURCE.replace('= 4;', "= 'four';"))).toMatchObject({
      kind: 'none',
      reason: expect.stringContaining('DEPTH is a text'),
    });
  });

  it('says so when every configuration was tried', async () => {
    const night = new Night(() => 1, 'minimize', { knobs: knobs.slice(4, 5) });
    await night.play(2);
    expect(await night.propose()).toEqual({ kind: 'none', reason: 'every configuration of the knobs was tried' });
  });

  it('carries what it learned over an edit of the code that moved the whole landscape', async () => {
    const night = await new Night(bowl).play(6);
    const { script } = night;
    const before = values(script.state, script.state.incumbent, DEVICE)[0]!;
    script.kept(before - 0.5);
    const idea = await night.step();
    expect(idea.why).toMatch(/model of 7 trials/);
    expect(idea.why).toMatch(/ ± 0\.\d/);
  });
});

describe('knobs as a space', () => {
  it('takes choices of numbers in order as ordinal, other choices as categories', () => {
    const arena = arenaWith({ knobs });
    const space = knobSpace(arena, { LR: 0.04, DECAY: 0.5, DEPTH: 4, BATCH: 64, WINDOW: 'S', HEAD: 32 });
    expect(space.dims.map((d) => d.kind)).toEqual(['numeric', 'numeric', 'numeric', 'numeric', 'category', 'numeric']);
    expect(space.start).toEqual({ LR: 0.04, DECAY: 0.5, DEPTH: 4, BATCH: 64, WINDOW: 'S', HEAD: 32 });
  });

  it('carry their conditions, and what the optimizer tries keeps to the rules', async () => {
    const night = new Night(bowl, 'minimize', {
      knobs: knobs.map((k) => (k.name === 'DECAY' ? { ...k, when: { knob: 'LR', in: [0.04] } } : k)),
      knob_rules: ['BATCH * DEPTH <= 512', "WINDOW != 'SL'"],
    });
    const { arena } = night.script.state.lab!;
    const now = Object.fromEntries(knobs.map((k) => [k.name, night.read(k)]));
    const space = knobSpace(arena, now);
    expect(space.conditions[1]).toEqual({ parent: 0, values: [0.04] });
    expect(space.broken({ ...now, BATCH: 1024 })).toBe('BATCH * DEPTH <= 512');
    await night.play(14);
    for (const { knobs: tried, hypothesis } of night.edits) {
      expect(Number(tried!.BATCH) * Number(tried!.DEPTH), hypothesis).toBeLessThanOrEqual(512);
      expect(tried!.WINDOW).not.toBe('SL');
      if (/DECAY/.test(hypothesis)) expect(tried!.LR).toBe(0.04);
    }
  });

  it('that stand where a rule forbids them give no idea, with the rule in words', async () => {
    const night = new Night(bowl, 'minimize', { knob_rules: ['DEPTH >= 6'] });
    expect(await night.propose()).toMatchObject({ kind: 'none', reason: expect.stringContaining('DEPTH >= 6') });
  });
});
