/** Every proposer that ships keeps the same contract. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, describe, it } from 'vitest';
import type { Brief, Proposer } from '../core/ports.ts';
import { PROPOSER_CASES } from '../testing/proposer-conformance.ts';
import { arenaWith, briefOf, Script } from '../testing/script.ts';
import { noteText, scriptedAgent } from '../testing/scripted-agent.ts';
import { agentProposer } from './agent.ts';
import { chainProposer } from './chain.ts';
import { searchProposer } from './search.ts';

const arena = arenaWith({
  knobs: [
    { name: 'RATE', file: 'x.ts', kind: 'float', range: [0.001, 1], log: true },
    { name: 'DEPTH', file: 'x.ts', kind: 'int', range: [1, 12] },
    { name: 'PIVOT', file: 'x.ts', kind: 'choice', values: ['a', 'b', 'c'] },
  ],
});
const source = "const RATE = 0.1;\nconst DEPTH = 4; // layers\nconst PIVOT = 'a';\n";
const brief = (): Brief => briefOf(new Script(arena).addCalibration([5, 5.1, 4.9]).state, new Map([['x.ts', source]]));

const home = fs.mkdtempSync(path.join(os.tmpdir(), 'overnight-conformance-'));
afterAll(() => fs.rmSync(home, { recursive: true, force: true }));
let rooms = 0;

const agent = (): Proposer =>
  agentProposer({
    agent: scriptedAgent(() => ({ edits: { 'x.ts': source.replace('4', '5') }, text: noteText('one layer more') })),
    layOutFiles: async ({ files }, dir) => {
      fs.mkdirSync(dir);
      for (const [file, text] of files) fs.writeFileSync(path.join(dir, file), text);
    },
    workDirOf: () => path.join(home, String(rooms++)),
    readProgram: () => undefined,
    writeBrief: () => 'the brief',
    noteFile: 'note.json',
    callLimits: { wallMs: 1000 },
    runLimits: {},
    session: 0,
    cores: [],
    tagOf: () => 'test',
  });
const clock = { now: () => '2026-03-07T20:00:00Z', monotonicMs: () => 0, sleep: async () => {} };
const chain = (): Proposer => chainProposer([agent(), searchProposer()], { clock, session: 0 });

for (const [name, make] of Object.entries({ search: () => searchProposer(), agent, chain }))
  describe(`the proposer "${name}"`, () => {
    for (const one of PROPOSER_CASES) it(one.name, () => one.run(make, brief));
  });
