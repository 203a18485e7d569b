// Frozen: answers every array that the evaluator sends, sorted by sort.mjs. Knows neither the time nor what is measured.
import { sort } from './sort.mjs';

const kit = await import(`${process.env.OVERNIGHT_KIT}/kit.mjs`);

await kit.serve((bytes) => {
  const array = new Float64Array(bytes.buffer, 0, bytes.length / 8);
  sort(array);
  return array;
});
