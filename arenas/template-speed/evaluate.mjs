// Frozen and hidden: sends fresh templates and compares every answer, byte for byte, with the engine as it was. The
// harness takes the number: the processor time of the candidate's process. Argument: the file with the families.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import zlib from 'node:zlib';
import { makeQuestion, makeShop } from './compose.mjs';
import { contextFor } from './context.mjs';

const kit = await import(`${process.env.OVERNIGHT_KIT}/kit.mjs`);
const { FAMILIES } = await import(path.resolve(process.argv[2]));

const SHOPS = 6;
const QUESTIONS = 400;

const stock = path.join(os.tmpdir(), 'reference.mjs');
fs.writeFileSync(stock, zlib.gunzipSync(fs.readFileSync('reference.mjs.gz')));
const { Liquid } = await import(stock);

async function renderAsBefore({ template, shop, options, isAsync }) {
  try {
    const engine = new Liquid(options);
    const context = contextFor(shops[shop], isAsync);
    if (isAsync) return { output: await engine.parseAndRender(template, context) };
    return { output: engine.parseAndRenderSync(template, context) };
  } catch (thrown) {
    return { error: thrown.message };
  }
}

const chance = kit.rng();
const shops = Array.from({ length: SHOPS }, () => makeShop(chance));
kit.ask({ data: shops });
let [characters, milliseconds] = [0, 0];
for (let i = 0; i < QUESTIONS; i++) {
  const question = makeQuestion(Object.values(FAMILIES).flat(), shops, chance);
  const expected = await renderAsBefore(question);
  const { answer, ms } = kit.ask(question, { timeoutMs: 10_000 });
  const kind = 'error' in expected ? 'error' : 'output';
  if (answer?.[kind] !== expected[kind])
    kit.refuse('data', `question ${i + 1} of ${QUESTIONS}: the ${kind} is not that of the engine as it was`);
  characters += (expected.output ?? expected.error).length;
  milliseconds += ms;
}
kit.result({ wall_ms_per_template: milliseconds / QUESTIONS, characters: characters / QUESTIONS });
