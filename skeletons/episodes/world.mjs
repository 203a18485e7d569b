// Frozen and hidden: what happens in one step. overnight-canary-episodes-REPLACE-ME
export const beginWorld = ({ uniform }) => ({
  level: 5 + 4 * uniform(),
  target: 4 + 4 * uniform(),
  draw: 1 + uniform(),
  late: 0,
});

/** The inflow arrives one step late; demand wanders. Returns how far the level is off. */
export function step(world, inflow, { normal }) {
  world.draw = Math.max(0, Math.min(4, world.draw + 0.15 * normal()));
  world.level = Math.max(0, world.level + world.late - world.draw);
  world.late = inflow;
  return Math.abs(world.level - world.target);
}
