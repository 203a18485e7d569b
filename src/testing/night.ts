/**
 * A lab played by hand for tests of proposers: the loop's steps without its machinery, on a made-up landscape over six
 * knobs. Knows no test runner.
 */
import { random } from '../base/random.ts';
import { judge } from '../core/rules/judge.ts';
import { verdictOf } from '../core/experiment.ts';
import { findKnob } from '../core/admission/knobs.ts';
import { admit, applyEdits, editableHash } from '../core/admission/policy.ts';
import type { Proposal, Proposer } from '../core/ports.ts';
import { arenaWith, briefOf, DEVICE, Script } from './script.ts';

export const KNOBS = [
  { name: 'LR', file: 'x.ts', kind: 'float', range: [0.001, 1], log: true },
  { name: 'DECAY', file: 'x.ts', kind: 'float', range: [0, 1] },
  { name: 'DEPTH', file: 'x.ts', kind: 'int', range: [1, 12] },
  { name: 'BATCH', file: 'x.ts', kind: 'pow2', range: [16, 1024] },
  { name: 'WINDOW', file: 'x.ts', kind: 'choice', values: ['S', 'L', 'SL'] },
  { name: 'HEAD', file: 'x.ts', kind: 'choice', values: [16, 32, 64] },
];
export const SOURCE = `const LR = 0.04; // rate\nconst DECAY = 0.5;\nconst DEPTH = 4;\nconst BATCH = 64;\nconst WINDOW = 'S';\nconst HEAD = 32;\n`;
const NOISE = 0.01;

export type Edit = Extract<Proposal, { kind: 'edit' }>;
type Values = Readonly<Record<string, number | string>>;
/** Loss of the knobs that are in the source, and of the source itself; undefined: it crashes. */
export type Landscape = (v: Values, source: string) => number | undefined;

export const bowl: Landscape = (v) =>
  1 +
  0.3 * (Math.log10(Number(v.LR)) + 0.6) ** 2 +
  0.3 * (Number(v.DECAY) - 0.3) ** 2 +
  0.005 * (Number(v.DEPTH ?? 4) - 6) ** 2 +
  (v.WINDOW === 'L' ? 0 : 0.03);

export class Night {
  readonly script: Script;
  files: ReadonlyMap<string, string> = new Map([['x.ts', SOURCE]]);
  /** What was proposed, refused ones included. */
  readonly edits: Edit[] = [];
  readonly #chance = random(11);
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
    this.script = new Script(arenaWith({ metric: { name: 'loss', direction }, knobs: KNOBS, ...manifest }));
    const baseline = { n: 0, kind: 'baseline', parent: 0, proposer: 'person', hypothesis: '', edits: {} } as const;
    this.script.add({ type: 'proposed', ...baseline, knobs: this.values() }).snapshot(0);
    this.script.calibrated([0, 1, 2, 3, 4].map(() => this.#measure(this.files)!));
  }

  /** Knobs as the files have them; those that are gone are left out. */
  values(files = this.files): Values {
    const found = KNOBS.map((knob) => [knob.name, findKnob(knob, files.get(knob.file)!)] as const);
    return Object.fromEntries(found.flatMap(([name, at]) => (at.ok ? [[name, at.value]] : [])));
  }

  #measure(files: ReadonlyMap<string, string>): number | undefined {
    const loss = this.#landscape(this.values(files), files.get('x.ts')!);
    return loss === undefined ? undefined : this.#sign * (loss + NOISE * this.#chance.normal());
  }

  propose(): Promise<Proposal> {
    return this.#proposer.propose(briefOf(this.script.state, this.files));
  }

  /** One idea, from the proposer to its verdict. */
  async step(): Promise<Edit> {
    const { script } = this;
    const idea = await this.propose();
    if (idea.kind !== 'edit') throw new Error(idea.reason);
    this.edits.push(idea);
    const { state } = script;
    const n = state.experiments.length;
    const { hypothesis, knobs, why, proposer = this.#proposer.name } = idea;
    const about = { n, kind: 'idea', parent: state.incumbent, proposer, hypothesis, edits: {} } as const;
    script.add({ type: 'proposed', ...about, ...(knobs && { knobs }), ...(why && { why }) });
    const files = applyEdits(this.files, idea.edits);
    const admission = admit(state.lab!.arena, state, { parent: state.incumbent }, this.files, idea.edits);
    const refusal = idea.refusal ?? (admission.ok ? undefined : { code: admission.code, reason: admission.reason });
    if (refusal) {
      script.add({ type: 'refused', n, ...refusal });
      return idea;
    }
    const [commit, tree] = [`${n}`.padStart(40, '0'), `${n}`.padStart(40, '1')];
    script.add({ type: 'snapshot', n, commit, tree, editable: editableHash(files), added: 1, deleted: 1 });
    for (let i = 0; i < 4; i++) {
      script.measure(n, this.#measure(files) ?? 'out-of-memory');
      if (judge(script.state, n, DEVICE).again) continue;
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

  /** The loss of the incumbent without noise. */
  loss(): number {
    return this.#landscape(this.values(), this.files.get('x.ts')!)!;
  }
}
