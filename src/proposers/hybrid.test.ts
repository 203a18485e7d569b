/**
 * An adviser beside the optimizer: whole nights with good, failing, repeating and silent advisers, played from the
 * ledger alone.
 */
import { describe, expect, it } from 'vitest';
import { createRandom } from '../base/random.ts';
import { verdictOf } from '../core/experiment.ts';
import { writeKnob } from '../core/admission/knobs.ts';
import type { Brief, Proposal, Proposer } from '../core/ports.ts';
import { replayEvents } from '../core/replay.ts';
import { PROPOSER_CASES } from '../testing/proposer-conformance.ts';
import { bowlLandscape, type Landscape, PlayedLab, LANDSCAPE_SOURCE } from '../testing/night.ts';
import { arenaWith, briefOf, Script } from '../testing/script.ts';
import { hybridProposer } from './hybrid.ts';
import { searchProposer } from './search.ts';

/** An adviser whose every idea is the text that it makes of x.ts. */
const adviser = (change: (source: string, brief: Brief) => string | undefined): Proposer & { asked: number } => ({
  name: 'model',
  asked: 0,
  async propose(brief): Promise<Proposal> {
    this.asked++;
    const content = change(brief.files.get('x.ts')!, brief);
    if (content === undefined) return { kind: 'none', reason: 'the model had nothing' };
    return { kind: 'edit', hypothesis: 'an idea of the model', edits: [{ path: 'x.ts', content }] };
  },
});

const set = (source: string, { arena }: Brief, values: Readonly<Record<string, number | string>>): string =>
  arena.knobs.reduce(
    (text, knob) => (values[knob.name] === undefined ? text : writeKnob(knob, text, values[knob.name]!)),
    source,
  );

const nightWith = (who: Proposer, landscape: Landscape = bowlLandscape): PlayedLab =>
  new PlayedLab(hybridProposer({ adviser: who }), landscape);
const byModel = (night: PlayedLab): PlayedLab['edits'] => night.edits.filter(({ proposer }) => proposer === 'model');
const chance = createRandom(5);
const near = (x: number, by: number): number => Number((x + by * chance.normal()).toPrecision(4));

describe('the hybrid proposer', () => {
  it('gives a good adviser more turns than one that fails, which hardly gets any', async () => {
    const good = await nightWith(
      adviser((source, brief) =>
        set(source, brief, {
          LR: Math.max(0.01, near(0.25, 0.02)),
          DECAY: Math.max(0, near(0.3, 0.02)),
          DEPTH: 6,
          WINDOW: 'L',
        }),
      ),
    ).playSteps(30);
    const failing = await nightWith(
      adviser((source) => `${source}// crash ${chance.uniform()}\n`),
      (v, source) => (source.includes('crash') ? undefined : bowlLandscape(v, source)),
    ).playSteps(30);
    expect(byModel(failing).length).toBeGreaterThanOrEqual(1);
    expect(byModel(failing).length).toBeLessThanOrEqual(3);
    expect(byModel(good).length).toBeGreaterThan(byModel(failing).length + 1);
  });

  it('tells the optimizer what the adviser measured of its own space, and never what failed', async () => {
    const night = await nightWith(adviser((source, brief) => set(source, brief, { LR: near(0.2, 0.02) }))).playSteps(
      12,
    );
    const idea = byModel(night)[0]!;
    expect(idea.knobs).toMatchObject({ DEPTH: expect.any(Number), LR: expect.any(Number) });
    const own = night.edits.filter(({ proposer }) => proposer === 'search').at(-1)!;
    const measured = night.script.state.experiments.filter(
      (x) => x.idea.n > 0 && verdictOf(x) !== undefined && x.state !== 'refused',
    );
    expect(Number(/model of (\d+) trials/.exec(own.why!)![1])).toBeGreaterThanOrEqual(measured.length - 1);
  });

  it('refuses a repeat before it costs a measurement, and the adviser’s turns become rare', async () => {
    const repeats = adviser((source, brief) =>
      set(source, brief, { LR: 0.04, DECAY: 0.5, DEPTH: 4, BATCH: 64, WINDOW: 'S', HEAD: 32 }),
    );
    const night = new PlayedLab(hybridProposer({ adviser: repeats }), bowlLandscape);
    await night.playSteps(3);
    night.files = new Map([['x.ts', LANDSCAPE_SOURCE.replace('0.04', '0.05')]]);
    await night.playSteps(30);
    const refused = night.script.state.experiments.filter((x) => x.state === 'refused');
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.every((x) => night.script.state.measurements.every((m) => m.n !== x.idea.n))).toBe(true);
    expect(refused[0]).toMatchObject({ code: 'duplicate', reason: expect.stringMatching(/#0/) });
    expect(repeats.asked).toBeLessThan(6);
  });

  it('refuses knobs that would very probably fail', async () => {
    const wild = adviser((source, brief) => set(source, brief, { DEPTH: 12, BATCH: 1024, LR: near(0.2, 0.05) }));
    const limits: Landscape = (v, source) =>
      Number(v.DEPTH) > 5 || Number(v.BATCH) > 128 ? undefined : bowlLandscape(v, source);
    const night = await new PlayedLab(hybridProposer({ adviser: wild, share: 0.5, least: 0.3 }), limits).playSteps(40);
    const refused = night.script.state.experiments.flatMap((x) => (x.state === 'refused' ? [x] : []));
    expect(refused.map((x) => x.code)).toContain('infeasible');
    expect(refused.find((x) => x.code === 'infeasible')!.reason).toMatch(/very probably fail: \d+ % likely/);
  });

  it('lets the adviser change the code, and the optimizer goes on from there with what it knew', async () => {
    let once = false;
    const coder = adviser((source) => {
      once = true;
      return source.includes('better') ? `${source}// again\n` : `${source}// better\n`;
    });
    const landscape: Landscape = (v, source) => bowlLandscape(v, source)! - (source.includes('better') ? 0.5 : 0);
    const night = await new PlayedLab(hybridProposer({ adviser: coder, share: 0.4 }), landscape).playSteps(12);
    expect(once).toBe(true);
    const idea = byModel(night)[0]!;
    expect(idea.knobs).toBeUndefined();
    expect(idea.why).toBe('model: a change of the code itself');
    expect(night.files.get('x.ts')).toContain('better');
    expect(night.incumbentLoss()).toBeLessThan(0.65);
    expect(night.edits.at(-1)!.proposer === 'search' || night.edits.at(-2)!.proposer === 'search').toBe(true);
  });

  it('a change of the code that takes a knob away is a new space: the knobs that survive keep what was learned, also from the ledger alone', async () => {
    let turns = 0;
    const coder = adviser((source, brief) =>
      ++turns === 1 && brief.n > 3
        ? source.replace(/const DEPTH = .*\n/, '// depth follows the width now\n')
        : set(source, brief, { LR: near(0.25, 0.05) }),
    );
    const landscape: Landscape = (v, source) => bowlLandscape(v, source)! - (source.includes('follows') ? 0.5 : 0);
    const hybrid = () => hybridProposer({ adviser: coder, share: 0.5, least: 0.3 });
    turns = 1;
    const night = await new PlayedLab(hybrid(), landscape).playSteps(6);
    turns = 0;
    while (!night.files.get('x.ts')!.includes('follows')) await night.playStep();
    const before = night.script.state.experiments.filter((x) => x.state === 'decided' && x.idea.knobs).length;
    let own = await night.playStep();
    while (own.proposer !== 'search') own = await night.playStep();
    expect(Object.keys(own.knobs!)).toEqual(['LR', 'DECAY', 'BATCH', 'WINDOW', 'HEAD']);
    expect(own.why).toMatch(/, space version 2, without DEPTH, which the code no longer has$/);
    // Every older trial is there; configurations that differed in DEPTH alone are one now.
    expect(Number(/model of (\d+) trials/.exec(own.why!)![1])).toBeGreaterThan(before / 2);
    const live = await searchProposer().propose(briefOf(night.script.state, night.files));
    expect(live).toMatchObject({ why: expect.stringContaining('space version 2') });
    expect(await searchProposer().propose(briefOf(replayEvents(night.script.ledger.events), night.files))).toEqual(
      live,
    );
    expect((await night.playSteps(10)).incumbentLoss()).toBeLessThan(0.65);
  });

  it('shows the adviser what the optimizer knows, in at most two kilobytes', async () => {
    let advice = '';
    await nightWith(
      adviser((_source, brief) => {
        advice = brief.advice!;
        return undefined;
      }),
    ).playSteps(12);
    expect(advice).toMatch(/^\d+ configurations measured, 0 failed\./);
    expect(advice).toMatch(/^LR: good trials around 0\.\d+/m);
    expect(advice.length).toBeLessThanOrEqual(2048);
  });

  it('goes on with one of the two when the other has nothing', async () => {
    const silent = await nightWith(adviser(() => undefined)).playSteps(10);
    expect(byModel(silent)).toEqual([]);
    const state = new Script(arenaWith()).addCalibration([5, 5.1, 4.9]).state;
    const alone = hybridProposer({ adviser: adviser((source) => `${source}// new\n`) });
    expect(await alone.propose(briefOf(state, new Map([['x.ts', 'a\n']])))).toMatchObject({ kind: 'edit' });
  });

  it('is no worse than the optimizer alone with an adviser that misleads it', async () => {
    const worst = adviser((source, brief) =>
      set(source, brief, { LR: near(0.002, 0.0001), DECAY: 1, DEPTH: 1, WINDOW: 'S' }),
    );
    const alone = await new PlayedLab(searchProposer(), bowlLandscape).playSteps(30);
    expect((await nightWith(worst).playSteps(30)).incumbentLoss()).toBeLessThan(alone.incumbentLoss() + 0.03);
  });

  it('gives the same idea for the same ledger', async () => {
    const make = () => hybridProposer({ adviser: adviser((source, brief) => set(source, brief, { LR: 0.25 })) });
    const night = await new PlayedLab(make(), bowlLandscape).playSteps(9);
    const again = briefOf(replayEvents(night.script.ledger.events), night.files);
    expect(await make().propose(again)).toEqual(await make().propose(briefOf(night.script.state, night.files)));
  });
});

describe('the hybrid as any proposer', () => {
  const source = "const RATE = 0.1;\nconst DEPTH = 4; // layers\nconst PIVOT = 'a';\n";
  const arena = arenaWith({ knobs: [{ name: 'RATE', file: 'x.ts', kind: 'float', range: [0.001, 1], log: true }] });
  const brief = (): Brief =>
    briefOf(new Script(arena).addCalibration([5, 5.1, 4.9]).state, new Map([['x.ts', source]]));
  for (const one of PROPOSER_CASES)
    it(one.name, () => one.run(() => hybridProposer({ adviser: adviser(() => undefined) }), brief));
});
