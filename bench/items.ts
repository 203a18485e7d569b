/**
 * How often the rule `items` is wrong, and what it finds: simulated sessions of 60 ideas on 0/1 and on numeric items,
 * with the tests and the error budget of the product. `tsx bench/items.ts [--sessions N] [--choose] [--brief]`.
 * `--brief` leaves the table of sessions out. Seeds from 20,000 on are those of the report; `--choose` uses those from 1
 * on. Effects are in standard errors of one comparison over all items.
 */
import { parseArgs } from 'node:util';
import { bootstrapUnits, mcnemarP, NO_RUN_VARIANCE, type PairedUnits } from '../src/base/item-stats.ts';
import { createRandom, type Random } from '../src/base/random.ts';
import { tCdf } from '../src/base/distributions.ts';
import { lordAlpha, spendEvenly } from '../src/core/rules/error-budget.ts';
import { STEERING_LEVEL } from '../src/core/rules/items.ts';
import { wilsonInterval } from './decide/tables.ts';

const { values: options } = parseArgs({
  options: {
    sessions: { type: 'string', default: '400' },
    choose: { type: 'boolean', default: false },
    brief: { type: 'boolean', default: false },
  },
});
const SESSIONS = Number(options.sessions);
const FIRST_SEED = options.choose ? 1 : 20_000;
const IDEAS = 60;
const STEERING_SHARE = 1 / 3;

type Kind = 'binary' | 'numeric';

/** The true effects of a session, in standard errors of one comparison over all items. */
const TRUTHS: Readonly<Record<string, (random: Random, idea: number) => number>> = {
  null: () => 0,
  'one of +3': (_random, idea) => (idea === 30 ? 3 : 0),
  'one of +4': (_random, idea) => (idea === 30 ? 4 : 0),
  'one of +5': (_random, idea) => (idea === 30 ? 5 : 0),
  mixed: (random) => {
    const kind = random.uniform();
    if (kind < 0.15) return 0.8 * Math.exp(0.8 * random.normal());
    return kind < 0.3 ? 0 : -1.5 * Math.abs(random.normal());
  },
};

/** Differences item by item, with the wanted true effect; the incumbent's scores do not enter the tests. */
function drawDifferences(kind: Kind, count: number, correlation: number, effect: number, random: Random): Float64Array {
  const differences = new Float64Array(count);
  if (kind === 'numeric') {
    const deviation = Math.sqrt(2 * (1 - correlation));
    for (let i = 0; i < count; i++) differences[i] = deviation * (random.normal() + effect / Math.sqrt(count));
    return differences;
  }
  // Right with chance ½ each: so many items change, and of those this share for the better.
  const changed = (1 - correlation) / 2;
  const better = Math.min(1, Math.max(0, 0.5 + effect / (2 * Math.sqrt(count * changed))));
  for (let i = 0; i < count; i++) if (random.uniform() < changed) differences[i] = random.uniform() < better ? 1 : -1;
  return differences;
}

/** z of the mean difference. */
function zOf(differences: Float64Array): number {
  const count = differences.length;
  const average = differences.reduce((sum, value) => sum + value, 0) / count;
  const squares = differences.reduce((sum, value) => sum + (value - average) ** 2, 0);
  return squares === 0 ? 0 : average / Math.sqrt(squares / count / (count - 1));
}

function pOf(kind: Kind, differences: Float64Array, seed: number): number {
  // Far from every level that is asked for: not resampled, to save time.
  if (zOf(differences) < 0.9) return 0.5;
  if (kind === 'binary') {
    const better = differences.filter((value) => value > 0).length;
    return mcnemarP(better, differences.filter((value) => value < 0).length);
  }
  const ones = new Float64Array(differences.length).fill(1);
  const units: PairedUnits = {
    candidate: differences,
    candidateWeight: ones,
    against: new Float64Array(differences.length),
    againstWeight: ones,
  };
  return bootstrapUnits(units, NO_RUN_VARIANCE, seed).p;
}

interface Session {
  readonly steps: number;
  readonly falseSteps: number;
  readonly gain: number;
}

/** One session by the product's rule: steering items first, then the reserve at the level that the budget gives. */
function itemsSession(kind: Kind, count: number, correlation: number, truth: string, seed: number): Session {
  const random = createRandom(seed);
  const steeringCount = Math.round(count * STEERING_SHARE);
  const discoveries: number[] = [];
  let [asked, falseSteps, gain] = [0, 0, 0];
  for (let idea = 0; idea < IDEAS; idea++) {
    const effect = TRUTHS[truth]!(random, idea);
    const differences = drawDifferences(kind, count, correlation, effect, random);
    if (pOf(kind, differences.subarray(0, steeringCount), seed + idea) > STEERING_LEVEL) continue;
    asked++;
    if (pOf(kind, differences.subarray(steeringCount), seed + idea) > lordAlpha(asked, discoveries, spendEvenly))
      continue;
    discoveries.push(asked);
    gain += effect;
    if (effect <= 0) falseSteps++;
  }
  return { steps: discoveries.length, falseSteps, gain };
}

const textbookP = (kind: Kind, differences: Float64Array): number =>
  kind === 'binary' ? pOf(kind, differences, 1) : tCdf(-zOf(differences), differences.length - 1);

/** The textbook: the exact or the t-like test on all items at the session's level over the number of ideas. */
function textbookSession(kind: Kind, count: number, correlation: number, truth: string, seed: number): Session {
  const random = createRandom(seed);
  let [steps, falseSteps, gain] = [0, 0, 0];
  for (let idea = 0; idea < IDEAS; idea++) {
    const effect = TRUTHS[truth]!(random, idea);
    const differences = drawDifferences(kind, count, correlation, effect, random);
    if (textbookP(kind, differences) > 0.025 / IDEAS) continue;
    steps++;
    gain += effect;
    if (effect <= 0) falseSteps++;
  }
  return { steps, falseSteps, gain };
}

/** A proposer that bundles what measured better, where nothing helps. Returns whether a false step was made. */
function bundlingSession(usesReserve: boolean, seed: number): boolean {
  const [random, count] = [createRandom(seed), 300];
  const steeringCount = usesReserve ? Math.round(count * STEERING_SHARE) : count;
  const lucky = new Float64Array(count);
  let asked = 0;
  for (let idea = 0; idea < IDEAS; idea++) {
    const isBundle = idea % 4 === 3;
    const differences = isBundle ? lucky : drawDifferences('numeric', count, 0.9, 0, random);
    const shown = differences.subarray(0, steeringCount);
    if (!isBundle && shown.reduce((sum, value) => sum + value, 0) > 0)
      for (let i = 0; i < count; i++) lucky[i]! += differences[i]!;
    const p = pOf('numeric', shown, seed + idea);
    if (!usesReserve && textbookP('numeric', shown) <= 0.025 / IDEAS) return true;
    if (!usesReserve || p > STEERING_LEVEL) continue;
    asked++;
    if (pOf('numeric', differences.subarray(steeringCount), seed + idea) <= lordAlpha(asked, [], spendEvenly))
      return true;
  }
  return false;
}

/** Share with its 95 % interval. */
function shareText(hits: number, total: number): string {
  const [low, high] = wilsonInterval(hits, total);
  const percent = (value: number): string => (100 * value).toFixed(1);
  return `${percent(hits / total)} % (${percent(low)} to ${percent(high)})`;
}

const CELLS: readonly (readonly [Kind, number, number])[] = [
  ['binary', 100, 0.5],
  ['binary', 300, 0.9],
  ['binary', 1000, 0.99],
  ['binary', 5000, 0.9],
  ['numeric', 100, 0.5],
  ['numeric', 300, 0.9],
  ['numeric', 1000, 0.99],
  ['numeric', 5000, 0.9],
];

console.log(`seeds ${FIRST_SEED} to ${FIRST_SEED + SESSIONS - 1}, ${IDEAS} ideas a session\n`);
console.log('| items | correlation | truth | rule | sessions with a false step | with a step | true gain |');
console.log('|---|---|---|---|---|---|---|');
for (const [kind, count, correlation] of options.brief ? [] : CELLS)
  for (const truth of Object.keys(TRUTHS)) {
    const total = truth === 'null' ? 4 * SESSIONS : SESSIONS;
    for (const [rule, run] of [
      ['items/1', itemsSession],
      ['all items, level over 60', textbookSession],
    ] as const) {
      const sessions = Array.from({ length: total }, (_, k) => run(kind, count, correlation, truth, FIRST_SEED + k));
      const withFalse = shareText(sessions.filter(({ falseSteps }) => falseSteps > 0).length, total);
      const withStep = shareText(sessions.filter(({ steps }) => steps > 0).length, total);
      const gain = sessions.reduce((sum, session) => sum + session.gain, 0) / total;
      console.log(
        `| ${count} ${kind} | ${correlation} | ${truth} | ${rule} | ${withFalse} | ${withStep} | ${gain.toFixed(2)} |`,
      );
    }
  }
console.log('\nA proposer that bundles what measured better, where nothing helps (300 numeric items):');
for (const usesReserve of [true, false]) {
  const falseOnes = Array.from({ length: SESSIONS }, (_, k) => bundlingSession(usesReserve, FIRST_SEED + k)).filter(
    Boolean,
  );
  console.log(
    `${usesReserve ? 'items/1' : 'all items, level over 60'}: ${shareText(falseOnes.length, SESSIONS)} with a false step`,
  );
}

/** Power of one comparison at one level, beside the exact or the t test on the same items. */
console.log('\nPower of one comparison at level 2.5 %, same items, effect of 3 standard errors:');
for (const [kind, count, correlation] of CELLS) {
  const total = count >= 1000 ? SESSIONS / 2 : SESSIONS;
  let [found, textbook] = [0, 0];
  for (let k = 0; k < total; k++) {
    const differences = drawDifferences(kind, count, correlation, 3, createRandom(FIRST_SEED + 7 * k));
    if (pOf(kind, differences, FIRST_SEED + k) <= 0.025) found++;
    if (textbookP(kind, differences) <= 0.025) textbook++;
  }
  console.log(
    `${count} ${kind}, correlation ${correlation}: ${shareText(found, total)}; the exact or the t test: ${shareText(textbook, total)}`,
  );
}

const timed = drawDifferences('numeric', 5000, 0.9, 1, createRandom(1));
const rounds = 20;
for (let i = 0; i < rounds; i++) pOf('numeric', timed.subarray(0, 1667), i + 1);
const before = process.cpuUsage();
for (let i = 0; i < rounds; i++) {
  pOf('numeric', timed.subarray(0, 1667), i + 1);
  pOf('numeric', timed.subarray(1667), i + 1);
}
const used = process.cpuUsage(before);
console.log(
  `\nOne decision with 5,000 numeric items, both tests: ${((used.user + used.system) / 1000 / rounds).toFixed(1)} ms of processor time`,
);
