// Frozen and hidden: the function with its optimum, and the noise. The seed is the harness's, so the candidate cannot
// choose its luck.
const kit = await import(`${process.env.OVERNIGHT_KIT}/kit.mjs`);

const NOISE = 0.05;

const words = kit.artefact('point.txt', { maxBytes: 1000 }).trim().split(/\s+/);
const [x, y, scale] = words.map(Number);
if (words.length !== 3 || ![x, y, scale].every(Number.isFinite) || scale <= 0)
  kit.refuse('data', 'point.txt must hold three numbers, the third above 0');
const trueLoss = (x - 1.7) ** 2 + 2 * (y + 0.6) ** 2 + Math.log(scale / 3) ** 2 / 4;
kit.result({ loss: Number((trueLoss + NOISE * kit.rng().normal()).toFixed(6)) });
