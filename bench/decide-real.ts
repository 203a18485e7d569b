/**
 * Does a real session agree with the simulated ones? Ideas of known effect, drawn like those of bench/decide.ts, are
 * run for real on a copy of hello, whose true loss is known; the same session is simulated many times. Also: what a
 * decision costs at 10,000 experiments. `npm run bench:decide-real`.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRandom } from '../src/base/random.ts';
import { judge } from '../src/core/rules/judge.ts';
import { plan } from '../src/core/plan/plan.ts';
import type { Proposer } from '../src/core/ports.ts';
import { copyTree, removeTree } from '../src/os/files.ts';
import { openLab } from '../src/app/open-lab.ts';
import { DEVICE, simulate, studied } from './night.ts';

const HELLO = fileURLToPath(new URL('../arenas/hello', import.meta.url));
const IDEAS = 60;
/** Real sessions. */
const NIGHTS = 4;
const SIMULATED = 1000;
/** Noise of hello. */
const SIGMA = 0.05;
/** How much larger that is than the noise of 0.0005 that goes with the studied effects. */
const SCALE = 100;
const BEST_X = 1.7;
const lossOf = (x: number): number => (x - BEST_X) ** 2;

/** Moves X so that the true loss changes by what the studied distribution says. */
function proposer(seed: number): Proposer {
  const chance = createRandom(seed);
  return {
    name: 'studied',
    propose: async ({ files }) => {
      const text = files.get('candidate.sh')!;
      const x = Number(/^X=(.*)$/m.exec(text)![1]);
      const loss = Math.max(0, lossOf(x) - SCALE * studied(chance));
      const content = text.replace(/^X=.*$/m, `X=${BEST_X - Math.sqrt(loss)}`);
      return { kind: 'edit', hypothesis: `loss ${loss}`, edits: [{ path: 'candidate.sh', content }] };
    },
  };
}

async function realNight(seed: number): Promise<{ gain: number; wrong: number; claims: number }> {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'overnight-real-'));
  try {
    const folder = path.join(home, 'hello');
    copyTree(HELLO, folder, (entry) => path.basename(entry) === '.overnight');
    const { state, run } = await openLab({
      folder,
      tag: 'real',
      proposer: proposer(seed),
      limits: { experiments: IDEAS },
    });
    await run();
    const truth = (n: number): number =>
      n === 0 ? lossOf(0) : Number(/^loss (.*)$/.exec(state.experiments[n]!.idea.hypothesis)![1]);
    const passed = state.confirmations.filter((c) => c.passed);
    const wrong = passed.filter((c) => truth(c.n) >= truth(c.against)).length;
    return { gain: truth(0) - truth(state.incumbent), wrong, claims: passed.length };
  } finally {
    removeTree(home);
  }
}

const simulated = Array.from({ length: SIMULATED }, (_, k) => {
  const effect = (chance: Parameters<typeof studied>[0]): number => SCALE * studied(chance);
  const { state, truth } = simulate({
    seed: 31 * k + 7,
    sigma: SIGMA,
    evaluations: 8 + IDEAS + 4,
    calibrate: 8,
    effect,
  });
  return truth[state.incumbent]!;
}).sort((a, b) => a - b);
const at = (share: number): number => simulated[Math.floor(share * (SIMULATED - 1))]!;
let outside = 0;
for (let night = 1; night <= NIGHTS; night++) {
  const { gain, wrong, claims } = await realNight(900 + night);
  if (gain < at(0.005) || gain > at(0.995)) outside++;
  console.log(`real night ${night}: true gain ${gain.toFixed(3)}, ${claims} claimed, ${wrong} of them false`);
}
console.log(
  `simulated: true gain ${at(0.5).toFixed(3)}, 99 % of nights between ${at(0.005).toFixed(3)} and ${at(0.995).toFixed(3)}`,
);

const { state } = simulate({ seed: 1, sigma: 0.0005, evaluations: 10_000 });
const last = state.experiments.length - 1;
const started = performance.now();
const TIMES = 2000;
for (let k = 0; k < TIMES; k++) {
  judge(state, last, DEVICE);
  plan(state, {
    deviceClass: DEVICE,
    stopRequested: false,
    slots: 1,
    busyExperiments: new Set(),
    isThinking: false,
    hasSpareCores: false,
  });
}
const ms = (performance.now() - started) / TIMES;
console.log(
  `decide-real: ${outside} of ${NIGHTS} real nights outside the simulated 99 % (target 0); ${ms.toFixed(3)} ms a decision at ${state.experiments.length} experiments (target 1)`,
);
