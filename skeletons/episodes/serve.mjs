// Frozen: one question is one step of all episodes, so that the pipe costs little.
import { act, begin } from './policy.mjs';

const kit = await import(`${process.env.OVERNIGHT_KIT}/kit.mjs`);

const memories = [];
await kit.serve((seen) => seen.map((state, i) => act((memories[i] ??= begin()), state)));
