/**
 * The optimizer as a proposer: whole nights on a scripted lab with a made-up landscape, and every guarantee that the
 * loop relies on.
 */
import { describe, expect, it } from 'vitest';
import type { Proposal } from '../core/ports.ts';
import { replayEvents } from '../core/replay.ts';
import { lineage, values } from '../core/state.ts';
import {
  bowlLandscape,
  type PlayedEdit,
  LANDSCAPE_KNOBS as knobs,
  type Landscape,
  PlayedLab,
  LANDSCAPE_SOURCE,
} from '../testing/night.ts';
import { arenaWith, briefOf, SCRIPT_DEVICE } from '../testing/script.ts';
import { searchProposer } from './search.ts';
import { knobSpace } from './space.ts';

type NightArguments = [Landscape, ('minimize' | 'maximize')?, object?];
const nightOf = (...given: NightArguments): PlayedLab => new PlayedLab(searchProposer(), ...given);

const moved = (idea: PlayedEdit, before: string): number => {
  const [a, b] = [before.split('\n'), idea.edits[0]!.content!.split('\n')];
  expect(b).toHaveLength(a.length);
  return a.filter((line, i) => line !== b[i]).length;
};

describe('the search proposer', () => {
  it('steps out from the default: single literals at first, and what it finds in a dozen trials is better', async () => {
    const night = nightOf(bowlLandscape);
    const start = night.incumbentLoss();
    for (let i = 0; i < 12; i++) {
      const before = night.files.get('x.ts')!;
      const lines = moved(await night.playStep(), before);
      if (i < 3) expect(lines).toBeLessThanOrEqual(2);
      expect(lines).toBeGreaterThan(0);
    }
    expect(start - night.incumbentLoss()).toBeGreaterThan(0.08);
  });

  it('says which sampler chose what, why, and the change in words', async () => {
    const night = await nightOf(bowlLandscape).playSteps(3);
    expect(night.edits[2]!.hypothesis).toMatch(/^(LR|DECAY|DEPTH|BATCH|WINDOW|HEAD) \S+ → \S+/);
    expect(night.edits[2]!.why).toMatch(/^gp: .*model of \d+ trials.*\(a Gaussian process/);
    expect(Object.keys(night.edits[2]!.knobs!)).toHaveLength(6);
  });

  it('gives the same idea for the same ledger, and never one that was measured', async () => {
    const night = await nightOf(bowlLandscape).playSteps(8);
    const [a, b] = [await night.propose(), await night.propose()];
    expect(a).toEqual(b);
    const again = replayEvents(night.script.ledger.events);
    expect(await searchProposer().propose(briefOf(again, night.files))).toEqual(a);
    const hashes = night.script.state.experiments.map((x) => (x.state === 'decided' ? x.snapshot.editable : ''));
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('climbs where larger is better', async () => {
    const night = nightOf(bowlLandscape, 'maximize');
    const start = night.incumbentLoss();
    expect((await night.playSteps(12)).incumbentLoss()).toBeLessThan(start - 0.05);
  });

  it('learns where candidates run out of memory, and stays away', async () => {
    const night = await nightOf((v, s) =>
      Number(v.DEPTH) > 5 || Number(v.BATCH) > 128 ? undefined : bowlLandscape(v, s),
    ).playSteps(16);
    expect(night.script.state.counts.crashed).toBeLessThanOrEqual(4);
  });

  it('starts a knob that stands outside its range at the nearest end, and does not touch it without need', async () => {
    const night = nightOf(bowlLandscape, 'minimize', {
      knobs: knobs.map((k) => (k.name === 'DEPTH' ? { ...k, range: [5, 12] } : k)),
    });
    const idea = await night.playStep();
    if (!idea.hypothesis.includes('DEPTH')) expect(idea.knobs!.DEPTH).toBe(4);
  });

  it('has nothing to say without knobs, or when all constants have vanished or one stands there twice', async () => {
    const night = nightOf(bowlLandscape);
    const { state } = night.script;
    const ask = (files: string, some: unknown = knobs): Promise<Proposal> =>
      searchProposer().propose({ ...briefOf(state, new Map([['x.ts', files]])), arena: arenaWith({ knobs: some }) });
    expect(await ask(LANDSCAPE_SOURCE, [])).toEqual({ kind: 'none', reason: 'the manifest declares no knobs' });
    expect(await ask('const OTHER = 1;\n')).toMatchObject({
      kind: 'none',
      reason: expect.stringContaining('LR is not set'),
    });
    expect(await ask(`${LANDSCAPE_SOURCE}const LR = 2;\n`)).toMatchObject({
      kind: 'none',
      reason: expect.stringContaining('LR is set 2 times'),
    });
    expect(await ask(LANDSCAPE_SOURCE.replace('= 4;', "= 'four';"))).toMatchObject({
      kind: 'none',
      reason: expect.stringContaining('DEPTH is a text'),
    });
  });

  it('goes on with the knobs that an edit of the code left, and says which it lost', async () => {
    const night = await nightOf(bowlLandscape, 'minimize', {
      knob_rules: ['DEPTH * HEAD <= 9999', 'BATCH <= 512'],
    }).playSteps(8);
    night.files = new Map([['x.ts', night.files.get('x.ts')!.replace(/const DEPTH = .*\n/, '')]]);
    const idea = await night.propose();
    expect(idea).toMatchObject({
      kind: 'edit',
      why: expect.stringMatching(/model of 9 trials .*, without DEPTH, which/),
    });
    expect(idea.kind === 'edit' && Object.keys(idea.knobs!)).toEqual(['LR', 'DECAY', 'BATCH', 'WINDOW', 'HEAD']);
  });

  it('standing still, tries the directions that no trial ever tried, looks further, and says why', async () => {
    const flat = await nightOf(() => 1).playSteps(46);
    const early = flat.edits.slice(0, 18).map((idea) => idea.why!);
    const late = flat.edits.slice(18).map((idea) => idea.why!);
    expect(early.filter((why) => why.startsWith('direction:'))).toEqual([]);
    const tests = late.filter((why) => why.startsWith('direction:'));
    expect(tests.length).toBeGreaterThan(2);
    expect(tests[0]).toMatch(
      /^direction: a (larger|smaller) [A-Z]+ alone was never tried from here, and \d+ ideas in a row gained nothing sure/,
    );
    expect(late.some((why) => why.includes('from a runner-up'))).toBe(true);
  });

  it('standing still, does not try a direction again after a keep that chance alone may have made', async () => {
    const night = await nightOf(() => 1, 'minimize', { decide: { controls: 0, drift: 0 } }).playSteps(80);
    expect(lineage(night.script.state, night.script.state.incumbent).length).toBeGreaterThan(8);
    const moves = night.edits.filter((idea) => idea.why!.startsWith('direction:')).map((idea) => idea.hypothesis);
    expect(moves.length).toBeGreaterThan(8);
    expect(moves.filter((move, i) => moves.indexOf(move) < i)).toEqual([]);
  });

  it('says so when every configuration was tried', async () => {
    const night = nightOf(() => 1, 'minimize', { knobs: knobs.slice(4, 5) });
    await night.playSteps(2);
    expect(await night.propose()).toEqual({ kind: 'none', reason: 'every configuration of the knobs was tried' });
  });

  it('carries what it learned over an edit of the code that moved the whole landscape', async () => {
    const night = await nightOf(bowlLandscape).playSteps(6);
    const { script } = night;
    const before = values(script.state, script.state.incumbent, SCRIPT_DEVICE)[0]!;
    script.addKeptIdea(before - 0.5);
    const idea = await night.playStep();
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
    const night = nightOf(bowlLandscape, 'minimize', {
      knobs: knobs.map((k) => (k.name === 'DECAY' ? { ...k, when: { knob: 'LR', in: [0.04] } } : k)),
      knob_rules: ['BATCH * DEPTH <= 512', "WINDOW != 'SL'"],
    });
    const { arena } = night.script.state.lab!;
    const now = Object.fromEntries(knobs.map((k) => [k.name, night.knobValues()[k.name]!]));
    const space = knobSpace(arena, now);
    expect(space.conditions[1]).toEqual({ parent: 0, values: [0.04] });
    expect(space.broken({ ...now, BATCH: 1024 })).toBe('BATCH * DEPTH <= 512');
    await night.playSteps(14);
    for (const { knobs: tried, hypothesis } of night.edits) {
      expect(Number(tried!.BATCH) * Number(tried!.DEPTH), hypothesis).toBeLessThanOrEqual(512);
      expect(tried!.WINDOW).not.toBe('SL');
      if (/DECAY/.test(hypothesis)) expect(tried!.LR).toBe(0.04);
    }
  });

  it('that stand where a rule forbids them give no idea, with the rule in words', async () => {
    const night = nightOf(bowlLandscape, 'minimize', { knob_rules: ['DEPTH >= 6'] });
    expect(await night.propose()).toMatchObject({ kind: 'none', reason: expect.stringContaining('DEPTH >= 6') });
  });
});
