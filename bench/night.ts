/**
 * A simulated night with known truth: the real planner, the real rules and the real fold; only the measurement is drawn
 * from seeded chance. Effects add. Used by bench/decide.ts and by its test; knows nothing about files, processes or
 * tables.
 */
import { createRandom } from '../src/base/random.ts';
import { type Arena, arenaSchema } from '../src/core/arena.ts';
import { judgeClaim } from '../src/core/rules/claims.ts';
import { judge } from '../src/core/rules/judge.ts';
import type { Conditions } from '../src/core/outcome.ts';
import type { EventDraft, ExperimentKind, LedgerEvent } from '../src/core/event.ts';
import { plan } from '../src/core/plan/plan.ts';
import type { PlanContext, Step } from '../src/core/plan/step.ts';
import { createFold } from '../src/core/replay.ts';
import { type LabState, values } from '../src/core/state.ts';
import { noiseOf } from '../src/base/stats.ts';
import { IDLE_CONTEXT } from '../src/testing/script.ts';
import type { Reading } from './decide/worlds.ts';

export interface NightOptions {
  readonly seed: number;
  /** Standard deviation of one measurement. */
  readonly sigma: number;
  /** Measurements in all: calibration, replicates, controls and claims count. */
  readonly evaluations?: number;
  /** Live branches. */
  readonly branches?: number;
  /**
   * Short runs that rank: what one costs of a whole one, and the standard deviation of its number around the true one.
   */
  readonly short?: { readonly cost: number; readonly sigma: number };
  /** `decide` of the manifest. */
  readonly decide?: Readonly<Record<string, unknown>>;
  readonly calibrate?: number;
  /**
   * Improvement of the next idea, `n`, over the base that it starts from; the default is the distribution of the study.
   */
  readonly effect?: (chance: Chance, base: number, n: number) => number;
  /** The number of a measurement, larger is better; the default is the truth plus normal noise of deviation `sigma`. */
  readonly measure?: (reading: Reading, noise: Chance) => number;
  /** Ends after so many ideas, not after so many measurements. */
  readonly ideas?: number;
}

export interface Night {
  readonly state: LabState;
  readonly events: readonly LedgerEvent[];
  /** True gain of each experiment over the baseline. */
  readonly truth: readonly number[];
  readonly usedMeasurements: number;
}

export type Chance = ReturnType<typeof createRandom>;
export const DEVICE = 'simulated';
const SECONDS = 300;
const START = 1;

/**
 * 15 % of ideas help (lognormal, median 0.0005), 15 % change nothing, 70 % hurt (lognormal, median 0.001). The spread
 * of 1.2 on the log is the one with which upstream's rule gives the published true gains of 0.0176, 0.0143 and 0.0099
 * at the three noise levels.
 */
export function studiedEffect(chance: Chance): number {
  const kind = chance.uniform();
  const effectSize = Math.exp(1.2 * chance.normal());
  return kind < 0.15 ? 0.0005 * effectSize : kind < 0.3 ? 0 : -0.001 * effectSize;
}

/** Nothing helps: a third of the ideas change nothing, the others hurt. */
export const nothingHelps = (chance: Chance): number => Math.min(0, studiedEffect(chance));

const CONDITIONS: Conditions = {
  startupS: 0,
  budgetedS: SECONDS,
  wallS: SECONDS,
  cpuS: SECONDS,
  evaluateS: 0,
  memoryMb: 100,
  accounting: 'sampled',
  cut: false,
  load: 0,
};

export function simulateNight(options: NightOptions): Night {
  return new Simulation(options).run();
}

class Simulation {
  readonly #options: NightOptions;
  readonly #ideas: Chance;
  readonly #noise: Chance;
  readonly #fold = createFold();
  readonly #events: LedgerEvent[] = [];
  readonly #truth: number[] = [0];
  #used = 0;

  constructor(options: NightOptions) {
    this.#options = options;
    this.#ideas = createRandom(options.seed);
    this.#noise = createRandom(options.seed ^ 0x5bd1e995);
  }

  run(): Night {
    const arena = arenaForNight(this.#options);
    const files = { editable: 'x', frozen: 'y' };
    const { seed } = this.#options;
    this.#appendEvent({ type: 'lab.opened', lab: 'night', tag: 'night', arena, files, source: { dirty: false }, seed });
    this.#proposeIdea('baseline');
    this.#recordSnapshot(0);
    for (;;) {
      const step = plan(this.#state, { ...IDLE_CONTEXT, deviceClass: DEVICE, ...this.#limits() });
      if (step.do === 'stop') break;
      this.#takeStep(step);
    }
    return { state: this.#state, events: this.#events, truth: this.#truth, usedMeasurements: this.#used };
  }

  #limits(): Pick<PlanContext, 'leftS' | 'experiments'> {
    const { evaluations = 126, ideas } = this.#options;
    return ideas === undefined ? { leftS: (evaluations - this.#used + 0.2) * SECONDS } : { experiments: ideas };
  }

  get #state(): LabState {
    return this.#fold.state;
  }

  #appendEvent(draft: EventDraft): void {
    const event = { ...draft, seq: this.#events.length, t: '2026-03-07T20:00:00.000Z', v: 1, prev: '' } as LedgerEvent;
    this.#fold.apply(event);
    this.#events.push(event);
  }

  #takeStep(step: Exclude<Step, { do: 'stop' }>): void {
    switch (step.do) {
      case 'propose': {
        const base = step.base?.n ?? this.#state.incumbent;
        this.#truth.push(
          this.#truth[base]! + (this.#options.effect ?? studiedEffect)(this.#ideas, base, this.#truth.length),
        );
        return this.#proposeIdea('idea', undefined, base);
      }
      case 'bundle': {
        const ownGain = (n: number): number => this.#truth[n]! - this.#truth[this.#state.experiments[n]!.idea.parent]!;
        this.#truth.push(step.of.reduce((sum, n) => sum + ownGain(n), this.#truth[this.#state.incumbent]!));
        return this.#proposeIdea('idea', step.of, undefined, step.why !== undefined);
      }
      case 'control':
        this.#truth.push(this.#truth[this.#state.incumbent]!);
        return this.#proposeIdea('control');
      case 'admit':
        return this.#recordSnapshot(step.n);
      case 'measure':
        return this.#recordMeasurement(step);
      case 'decide': {
        const judgement = judge(this.#state, step.n, DEVICE);
        if (judgement.again) throw new Error(`#${step.n} was to be decided and is in doubt`);
        return this.#appendEvent({ type: 'decided', n: step.n, decision: judgement.decision });
      }
      case 'advance':
        return this.#appendEvent({ type: 'advanced', n: step.n, commit: `${step.n}` });
      case 'calibrate':
        return this.#appendEvent({
          type: 'calibrated',
          deviceClass: DEVICE,
          noise: noiseOf(values(this.#state, 0, DEVICE)),
        });
      case 'confirm': {
        const { n, against } = step;
        const result = judgeClaim(this.#state, n, against, DEVICE);
        if (!result) throw new Error(`the claim of #${n} was to be judged and is not measured`);
        return this.#appendEvent({ type: 'confirmation', n, against, ...result });
      }
      case 'guard':
      case 'wait':
      case 'carry':
      case 'retry':
      case 'profile':
      case 'try-out':
      case 'build':
      case 'ablate':
      case 'finalize':
      case 'abandon':
      case 'repair':
        throw new Error('a simulated night has nobody to wait for');
      default:
        step satisfies never;
    }
  }

  #proposeIdea(
    kind: ExperimentKind,
    bundles?: readonly number[],
    parent = this.#state.incumbent,
    crosses = false,
  ): void {
    const n = this.#state.experiments.length;
    const ideaFields = { proposer: 'simulated', hypothesis: '', edits: {} };
    this.#appendEvent({
      type: 'proposed',
      n,
      kind,
      parent,
      ...ideaFields,
      ...(bundles && { bundles }),
      ...(crosses && { crosses: true as const }),
    });
  }

  #recordSnapshot(n: number): void {
    this.#appendEvent({ type: 'snapshot', n, commit: `${n}`, tree: `${n}`, editable: `${n}`, added: 5, deleted: 5 });
  }

  #recordMeasurement({ n, purpose, seed, claim, pair }: Extract<Step, { do: 'measure' }>): void {
    const m = this.#state.measurements.length;
    const measurementFields = { m, n, purpose, seed, judgeSeed: 1, session: 0, deviceClass: DEVICE, cores: [] };
    this.#appendEvent({
      type: 'measuring',
      ...measurementFields,
      ...(claim !== undefined && { claim }),
      ...(pair !== undefined && { pair }),
    });
    const { short } = this.#options;
    const isScreening = purpose === 'screen' && short !== undefined;
    const value = this.#drawValue(n, seed, isScreening ? short : undefined);
    this.#appendEvent({
      type: 'measured',
      m,
      outcome: { kind: 'measured', value, metrics: {} },
      conditions: CONDITIONS,
    });
    this.#used += isScreening ? short.cost : 1;
  }

  #drawValue(n: number, seed: number, short: NightOptions['short']): number {
    const { measure, sigma } = this.#options;
    const truth = this.#truth[n]!;
    if (short) return START + 1 - truth + short.sigma * this.#noise.normal();
    if (!measure) return START - truth + sigma * this.#noise.normal();
    const parent = n === 0 ? -1 : this.#state.experiments[n]!.idea.parent;
    return -measure({ truth, index: this.#used, n, parent, seed }, this.#noise);
  }
}

function arenaForNight({ decide = {}, calibrate = 5, branches, short }: NightOptions): Arena {
  return arenaSchema.parse({
    overnight: 1,
    name: 'simulated',
    metric: { name: 'loss', direction: 'minimize' },
    editable: ['x'],
    run: { command: 'x' },
    budget: { seconds: SECONDS, wall_s: SECONDS },
    calibrate: { replicates: calibrate },
    decide,
    ...(branches !== undefined && { search: { branches } }),
    ...(short && { screen: { seconds: SECONDS * short.cost, ranks: true } }),
  });
}
