/** Every proposer that ships keeps the same contract. */
import { describe, it } from 'vitest';
import type { Brief } from '../core/ports.ts';
import { PROPOSER_CASES } from '../testing/proposer-conformance.ts';
import { arenaWith, briefOf, Script } from '../testing/script.ts';
import { searchProposer } from './search.ts';

const arena = arenaWith({
  knobs: [
    { name: 'RATE', file: 'x.ts', kind: 'float', range: [0.001, 1], log: true },
    { name: 'DEPTH', file: 'x.ts', kind: 'int', range: [1, 12] },
    { name: 'PIVOT', file: 'x.ts', kind: 'choice', values: ['a', 'b', 'c'] },
  ],
});
const source = "const RATE = 0.1;\nconst DEPTH = 4; // layers\nconst PIVOT = 'a';\n";
const brief = (): Brief => briefOf(new Script(arena).calibrated([5, 5.1, 4.9]).state, new Map([['x.ts', source]]));

for (const [name, make] of Object.entries({ search: () => searchProposer() }))
  describe(`the proposer "${name}"`, () => {
    for (const one of PROPOSER_CASES) it(one.name, () => one.run(make, brief));
  });
