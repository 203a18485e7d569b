// What an agent must be able to do in train.ts alone: each ordinary idea as an edit, trained for some steps.
// Each must load, learn and leave an artefact that the judge would take.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { VOCAB_SIZE } from '../contract.ts';
import { checkArtefact } from '../data/artefact.ts';
import { summarizeModel } from '../tensor/onnx.ts';
import { type Edit, lossesOf, type Outcome, runTraining, writeData } from './training.ts';

let data = '';
beforeAll(() => {
  data = writeData();
});

const MLP = 'matmul(reluSquared(matmul(rmsNorm(x), w(`${i}.up`))), w(`${i}.down`))';
const BLOCK = `    x = add(x, attend(w, i, rmsNorm(x), tokens));
    x = add(x, ${MLP});
`;
const imports = (...ops: string[]): Edit => ['  rmsNorm,\n  rope,', `  rmsNorm,\n  ${ops.join(',\n  ')},\n  rope,`];
const UP = "{ name: `${i}.up`, shape: [WIDTH, MLP_RATIO * WIDTH], group: 'matrix', init: uniform },";
const LOSS = `  const loss = crossEntropy(
    forward((name) => step.state(name), tokens),
    targets,
  );
`;
const MUON = 'for (const group of byShape.values()) muon(step, store, group.params, group.grads, hyper);';

const STEPS = 40;
const LR = `  const left = Math.max(0, (1 - progress) / WARMDOWN);
  return left + (1 - left) * FINAL_LR;
`;

interface Idea {
  readonly knobs?: Readonly<Record<string, string>>;
  readonly edits: readonly Edit[];
  /** What shows that the idea is in force. */
  readonly shows?: (outcome: Outcome, baseline: Outcome) => void;
}
const artefactOf = (outcome: Outcome): Buffer => readFileSync(join(outcome.out, 'model.onnx'));
const weightsOf = (outcome: Outcome): Map<string, number> =>
  new Map(summarizeModel(artefactOf(outcome)).weights.map((w) => [w.name, w.size]));
const ratesOf = (outcome: Outcome): number[] =>
  readFileSync(join(outcome.out, 'curve.csv'), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => Number(line.split(',')[4]));

const IDEAS: Readonly<Record<string, Idea>> = {
  'SwiGLU instead of ReLU²': {
    edits: [
      imports('silu'),
      [UP, `${UP}\n      ${UP.replace('.up', '.glu')}`],
      [MLP, 'matmul(mul(silu(matmul(rmsNorm(x), w(`${i}.glu`))), matmul(rmsNorm(x), w(`${i}.up`))), w(`${i}.down`))'],
    ],
    shows: (outcome) => expect(weightsOf(outcome).get('1.glu')).toBe(32 * 128),
  },
  'label smoothing': {
    edits: [
      imports('logSoftmax'),
      [
        LOSS,
        `  const logits = forward((name) => step.state(name), tokens);
  const loss = add(mul(crossEntropy(logits, targets), 0.9), mul(mean(logSoftmax(logits)), -0.1));
`,
      ],
    ],
    // At equal logits both are ln V; what differs is where they go from there.
    shows: (outcome, baseline) => expect(lossesOf(outcome).at(-1)).not.toBeCloseTo(lossesOf(baseline).at(-1) ?? 0, 2),
  },
  'attention and MLP in parallel': {
    edits: [[BLOCK, `    x = addAll([x, attend(w, i, rmsNorm(x), tokens), ${MLP}]);\n`]],
  },
  'another schedule: a cosine after a warm-up': {
    knobs: { WARMUP: '0.2', WARMDOWN: '0.8' },
    edits: [[LR, '  return 0.5 + 0.5 * Math.cos((Math.PI * (progress - WARMUP)) / WARMDOWN);\n']],
    shows: (outcome) => {
      const rates = ratesOf(outcome);
      expect(rates.indexOf(Math.max(...rates))).toBe(STEPS * 0.2);
      expect(rates[STEPS * 0.6]).toBeCloseTo(0.5, 5);
    },
  },
  'another optimizer for matrices: Lion': {
    edits: [
      imports('sign'),
      [
        MUON,
        `for (const group of byShape.values()) {
    for (const [i, p] of group.params.entries()) {
      const g = group.grads[i] as Tensor;
      const m = moment(step, store, \`\${p.name}:m\`, p.shape);
      const update = mul(sign(lerp(m, g, 0.1)), mul(hyper.lr, 0.002));
      step.update(\`\${p.name}:m\`, lerp(m, g, 0.01));
      step.update(p.name, sub(step.state(p.name), update));
    }
  }`,
      ],
    ],
  },
  'an average of the last weights in the artefact': {
    edits: [
      [
        '    optimize(step, store, params, own);\n    return step;',
        '    optimize(step, store, params, own);\n    average(step, store, params);\n    return step;',
      ],
      [
        'async function compileTrainer',
        `function average(step: Step, store: Store, params: readonly Parameter[]): void {
  for (const p of params) {
    if (!store.has(\`\${p.name}:ema\`)) store.add(\`\${p.name}:ema\`, p.shape, store.read(p.name).slice());
    step.update(\`\${p.name}:ema\`, lerp(step.state(\`\${p.name}:ema\`), step.state(p.name), 0.2));
  }
}

async function compileTrainer`,
      ],
      ['store.read(name), shapes', 'store.read(`${name}:ema`), shapes'],
    ],
    // It changes what is kept, not how it is trained.
    shows: (outcome, baseline) => expect(lossesOf(outcome)).toEqual(lossesOf(baseline)),
  },
  'leaving parts out: no value embeddings, full windows': {
    knobs: { WINDOW_PATTERN: "'L'" },
    edits: [['layer % 2 === (DEPTH - 1) % 2;', 'layer < 0;']],
    shows: (outcome) => expect([...weightsOf(outcome).keys()].filter((name) => name.endsWith('.ve'))).toEqual([]),
  },
  'grouped-query attention: two query heads on one key/value head': {
    knobs: { KV_GROUPS: '2' },
    edits: [],
    shows: (outcome) => expect(weightsOf(outcome).get('0.k')).toBe(32 * 16),
  },
  'eight layers, as on a GPU': {
    knobs: { DEPTH: '8' },
    edits: [],
    shows: (outcome) => expect(outcome.report.get('depth')).toBe('8'),
  },
};

describe('train.ts alone takes', () => {
  let baseline: Outcome;
  beforeAll(() => {
    baseline = runTraining({ MAX_STEPS: String(STEPS) }, { data, budgetS: '120' });
  });

  test.each(Object.entries(IDEAS))('%s', (_name, { knobs = {}, edits, shows }) => {
    const outcome = runTraining({ ...knobs, MAX_STEPS: String(STEPS) }, { data, edits, budgetS: '120' });
    expect(outcome.stderr).toBe('');
    expect(outcome.status).toBe(0);
    const losses = lossesOf(outcome);
    expect(losses).toHaveLength(STEPS);
    expect(losses[0]).toBeCloseTo(Math.log(VOCAB_SIZE), 1);
    expect(losses.at(-1)).toBeLessThan(Math.log(VOCAB_SIZE) - 0.3);
    expect(artefactOf(outcome).equals(artefactOf(baseline))).toBe(false);
    expect(checkArtefact(artefactOf(outcome)).params).toBeGreaterThan(1000);
    shows?.(outcome, baseline);
  });
});
