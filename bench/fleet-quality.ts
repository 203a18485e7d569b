/**
 * What parallel measurements cost in quality: simulated sessions of the same number of measurements in 1, 4, 16 and 64
 * slots, with the real planner and the real rules, made-up measurements of known truth, and a clock that jumps from one
 * end of a run to the next. Ideas are worth what they are worth on any code (their effects add up), and every merge
 * succeeds but for a share of conflicts. `npm run bench:fleet-quality [-- SESSIONS [--choice]]`.
 */
import { createRandom, type Random } from '../src/base/random.ts';
import { mean, noiseOf } from '../src/base/stats.ts';
import { arenaSchema } from '../src/core/arena.ts';
import { judgeClaim } from '../src/core/rules/claims.ts';
import { judge } from '../src/core/rules/judge.ts';
import { plan } from '../src/core/plan/plan.ts';
import type { Step } from '../src/core/plan/step.ts';
import { type LabState, values } from '../src/core/state.ts';
import { IDLE_CONTEXT, MINIMAL_MANIFEST, Script } from '../src/testing/script.ts';
import { type Effects, small, sparse, studied } from './decide/worlds.ts';

const MEASUREMENTS = 320;
const SLOTS = [1, 4, 16, 64];
const CONFLICTS = 0.1;
const DEVICE = IDLE_CONTEXT.deviceClass;
/** The rule was chosen on one set of seeds and is reported on another; `--choice` repeats the first. */
const FIRST_SEED = process.argv.includes('--choice') ? 5000 : 20_000;

interface Session {
  /** True gain of the incumbent, in standard deviations of one measurement. */
  readonly gain: number;
  /** The same of the champion. */
  readonly confirmed: number;
  readonly ideas: number;
  /** The champion is no better than the baseline. */
  readonly isFalse: boolean;
}

class SimulatedFleet {
  readonly #script: Script;
  readonly #chance: Random;
  readonly #effect: ReturnType<Effects>;
  readonly #slots: number;
  /** True value of each experiment, and what its change is worth. */
  readonly #truth: number[] = [0];
  readonly #worth: number[] = [0];
  /** Running measurements, by when they end. */
  readonly #running: { readonly m: number; readonly endsAt: number }[] = [];
  readonly #busy = new Map<number, number>();
  #clock = 0;

  constructor(seed: number, slots: number, effects: Effects) {
    this.#chance = createRandom(seed);
    this.#effect = effects(this.#chance);
    this.#slots = slots;
    const manifest = { ...MINIMAL_MANIFEST, metric: { name: 'score', direction: 'maximize' } };
    const arena = arenaSchema.parse({ ...manifest, calibrate: { replicates: 5 }, decide: { drift: 0, controls: 0 } });
    this.#script = new Script(arena).propose('baseline').addSnapshot();
  }

  get #state(): LabState {
    return this.#script.state;
  }

  run(): Session {
    for (;;) {
      const stopRequested = this.#state.measurements.length >= MEASUREMENTS;
      const step = plan(this.#state, {
        ...IDLE_CONTEXT,
        slots: this.#slots,
        hasSpareCores: true,
        busyExperiments: this.#busy,
        stopRequested,
      });
      if (step.do === 'stop' && this.#running.length === 0) break;
      if (step.do === 'stop' || step.do === 'wait') this.#finishNext();
      else this.#apply(step);
    }
    const { incumbent, champion, experiments } = this.#state;
    const [gain, confirmed] = [this.#truth[incumbent]!, this.#truth[champion]!];
    return { gain, confirmed, ideas: experiments.length - 1, isFalse: champion > 0 && confirmed <= 0 };
  }

  #apply(step: Exclude<Step, { do: 'stop' | 'wait' }>): void {
    const state = this.#state;
    switch (step.do) {
      case 'measure':
        return this.#start(step);
      case 'decide': {
        const judgement = judge(state, step.n, DEVICE);
        if (judgement.again) throw new Error(judgement.reason);
        return void this.#script.addEvent({ type: 'decided', n: step.n, decision: judgement.decision });
      }
      case 'advance':
        return void this.#script.advance(step.n);
      case 'calibrate':
        return void this.#script.addEvent({
          type: 'calibrated',
          deviceClass: DEVICE,
          noise: noiseOf(values(state, 0, DEVICE)),
        });
      case 'confirm': {
        const claim = judgeClaim(state, step.n, step.against, DEVICE);
        if (claim) this.#script.addEvent({ type: 'confirmation', n: step.n, against: step.against, ...claim });
        return;
      }
      case 'propose':
        return this.#add(state.incumbent, this.#effect(this.#chance, state.experiments.length), {});
      case 'carry':
        return this.#carry([step.n, ...step.others]);
      default:
        throw new Error(`a simulated fleet does nothing about ${step.do}`);
    }
  }

  #add(
    parent: number,
    worth: number,
    fields: { readonly carries?: number; readonly carriesToo?: readonly number[] },
  ): void {
    this.#truth.push(this.#truth[parent]! + worth);
    this.#worth.push(worth);
    this.#script.propose('an idea', { parent, ...fields }).addSnapshot();
  }

  /** Each merges with the incumbent and the others, but for a share of conflicts; the first is told of its own. */
  #carry(due: readonly number[]): void {
    const { incumbent } = this.#state;
    const [first, ...others] = due.filter(() => this.#chance.uniform() >= CONFLICTS);
    if (first === due[0]) {
      const worth = [first!, ...others].reduce((sum, member) => sum + this.#worth[member]!, 0);
      return this.#add(incumbent, worth, { carries: first!, ...(others.length > 0 && { carriesToo: others }) });
    }
    this.#truth.push(this.#truth[incumbent]!);
    this.#worth.push(0);
    const carrier = this.#state.experiments.length;
    this.#script.propose('an idea', { parent: incumbent, carries: due[0]! });
    this.#script.addEvent({ type: 'refused', n: carrier, code: 'conflict', reason: 'they conflict' });
  }

  #start(step: Extract<Step, { do: 'measure' }>): void {
    const m = this.#state.measurements.length;
    const { n, purpose, claim } = step;
    this.#script.startMeasurement(n, { purpose, ...(claim !== undefined && { claim }) });
    this.#busy.set(n, (this.#busy.get(n) ?? 0) + 1);
    this.#running.push({ m, endsAt: this.#clock + 0.8 + 0.4 * this.#chance.uniform() });
    this.#running.sort((left, right) => left.endsAt - right.endsAt);
  }

  #finishNext(): void {
    const next = this.#running.shift();
    if (!next) throw new Error('nothing runs, and nothing is to be done');
    this.#clock = next.endsAt;
    const { n } = this.#state.measurements[next.m]!;
    this.#script.finishMeasurement(100 + this.#truth[n]! + this.#chance.normal(), {}, next.m);
    const left = this.#busy.get(n)! - 1;
    if (left > 0) this.#busy.set(n, left);
    else this.#busy.delete(n);
  }
}

const WORLDS: Readonly<Record<string, Effects>> = { study: studied(), sparse, small };

const sessions = Number(process.argv[2] ?? 60);
console.log(
  '| world | slots | gain of the incumbent | of one slot | confirmed gain | of one slot | false claims | ideas |',
);
console.log('| --- | --- | --- | --- | --- | --- | --- | --- |');
for (const [name, effects] of Object.entries(WORLDS)) {
  const alone: { gain: number; confirmed: number }[] = [];
  for (const slots of SLOTS) {
    const results = Array.from({ length: sessions }, (_, seed) =>
      new SimulatedFleet(FIRST_SEED + seed, slots, effects).run(),
    );
    const of = (pick: (session: Session) => number): number => mean(results.map(pick));
    const [gain, confirmed] = [of((session) => session.gain), of((session) => session.confirmed)];
    if (alone.length === 0) alone.push({ gain, confirmed });
    const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
    console.log(
      `| ${name} | ${slots} | ${gain.toFixed(2)} | ${percent(gain / alone[0]!.gain)} | ${confirmed.toFixed(2)} | ${percent(confirmed / alone[0]!.confirmed)} | ${percent(of(({ isFalse }) => (isFalse ? 1 : 0)))} | ${of(({ ideas }) => ideas).toFixed(0)} |`,
    );
  }
}
