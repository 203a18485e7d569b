// Frozen and hidden: reads the options, of which only known ones are allowed, and runs the tool. overnight-canary-build-REPLACE-ME
import { execFileSync } from 'node:child_process';

const kit = await import(`${process.env.OVERNIGHT_KIT}/kit.mjs`);

const RANGES = { LEVEL: [1, 9], BLOCK: [1, 64] };
const options = {};
for (const line of kit.artefact('options.txt', { maxBytes: 4000 }).split('\n')) {
  if (line.trim() === '' || line.startsWith('#')) continue;
  const [, name, value] = /^(\w+) = (\d+)$/.exec(line) ?? [];
  const [low, high] = RANGES[name] ?? [];
  if (!(Number(value) >= low && Number(value) <= high)) kit.refuse('data', `not allowed: ${line.slice(0, 80)}`);
  options[name] = Number(value);
}
if (Object.keys(options).length < 2) kit.refuse('data', 'options.txt must set LEVEL and BLOCK');
const chance = kit.rng();
const text = Array.from({ length: 30_000 }, () => `item-${Math.floor(900 * chance.uniform() ** 3)}`).join(' ');
const size = Math.ceil(text.length / options.BLOCK);
let packed = 0;
for (let at = 0; at < text.length; at += size)
  packed += execFileSync('gzip', [`-${options.LEVEL}`, '-c', '-n'], { input: text.slice(at, at + size) }).length;
const work = 0.01 * options.LEVEL + 0.2 / options.BLOCK; // what packing costs: levels, and blocks that cannot run side by side
kit.result({ cost: packed / 10_000 + work, packed_kb: packed / 1000 });
