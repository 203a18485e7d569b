// Frozen and hidden: makes fresh arrays from the seed, keeps the time, checks every answer against its own sort.
const kit = await import(`${process.env.OVERNIGHT_KIT}/kit.mjs`);

const WARM_UP_ROUNDS = 12;
const ROUNDS = 60;
const COUNT = 20_000;

const { uniform } = kit.rng();
const KINDS = [
  () => Float64Array.from({ length: COUNT }, () => (uniform() - 0.5) * 1e6),
  () => Float64Array.from({ length: COUNT }, (_, i) => i + (uniform() - 0.5) * 40),
  () => Float64Array.from({ length: COUNT }, () => 1 + Math.floor(uniform() * 50)),
  () => Float64Array.from({ length: COUNT }, (_, i) => COUNT - i + uniform()),
];

/** Milliseconds for one array; refuses when the answer is not the sorted array. */
function timeSort(array) {
  const { answer, ms } = kit.ask(array);
  const sorted = array.slice().sort();
  if (answer.length !== array.byteLength) kit.refuse('data', `the answer has ${answer.length} bytes`);
  const given = new Float64Array(answer.buffer, answer.byteOffset, COUNT);
  const wrong = sorted.findIndex((value, i) => given[i] !== value);
  if (wrong >= 0)
    kit.refuse('data', `wrong answer: element ${wrong} of ${COUNT} is ${given[wrong]}, should be ${sorted[wrong]}`);
  return ms;
}

for (let i = 0; i < WARM_UP_ROUNDS; i++) timeSort(KINDS[i % KINDS.length]());
const samples = Array.from({ length: ROUNDS }, () => kit.mean(KINDS.map((kind) => timeSort(kind()))));
const sorted = samples.toSorted((left, right) => left - right);
const median = (sorted[ROUNDS / 2 - 1] + sorted[ROUNDS / 2]) / 2;
kit.result({ ms_per_round: median, slowest_ms: sorted.at(-1) }, { samples });
