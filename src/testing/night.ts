/**
 * A lab played by hand for tests of proposers: the loop's steps without its machinery, on a made-up landscape over six
 * knobs. Knows no test runner.
 */
import { createRandom } from '../base/random.ts';
import { judge } from '../core/rules/judge.ts';
import { verdictOf } from '../core/experiment.ts';
import { findKnob } from '../core/admission/knobs.ts';
import { admitIdea, applyEdits, hashEditable } from '../core/admission/policy.ts';
import type { Proposal, Proposer } from '../core/ports.ts';
import { arenaWith, briefOf, SCRIPT_DEVICE, Script } from './script.ts';

export const LANDSCAPE_KNOBS = [
  { name: 'LR', file: 'x.ts', kind: 'float', range: [0.001, 1], log: true },
  { name: 'DECAY', file: 'x.ts', kind: 'float', range: [0, 1] },
  { name: 'DEPTH', file: 'x.ts', kind: 'int', range: [1, 12] },
  { name: 'BATCH', file: 'x.ts', kind: 'pow2', range: [16, 1024] },
  { name: 'WINDOW', file: 'x.ts', kind: 'choice', values: ['S', 'L', 'SL'] },
  { name: 'HEAD', file: 'x.ts', kind: 'choice', values: [16, 32, 64] },
];
export const LANDSCAPE_SOURCE = `const LR = 0.04; // rate\nconst DECAY = 0.5;\nconst DEPTH = 4;\nconst BATCH = 64;\nconst WINDOW = 'S';\nconst HEAD = 32;\n`;
const NOISE_SIGMA = 0.01;

export type PlayedEdit = Extract<Proposal, { kind: 'edit' }>;
type KnobValues = Readonly<Record<string, number | string>>;
/** Loss of the knobs that are in the source, and of the source itself; undefined: it crashes. */
export type Landscape = (knobValues: KnobValues, sourceText: string) => number | undefined;

export const bowlLandscape: Landscape = (knobValues) =>
  1 +
  0.3 * (Math.log10(Number(knobValues.LR)) + 0.6) ** 2 +
  0.3 * (Number(knobValues.DECAY) - 0.3) ** 2 +
  0.005 * (Number(knobValues.DEPTH ?? 4) - 6) ** 2 +
  (knobValues.WINDOW === 'L' ? 0 : 0.03);

export class PlayedLab {
  readonly script: Script;
  files: ReadonlyMap<string, string> = new Map([['x.ts', LANDSCAPE_SOURCE]]);
  /** What was proposed, refused ones included. */
  readonly edits: PlayedEdit[] = [];
  readonly #chance = createRandom(11);
  readonly #landscape: Landscape;
  readonly #proposer: Proposer;
  readonly #sign: 1 | -1;

  constructor(
    proposer: Proposer,
    landscape: Landscape,
    direction: 'minimize' | 'maximize' = 'minimize',
    manifest: object = {},
  ) {
    this.#landscape = landscape;
    this.#proposer = proposer;
    this.#sign = direction === 'maximize' ? -1 : 1;
    this.script = new Script(arenaWith({ metric: { name: 'loss', direction }, knobs: LANDSCAPE_KNOBS, ...manifest }));
    const baseline = { n: 0, kind: 'baseline', parent: 0, proposer: 'person', hypothesis: '', edits: {} } as const;
    this.script.addEvent({ type: 'proposed', ...baseline, knobs: this.knobValues() }).addSnapshot(0);
    this.script.addCalibration([0, 1, 2, 3, 4].map(() => this.#measureFiles(this.files)!));
  }

  /** Knobs as the files have them; those that are gone are left out. */
  knobValues(files = this.files): KnobValues {
    const foundKnobs = LANDSCAPE_KNOBS.map((knob) => [knob.name, findKnob(knob, files.get(knob.file)!)] as const);
    return Object.fromEntries(
      foundKnobs.flatMap(([knobName, foundKnob]) => (foundKnob.ok ? [[knobName, foundKnob.value]] : [])),
    );
  }

  #measureFiles(files: ReadonlyMap<string, string>): number | undefined {
    const trueLoss = this.#landscape(this.knobValues(files), files.get('x.ts')!);
    return trueLoss === undefined ? undefined : this.#sign * (trueLoss + NOISE_SIGMA * this.#chance.normal());
  }

  propose(): Promise<Proposal> {
    return this.#proposer.propose(briefOf(this.script.state, this.files));
  }

  /** One idea, from the proposer to its verdict. */
  async playStep(): Promise<PlayedEdit> {
    const { script } = this;
    const proposal = await this.propose();
    if (proposal.kind !== 'edit') throw new Error(proposal.reason);
    this.edits.push(proposal);
    const { state } = script;
    const n = state.experiments.length;
    const { hypothesis, knobs, why, proposer = this.#proposer.name } = proposal;
    const ideaEvent = { n, kind: 'idea', parent: state.incumbent, proposer, hypothesis, edits: {} } as const;
    script.addEvent({ type: 'proposed', ...ideaEvent, ...(knobs && { knobs }), ...(why && { why }) });
    const changedFiles = applyEdits(this.files, proposal.edits);
    const admission = admitIdea(state.lab!.arena, state, { parent: state.incumbent }, this.files, proposal.edits);
    const refusal = proposal.refusal ?? (admission.ok ? undefined : { code: admission.code, reason: admission.reason });
    if (refusal) {
      script.addEvent({ type: 'refused', n, ...refusal });
      return proposal;
    }
    const [commit, tree] = [`${n}`.padStart(40, '0'), `${n}`.padStart(40, '1')];
    script.addEvent({ type: 'snapshot', n, commit, tree, editable: hashEditable(changedFiles), added: 1, deleted: 1 });
    for (let i = 0; i < 4; i++) {
      script.measure(n, this.#measureFiles(changedFiles) ?? 'out-of-memory');
      if (judge(script.state, n, SCRIPT_DEVICE).again) continue;
      script.decide(n);
      if (verdictOf(script.state.experiments[n]!) === 'kept') {
        script.advance(n);
        this.files = changedFiles;
      }
      break;
    }
    return proposal;
  }

  async playSteps(stepCount: number): Promise<this> {
    for (let i = 0; i < stepCount; i++) await this.playStep();
    return this;
  }

  /** The loss of the incumbent without noise. */
  incumbentLoss(): number {
    return this.#landscape(this.knobValues(), this.files.get('x.ts')!)!;
  }
}
