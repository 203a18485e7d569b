// Frozen and hidden: plays all episodes side by side. Those of a seed are the same for every candidate.
import { beginEpisode, look, push } from './world.mjs';

const kit = await import(`${process.env.OVERNIGHT_KIT}/kit.mjs`);

const EPISODES = 200;
const STEPS = 600; // 12 s

const { default: ranges } = await import(`./${process.argv[2]}`);
const seed = Number(process.env.OVERNIGHT_SEED);
const episodes = Array.from({ length: EPISODES }, (_, id) => ({
  id,
  steps: 0,
  ...beginEpisode(kit.rng(((seed * 1009 + id) % 2147483647) + 1), ranges),
}));
let running = episodes;
for (let i = 0; i < STEPS && running.length > 0; i++) {
  const { answer } = kit.ask(
    running.map((episode) => [episode.id, ...look(episode)]),
    { timeoutMs: 5000 },
  );
  if (!Array.isArray(answer) || answer.length !== running.length || !answer.every(Number.isFinite))
    kit.refuse('data', 'every answer must be a finite number, a force in newton');
  running = running.filter((episode, k) => {
    const isUp = push(episode, answer[k]);
    if (isUp) episode.steps++;
    return isUp;
  });
}
const items = episodes.map(({ id, steps }) => ({ id, value: steps * 0.02 }));
kit.result({ seconds_upright: kit.mean(items.map(({ value }) => value)), full_runs: running.length }, { items });
