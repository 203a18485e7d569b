// Frozen and hidden: makes fresh arrays from the seed, keeps the time, checks every answer against its own sort.
import fs from 'node:fs';

const { OVERNIGHT_SEED, OVERNIGHT_NONCE, OVERNIGHT_RESULT } = process.env;
const WARM_UP_ROUNDS = 12;
const ROUNDS = 60;
const COUNT = 20_000;

/** Seeded uniform numbers in [0, 1) (mulberry32). */
function stream(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const uniform = stream(Number(OVERNIGHT_SEED));
const KINDS = [
  () => Float64Array.from({ length: COUNT }, () => (uniform() - 0.5) * 1e6),
  () => Float64Array.from({ length: COUNT }, (_, i) => i + (uniform() - 0.5) * 40),
  () => Float64Array.from({ length: COUNT }, () => 1 + Math.floor(uniform() * 50)),
  () => Float64Array.from({ length: COUNT }, (_, i) => COUNT - i + uniform()),
];

function readFully(buffer) {
  for (let at = 0; at < buffer.length;) {
    const got = fs.readSync(0, buffer, at, buffer.length - at, null);
    if (got === 0) fail(`the candidate stopped answering after ${at} of ${buffer.length} bytes`);
    at += got;
  }
}

function writeFully(buffer) {
  for (let at = 0; at < buffer.length;) at += fs.writeSync(1, buffer, at, buffer.length - at);
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/** Milliseconds for one array; exits when the answer is not the sorted array. */
function ask(array) {
  const request = Buffer.alloc(4 + array.byteLength);
  request.writeUInt32LE(array.length, 0);
  Buffer.from(array.buffer).copy(request, 4);
  const answer = Buffer.from(new ArrayBuffer(array.byteLength));
  const started = process.hrtime.bigint();
  writeFully(request);
  readFully(answer);
  const ms = Number(process.hrtime.bigint() - started) / 1e6;
  const sorted = array.slice().sort();
  const given = new Float64Array(answer.buffer);
  for (let i = 0; i < sorted.length; i++)
    if (given[i] !== sorted[i])
      fail(`wrong answer: element ${i} of ${sorted.length} is ${given[i]}, should be ${sorted[i]}`);
  return ms;
}

for (let i = 0; i < WARM_UP_ROUNDS; i++) ask(KINDS[i % KINDS.length]());
const samples = [];
for (let round = 0; round < ROUNDS; round++) {
  let sum = 0;
  for (const kind of KINDS) sum += ask(kind());
  samples.push(sum / KINDS.length);
}
writeFully(Buffer.alloc(4));
const sorted = [...samples].sort((a, b) => a - b);
const median = (sorted[ROUNDS / 2 - 1] + sorted[ROUNDS / 2]) / 2;
fs.writeFileSync(
  OVERNIGHT_RESULT,
  `nonce: ${OVERNIGHT_NONCE}\nms_per_round: ${median.toFixed(5)}\nslowest_ms: ${sorted.at(-1).toFixed(5)}\nsamples: ${samples.map((ms) => ms.toFixed(4)).join(' ')}\n`,
);
