// Frozen: one question is one step of all episodes that still run, so that the pipe costs little.
import { act, begin } from './policy.mjs';

const kit = await import(`${process.env.OVERNIGHT_KIT}/kit.mjs`);

const memories = new Map();
await kit.serve((seen) =>
  seen.map(([id, ...state]) => {
    if (!memories.has(id)) memories.set(id, begin());
    return act(memories.get(id), state);
  }),
);
