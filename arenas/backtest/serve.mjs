// Frozen: hands strategy.mjs one day after the other. The future is not here.
import { createStrategy } from './strategy.mjs';

const kit = await import(`${process.env.OVERNIGHT_KIT}/kit.mjs`);

let strategy;
await kit.serve(({ history, bar }) => {
  if (history) strategy = createStrategy(history);
  else strategy.learn(bar);
  return Array.from(strategy.decide());
});
