// Frozen and hidden: owns the worlds and their chance.
import { beginWorld, step } from './world.mjs';

const kit = await import(`${process.env.OVERNIGHT_KIT}/kit.mjs`);

const EPISODES = 60;
const STEPS = 150;

const chances = Array.from({ length: EPISODES }, (_, i) => kit.rng(Number(process.env.OVERNIGHT_SEED) * 1000 + i));
const worlds = chances.map((chance) => beginWorld(chance));
const sums = worlds.map(() => 0);
for (let i = 0; i < STEPS; i++) {
  const seen = worlds.map(({ level, target }, k) => ({ level: level + 0.1 * chances[k].normal(), target }));
  const { answer } = kit.ask(seen, { timeoutMs: 5000 });
  if (!Array.isArray(answer) || answer.length !== EPISODES || !answer.every((inflow) => inflow >= 0 && inflow <= 5))
    kit.refuse('data', 'every answer must be a number from 0 to 5');
  worlds.forEach((world, k) => (sums[k] += step(world, answer[k], chances[k])));
}
const items = sums.map((sum, i) => ({ id: i, value: sum / STEPS }));
kit.result({ off_level: kit.mean(items.map(({ value }) => value)) }, { items });
