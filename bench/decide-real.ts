/**
 * Does a real night agree with the simulated ones? Ideas of known worth, drawn like those of bench/decide.ts, are run
 * for real on a copy of hello, whose true loss is known; the same night is simulated many times. Also: what a decision
 * costs at 10,000 experiments. `npm run bench:decide-real`.
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
import { DEVICE, simulateNight, studiedEffect } from './night.ts';

const HELLO_ARENA = fileURLToPath(new URL('../arenas/hello', import.meta.url));
const [IDEAS, NIGHTS, SIMULATED] = [60, 4, 1000];
/** hello's noise, and how much larger it is than that of the studied effects at sigma 0.0005. */
const [SIGMA, SCALE] = [0.05, 100];
const BEST_X = 1.7;
const trueLossOf = (value: number): number => (value - BEST_X) ** 2;

/** Moves X so that the true loss changes by what the studied distribution says. */
function studiedProposer(seed: number): Proposer {
  const chance = createRandom(seed);
  return {
    name: 'studied',
    propose: async ({ files }) => {
      const sourceText = files.get('candidate.sh')!;
      const currentX = Number(/^X=(.*)$/m.exec(sourceText)![1]);
      const loss = Math.max(0, trueLossOf(currentX) - SCALE * studiedEffect(chance));
      const content = sourceText.replace(/^X=.*$/m, `X=${BEST_X - Math.sqrt(loss)}`);
      return { kind: 'edit', hypothesis: `loss ${loss}`, edits: [{ path: 'candidate.sh', content }] };
    },
  };
}

async function playRealNight(seed: number): Promise<{ gain: number; wrong: number; claims: number }> {
  const homeDir = fs.mkdtempSync(path.join(os.tmpdir(), 'overnight-real-'));
  try {
    const folder = path.join(homeDir, 'hello');
    copyTree(HELLO_ARENA, folder, (entry) => path.basename(entry) === '.overnight');
    const { state, run } = await openLab({
      folder,
      tag: 'real',
      proposer: studiedProposer(seed),
      limits: { experiments: IDEAS },
    });
    await run();
    const trueLoss = (n: number): number =>
      n === 0 ? trueLossOf(0) : Number(/^loss (.*)$/.exec(state.experiments[n]!.idea.hypothesis)![1]);
    const confirmed = state.confirmations.filter((confirmation) => confirmation.passed);
    const falseClaims = confirmed.filter(
      (confirmation) => trueLoss(confirmation.n) >= trueLoss(confirmation.against),
    ).length;
    return { gain: trueLoss(0) - trueLoss(state.incumbent), wrong: falseClaims, claims: confirmed.length };
  } finally {
    removeTree(homeDir);
  }
}

const simulatedGains = Array.from({ length: SIMULATED }, (_, k) => {
  const scaledEffect = (chance: Parameters<typeof studiedEffect>[0]): number => SCALE * studiedEffect(chance);
  const { state, truth } = simulateNight({
    seed: 31 * k + 7,
    sigma: SIGMA,
    evaluations: 8 + IDEAS + 4,
    calibrate: 8,
    effect: scaledEffect,
  });
  return truth[state.incumbent]!;
}).sort((left, right) => left - right);
const gainAtShare = (share: number): number => simulatedGains[Math.floor(share * (SIMULATED - 1))]!;
let outsideCount = 0;
for (let night = 1; night <= NIGHTS; night++) {
  const { gain, wrong: falseClaims, claims } = await playRealNight(900 + night);
  if (gain < gainAtShare(0.005) || gain > gainAtShare(0.995)) outsideCount++;
  console.log(`real night ${night}: true gain ${gain.toFixed(3)}, ${claims} claimed, ${falseClaims} of them false`);
}
console.log(
  `simulated: true gain ${gainAtShare(0.5).toFixed(3)}, 99 % of nights between ${gainAtShare(0.005).toFixed(3)} and ${gainAtShare(0.995).toFixed(3)}`,
);

const { state } = simulateNight({ seed: 1, sigma: 0.0005, evaluations: 10_000 });
const lastExperiment = state.experiments.length - 1;
const startedMs = performance.now();
const REPEATS = 2000;
for (let k = 0; k < REPEATS; k++) {
  judge(state, lastExperiment, DEVICE);
  plan(state, {
    deviceClass: DEVICE,
    stopRequested: false,
    slots: 1,
    busyExperiments: new Set(),
    isThinking: false,
    hasSpareCores: false,
  });
}
const decisionMs = (performance.now() - startedMs) / REPEATS;
console.log(
  `decide-real: ${outsideCount} of ${NIGHTS} real nights outside the simulated 99 % (target 0); ${decisionMs.toFixed(3)} ms a decision at ${state.experiments.length} experiments (target 1)`,
);
