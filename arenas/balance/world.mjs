// Frozen and hidden: a cart with a pole, Euler-Cromer steps of 5 ms. overnight-canary-balance-e1d06b7a52
const GRAVITY = 9.8; // m/s²
const STEP_S = 0.005;
const INNER_STEPS = 4; // 20 ms between two looks
const DELAY = 2; // looks
const TRACK = 2.4; // m to either side
const MAX_LEAN = 0.5; // rad
const MAX_FORCE = 10; // N

const between = (chance, [low, high]) => low + (high - low) * chance.uniform();

/** `ranges`: cart and pole in kg, half of the pole's length in m, wind in N. */
export function beginEpisode(chance, ranges) {
  return {
    chance,
    cart: between(chance, ranges.cart),
    pole: between(chance, ranges.pole),
    half: between(chance, ranges.half),
    gust: between(chance, ranges.wind),
    wind: 0,
    state: [0, 0, 0.02 * chance.normal(), 0.2 * (chance.uniform() - 0.5)],
    seen: [],
  };
}

/** What the policy sees: noisy and late. */
export function look(episode) {
  const { chance, state, seen } = episode;
  const noise = [0.005, 0.05, 0.008, 0.08];
  seen.push(state.map((value, i) => value + noise[i] * chance.normal()));
  if (seen.length > DELAY + 1) seen.shift();
  return seen[0];
}

/** True while the pole is up. */
export function push(episode, force) {
  const { chance, cart, pole, half, state } = episode;
  const bounded = Math.max(-MAX_FORCE, Math.min(MAX_FORCE, force));
  episode.wind = 0.95 * episode.wind + episode.gust * (chance.uniform() - 0.5);
  for (let i = 0; i < INNER_STEPS; i++) {
    const [, , angle, speed] = state;
    const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
    const total = cart + pole;
    const inner = (bounded + pole * half * speed ** 2 * sine) / total;
    const windTurn = (episode.wind * cosine) / (pole * half);
    const turn = (GRAVITY * sine - cosine * inner + windTurn) / (half * (4 / 3 - (pole * cosine ** 2) / total));
    const pull = inner - (pole * half * turn * cosine) / total;
    state[1] += STEP_S * pull;
    state[3] += STEP_S * turn;
    state[0] += STEP_S * state[1];
    state[2] += STEP_S * state[3];
  }
  return Math.abs(state[2]) <= MAX_LEAN && Math.abs(state[0]) <= TRACK;
}
