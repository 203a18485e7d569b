// Frozen: answers each question by work.mjs. Knows neither the time nor what is measured.
import { work } from './work.mjs';

const kit = await import(`${process.env.OVERNIGHT_KIT}/kit.mjs`);

await kit.serve(work);
