// Frozen: renders what the evaluator sends with liquid.mjs. Knows neither what is measured nor what is right.
import { contextFor } from './context.mjs';
import { Liquid } from './liquid.mjs';

const kit = await import(`${process.env.OVERNIGHT_KIT}/kit.mjs`);

const engines = new Map();
const engineFor = (options) => {
  const key = JSON.stringify(options);
  if (!engines.has(key)) engines.set(key, new Liquid(options));
  return engines.get(key);
};
let shops = [];

await kit.serve(async ({ data, template, shop, options, isAsync }) => {
  if (data) {
    shops = data;
    return { ready: true };
  }
  try {
    const engine = engineFor(options);
    const output = isAsync
      ? await engine.parseAndRender(template, contextFor(shops[shop], true))
      : engine.parseAndRenderSync(template, contextFor(shops[shop], false));
    return { output };
  } catch (thrown) {
    return { error: thrown.message };
  }
});
